#pragma once

// Which bytes of the programs' and libraries' static data are others than at the Take before. What is watched
// is copied once, compared at each Take, and the copy made current. A module has its copy from the first Take
// that finds it loaded and is compared from the next one on; what is unloaded is dropped.
//
// Pages that the process has never written to are neither read nor copied: they hold what the file has, or
// zeros. A page that can't be read counts as left out, and so does one whose copy doesn't fit into
// `max_copy_bytes`. The deadline is looked at every 256 KB, after the first; what a Take did not reach is
// left out and comes first in the next one. Other threads may write meanwhile: a change is then seen half now
// and half the next time. How memory is read without a fault: own_memory.h. What counts as text:
// changed_text.h; a text is a range of its own, from its beginning to its end, whichever of its bytes
// changed. Other changed bytes less than 16 apart are one range.
//
// COLD; one thread at a time. The object holds memory and no descriptor.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/changed_text.h"
#include "snapshot/loaded_modules.h"
#include "snapshot/own_memory.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

struct StaticTakerOptions {
  // By the module's file name, without the folder: "libcart.so". Asked once for each that is loaded.
  std::function<bool(const std::string& module)> watched;
  std::size_t max_copy_bytes = std::size_t{16} << 20;
  std::size_t max_ranges = 4096;  // of one Take; the bytes of further ones are left out
  OwnMemory::Means means = OwnMemory::Means::kBest;
};

class StaticTaker {
 public:
  using Clock = std::chrono::steady_clock;

  explicit StaticTaker(StaticTakerOptions options);

  StaticSnapshot Take(Clock::time_point deadline);

  // Whether one of the texts stood in this stretch at the last Take. `offset` as StaticRange has it.
  bool Holds(const std::string& path, std::uint64_t offset, std::size_t bytes,
             std::span<const std::string_view> texts) const;

  std::size_t copy_bytes() const { return kept_pages_ * OwnMemory::PageBytes(); }

 private:
  enum class PageState : std::uint8_t {
    kUnseen,
    kUntouched,  // it has held what the file has, or zeros, ever since
    kKept,       // there is a copy
    kLost,       // there was no room for one
  };
  struct Unmap {
    std::size_t bytes;
    void operator()(unsigned char* pages) const;
  };
  struct Segment {
    std::string path;
    std::uint64_t offset = 0;  // of its beginning, as StaticRange has it
    DataSegment data;
    std::uintptr_t first_page = 0;  // its beginning's, an address
    // Address space for all of it, of which only the pages that are kept take memory.
    std::unique_ptr<unsigned char[], Unmap> copy;
    std::vector<PageState> pages;

    unsigned char* image() const { return copy.get() + (data.start - first_page); }
    Stretch Page(std::size_t page) const;  // the part of the page that is the segment's, from its beginning
    bool IsOfFile(std::size_t page) const { return Page(page).begin < data.file_bytes; }
  };
  struct Chunk {
    Segment* segment = nullptr;
    std::size_t first_page = 0;
    std::size_t end_page = 0;

    std::size_t bytes() const { return segment->Page(end_page - 1).end - segment->Page(first_page).begin; }
    std::uintptr_t address() const { return segment->data.start + segment->Page(first_page).begin; }
  };

  void FollowModules();
  void CompareChunk(const Chunk& chunk, OwnMemory& memory, StaticSnapshot& taken);
  bool MustRead(Segment& segment, std::size_t page, bool touched) const;
  void ComparePages(Segment& segment, std::size_t first, std::size_t end, OwnMemory& memory,
                    StaticSnapshot& taken);
  void ComparePage(Segment& segment, std::size_t page, const unsigned char* now, StaticSnapshot& taken);
  bool Keep(Segment& segment, std::size_t page);
  void NoteChanges(std::size_t begin, const unsigned char* before, const unsigned char* now,
                   std::size_t bytes);
  void AddRanges(const Segment& segment, StaticSnapshot& taken);
  void AddRange(const Segment& segment, Stretch stretch, bool text, StaticSnapshot& taken);

  StaticTakerOptions options_;
  LoadedModules modules_;
  std::map<std::uintptr_t, Segment> segments_;  // by address
  std::vector<Chunk> chunks_;                   // of all segments, in order
  std::size_t next_ = 0;                        // the chunk that the next Take begins with
  std::size_t kept_pages_ = 0;
  std::unique_ptr<unsigned char[], Unmap> now_;  // what a chunk holds
  std::vector<Stretch> changed_;                 // in a chunk, to the byte
  Stretch heap_;                                 // its addresses, at this Take
  std::vector<Stretch> texts_;
};

}  // namespace cleanslate
