// The default is a value: a new basket for each call.

#include <string>
#include <vector>

#include "runtime.h"

namespace {

using Basket = std::vector<std::string>;

Basket AddItem(const std::string& item, Basket basket = {}) {
  basket.push_back(item);
  return basket;
}

std::string CountItems(const lambda::Invocation& invocation) {
  return "{\"basket\":" + std::to_string(AddItem(invocation.request_id).size()) + "}";
}

}  // namespace

int main() {
  return lambda::Serve(CountItems);
}
