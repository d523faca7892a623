#pragma once

// Names the variables of a CPython program, 3.10 to 3.14, from inside its process: by functions of CPython
// that are found by name, without a line of Python, a file or a reference that is kept. What is looked at:
// names.h and registries.h; what counts in it: walk.h.
//
// A look runs on a helper thread of ours that waits for the interpreter's lock, so that no code of the
// program's - a signal handler, a finalizer - runs in it. It gives up after `patience`, or at the request's
// deadline: a helper that gets the lock later does nothing, and until it has ended there is no other one.
// Where the calling thread holds the lock already, it looks itself.
//
// It stays off, for good and saying why, where the interpreter is none that it knows: another version, a
// free-threaded or a debug build, PyPy. It does nothing while there is no interpreter, or where one is being
// ended. Sub-interpreters are counted and left alone.
//
// COLD, under the caller's Guard; one look at a time, on any thread. A child of fork makes a probe of its
// own.

#include <chrono>
#include <memory>
#include <string>

#include "probe/line.h"
#include "probe/locked_call.h"
#include "probe/probe_request.h"
#include "probe/variable.h"
#include "probe/variable_memory.h"

namespace cleanslate {

struct PythonProbeOptions {
  std::string task_root;  // whose modules are looked into; empty: nobody's
  std::chrono::milliseconds patience{150};
};

class PythonProbe {
 public:
  explicit PythonProbe(PythonProbeOptions options);
  ~PythonProbe();
  PythonProbe(const PythonProbe&) = delete;
  PythonProbe& operator=(const PythonProbe&) = delete;

  VariableSnapshot Look(const ProbeRequest& request);
  // Of the last look.
  const LineSnapshot& lines() const { return lines_; }

  // Why it stays off, in a user's words; empty: it doesn't.
  const std::string& off() const { return off_; }
  // The same of the lines of small objects, where variables are named all the same.
  const std::string& lines_off() const;

 private:
  struct Interpreter;

  bool Ready();
  VariableSnapshot Told(WindowNumber window, bool looked);

  PythonProbeOptions options_;
  std::string off_;
  std::shared_ptr<Interpreter> interpreter_;  // an abandoned helper has a share of it
  LockedCall call_;
  VariableMemory memory_;
  LineSnapshot lines_;
};

}  // namespace cleanslate
