// The stream's destructor closes the file.

#include <fstream>
#include <string>

#include "runtime.h"

namespace {

std::string ReadHead(const lambda::Invocation&) {
  std::ifstream program("/proc/self/exe", std::ios::binary);
  char head[4] = {};
  program.read(head, sizeof(head));
  return "{\"bytes\":" + std::to_string(program.gcount()) + "}";
}

}  // namespace

int main() {
  return lambda::Serve(ReadHead);
}
