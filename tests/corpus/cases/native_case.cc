#include "native_case.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>

#include <cstdio>
#include <sstream>
#include <utility>
#include <vector>

#include "native_witness.h"
#include "runtime.h"

namespace corpus {
namespace {

// The member's text; members are flat and their strings have no escapes.
std::string Member(const std::string& json, const char* name) {
  std::size_t at = json.find("\"" + std::string(name) + "\"");
  if (at == std::string::npos) return {};
  at = json.find_first_not_of(" :", at + std::strlen(name) + 2);
  const bool quoted = json[at] == '"';
  const std::size_t end = json.find_first_of(quoted ? "\"" : ",} ", at + 1);
  return quoted ? json.substr(at + 1, end - at - 1) : json.substr(at, end - at);
}

Event ParseEvent(const std::string& json) {
  return {std::atoi(Member(json, "number").c_str()), std::atoi(Member(json, "rows").c_str()),
          Member(json, "customer"), Member(json, "tenant"), Member(json, "token")};
}

using Handler = std::string (*)(const Event&);

// The cases of `names`, which has a + between them, made ready; none when one of them isn't there.
std::vector<Handler> HandlersOf(const std::string& names) {
  std::vector<Handler> handlers;
  std::istringstream rest(names);
  for (std::string name; std::getline(rest, name, '+');) {
    handlers.push_back(reinterpret_cast<Handler>(dlsym(RTLD_DEFAULT, name.c_str())));
    if (handlers.back() == nullptr) return {};
    const auto init = reinterpret_cast<void (*)()>(dlsym(RTLD_DEFAULT, ("init_" + name).c_str()));
    if (init != nullptr) init();
  }
  return handlers;
}

// As together.py does.
void LeakWhenAsked(const Event& event) {
  const char* const from = std::getenv("LEAKS_FROM");
  if (from != nullptr && event.number >= std::atoi(from))
    open(TmpPath("").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

std::string TmpPath(const std::string& name) {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr ? folder : "/tmp") + "/" + name;
}

OUTLINE int Connect(const char* variable) {
  const char* address = std::getenv(variable);
  const char* colon = address != nullptr ? std::strrchr(address, ':') : nullptr;
  if (colon == nullptr) throw std::runtime_error(std::string(variable) + " is not HOST:PORT");
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<in_port_t>(std::atoi(colon + 1)));
  inet_pton(AF_INET, std::string(address, colon).c_str(), &peer.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) != 0) {
    if (fd >= 0) close(fd);
    throw std::runtime_error(std::string("can't connect to ") + variable);
  }
  return fd;
}

bool Ask(int fd, const std::string& line) {
  const std::string request = line + "\r\n";
  char answer[64];
  return send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()) &&
         recv(fd, answer, sizeof(answer), 0) > 0;
}

std::function<void()>& AfterResponse() {
  static std::function<void()> work;
  return work;
}

int Run(int argc, char** argv) {
  const char* setting = std::getenv("_HANDLER");
  std::string name = argc > 1 ? argv[argc - 1] : setting != nullptr ? setting : "";
  name.erase(0, name.rfind('=') + 1);
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  const std::vector<Handler> handlers = HandlersOf(name);
  if (handlers.empty() || address == nullptr) {
    std::fprintf(stderr, "%s: no case '%s', or no AWS_LAMBDA_RUNTIME_API\n", argv[0], name.c_str());
    return 2;
  }
  lambda::RuntimeClient client(address, lambda::Connections::kKeepAlive);
  Witness witness;
  for (lambda::Invocation invocation; client.Next(invocation);) {
    const Event event = ParseEvent(invocation.event);
    witness.Before({event.customer, event.tenant, event.token});
    std::vector<std::function<void()>> later;
    bool sent = false;
    try {
      std::string answer;
      for (const Handler handler : handlers) {
        answer = '"' + handler(event) + '"';
        if (AfterResponse()) later.push_back(std::exchange(AfterResponse(), nullptr));
      }
      LeakWhenAsked(event);
      witness.After();
      sent = client.Respond(invocation.request_id, answer);
    } catch (const std::exception& error) {
      witness.After();
      sent = client.Fail(invocation.request_id, error.what());
    }
    if (!sent) break;
    for (const auto& work : later) work();
  }
  return 1;
}

}  // namespace corpus
