#include "source_lines_victim.h"

// Keeps the call above it a call, with something to return to.
#define NOT_THE_LAST() __asm__ volatile("")
#define VICTIM __attribute__((visibility("default"), noinline))

extern "C" {
__attribute__((visibility("default"))) volatile int victim_line = 0;
__attribute__((visibility("default"))) volatile int victim_outer_line = 0;
}

namespace shop {
namespace {

__attribute__((noinline)) void Restock(VictimCallback callback) {
  // clang-format off
  victim_line = __LINE__; callback();
  // clang-format on
  NOT_THE_LAST();
}

}  // namespace

template <typename T>
class Cart {
 public:
  __attribute__((always_inline)) inline void Add(T item, VictimCallback callback) {
    item_ = item;
    // clang-format off
    victim_line = __LINE__; callback();
    // clang-format on
    NOT_THE_LAST();
  }

 private:
  volatile T item_ = 0;
};

}  // namespace shop

extern "C" VICTIM void victim_plain(VictimCallback callback) {
  // clang-format off
  victim_line = __LINE__; callback();
  // clang-format on
  NOT_THE_LAST();
}

extern "C" VICTIM void victim_static(VictimCallback callback) {
  shop::Restock(callback);
  NOT_THE_LAST();
}

extern "C" VICTIM void victim_inlined(VictimCallback callback) {
  shop::Cart<int> cart;
  // clang-format off
  victim_outer_line = __LINE__; cart.Add(1, callback);
  // clang-format on
  NOT_THE_LAST();
}
