// A singleton remembers who is logged in, and everybody who ever was.

#include <string>
#include <vector>

#include "runtime.h"

namespace {

class Session {
 public:
  static Session& Instance() {
    static Session session;
    return session;
  }
  void Open(const std::string& user) {
    user_ = user;
    history_.push_back(user);
  }
  std::size_t calls() const { return history_.size(); }
  const std::string& user() const { return user_; }

 private:
  std::string user_;
  std::vector<std::string> history_;
};

std::string LogIn(const lambda::Invocation& invocation) {
  Session::Instance().Open(invocation.request_id);
  return "{\"user\":\"" + Session::Instance().user() +
         "\",\"calls\":" + std::to_string(Session::Instance().calls()) + "}";
}

}  // namespace

int main() {
  return lambda::Serve(LogIn);
}
