#include "snapshot/own_memory.h"

#include <sys/uio.h>
#include <unistd.h>

namespace cleanslate {

std::size_t ReadOwnMemory(std::uintptr_t address, void* out, std::size_t bytes) {
  // One piece a page: a read of one piece fails as a whole where it touches a page that isn't there.
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kPieces = 64;
  std::size_t done = 0;
  while (done < bytes) {
    iovec local = {static_cast<char*>(out) + done, bytes - done};
    iovec pieces[kPieces];
    std::size_t count = 0, asked = 0;
    for (; count < kPieces && done + asked < bytes; ++count) {
      const std::uintptr_t at = address + done + asked;
      std::size_t size = kPage - at % kPage;
      if (size > bytes - done - asked) size = bytes - done - asked;
      pieces[count] = {reinterpret_cast<void*>(at), size};
      asked += size;
    }
    local.iov_len = asked;
    const ssize_t got = process_vm_readv(getpid(), &local, 1, pieces, count, 0);
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
    if (static_cast<std::size_t>(got) < asked) break;
  }
  return done;
}

}  // namespace cleanslate
