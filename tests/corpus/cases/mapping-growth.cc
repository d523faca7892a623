#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <memory>

#include "native_case.h"

using corpus::Check;
using corpus::Event;
using corpus::TmpPath;

static constexpr std::size_t kBytes = 1 << 20;

static std::string Prices() {
  return TmpPath("prices.bin");
}

static void WritePrices() {
  const int fd = open(Prices().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  Check(fd >= 0 && ftruncate(fd, kBytes) == 0, "can't write the prices");
  close(fd);
}

OUTLINE void* MapPrices() {
  const int fd = open(Prices().c_str(), O_RDONLY | O_CLOEXEC);
  void* prices = mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  Check(prices != MAP_FAILED, "can't map the prices");
  return prices;
}

INIT init_leaky_table_mapped_for_each_call() {
  WritePrices();
}

// expect: mapping-growth *MapPrices*
// also: limit-approaching
HANDLER leaky_table_mapped_for_each_call(const Event& event) {
  return std::to_string(static_cast<const char*>(MapPrices())[event.rows]);
}

OUTLINE char* MapScratch(std::size_t bytes) {
  void* scratch = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Check(scratch != MAP_FAILED, "no memory");
  return static_cast<char*>(scratch);
}

// expect: mapping-growth *MapScratch*
// also: limit-approaching
HANDLER leaky_scratch(const Event& event) {
  char* scratch = MapScratch(64 << 10);
  std::memset(scratch, event.rows, 64 << 10);
  return "done";
}

// expect: mapping-growth *MapScratch*
// also: limit-approaching
HANDLER leaky_half_unmapped(const Event& event) {
  char* scratch = MapScratch(kBytes);
  scratch[0] = static_cast<char>(event.rows);
  munmap(scratch, kBytes / 2);
  return "done";
}

OUTLINE void* MapShared() {
  const int fd = memfd_create("frame", MFD_CLOEXEC);
  Check(fd >= 0 && ftruncate(fd, kBytes) == 0, "no shared memory");
  void* frame = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  Check(frame != MAP_FAILED, "can't map the frame");
  return frame;
}

// The descriptor is closed; the memory stays.
// expect: mapping-growth *MapShared*
// also: limit-approaching
HANDLER leaky_shared_frame(const Event& event) {
  static_cast<char*>(MapShared())[event.rows] = 1;
  return "done";
}

// expect: mapping-growth *MapScratch*
// also: limit-approaching
// with: n=40
HANDLER leaky_early_return(const Event& event) {
  char* scratch = MapScratch(kBytes);
  scratch[0] = static_cast<char>(event.rows);
  if (event.number % 4 == 3) return "nothing to do";
  munmap(scratch, kBytes);
  return "done";
}

static void* g_log;
static std::size_t g_log_bytes;

OUTLINE void GrowLog() {
  if (g_log == nullptr) g_log = MapScratch(g_log_bytes = kBytes);
  g_log = mremap(g_log, g_log_bytes, g_log_bytes + kBytes, MREMAP_MAYMOVE);
  Check(g_log != MAP_FAILED, "can't grow the log");
  g_log_bytes += kBytes;
}

// One mapping, larger with each call.
// expect: mapping-growth
// also: limit-approaching
HANDLER leaky_log_that_grows(const Event&) {
  GrowLog();
  return std::to_string(g_log_bytes);
}

INIT init_clean_table_unmapped() {
  WritePrices();
}

// clean of: mapping-growth
HANDLER clean_table_unmapped(const Event& event) {
  const auto unmap = [](void* prices) { munmap(prices, kBytes); };
  const std::unique_ptr<void, decltype(unmap)> prices(MapPrices(), unmap);
  return std::to_string(static_cast<const char*>(prices.get())[event.rows]);
}

INIT init_clean_table_mapped_once() {
  WritePrices();
}

// clean of: mapping-growth
HANDLER clean_table_mapped_once(const Event& event) {
  static const void* const prices = MapPrices();
  return std::to_string(static_cast<const char*>(prices)[event.rows]);
}

static char* g_scratch;
static std::size_t g_scratch_bytes;

// The old one goes when the new one is there; some are larger.
// clean of: mapping-growth
HANDLER clean_scratch_renewed(const Event& event) {
  char* const scratch = MapScratch(static_cast<std::size_t>(event.rows) << 12);
  if (g_scratch != nullptr) munmap(g_scratch, g_scratch_bytes);
  g_scratch = scratch;
  g_scratch_bytes = static_cast<std::size_t>(event.rows) << 12;
  return "done";
}

// clean of: mapping-growth
HANDLER clean_unmapped_in_halves(const Event& event) {
  char* scratch = MapScratch(kBytes);
  scratch[0] = static_cast<char>(event.rows);
  munmap(scratch, kBytes / 2);
  munmap(scratch + kBytes / 2, kBytes / 2);
  return "done";
}

// Grows for the call, and shrinks after it.
// clean of: mapping-growth
HANDLER clean_grown_and_shrunk(const Event& event) {
  static void* buffer = MapScratch(kBytes);
  const std::size_t bytes = kBytes + (static_cast<std::size_t>(event.rows) << 14);
  buffer = mremap(buffer, kBytes, bytes, MREMAP_MAYMOVE);
  Check(buffer != MAP_FAILED, "can't grow");
  std::memset(buffer, 1, 4096);
  buffer = mremap(buffer, bytes, kBytes, MREMAP_MAYMOVE);
  return "done";
}

// The same addresses are mapped anew, as a garbage collector does with what it has reserved.
// clean of: mapping-growth
HANDLER clean_mapped_over_itself(const Event& event) {
  static char* const reserved =
      static_cast<char*>(mmap(nullptr, 16 * kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  void* const part =
      mmap(reserved + kBytes, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  Check(part != MAP_FAILED, "can't map over the reserve");
  std::memset(part, event.rows, 4096);
  return "done";
}

// clean of: mapping-growth
// with: n=40
HANDLER clean_unmapped_on_each_way(const Event& event) {
  char* scratch = MapScratch(kBytes);
  scratch[0] = static_cast<char>(event.rows);
  const bool nothing = event.number % 4 == 3;
  munmap(scratch, kBytes);
  return nothing ? "nothing to do" : "done";
}

// A block as large as this is a mapping of the allocator's.
// clean of: mapping-growth, heap-growth
HANDLER clean_large_block_freed(const Event& event) {
  char* const block = corpus::Opaque(static_cast<char*>(std::malloc(4 * kBytes)));
  block[event.rows] = 1;
  std::free(block);
  return "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
