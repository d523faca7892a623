#include "report/line_fitter.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "report/line_parts.h"
#include "report/report_lists.h"

namespace cleanslate {
namespace {

constexpr std::size_t kLongestText = 256;     // of one string, once there is not room for everything
constexpr std::size_t kMissesBeforeNext = 8;  // entries too long for the room that a list may have in a row
constexpr std::size_t kFirstOfEachKind = 3;   // survivors of each kind come before the fourth of any
constexpr std::size_t kEssentialFrames = 3;   // of a finding
constexpr std::size_t kMostForeignKeys = 24;  // of `left_out` as it came in
constexpr std::size_t kLongestId = 64;
constexpr std::size_t kFewSetAside = 4;  // of each kind, where not everything fits
constexpr std::size_t kShortSetAside = 64;
constexpr std::size_t kListOpening = 100;  // at most: "survived":{"heap":{"blocks":N,"bytes":N,"sites":[]}},
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

constexpr ListId kByImportance[] = {ListId::kProcesses, ListId::kThreads,     ListId::kDescriptors,
                                    ListId::kFiles,     ListId::kEnvironment, ListId::kProcess,
                                    ListId::kVariables, ListId::kMappings,    ListId::kHeapSites};

void ShortenStrings(Json& json) {
  if (json.is_string()) {
    auto& text = json.get_ref<std::string&>();
    if (text.size() > kLongestText / 6) text = Shortened(text, kLongestText);
  } else if (json.is_structured()) {
    for (Json& member : json) ShortenStrings(member);
  }
}

// One entry that will be in the line, and how many of its frames.
struct Choice {
  std::size_t index = 0;
  Json entry;
  std::size_t frames = 0;
};

void Count(std::map<std::string, std::int64_t>& left_out, const char* key, std::size_t count) {
  if (count > 0) left_out[key] += static_cast<std::int64_t>(count);
}

const char* FramesKeyOf(ListId list) {
  return list == ListId::kFindings ? "findings.where" : "survived.where";
}

class Fitter {
 public:
  Fitter(const Report& report, std::size_t room) : report_(report), room_(room) {}

  void TakeByImportance(LineShape shape) {
    TakeEntries(ListId::kRequestIds, 1);
    TakeEntries(ListId::kFindings, kAll);
    TakeFrames(ListId::kFindings, 1, kEssentialFrames);
    if (shape == LineShape::kBare) return;
    for (const ListId list : kByImportance) TakeEntries(list, kFirstOfEachKind);
    TakeEntries(ListId::kRequestIds, kAll);
    for (const ListId list : kByImportance) TakeEntries(list, kAll);
    TakeFrames(ListId::kFindings, kEssentialFrames, kAll);
    for (const ListId list : kByImportance) TakeFrames(list, 1, kAll);
  }

  void CountLeftOut(std::map<std::string, std::int64_t>& left_out) const {
    for (const ListId list : kAllLists) {
      const std::vector<Choice>& chosen = At(list).chosen;
      Count(left_out, KeyOf(list), SizeOf(report_, list) - chosen.size());
      for (const Choice& choice : chosen) {
        const std::size_t frames = FramesOf(report_, list, choice.index).size();
        Count(left_out, FramesKeyOf(list), frames - choice.frames);
      }
    }
  }

  // In the report's own order.
  Lists Chosen() && {
    Lists lists;
    for (const ListId list : kAllLists) {
      std::vector<Choice>& chosen = At(list).chosen;
      std::sort(chosen.begin(), chosen.end(),
                [](const Choice& a, const Choice& b) { return a.index < b.index; });
      for (Choice& choice : chosen) lists[list].push_back(std::move(choice.entry));
    }
    return lists;
  }

 private:
  struct State {
    std::vector<std::size_t> order;
    std::size_t next = 0;
    std::vector<Choice> chosen;
  };

  // Takes entries of `list` from where it was left, each with its innermost frame, until `most` are in.
  void TakeEntries(ListId list, std::size_t most) {
    State& state = At(list);
    if (state.order.empty() && state.next == 0) state.order = OrderOf(list);
    std::size_t misses = 0;
    while (state.next < state.order.size() && state.chosen.size() < most && misses < kMissesBeforeNext &&
           room_ >= kSmallestEntry) {
      const std::size_t index = state.order[state.next++];
      Json entry = EntryOf(report_, list, index);
      ShortenStrings(entry);
      const std::size_t opening = state.chosen.empty() ? kListOpening : 0;
      if (!Spend(Dump(entry).size() + 1 + opening)) {
        ++misses;
        continue;
      }
      state.chosen.push_back({index, std::move(entry)});
      TakeFrame(state.chosen.back(), FramesOf(report_, list, index), 0);
    }
  }

  // Takes the frames from depth `from` up to `to` of the chosen entries, all entries' inner frames before any
  // outer.
  void TakeFrames(ListId list, std::size_t from, std::size_t to) {
    bool more = true;
    for (std::size_t depth = from; depth < to && more; ++depth) {
      more = false;
      for (Choice& choice : At(list).chosen)
        more |= TakeFrame(choice, FramesOf(report_, list, choice.index), depth);
    }
  }

