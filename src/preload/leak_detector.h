#pragma once

// The conductor: what happens at a boundary, from snapshot to report. COLD; one boundary at a time, on the
// thread that asked for `next`, under the guard. Nothing thrown leaves it: a method that returns false has
// failed, and the library goes quiet.

#include <memory>

#include "base/options.h"

namespace cleanslate {

struct WindowInfo;

class LeakDetector {
 public:
  // nullptr when it can't be made.
  static LeakDetector* Create(const Options& options) noexcept;

  // The first `next` is about to be asked for: the baseline. Its line is held back until OnWindow or Flush
  // shows that this process answers invocations: a curl that only asks for `next` has nothing to say.
  bool OnInit() noexcept;
  // A window begins where the program says so: what happened since the last one is nobody's.
  bool OnBegin() noexcept;
  bool OnWindow(const WindowInfo& window) noexcept;
  bool OnRestore() noexcept;
  // A process that was watched from its start ends.
  bool OnExit() noexcept;
  // Watching ends; `reason` is what the last line says.
  void OnQuiet(const char* reason) noexcept;

 private:
  struct Parts;

  explicit LeakDetector(const Options& options);
  ~LeakDetector() = delete;  // lives as long as the process

  std::unique_ptr<Parts> parts_;
};

}  // namespace cleanslate
