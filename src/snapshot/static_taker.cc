#include "snapshot/static_taker.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/raw_io.h"

namespace cleanslate {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
constexpr std::size_t kMostChanges = 8192;  // noted in a chunk to the byte; beyond, they run together
constexpr std::size_t kNear = 16;           // bytes: changes nearer to each other are one range

bool IsZero(const unsigned char* bytes, std::size_t count) {
  return count == 0 || (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, count - 1) == 0);
}

// False when the file has no such bytes any more.
bool ReadFile(const std::string& path, std::uint64_t offset, unsigned char* to, std::size_t bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return false;
  const ssize_t got = pread(fd, to, bytes, static_cast<off_t>(offset));
  close(fd);
  return got == static_cast<ssize_t>(bytes);
}

// What lies below the break: the heap, and the program itself. Not where addresses are so small that four
// letters have the value of one.
Stretch HeapAddresses() {
  constexpr std::size_t kMostBytes = std::size_t{16} << 30;  // more than a function may have
  constexpr std::size_t kLeast = std::size_t{1} << 40;
  const auto end = static_cast<std::size_t>(raw::Call(SYS_brk, 0));
  return {end > kLeast + kMostBytes ? end - kMostBytes : end, end};
}

// A text that lies in two chunks was found in each of them.
void JoinNeighbours(std::vector<StaticRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const StaticRange& a, const StaticRange& b) {
    return std::tie(a.path, a.offset, a.bytes) < std::tie(b.path, b.offset, b.bytes);
  });
  std::vector<StaticRange> joined;
  for (StaticRange& range : ranges) {
    if (!joined.empty()) {
      StaticRange& last = joined.back();
      const std::uint64_t last_end = last.offset + static_cast<std::uint64_t>(last.bytes);
      const bool near = range.offset < last_end + (range.text ? 0 : kNear);
      if (range.path == last.path && range.text == last.text && near) {
        const std::uint64_t end = range.offset + static_cast<std::uint64_t>(range.bytes);
        last.bytes = static_cast<std::int64_t>(std::max(end, last_end) - last.offset);
        continue;
      }
    }
    joined.push_back(std::move(range));
  }
  ranges = std::move(joined);
}

}  // namespace

void StaticTaker::Unmap::operator()(unsigned char* pages) const {
  raw::UnmapPages(pages, bytes);
}

Stretch StaticTaker::Segment::Page(std::size_t page) const {
  const std::size_t page_bytes = OwnMemory::PageBytes();
  const std::size_t before = data.start - first_page;
  const std::size_t begin = page * page_bytes;
  return {begin - std::min(begin, before), std::min(begin + page_bytes - before, data.bytes)};
}

StaticTaker::StaticTaker(StaticTakerOptions options)
    : options_(std::move(options)),
      // Pages: the kernel copies several times slower to where no cache line begins.
      now_(static_cast<unsigned char*>(raw::MapPages(kChunkBytes)), Unmap{kChunkBytes}) {}

StaticSnapshot StaticTaker::Take(Clock::time_point deadline) {
  if (modules_.Refresh()) FollowModules();
  heap_ = HeapAddresses();
  StaticSnapshot taken;
  OwnMemory memory(options_.means);
  const std::size_t first = next_;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const std::size_t at = (first + i) % chunks_.size();
    // The first always has its turn: there is progress even where nothing of the budget is left.
    if (i > 0 && Clock::now() >= deadline) {
      next_ = at;
      for (; i < chunks_.size(); ++i)
        taken.left_out += static_cast<std::int64_t>(chunks_[(first + i) % chunks_.size()].bytes());
      break;
    }
    CompareChunk(chunks_[at], memory, taken);
  }
  JoinNeighbours(taken.changed);
  return taken;
}

