#include "run/function_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "emulator/text.h"
#include "run/process_tree.h"

namespace cleanslate {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

absl::StatusOr<std::shared_ptr<FunctionProcess>> FunctionProcess::Start(asio::io_context& context,
                                                                        const Command& command,
                                                                        Observer& observer) {
  absl::StatusOr<WardenHandle> handle = StartUnderWarden(command);
  if (!handle.ok()) return handle.status();
  std::shared_ptr<FunctionProcess> process(new FunctionProcess(context, *handle, observer));
  process->ReadMessage();
  process->ReadOutput(process->out_);
  process->ReadOutput(process->error_);
  return process;
}

FunctionProcess::FunctionProcess(asio::io_context& context, const WardenHandle& handle, Observer& observer)
    : observer_(observer),
      warden_(handle.pid),
      control_(handle.control),
      messages_(context, handle.messages),
      out_{Stream(context, handle.output),
           LineSplitter([this](std::string_view line) { observer_.OnLine(OutputStream::kOut, line); }),
           {}},
      error_{Stream(context, handle.error),
             LineSplitter([this](std::string_view line) { observer_.OnLine(OutputStream::kError, line); }),
             {}} {}

FunctionProcess::~FunctionProcess() {
  Kill();
  while (waitpid(warden_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void FunctionProcess::Kill() {
  if (control_ >= 0) close(std::exchange(control_, -1));
}

void FunctionProcess::Freeze() {
  StopDescendants(warden_);
}

void FunctionProcess::Thaw() {
  ContinueDescendants(warden_);
}

void FunctionProcess::ReadMessage() {
  asio::async_read(messages_, asio::buffer(&message_, sizeof(message_)),
                   [self = shared_from_this()](const error_code& error, std::size_t) {
                     if (error) return self->WardenEnded();
                     switch (self->message_.kind) {
                       case WardenMessage::kStarted:
                         self->pid_ = self->message_.value;
                         break;
                       case WardenMessage::kExecFailed:
                         self->exec_error_ = self->message_.value;
                         break;
                       case WardenMessage::kEnded:
                         self->status_ = self->message_.value;
                         self->all_gone_ = true;
                         break;
                     }
                     self->ReadMessage();
                   });
}

void FunctionProcess::ReadOutput(Output& output) {
  output.stream.async_read_some(asio::buffer(output.piece), [self = shared_from_this(), &output](
                                                                const error_code& error, std::size_t size) {
    output.lines.Add({output.piece.data(), size});
    if (!error) return self->ReadOutput(output);
    output.lines.Finish();
    self->StreamEnded();
  });
}

// Without a last word it was killed from outside. What it had adopted is ours now.
void FunctionProcess::WardenEnded() {
  if (!all_gone_) {
    EndOrphans();
    out_.stream.cancel();
    error_.stream.cancel();
  }
  StreamEnded();
}

void FunctionProcess::EndOrphans() {
  for (;;) {
    std::vector<pid_t> orphans = Descendants(getpid());
    std::erase(orphans, warden_);
    if (orphans.empty()) return;
    for (const pid_t pid : orphans) kill(pid, SIGKILL);
    // Those that are not our children become it when their parents have ended.
    for (const pid_t pid : orphans) waitpid(pid, nullptr, 0);
  }
}

void FunctionProcess::StreamEnded() {
  if (--open_streams_ > 0) return;
  if (exec_error_ != 0) return observer_.OnExecFailed(exec_error_);
  observer_.OnEnded(status_);
}

std::string DescribeStatus(int status) {
  if (WIFEXITED(status)) return Concat("exit status ", WEXITSTATUS(status));
  if (!WIFSIGNALED(status)) return Concat("wait status ", status);
  return Concat("signal: ", LowerCase(strsignal(WTERMSIG(status))),
                WCOREDUMP(status) ? " (core dumped)" : "");
}

}  // namespace cleanslate
