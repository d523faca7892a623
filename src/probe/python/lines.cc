#include "probe/python/lines.h"

#include <utility>

#include "probe/python/line_survivors.h"
#include "probe/python/line_watch.h"

namespace cleanslate {

PythonLines::PythonLines(std::string task_root) : packages_(std::move(task_root)) {}

bool PythonLines::Ready(const PythonApi& api) {
  if (!off_.empty()) return false;
  if (found_) return true;
  found_ = lines_.Find(off_) && frames_.Choose(api, lines_, off_);
  return found_;
}

bool PythonLines::CanBegin(const PythonApi& api) {
  if (api.PyInterpreterState_Next(api.PyInterpreterState_Head()) != nullptr) return false;
  if (checked_) return true;
  switch (frames_.Check(api, lines_)) {
    case PythonFrames::Verdict::kNotTried:
      return false;
    case PythonFrames::Verdict::kUnknown:
      off_ = "this build of Python lays out its frames in a way that is not known";
      return false;
    case PythonFrames::Verdict::kKnown:
      break;
  }
  checked_ = PythonObjects(api).Check(off_);
  return checked_;
}

void PythonLines::Begin(const PythonApi& api) {
  sites_ = std::make_unique<PythonSites>(api, lines_, frames_, packages_);
  boundaries_ = 0;
  switch (PythonLineWatch::Begin(api, lines_, *sites_)) {
    case PythonLineWatch::Result::kDone:
      taken_off_ = false;
      return;
    case PythonLineWatch::Result::kNoMemory:
      off_ = "there is no memory to note where Python's objects are born";
      break;
    case PythonLineWatch::Result::kBuried:
      break;
  }
  sites_.reset();
}

void PythonLines::End() {
  taken_off_ = PythonLineWatch::End(lines_);
  sites_.reset();
}

void PythonLines::Continue(const PythonApi& api, WindowNumber window, LineSnapshot& snapshot) {
  // Where the program marks its windows itself, each has a neighbour in which nobody looks.
  constexpr WindowNumber kMostApart = 2;
  if (window - last_window_ > kMostApart || !PythonLineWatch::IsIntact(lines_)) {
    snapshot.left_out = PythonLineWatch::left_out();
    End();
    return;
  }
  ++boundaries_;
  if (boundaries_ < kBirthWindows) {
    PythonLineWatch::Advance(boundaries_);
  } else if (boundaries_ == kBirthWindows) {
    PythonLineWatch::OnlyDeaths();
  } else if (boundaries_ == kBirthWindows + kSettleWindows) {
    snapshot.looked = true;
    snapshot.since = since_;
    lines_.PyType_ClearCache();
    snapshot.lines = FindLineSurvivors(api, *sites_, kBirthWindows);
    End();
  }
}

LineSnapshot PythonLines::AtBoundary(const PythonApi& api, WindowNumber window, bool wanted) {
  LineSnapshot snapshot;
  if (!Ready(api)) return snapshot;
  snapshot.small_blocks = lines_.CountBlocks(api);
  if (sites_ != nullptr)
    Continue(api, window, snapshot);
  else if (!taken_off_)
    taken_off_ = PythonLineWatch::TryTakeOff(lines_);
  if (wanted && sites_ == nullptr && !snapshot.looked && CanBegin(api)) {
    Begin(api);
    since_ = window + 1;
  }
  snapshot.watching = sites_ != nullptr;
  last_window_ = window;
  return snapshot;
}

void PythonLines::Silence() noexcept {
  PythonLineWatch::Silence();
}

}  // namespace cleanslate