void StaticTaker::FollowModules() {
  const std::uintptr_t resume_at = next_ < chunks_.size() ? chunks_[next_].address() : 0;
  std::map<std::uintptr_t, Segment> former = std::exchange(segments_, {});
  const std::size_t page_bytes = OwnMemory::PageBytes();
  for (const LoadedModule& module : modules_.all()) {
    if (module.data.empty() || module.path.empty() || !options_.watched(module.name)) continue;
    for (const DataSegment& data : module.data) {
      const auto known = former.find(data.start);
      if (known != former.end() && known->second.path == module.path &&
          known->second.data.bytes == data.bytes) {
        segments_.insert(former.extract(known));
        continue;
      }
      Segment segment;
      segment.path = module.path;
      segment.offset = data.start - module.bias;
      segment.data = data;
      segment.first_page = data.start / page_bytes * page_bytes;
      const std::size_t pages = (data.start + data.bytes - segment.first_page + page_bytes - 1) / page_bytes;
      auto* const copy = static_cast<unsigned char*>(raw::MapPages(pages * page_bytes));
      segment.copy = {copy, Unmap{pages * page_bytes}};
      // Without address space for a copy nothing is kept, and all is left out.
      segment.pages.assign(pages, copy == nullptr ? PageState::kLost : PageState::kUnseen);
      segments_.emplace(data.start, std::move(segment));
    }
  }
  for (const auto& [start, segment] : former)
    kept_pages_ -=
        static_cast<std::size_t>(std::count(segment.pages.begin(), segment.pages.end(), PageState::kKept));

  chunks_.clear();
  next_ = 0;
  const std::size_t pages_a_chunk = std::max<std::size_t>(1, kChunkBytes / page_bytes);
  for (auto& [start, segment] : segments_) {
    for (std::size_t page = 0; page < segment.pages.size(); page += pages_a_chunk) {
      chunks_.push_back({&segment, page, std::min(page + pages_a_chunk, segment.pages.size())});
      if (chunks_.back().address() <= resume_at) next_ = chunks_.size() - 1;
    }
  }
}

void StaticTaker::CompareChunk(const Chunk& chunk, OwnMemory& memory, StaticSnapshot& taken) {
  Segment& segment = *chunk.segment;
  if (segment.copy == nullptr || now_ == nullptr) {
    taken.left_out += static_cast<std::int64_t>(chunk.bytes());
    return;
  }
  std::array<std::uint8_t, kChunkBytes / 4096> touched;
  const std::size_t pages = chunk.end_page - chunk.first_page;
  memory.FindTouched(segment.first_page + chunk.first_page * OwnMemory::PageBytes(),
                     std::span(touched).first(pages));
  changed_.clear();
  for (std::size_t page = chunk.first_page; page < chunk.end_page;) {
    std::size_t end = page;
    while (end < chunk.end_page && MustRead(segment, end, touched[end - chunk.first_page] != 0)) ++end;
    if (end > page) {
      ComparePages(segment, page, end, memory, taken);
      page = end;
      continue;
    }
    const Stretch whole = segment.Page(page);
    const auto bytes = static_cast<std::int64_t>(whole.end - whole.begin);
    (segment.pages[page] == PageState::kLost ? taken.left_out : taken.compared) += bytes;
    ++page;
  }
  AddRanges(segment, taken);
}

bool StaticTaker::MustRead(Segment& segment, std::size_t page, bool touched) const {
  PageState& state = segment.pages[page];
  const bool room = copy_bytes() + OwnMemory::PageBytes() <= options_.max_copy_bytes;
  if (state == PageState::kLost && room) state = PageState::kUnseen;
  if (state == PageState::kUnseen && !touched) state = PageState::kUntouched;
  return state != PageState::kLost && (touched || state == PageState::kKept);
}

void StaticTaker::ComparePages(Segment& segment, std::size_t first, std::size_t end, OwnMemory& memory,
                               StaticSnapshot& taken) {
  const std::size_t last_byte = segment.Page(end - 1).end;
  std::size_t page = first;
  while (page < end) {
    const std::size_t begin = segment.Page(page).begin;
    const std::size_t got = memory.Read(segment.data.start + begin, now_.get(), last_byte - begin);
    for (; page < end && segment.Page(page).end <= begin + got; ++page)
      ComparePage(segment, page, now_.get() + (segment.Page(page).begin - begin), taken);
    if (page == end) return;
    const Stretch unreadable = segment.Page(page++);
    taken.left_out += static_cast<std::int64_t>(unreadable.end - unreadable.begin);
  }
}

