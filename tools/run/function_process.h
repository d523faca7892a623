#pragma once

// The function's process, with all that it starts, as a source of events: lines of output, and its end.
// On the io_context's thread.

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "run/console.h"
#include "run/line_splitter.h"
#include "run/warden.h"

namespace cleanslate {

class FunctionProcess : public std::enable_shared_from_this<FunctionProcess> {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnLine(OutputStream stream, std::string_view line) = 0;
    // Everything that it started is gone, and all its output was delivered. `status` as waitpid gives it.
    virtual void OnEnded(int status) = 0;
    // The program could not be executed: errno. OnEnded does not follow.
    virtual void OnExecFailed(int error) = 0;
  };

  static absl::StatusOr<std::shared_ptr<FunctionProcess>> Start(boost::asio::io_context& context,
                                                                const Command& command, Observer& observer);
  ~FunctionProcess();

  // SIGKILL to it and to all that it started; OnEnded follows. Repeated calls do nothing.
  void Kill();

  // As the freeze between invocations.
  void Freeze();
  void Thaw();

  pid_t pid() const { return pid_; }  // of the function; -1 until it is known
  pid_t warden() const { return warden_; }

 private:
  using Stream = boost::asio::posix::stream_descriptor;
  struct Output {
    Stream stream;
    LineSplitter lines;
    std::array<char, 64 << 10> piece;
  };

  FunctionProcess(boost::asio::io_context& context, const WardenHandle& handle, Observer& observer);

  void ReadMessage();
  void ReadOutput(Output& output);
  void WardenEnded();
  void EndOrphans();
  void StreamEnded();

  Observer& observer_;
  pid_t warden_;
  pid_t pid_ = -1;
  int control_;
  Stream messages_;
  WardenMessage message_{};
  Output out_;
  Output error_;
  bool all_gone_ = false;
  int open_streams_ = 3;
  int exec_error_ = 0;
  int status_ = SIGKILL;  // when the warden itself was killed, and the function with it
};

// "exit status 1", "signal: segmentation fault".
std::string DescribeStatus(int status);

}  // namespace cleanslate
