// One function, spoken in every way that a program may speak HTTP: `wire_runtime WAY`. All are legal, and
// each has been somebody's blind spot.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "raw_runtime.h"

namespace {

using victim::RawRuntime;
using victim::Wire;

bool ByteByByte(int socket, const char* data, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    if (send(socket, data + i, 1, MSG_NOSIGNAL) != 1) return false;
  }
  return true;
}
ssize_t OneByte(int socket, char* data, size_t) {
  return recv(socket, data, 1, 0);
}

bool Write(int socket, const char* data, size_t length) {
  return write(socket, data, length) == static_cast<ssize_t>(length);
}
ssize_t Read(int socket, char* data, size_t length) {
  return read(socket, data, length);
}

// In three parts, of which the middle one is empty.
struct Parts {
  iovec parts[3];
  Parts(const char* data, size_t length) {
    size_t first = std::min<size_t>(length, 9);
    parts[0] = {const_cast<char*>(data), first};
    parts[1] = {nullptr, 0};
    parts[2] = {const_cast<char*>(data) + first, length - first};
  }
};
bool Vector(int socket, const char* data, size_t length) {
  Parts all(data, length);
  return writev(socket, all.parts, 3) == static_cast<ssize_t>(length);
}
ssize_t ReadVector(int socket, char* data, size_t length) {
  Parts all(data, length);
  return readv(socket, all.parts, 3);
}
bool Message(int socket, const char* data, size_t length) {
  Parts all(data, length);
  msghdr message{};
  message.msg_iov = all.parts;
  message.msg_iovlen = 3;
  return sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(length);
}
ssize_t ReceiveMessage(int socket, char* data, size_t length) {
  Parts all(data, length);
  msghdr message{};
  message.msg_iov = all.parts;
  message.msg_iovlen = 3;
  return recvmsg(socket, &message, 0);
}

bool SendTo(int socket, const char* data, size_t length) {
  return sendto(socket, data, length, MSG_NOSIGNAL, nullptr, 0) == static_cast<ssize_t>(length);
}
// Bytes that are only looked at haven't been received.
ssize_t PeekThenReceive(int socket, char* data, size_t length) {
  ssize_t there = recv(socket, data, length, MSG_PEEK);
  if (there <= 0) return there;
  return recvfrom(socket, data, static_cast<size_t>(there), MSG_WAITALL, nullptr, nullptr);
}

void WaitFor(int socket, short events) {
  pollfd one{socket, events, 0};
  poll(&one, 1, -1);
}
bool SendWithoutBlocking(int socket, const char* data, size_t length) {
  while (length > 0) {
    ssize_t sent = send(socket, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent < 0) {
      WaitFor(socket, POLLOUT);
      continue;
    }
    data += sent;
    length -= static_cast<size_t>(sent);
  }
  return true;
}
ssize_t ReceiveWithoutBlocking(int socket, char* data, size_t length) {
  for (;;) {
    ssize_t received = recv(socket, data, length, MSG_DONTWAIT);
    if (received >= 0 || errno != EAGAIN) return received;
    WaitFor(socket, POLLIN);
  }
}

void Plainly(RawRuntime& runtime) {
  for (;;) {
    runtime.Next();
    runtime.Respond("{\"answered\":true}");
  }
}

// The connection wanders from number to number.
void OverDuplicates(RawRuntime& runtime) {
  for (int round = 0;; ++round) {
    runtime.Next();
    int old = runtime.socket();
    switch (round % 3) {
      case 0:
        runtime.socket() = dup(old);
        break;
      case 1:
        runtime.socket() = dup2(old, 90 + round % 2);
        break;
      case 2:
        runtime.socket() = fcntl(old, F_DUPFD_CLOEXEC, 50);
        break;
    }
    close(old);
    runtime.Respond("{\"answered\":true}");
  }
}

void Streamed(RawRuntime& runtime) {
  char head[400];
  for (;;) {
    runtime.Next();
    snprintf(head, sizeof(head),
             "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: runtime\r\n"
             "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
             "Trailer: Lambda-Runtime-Function-Error-Type\r\n\r\n",
             runtime.request_id());
    Wire wire;
    wire.transmit(runtime.socket(), head, strlen(head));
    const char part[] = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n";
    char chunk[sizeof(part) + 16];
    int length = snprintf(chunk, sizeof(chunk), "%zx\r\n%s\r\n", strlen(part), part);
    for (int i = 0; i < 5; ++i) wire.transmit(runtime.socket(), chunk, static_cast<size_t>(length));
    runtime.Request("0\r\nLambda-Runtime-Function-Error-Type: none\r\n\r\n");
  }
}

void Restored(RawRuntime& runtime) {
  runtime.Request("GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nHost: runtime\r\n\r\n");
  Plainly(runtime);
}

// `next` leaves from another thread than the response, a new one each time.
void OnThreads(RawRuntime& runtime) {
  for (;;) {
    pthread_t thread;
    auto next = [](void* self) -> void* {
      static_cast<RawRuntime*>(self)->Next();
      return nullptr;
    };
    if (pthread_create(&thread, nullptr, next, &runtime) != 0) _exit(1);
    pthread_join(thread, nullptr);
    runtime.Respond("{\"answered\":true}");
  }
}

struct Way {
  const char* name;
  Wire wire;
  void (*serve)(RawRuntime&) = Plainly;
};

const Way kWays[] = {
    {"byte-by-byte", {ByteByByte, OneByte}},
    {"write", {Write, Read}},
    {"vector", {Vector, ReadVector}},
    {"message", {Message, ReceiveMessage}},
    {"peek", {SendTo, PeekThenReceive}},
    {"non-blocking", {SendWithoutBlocking, ReceiveWithoutBlocking}},
    {"duplicates", {}, OverDuplicates},
    {"streamed", {}, Streamed},
    {"restored", {}, Restored},
    {"threads", {}, OnThreads},
};

}  // namespace

int main(int argc, char** argv) {
  const char* name = argc == 2 ? argv[1] : "";
  if (strcmp(name, "forked") ==
      0) {  // the parent never speaks, as Python's does for several invocations at once
    pid_t child = fork();
    if (child != 0) return waitpid(child, nullptr, 0) != child;
    static RawRuntime runtime;
    Plainly(runtime);
  }
  for (const Way& way : kWays) {
    if (strcmp(way.name, name) != 0) continue;
    static RawRuntime runtime(way.wire);
    way.serve(runtime);
  }
  dprintf(2, "usage: wire_runtime WAY\n");
  return 2;
}