void StaticTaker::ComparePage(Segment& segment, std::size_t page, const unsigned char* now,
                              StaticSnapshot& taken) {
  const Stretch part = segment.Page(page);
  const std::size_t bytes = part.end - part.begin;
  unsigned char* const copy = segment.image() + part.begin;
  PageState& state = segment.pages[page];
  if (state != PageState::kKept) {
    // A processor's large pages make whole neighbourhoods look touched.
    const bool as_begun = !segment.IsOfFile(page) && IsZero(now, bytes);
    if (as_begun) state = PageState::kUntouched;
    const bool comparable = state == PageState::kUntouched;
    if (as_begun || !Keep(segment, page)) {
      (as_begun ? taken.compared : taken.left_out) += static_cast<std::int64_t>(bytes);
      return;
    }
    const std::size_t of_file =
        segment.IsOfFile(page) ? std::min(part.end, segment.data.file_bytes) - part.begin : 0;
    const bool begun_with =
        comparable &&
        (of_file == 0 || ReadFile(segment.path, segment.data.file_offset + part.begin, copy, of_file));
    if (!begun_with) {
      if (comparable) taken.left_out += static_cast<std::int64_t>(bytes);
      std::memcpy(copy, now, bytes);
      return;
    }
  }
  taken.compared += static_cast<std::int64_t>(bytes);
  if (std::memcmp(copy, now, bytes) == 0) return;
  NoteChanges(part.begin, copy, now, bytes);
  std::memcpy(copy, now, bytes);
}

bool StaticTaker::Keep(Segment& segment, std::size_t page) {
  const bool room = copy_bytes() + OwnMemory::PageBytes() <= options_.max_copy_bytes;
  segment.pages[page] = room ? PageState::kKept : PageState::kLost;
  kept_pages_ += room;
  return room;
}

void StaticTaker::NoteChanges(std::size_t begin, const unsigned char* before, const unsigned char* now,
                              std::size_t bytes) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  for (std::size_t at = 0; at < bytes;) {
    if (at + kWord <= bytes && std::memcmp(before + at, now + at, kWord) == 0) {
      at += kWord;
      continue;
    }
    if (before[at] == now[at]) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < bytes && before[end] != now[end]) ++end;
    const bool joins =
        !changed_.empty() && (changed_.back().end == begin + at || changed_.size() >= kMostChanges);
    if (joins)
      changed_.back().end = begin + end;
    else
      changed_.push_back({begin + at, begin + end});
    at = end;
  }
}

void StaticTaker::AddRanges(const Segment& segment, StaticSnapshot& taken) {
  const std::span<const unsigned char> image(segment.image(), segment.data.bytes);
  std::size_t done = 0;  // what lies before has been added
  for (std::size_t first = 0; first < changed_.size();) {
    std::size_t end = first + 1;
    while (end < changed_.size() && changed_[end].begin < changed_[end - 1].end + kNear) ++end;
    const auto group = std::span(changed_).subspan(first, end - first);
    first = end;
    if (taken.changed.size() >= options_.max_ranges) {
      for (const Stretch& each : group) taken.left_out += static_cast<std::int64_t>(each.end - each.begin);
      continue;
    }
    texts_.clear();
    FindChangedTexts(image, segment.data.start, group, heap_, texts_);

    std::size_t at = 0;  // in the group
    const auto add_until = [&](std::size_t limit) {
      Stretch rest;
      for (; at < group.size() && group[at].begin < limit; ++at) {
        const std::size_t from = std::max(group[at].begin, done);
        const std::size_t to = std::min(group[at].end, limit);
        if (from < to) rest = {rest.end == 0 ? from : rest.begin, to};
        if (group[at].end > limit) break;  // it goes on behind the text
      }
      if (rest.end != 0) AddRange(segment, rest, false, taken);
    };
    for (const Stretch& text : texts_) {
      if (text.end <= done) continue;  // the group before had a share in it
      add_until(text.begin);
      AddRange(segment, text, true, taken);
      done = text.end;
    }
    add_until(segment.data.bytes);
  }
}

void StaticTaker::AddRange(const Segment& segment, Stretch stretch, bool text, StaticSnapshot& taken) {
  const auto bytes = static_cast<std::int64_t>(stretch.end - stretch.begin);
  if (taken.changed.size() >= options_.max_ranges)
    taken.left_out += bytes;
  else
    taken.changed.push_back({segment.path, segment.offset + stretch.begin, bytes, text});
}

bool StaticTaker::Holds(const std::string& path, std::uint64_t offset, std::size_t bytes,
                        std::span<const std::string_view> texts) const {
  for (const auto& [address, segment] : segments_) {
    const std::uint64_t begin = std::max(offset, segment.offset);
    const std::uint64_t end = std::min(offset + bytes, segment.offset + segment.data.bytes);
    if (segment.path != path || begin >= end) continue;
    const auto* const image = reinterpret_cast<const char*>(segment.image());
    const std::string_view held(image + (begin - segment.offset), static_cast<std::size_t>(end - begin));
    return std::any_of(texts.begin(), texts.end(),
                       [held](std::string_view text) { return held.find(text) != std::string_view::npos; });
  }
  return false;
}

}  // namespace cleanslate
