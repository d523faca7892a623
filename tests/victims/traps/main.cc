#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "trap.h"

namespace trap {

constinit const Trap* Trap::first = nullptr;

void Say(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof(line) - 1, format, arguments);
  va_end(arguments);
  line[length] = '\n';
  if (write(1, line, static_cast<size_t>(length) + 1) < 0) _exit(99);
}

}  // namespace trap

int main(int argc, char** argv) {
  for (const trap::Trap* trap = trap::Trap::first; trap != nullptr; trap = trap->next) {
    if (argc == 2 && strcmp(argv[1], trap->name) == 0) return trap->run();
  }
  fprintf(stderr, "usage: %s TRAP\n", argv[0]);
  return 2;
}
