#include "probe/python/careful_reader.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <cerrno>

#include "base/raw_io.h"

namespace cleanslate {

CarefulReader::CarefulReader() : pid_(raw::GetPid()) {}

CarefulReader::~CarefulReader() {
  if (memory_ >= 0) raw::Call(SYS_close, memory_);
}

bool CarefulReader::Read(const void* from, void* to, std::size_t bytes) {
  constexpr std::uintptr_t kFirstPage = 4096;
  if (reinterpret_cast<std::uintptr_t>(from) < kFirstPage) return false;
  if (use_process_vm_) {
    const iovec local = {to, bytes};
    const iovec remote = {const_cast<void*>(from), bytes};
    const long got = raw::Call(SYS_process_vm_readv, pid_, reinterpret_cast<long>(&local), 1,
                               reinterpret_cast<long>(&remote), 1, 0);
    if (got >= 0) return got == static_cast<long>(bytes);
    if (got == -EFAULT) return false;
    use_process_vm_ = false;
  }
  if (memory_ < 0)
    memory_ = static_cast<int>(
        raw::Call(SYS_openat, AT_FDCWD, reinterpret_cast<long>("/proc/self/mem"), O_RDONLY | O_CLOEXEC));
  if (memory_ < 0) return false;
  return raw::Call(SYS_pread64, memory_, reinterpret_cast<long>(to), static_cast<long>(bytes),
                   reinterpret_cast<long>(from)) == static_cast<long>(bytes);
}

bool CarefulReader::IsReadable(const void* from, std::size_t bytes) {
  char scratch[256];
  return bytes <= sizeof(scratch) && Read(from, scratch, bytes);
}

}  // namespace cleanslate
