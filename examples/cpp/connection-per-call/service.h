#pragma once

// Stands in for a database: a socket that listens on loopback. Nobody accepts, and nobody has to: the kernel
// completes the connection and keeps the bytes.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace service {

inline sockaddr_in Listen() {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("can't listen on loopback");
  }
  return address;
}

inline const sockaddr_in kAddress = Listen();

inline int Connect() {
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&kAddress), sizeof(kAddress)) != 0) {
    throw std::runtime_error("can't connect to the service");
  }
  return connection;
}

}  // namespace service
