#include "snapshot/own_memory.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/raw_io.h"

namespace cleanslate {
namespace {

constexpr std::size_t kPagemapBatch = 512;

int OpenForReading(const char* path) {
  return static_cast<int>(
      raw::Call(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDONLY | O_CLOEXEC));
}

long ReadAt(int fd, void* to, std::size_t bytes, std::uint64_t offset) {
  return raw::Call(SYS_pread64, fd, reinterpret_cast<long>(to), static_cast<long>(bytes),
                   static_cast<long>(offset));
}

}  // namespace

OwnMemory::OwnMemory(Means means)
    : pid_(raw::GetPid()),
      use_process_vm_(means != Means::kWithoutProcessVm),
      pagemap_(means == Means::kWithoutPagemap ? -1 : OpenForReading("/proc/self/pagemap")) {}

OwnMemory::~OwnMemory() {
  for (const int fd : {memory_, pagemap_})
    if (fd >= 0) raw::Call(SYS_close, fd);
}

std::size_t OwnMemory::PageBytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

std::size_t OwnMemory::Read(std::uintptr_t address, void* to, std::size_t bytes) {
  if (use_process_vm_) {
    const iovec local = {to, bytes};
    const iovec remote = {reinterpret_cast<void*>(address), bytes};
    const long got = raw::Call(SYS_process_vm_readv, pid_, reinterpret_cast<long>(&local), 1,
                               reinterpret_cast<long>(&remote), 1, 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (got == -EFAULT) return 0;
    use_process_vm_ = false;
  }
  if (memory_ == -1) memory_ = OpenForReading("/proc/self/mem");
  if (memory_ < 0) return 0;
  std::size_t read = 0;
  while (read < bytes) {
    const long got = ReadAt(memory_, static_cast<char*>(to) + read, bytes - read, address + read);
    if (got == -EINTR) continue;
    if (got <= 0) break;
    read += static_cast<std::size_t>(got);
  }
  return read;
}

bool OwnMemory::ReadPagemap(std::uint64_t first_page) {
  if (pagemap_ < 0) return false;
  pagemap_entries_.resize(kPagemapBatch);
  const long got = ReadAt(pagemap_, pagemap_entries_.data(), kPagemapBatch * sizeof(std::uint64_t),
                          first_page * sizeof(std::uint64_t));
  pagemap_entries_.resize(got <= 0 ? 0 : static_cast<std::size_t>(got) / sizeof(std::uint64_t));
  pagemap_first_ = first_page;
  return !pagemap_entries_.empty();
}

void OwnMemory::FindTouched(std::uintptr_t address, std::span<std::uint8_t> touched) {
  constexpr std::uint64_t kPresentOrSwapped = std::uint64_t{3} << 62;
  constexpr std::uint64_t kOfFile = std::uint64_t{1} << 61;
  const std::uint64_t first = address / PageBytes();
  for (std::size_t i = 0; i < touched.size(); ++i) {
    const std::uint64_t page = first + i;
    const bool known = page >= pagemap_first_ && page - pagemap_first_ < pagemap_entries_.size();
    if (!known && !ReadPagemap(page)) {
      std::fill(touched.begin() + static_cast<std::ptrdiff_t>(i), touched.end(), std::uint8_t{1});
      raw::Call(SYS_mincore, static_cast<long>(page * PageBytes()),
                static_cast<long>((touched.size() - i) * PageBytes()),
                reinterpret_cast<long>(touched.data() + i));
      for (std::uint8_t& each : touched.subspan(i)) each &= 1;  // the other bits are reserved
      return;
    }
    const std::uint64_t entry = pagemap_entries_[page - pagemap_first_];
    touched[i] = (entry & kPresentOrSwapped) != 0 && (entry & kOfFile) == 0;
  }
}

}  // namespace cleanslate
