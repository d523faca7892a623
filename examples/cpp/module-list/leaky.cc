// A vector at namespace scope lives as long as the process: every call makes it longer, and reads the others'
// orders.

#include <string>
#include <vector>

#include "runtime.h"

namespace {

struct Order {
  std::string id;
  std::vector<std::string> lines;
};

std::vector<Order> orders;

std::string CountLines(const lambda::Invocation& invocation) {
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
