#pragma once

// Names the lines of a CPython program that leave small objects behind, when that is asked for. Until then it
// only counts the blocks of Python's own allocator, a call a boundary. Asked for, it wraps the allocators for
// kBirthWindows windows, waits for kSettleWindows more - Python's free lists keep a block at an old place for
// a while - takes the wrap off, and tells which lines have left objects in each of those windows: objects
// that something holds, not garbage that waits for its collection.
//
// Not seen: what is born while another tool wraps or unwraps the allocators (the watch is given up); a leak
// of nothing but lists, tuples, dictionaries and floats, whose memory Python gives from one line to the next;
// sub-interpreters.
//
// COLD, but for the hooks of line_watch.h. One in a process, and where there was one before a fork,
// one in the child.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "probe/line.h"
#include "probe/python/api.h"
#include "probe/python/frames.h"
#include "probe/python/line_api.h"
#include "probe/python/packages.h"
#include "probe/python/sites.h"

namespace cleanslate {

class PythonLines {
 public:
  static constexpr unsigned kBirthWindows = 3;
  static constexpr unsigned kSettleWindows = 2;

  explicit PythonLines(std::string task_root);

  // At the end of `window`, with the lock of the main interpreter, no error being raised and its collector
  // switched off. `wanted`: begin to watch, unless it does already or can't just now. `api` is the same each
  // time. Where two boundaries on end are missed, a watch is given up.
  LineSnapshot AtBoundary(const PythonApi& api, WindowNumber window, bool wanted);

  // From any thread, without the lock, when no boundary will come any more: the wrap passes everything
  // through.
  static void Silence() noexcept;

  // Why it stays off, in a user's words; empty: it doesn't.
  const std::string& off() const { return off_; }

 private:
  bool Ready(const PythonApi& api);
  bool CanBegin(const PythonApi& api);
  void Begin(const PythonApi& api);
  void Continue(const PythonApi& api, WindowNumber window, LineSnapshot& snapshot);
  void End();

  PythonPackages packages_;
  PythonLineApi lines_;
  PythonFrames frames_;
  std::unique_ptr<PythonSites> sites_;  // while it watches
  std::string off_;
  bool found_ = false;
  bool checked_ = false;
  bool taken_off_ = true;
  unsigned boundaries_ = 0;  // since the watch began
  WindowNumber last_window_ = 0;
  WindowNumber since_ = 0;
};

}  // namespace cleanslate
