#include "emulator/emulator.h"

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "emulator/routes.h"
#include "emulator/text.h"

namespace cleanslate {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = RuntimeApi::Clock;

constexpr std::chrono::milliseconds kSecondLook{50};

error_code Open(tcp::acceptor& acceptor, std::uint16_t port) {
  error_code error;
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

HttpReply ReplyOf(const Verdict& verdict) {
  return {verdict.status, {{"Content-Type", "application/json"}}, verdict.body};
}

HttpReply PlainReply(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain"}}, std::move(text)};
}

// The caller's clock: the runtime compares it with its own.
std::int64_t EpochMilliseconds(Clock::time_point deadline) {
  const auto wall = std::chrono::system_clock::now() + (deadline - Clock::now());
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch()).count();
}

HttpReply ReplyOf(const Invocation& invocation, const Outcome& outcome) {
  HttpReply reply{
      200, {{"Content-Type", outcome.content_type}, {"X-Amzn-RequestId", invocation.request_id}}, ""};
  reply.fields.emplace_back("X-Amz-Executed-Version", "$LATEST");
  if (outcome.kind != OutcomeKind::kResponse) reply.fields.emplace_back("X-Amz-Function-Error", "Unhandled");
  reply.body = outcome.body;
  return reply;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Emulator>> Emulator::Start(asio::io_context& context, Settings settings,
                                                          Observer& observer) {
  std::unique_ptr<Emulator> emulator(new Emulator(context, std::move(settings), observer));
  if (const error_code error = Open(emulator->runtime_acceptor_, 0)) {
    return absl::UnavailableError(Concat("can't listen on 127.0.0.1: ", error.message()));
  }
  emulator->Accept(emulator->runtime_acceptor_, Role::kRuntime);
  return emulator;
}

Emulator::Emulator(asio::io_context& context, Settings settings, Observer& observer)
    : context_(context),
      settings_(std::move(settings)),
      observer_(observer),
      api_(settings_.limits, *this),
      runtime_acceptor_(context),
      invoke_acceptor_(context),
      timer_(context) {}

absl::StatusOr<std::uint16_t> Emulator::Listen(std::uint16_t port) {
  if (const error_code error = Open(invoke_acceptor_, port)) {
    return absl::UnavailableError(Concat("can't listen on 127.0.0.1:", port, ": ", error.message()));
  }
  Accept(invoke_acceptor_, Role::kInvoker);
  return invoke_acceptor_.local_endpoint().port();
}

void Emulator::Accept(Acceptor& acceptor, Role role) {
  acceptor.async_accept(context_, [this, &acceptor, role](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (!error) {
      const std::uint64_t id = ++last_id_;
      auto connection = std::make_shared<Connection>(
          std::move(socket), static_cast<Connection::Handler&>(*this), settings_.faults, id);
      clients_[id] = {connection, role, ""};
      connection->Start();
    }
    Accept(acceptor, role);
  });
}

void Emulator::Submit(Invocation invocation) {
  if (invocation.trace_id.empty()) invocation.trace_id = RandomTraceId();
  api_.Submit(std::move(invocation), Clock::now());
  ArmTimer();
}

void Emulator::ProcessStarted() {
  api_.ProcessStarted(Clock::now());
  ArmTimer();
}

void Emulator::ProcessEnded(std::string_view how) {
  DropRuntimeConnections();
  api_.ProcessEnded(how);
  ArmTimer();
}

void Emulator::Stop() {
  error_code ignored;
  runtime_acceptor_.close(ignored);
  invoke_acceptor_.close(ignored);
  timer_.cancel();
  for (auto& [id, client] : clients_) client.connection->Abort();
  clients_.clear();
}

void Emulator::ArmTimer() {
  if (looking_again_) return;
  const auto deadline = api_.deadline();
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*deadline);
  timer_.async_wait([this](const error_code& cancelled) {
    if (!cancelled) LookAgain();
  });
}

// When time is up, what has arrived meanwhile is served before judgement is passed: this process itself may
// have been held up, by a terminal that doesn't scroll.
void Emulator::LookAgain() {
  looking_again_ = true;
  timer_.expires_after(kSecondLook);
  timer_.async_wait([this](const error_code& cancelled) {
    if (cancelled) return;
    looking_again_ = false;
    CheckDeadline();
  });
}

void Emulator::CheckDeadline() {
  const auto deadline = api_.deadline();
  if (deadline && Clock::now() >= *deadline) {
    const bool answered = !api_.initializing() && !api_.has_unanswered();
    if (api_.Expire(Clock::now())) observer_.OnOverdue(answered);
  }
  ArmTimer();
}

// What the process of before has sent, and is not read yet, must not be taken for the next one's.
void Emulator::DropRuntimeConnections() {
  std::erase_if(clients_, [](const auto& each) {
    if (each.second.role != Role::kRuntime) return false;
    each.second.connection->Abort();
    return true;
  });
}

std::optional<HttpReply> Emulator::OnHead(Connection& connection, const HttpRequest& head) {
  Client& client = clients_.at(connection.id());
  if (client.role == Role::kInvoker) {
    connection.KeepBody(kPayloadLimit);
    return std::nullopt;
  }
  const ParsedCall parsed = ParseRuntimeCall(head.method, head.target);
  const bool streaming = EqualsIgnoreCase(head.Field("lambda-runtime-function-response-mode"), "streaming");
  connection.KeepBody(streaming ? kStreamedPayloadLimit : kPayloadLimit);
  if (parsed.call != Call::kResponse && parsed.call != Call::kError) return std::nullopt;
  const Verdict verdict = api_.BeginAnswer(parsed.request_id);
  if (!verdict.accepted()) return ReplyOf(verdict);
  client.answering = parsed.request_id;
  return std::nullopt;
}

void Emulator::OnRequest(Connection& connection, HttpRequest request) {
  if (clients_.at(connection.id()).role == Role::kInvoker) return Invoke(connection, std::move(request));
  const ParsedCall parsed = ParseRuntimeCall(request.method, request.target);
  switch (parsed.call) {
    case Call::kNext:
      observer_.OnPoll(connection.peer_port());
      api_.Poll(connection.id(), Clock::now());
      break;
    case Call::kResponse:
      FinishAnswer(connection, std::move(request), AnswerKind::kResponse);
      break;
    case Call::kError:
      FinishAnswer(connection, std::move(request), AnswerKind::kError);
      break;
    case Call::kInitError:
    case Call::kRestoreError: {
      std::string type = request.Field("lambda-runtime-function-error-type");
      connection.Reply(ReplyOf(api_.InitError(std::move(request.body), std::move(type))));
      break;
    }
    case Call::kRestoreNext:
      // The snapshot is taken and restored in no time.
      connection.Reply({200, {{"Content-Type", "application/json"}}, ""});
      break;
    case Call::kWrongMethod:
      connection.Reply(PlainReply(405, "method not allowed\n"));
      break;
    default:
      connection.Reply(PlainReply(404, "404 page not found\n"));
  }
  ArmTimer();
}

void Emulator::FinishAnswer(Connection& connection, HttpRequest request, AnswerKind kind) {
  Client& client = clients_.at(connection.id());
  const std::string request_id = std::exchange(client.answering, "");
  Answer answer;
  answer.kind = kind;
  answer.size = request.body_size;
  answer.content_type = request.Field("content-type");
  answer.error_type = request.Field("lambda-runtime-function-error-type");
  answer.trailing_error = request.Field("lambda-runtime-function-error-body");
  answer.streaming = EqualsIgnoreCase(request.Field("lambda-runtime-function-response-mode"), "streaming");
  answer.body = std::move(request.body);
  // What the answer sets off may end the process, and this connection with it.
  const auto keep = connection.shared_from_this();
  const Verdict verdict = api_.FinishAnswer(request_id, std::move(answer), Clock::now());
  keep->Reply(ReplyOf(verdict));
}

void Emulator::OnGone(Connection& connection) {
  const auto found = clients_.find(connection.id());
  if (found == clients_.end()) return;
  const Client client = std::move(found->second);
  clients_.erase(found);
  if (client.role != Role::kRuntime) return;
  api_.PollGone(connection.id());
  if (!client.answering.empty()) api_.AbandonAnswer(client.answering);
  ArmTimer();
}

void Emulator::Invoke(Connection& connection, HttpRequest request) {
  const ParsedCall parsed = ParseInvokeCall(request.method, request.target);
  if (parsed.call == Call::kWrongMethod) return connection.Reply(PlainReply(405, "use POST\n"));
  if (parsed.call != Call::kInvoke) {
    return connection.Reply(PlainReply(404, "POST to /2015-03-31/functions/function/invocations\n"));
  }
  if (request.body_size > kPayloadLimit) {
    return connection.Reply(PlainReply(413, "the event is larger than 6 MiB\n"));
  }
  const std::string type = LowerCase(request.Field("x-amz-invocation-type"));
  if (type == "dryrun") return connection.Reply({204, {}, ""});
  Invocation invocation;
  invocation.request_id = RandomUuid();
  invocation.event = std::move(request.body);
  if (const std::string& given = request.Field("content-type"); !given.empty())
    invocation.content_type = given;
  invocation.trace_id = request.Field("x-amzn-trace-id");
  invocation.client_context = request.Field("x-amz-client-context");
  invocation.cognito_identity = request.Field("x-amz-cognito-identity");
  invocation.tenant_id = request.Field("x-amz-tenant-id");
  if (type == "event") {
    connection.Reply({202, {{"X-Amzn-RequestId", invocation.request_id}}, ""});
  } else {
    callers_[invocation.request_id] = connection.id();
  }
  observer_.OnInvoked();
  Submit(std::move(invocation));
}

void Emulator::Deliver(RuntimeApi::PollId poll, const Invocation& invocation, Clock::time_point deadline) {
  const auto found = clients_.find(poll);
  if (found == clients_.end()) return;
  observer_.OnDelivery();
  HttpReply reply;
  reply.fields = {
      {"Content-Type", invocation.content_type},
      {"Lambda-Runtime-Aws-Request-Id", invocation.request_id},
      {"Lambda-Runtime-Deadline-Ms", Concat(EpochMilliseconds(deadline))},
      {"Lambda-Runtime-Invoked-Function-Arn",
       Concat("arn:aws:lambda:", settings_.region, ":012345678912:function:", settings_.function_name)},
  };
  const std::pair<std::string_view, const std::string&> optional[] = {
      {"Lambda-Runtime-Trace-Id", invocation.trace_id},
      {"Lambda-Runtime-Client-Context", invocation.client_context},
      {"Lambda-Runtime-Cognito-Identity", invocation.cognito_identity},
      {"Lambda-Runtime-Aws-Tenant-Id", invocation.tenant_id},
  };
  for (const auto& [name, value] : optional) {
    if (!value.empty()) reply.fields.emplace_back(name, value);
  }
  reply.body = invocation.event;
  found->second.connection->Reply(reply);
}

void Emulator::Completed(const Invocation& invocation, const Outcome& outcome) {
  observer_.OnCompleted(invocation, outcome);
  const auto caller = callers_.find(invocation.request_id);
  if (caller == callers_.end()) return;
  const auto client = clients_.find(caller->second);
  callers_.erase(caller);
  if (client != clients_.end()) client->second.connection->Reply(ReplyOf(invocation, outcome));
}

void Emulator::Quiescent() {
  observer_.OnQuiescent();
}

}  // namespace cleanslate
