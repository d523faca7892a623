// The vector belongs to the call and goes with it.

#include <string>
#include <vector>

#include "runtime.h"

namespace {

struct Order {
  std::string id;
  std::vector<std::string> lines;
};

std::string CountLines(const lambda::Invocation& invocation) {
  std::vector<Order> orders;
  orders.push_back(
      {invocation.request_id, std::vector<std::string>(100, "a line that is too long to be stored inline")});
  std::size_t lines = 0;
  for (const Order& order : orders) lines += order.lines.size();
  return "{\"lines\":" + std::to_string(lines) + "}";
}

}  // namespace

int main() {
  return lambda::Serve(CountLines);
}
