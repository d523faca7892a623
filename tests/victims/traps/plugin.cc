// A library that allocates while it is loaded and while it is unloaded.

#include <cstdlib>
#include <vector>

namespace {

std::vector<int>* numbers;

__attribute__((constructor)) void Load() {
  numbers = new std::vector<int>(100, 1);
}
__attribute__((destructor)) void Unload() {
  delete numbers;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int plugin_work(int value) {
  void* block = std::malloc(static_cast<std::size_t>(value) + 1);
  std::free(block);
  return (*numbers)[static_cast<std::size_t>(value)] + value;
}
