// bench_memory BLOCKS: how many bytes of memory so many live blocks take, whole, with what anybody keeps
// about them. Their sizes are random, 16 to 244 bytes, 130 on average; all are written to.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

// The kernel's exact count. /proc/self/statm lags behind by some pages of each thread.
long ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/smaps_rollup", "r");
  if (file == nullptr) return -1;
  long kilobytes = -1;
  char line[256];
  while (kilobytes < 0 && std::fgets(line, sizeof line, file) != nullptr)
    std::sscanf(line, "Rss: %ld kB", &kilobytes);
  std::fclose(file);
  return kilobytes * 1024;
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc == 2 ? std::atol(argv[1]) : 0;
  if (count <= 0 || ResidentBytes() < 0) {
    std::fprintf(stderr, "usage: bench_memory BLOCKS, where there is /proc/self/smaps_rollup\n");
    return 2;
  }
  // The list of blocks is there, and in memory, before the count begins.
  const auto blocks = std::make_unique<void*[]>(static_cast<std::size_t>(count));
  std::memset(static_cast<void*>(blocks.get()), 1, static_cast<std::size_t>(count) * sizeof(void*));
  const long before = ResidentBytes();
  std::uint32_t random = 1;
  for (long i = 0; i < count; ++i) {
    random = random * 1664525u + 1013904223u;
    const std::size_t size = 16 + (random >> 16) % 229;
    blocks[static_cast<std::size_t>(i)] = std::memset(std::malloc(size), 1, size);
  }
  std::printf("%ld\n", ResidentBytes() - before);
  for (long i = 0; i < count; ++i) std::free(blocks[static_cast<std::size_t>(i)]);
  return 0;
}
