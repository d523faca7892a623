#pragma once

// The Runtime API on a socket of the loopback, and the invoke endpoint of the runtime interface emulator on
// another: HTTP around the state machine of runtime_api.h. It starts no process: its observer does, when
// needs_process() says so.
//
// Runs on one thread, that of the io_context.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "emulator/connection.h"
#include "emulator/faults.h"
#include "emulator/invocation.h"
#include "emulator/runtime_api.h"

namespace cleanslate {

class Emulator : private Connection::Handler, private RuntimeApi::Observer {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    // An invocation came from outside and is about to be queued.
    virtual void OnInvoked() = 0;
    // The function asks for its next event, over a connection whose other end has this port.
    virtual void OnPoll(std::uint16_t peer_port) = 0;
    virtual void OnDelivery() = 0;
    virtual void OnCompleted(const Invocation& invocation, const Outcome& outcome) = 0;
    virtual void OnQuiescent() = 0;
    // The process is over its time: kill it, then say ProcessEnded. `answered`: its response was in time, and
    // it has not asked for its next event since.
    virtual void OnOverdue(bool answered) = 0;
  };

  struct Settings {
    RuntimeApi::Limits limits;
    Faults faults;
    std::string function_name;
    std::string region = "us-east-1";
  };

  // Listens on a free port of 127.0.0.1.
  static absl::StatusOr<std::unique_ptr<Emulator>> Start(boost::asio::io_context& context, Settings settings,
                                                         Observer& observer);

  std::uint16_t runtime_port() const { return runtime_acceptor_.local_endpoint().port(); }

  // Also answers POST /2015-03-31/functions/{name}/invocations on this port of 127.0.0.1; 0 takes a free one.
  // Returns the port.
  absl::StatusOr<std::uint16_t> Listen(std::uint16_t port);

  void Submit(Invocation invocation);
  void ProcessStarted();
  void ProcessEnded(std::string_view how);

  bool needs_process() const { return api_.needs_process(); }
  bool initializing() const { return api_.initializing(); }
  bool quiescent() const { return api_.quiescent(); }
  bool idle() const { return api_.idle(); }

  // No connection is taken or served any more.
  void Stop();

 private:
  using Acceptor = boost::asio::ip::tcp::acceptor;
  enum class Role : std::uint8_t { kRuntime, kInvoker };
  struct Client {
    std::shared_ptr<Connection> connection;
    Role role = Role::kRuntime;
    std::string answering;  // the request id whose answer is on its way
  };

  Emulator(boost::asio::io_context& context, Settings settings, Observer& observer);

  void Accept(Acceptor& acceptor, Role role);
  void ArmTimer();
  void LookAgain();
  void CheckDeadline();
  void DropRuntimeConnections();

  std::optional<HttpReply> OnHead(Connection& connection, const HttpRequest& head) override;
  void OnRequest(Connection& connection, HttpRequest request) override;
  void OnGone(Connection& connection) override;
  void Invoke(Connection& connection, HttpRequest request);
  void FinishAnswer(Connection& connection, HttpRequest request, AnswerKind kind);

  void Deliver(RuntimeApi::PollId poll, const Invocation& invocation,
               RuntimeApi::Clock::time_point deadline) override;
  void Completed(const Invocation& invocation, const Outcome& outcome) override;
  void Quiescent() override;

  boost::asio::io_context& context_;
  const Settings settings_;
  Observer& observer_;
  RuntimeApi api_;
  Acceptor runtime_acceptor_;
  Acceptor invoke_acceptor_;
  boost::asio::steady_timer timer_;
  bool looking_again_ = false;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Client> clients_;
  std::map<std::string, std::uint64_t> callers_;  // request id -> the connection that waits for its outcome
};

}  // namespace cleanslate
