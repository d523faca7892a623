#include "preload/function_facts.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>

#include "base/clock.h"

namespace cleanslate {

namespace {

std::string ValueOf(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

FunctionFacts ReadFunctionFacts() {
  FunctionFacts facts;
  facts.name = ValueOf("AWS_LAMBDA_FUNCTION_NAME");
  facts.version = ValueOf("AWS_LAMBDA_FUNCTION_VERSION");
  const std::string memory = ValueOf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
  std::from_chars(memory.data(), memory.data() + memory.size(), facts.memory_mb);
  return facts;
}

std::string ReadRuntimeName() {
  constexpr std::string_view kPrefix = "AWS_Lambda_";
  const std::string environment = ValueOf("AWS_EXECUTION_ENV");
  if (environment.starts_with(kPrefix)) return environment.substr(kPrefix.size());
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  if (length <= 0) return "";
  const std::string program(path, static_cast<std::size_t>(length));
  return program.substr(program.rfind('/') + 1);
}

std::string NewEnvironmentId() {
  std::uint64_t words[2];
  if (getrandom(words, sizeof(words), GRND_NONBLOCK) != sizeof(words)) {
    // Early in a machine's life there may be no random numbers yet: unique enough, and nothing secret hangs
    // on it.
    words[0] = static_cast<std::uint64_t>(WallClockNs());
    words[1] = static_cast<std::uint64_t>(MonotonicNs()) * 0x9E3779B97F4A7C15u +
               static_cast<std::uint64_t>(getpid());
  }
  std::string id;
  for (const std::uint64_t word : words) {
    for (int shift = 60; shift >= 0; shift -= 4) id += "0123456789abcdef"[(word >> shift) & 15];
  }
  return id;
}

}  // namespace cleanslate
