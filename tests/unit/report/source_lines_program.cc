// Says where one of its calls is: the address, and the line. Built to stand at a fixed address.

#include <cstdint>
#include <cstdio>

namespace {

std::uintptr_t returns_to;

__attribute__((noinline)) void Note() {
  returns_to = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}

__attribute__((noinline)) int CallNote() {
  // clang-format off
  const int line = __LINE__; Note();
  // clang-format on
  __asm__ volatile("");
  return line;
}

}  // namespace

int main() {
  const int line = CallNote();
  std::printf("%#llx %d\n", static_cast<unsigned long long>(returns_to - 1), line);
  return 0;
}
