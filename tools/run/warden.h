#pragma once

// The process between `run` and the function. It adopts whatever the function's processes leave behind
// (PR_SET_CHILD_SUBREAPER, prctl(2)), so nothing that the function started can outlive the run: not by
// setsid, not by a double fork, and not when `run` itself is killed with SIGKILL, which the warden sees as
// the end of its control pipe. It then kills its children until it has none: as a subreaper, what they leave
// becomes a child of its own.

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cleanslate {

struct WardenMessage {
  enum Kind : int {
    kStarted,     // value: the function's pid
    kExecFailed,  // value: errno
    kEnded,       // value: as waitpid gives it; everything that the function started is gone too
  };
  Kind kind;
  int value;
};

struct Command {
  std::string program;                 // path, or a name that PATH is searched for
  std::vector<std::string> arguments;  // argv, the name of the program included
  std::vector<std::string> environment;
  std::string folder;  // working directory
};

// Ends of pipes that stay with `run`, close-on-exec. The owner closes them.
struct WardenHandle {
  pid_t pid = -1;     // a child to be waited for
  int control = -1;   // closing it ends everything
  int messages = -1;  // WardenMessage after WardenMessage
  int output = -1;    // the function's descriptor 1
  int error = -1;     // and 2
};

// Starts `command` in a session of its own, as Lambda would: 1,024 descriptors, nothing inherited but
// /dev/null and the two pipes, no signal ignored or blocked. Call it from a process of one thread.
absl::StatusOr<WardenHandle> StartUnderWarden(const Command& command);

}  // namespace cleanslate