  // True when the entry may have a frame at the next depth.
  bool TakeFrame(Choice& choice, std::span<const Frame> frames, std::size_t depth) {
    if (choice.frames != depth || depth >= frames.size() || room_ < kSmallestEntry) return false;
    Json frame = ToJson(frames[depth]);
    ShortenStrings(frame);
    if (!Spend(Dump(frame).size() + 1)) return false;
    choice.entry["where"].push_back(std::move(frame));
    ++choice.frames;
    return true;
  }

  bool Spend(std::size_t bytes) {
    if (bytes > room_) return false;
    room_ -= bytes;
    return true;
  }

  std::vector<std::size_t> OrderOf(ListId list) const {
    std::vector<std::size_t> order(SizeOf(report_, list));
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (list == ListId::kFindings) {
      std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return report_.findings[a].severity > report_.findings[b].severity;
      });
    }
    return order;
  }

  State& At(ListId list) { return states_[static_cast<std::size_t>(list)]; }
  const State& At(ListId list) const { return states_[static_cast<std::size_t>(list)]; }

  const Report& report_;
  std::size_t room_;
  std::array<State, kListCount> states_;
};

std::int64_t SumOf(const std::map<std::string, std::int64_t>& counts) {
  std::uint64_t sum = 0;  // wraps instead of overflowing where counts are absurd
  for (const auto& [key, count] : counts) sum += static_cast<std::uint64_t>(count);
  return static_cast<std::int64_t>(sum);
}

// `left_out` at its longest: nothing of any list is in the line.
std::map<std::string, std::int64_t> WorstLeftOut(const Report& report,
                                                 std::map<std::string, std::int64_t> left_out) {
  for (const ListId list : kAllLists) {
    const std::size_t size = SizeOf(report, list);
    Count(left_out, KeyOf(list), size);
    for (std::size_t i = 0; i < size; ++i)
      Count(left_out, FramesKeyOf(list), FramesOf(report, list, i).size());
  }
  return left_out;
}

Envelope ShortEnvelope(const Report& report, std::size_t set_aside) {
  Envelope envelope = FullEnvelope(report, set_aside, kShortSetAside);
  envelope.message = Shortened(envelope.message, kLongestText);
  envelope.function_name = Shortened(envelope.function_name, kLongestText);
  envelope.environment = Shortened(envelope.environment, kLongestId);
  envelope.reason = Shortened(envelope.reason, kLongestText);
  if (envelope.left_out.size() > kMostForeignKeys)
    envelope.left_out = {{"entries", SumOf(envelope.left_out)}};
  return envelope;
}

Envelope LeanEnvelope(const Report& report) {
  Envelope envelope = ShortEnvelope(report, 0);
  envelope.shape = LineShape::kLean;
  for (const char* part : {"live", "cost", "function"}) Count(envelope.left_out, part, 1);
  return envelope;
}

// The numbers, and of the texts what fits beside them.
Envelope BareEnvelope(const Report& report, std::size_t limit) {
  const Envelope full = FullEnvelope(report, 0);
  Envelope envelope;
  envelope.shape = LineShape::kBare;
  envelope.left_out = {{"entries", SumOf(WorstLeftOut(report, full.left_out))}};
  const std::size_t used = Assemble(report, envelope, {}).size();
  std::size_t room = limit > used ? limit - used : 0;
  const auto fill = [&room](std::string& text, const std::string& from, std::size_t most) {
    text = Shortened(from, std::min(room, most));
    room -= std::min(room, Dump(text).size() - 2);
  };
  fill(envelope.environment, full.environment, 36);
  fill(envelope.function_name, full.function_name, 64);
  fill(envelope.message, full.message, 160);
  return envelope;
}

// The line's length before any entry is in it.
std::size_t EmptyLength(const Report& report, Envelope envelope) {
  if (envelope.shape != LineShape::kBare)
    envelope.left_out = WorstLeftOut(report, std::move(envelope.left_out));
  return Assemble(report, envelope, {}).size();
}

std::string Filled(const Report& report, Envelope envelope, std::size_t room) {
  Fitter fitter(report, room);
  fitter.TakeByImportance(envelope.shape);
  if (envelope.shape == LineShape::kBare) {
    envelope.left_out = FullEnvelope(report, 0).left_out;
    fitter.CountLeftOut(envelope.left_out);
    envelope.left_out = {{"entries", SumOf(envelope.left_out)}};
  } else {
    fitter.CountLeftOut(envelope.left_out);
  }
  return Assemble(report, envelope, std::move(fitter).Chosen());
}

}  // namespace

std::string FittedLine(const Report& report, std::size_t limit) {
  // Findings are worth more than the details: an envelope may not take the room of all of them.
  const std::size_t most = report.findings.empty() ? limit : limit - limit / 4;
  for (const Envelope& envelope : {ShortEnvelope(report, kFewSetAside), LeanEnvelope(report)}) {
    const std::size_t length = EmptyLength(report, envelope);
    if (length > most) continue;
    std::string line = Filled(report, envelope, limit - length);
    if (line.size() <= limit) return line;
  }
  const Envelope bare = BareEnvelope(report, limit);
  const std::size_t length = EmptyLength(report, bare);
  return Filled(report, bare, limit > length ? limit - length : 0);
}

}  // namespace cleanslate
