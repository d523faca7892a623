// Each call has a session of its own.

#include <string>
#include <vector>

#include "runtime.h"

namespace {

class Session {
 public:
  explicit Session(const std::string& user) : user_(user), history_{user} {}
  std::size_t calls() const { return history_.size(); }
  const std::string& user() const { return user_; }

 private:
  std::string user_;
  std::vector<std::string> history_;
};

std::string LogIn(const lambda::Invocation& invocation) {
  Session session(invocation.request_id);
  return "{\"user\":\"" + session.user() + "\",\"calls\":" + std::to_string(session.calls()) + "}";
}

}  // namespace

int main() {
  return lambda::Serve(LogIn);
}
