#include "symbolizer_victim.h"

#include <string>
#include <vector>

// Keeps the call above it a call, with something to return to.
#define NOT_THE_LAST() __asm__ volatile("")
#define VICTIM __attribute__((visibility("default"), noinline))

extern "C" VICTIM void victim_exported(VictimCallback callback) {
  callback();
  NOT_THE_LAST();
}

static __attribute__((noinline)) void StaticGrow(VictimCallback callback) {
  callback();
  NOT_THE_LAST();
}

extern "C" VICTIM void victim_calls_static(VictimCallback callback) {
  StaticGrow(callback);
  NOT_THE_LAST();
}

namespace shop {

template <typename T>
class Warehouse {
 public:
  __attribute__((noinline)) int Insert(const std::string& name, std::vector<T> values,
                                       VictimCallback callback) {
    callback();
    NOT_THE_LAST();
    return static_cast<int>(name.size() + values.size());
  }
};

}  // namespace shop

extern "C" VICTIM void victim_calls_cpp(VictimCallback callback) {
  shop::Warehouse<int>().Insert("name", {1, 2}, callback);
  NOT_THE_LAST();
}

extern "C" __attribute__((visibility("default"))) char victim_last_user[64];
char victim_last_user[64];
extern "C" __attribute__((visibility("default"))) const int victim_constant[4];
const int victim_constant[4] = {1, 2, 3, 4};

namespace shop {

std::string owner;
static char hidden[32];

char* Remember(const std::string& name, int at) {
  static char last[48];
  last[0] = name[static_cast<std::size_t>(at)];
  return last;
}

}  // namespace shop

extern "C" VICTIM const void* victim_variable(int which) {
  const void* const variables[] = {victim_last_user, &shop::owner, shop::hidden, shop::Remember("name", 0)};
  return variables[which];
}

extern "C" VICTIM void victim_ends_with_call(VictimCallback callback) {
  callback();
  __builtin_unreachable();
}

extern "C" VICTIM void victim_follows(VictimCallback) {
  NOT_THE_LAST();
}
