#pragma once

// From the socket interposers to the tap, and from the tap's boundaries to the conductor. errno stays as the
// real call left it.

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>

#include "boundary/runtime_api_tap.h"
#include "preload/watch.h"

namespace cleanslate {

extern constinit RuntimeApiTap runtime_api_tap;

// Whether bytes of this descriptor matter: the one question for all the others.
inline bool RuntimeApiTapped(int fd) {
  return Watching() && runtime_api_tap.Taps(fd);
}

// Before connect(2): a connection to the Runtime API ends dormancy. After it: the connection is tapped.
void RuntimeApiConnecting(const sockaddr* peer, socklen_t size);
void RuntimeApiConnected(int fd, const sockaddr* peer, socklen_t size, int result);

void RuntimeApiClosed(int fd);
void RuntimeApiClosedRange(unsigned first, unsigned last);
void RuntimeApiDuplicated(int from, int to);

// Around a real call that sends. Made before it: what must be done before `next` leaves is done then.
class RuntimeApiSend {
 public:
  RuntimeApiSend(int fd, const iovec* pieces, std::size_t count);
  ssize_t Done(ssize_t accepted);

 private:
  int fd_;
  const iovec* pieces_;
  int count_;
};

// After a real call that receives. Hands `received` back.
ssize_t RuntimeApiReceived(int fd, const iovec* pieces, std::size_t count, ssize_t received);

// The runtime client's own connection.
bool IsRuntimeApiConnection(int fd);

}  // namespace cleanslate
