// A default argument that refers to a static object: all calls that bring no basket share one.

#include <string>
#include <vector>

#include "runtime.h"

namespace {

using Basket = std::vector<std::string>;

Basket& EmptyBasket() {
  static Basket basket;
  return basket;
}

Basket& AddItem(const std::string& item, Basket& basket = EmptyBasket()) {
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
