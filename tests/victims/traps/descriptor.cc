// Descriptors: numbers, limits, streams.

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <vector>

#include "trap.h"

using trap::Say;

TRAP(descriptor_numbers_are_the_lowest_free) {
  int first = open("/dev/null", O_RDONLY);
  int pipes[2];
  if (pipe(pipes) != 0) return 1;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
  Say("%d %d %d %d %d", first, pipes[0], pipes[1], pair[0], pair[1]);
  Say("%d %d %d", socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET6, SOCK_DGRAM, 0), dup(0));
  Say("%d %d %d", epoll_create1(0), eventfd(0, 0), timerfd_create(CLOCK_MONOTONIC, 0));
  Say("%d %d", inotify_init1(0), memfd_create("trap", 0));
  close(pipes[0]);
  Say("%d", fcntl(1, F_DUPFD, 0));
  close(first);
  Say("%d", fcntl(1, F_DUPFD_CLOEXEC, 0));
  Say("%d %d", dup2(0, 60), dup3(0, 61, O_CLOEXEC));
  Say("%d", fcntl(1, F_DUPFD, 60));
  FILE* stream = fopen("/dev/null", "r");
  Say("%d", fileno(stream));
  fclose(stream);
  DIR* folder = opendir("/etc");
  Say("%d", dirfd(folder));
  closedir(folder);
  Say("%ld", syscall(SYS_dup, 0));
  return 0;
}

TRAP(every_descriptor_is_closed) {
  int closed = 0;
  for (int fd = 3; fd < 1024; ++fd) closed += close(fd) == 0;
  Say("%d closed", closed);
  Say("%d", open("/dev/null", O_RDONLY));
  Say("%d", close_range(3, ~0U, 0));
  Say("%d", open("/dev/null", O_RDONLY));
  closefrom(3);
  Say("%d", dup(0));
  free(malloc(1 << 20));
  return 0;
}

TRAP(standard_streams_are_closed) {
  int kept = dup(1);
  for (int fd = 0; fd < 3; ++fd) close(fd);
  dprintf(kept, "%d\n", open("/dev/null", O_RDONLY));
  dprintf(kept, "%d\n", open("/dev/null", O_WRONLY));
  dprintf(kept, "%d\n", open("/dev/null", O_WRONLY));
  free(malloc(100));
  return 0;
}

TRAP(descriptors_run_out) {
  rlimit limit{16, 16};
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  int opened = 0;
  while (open("/dev/null", O_RDONLY) >= 0) ++opened;
  Say("%d opened, then %s", opened, strerror(errno));
  int pipes[2];
  SAY_RESULT(fopen("/dev/null", "r") == nullptr);
  SAY_RESULT(opendir("/") == nullptr);
  SAY_RESULT(socket(AF_INET, SOCK_STREAM, 0));
  SAY_RESULT(pipe(pipes));
  free(malloc(100000));
  close(5);
  Say("%d", open("/dev/null", O_RDONLY));
  return 0;
}

TRAP(results_and_errno_of_descriptor_calls) {
  char text[16] = "text";
  iovec part{text, 4};
  int pipes[2];
  SAY_RESULT(open("/nonexistent", O_RDONLY));
  SAY_RESULT(open("/dev/null", O_RDWR));
  SAY_RESULT(openat(AT_FDCWD, "/etc", O_RDONLY | O_DIRECTORY));
  SAY_RESULT(openat(99, "x", O_RDONLY));
  SAY_RESULT(creat("/nonexistent/x", 0600));
  SAY_RESULT(close(99));
  SAY_RESULT(close(-1));
  SAY_RESULT(dup(99));
  SAY_RESULT(dup(3));
  SAY_RESULT(dup2(99, 50));
  SAY_RESULT(dup2(3, 3));
  SAY_RESULT(dup2(3, 50));
  SAY_RESULT(dup3(3, 3, 0));
  SAY_RESULT(fcntl(99, F_GETFD));
  SAY_RESULT(fcntl(3, F_DUPFD, -1));
  SAY_RESULT(fcntl(3, F_GETFL) & O_ACCMODE);
  SAY_RESULT(pipe(pipes));
  SAY_RESULT(pipe2(pipes, 0x7fffffff));
  SAY_RESULT(read(99, text, 4));
  SAY_RESULT(read(3, text, 4));
  SAY_RESULT(write(99, text, 4));
  SAY_RESULT(write(3, text, 4));
  SAY_RESULT(writev(3, &part, 1));
  SAY_RESULT(readv(99, &part, 1));
  SAY_RESULT(pwrite(99, text, 4, 0));
  SAY_RESULT(socket(9999, SOCK_STREAM, 0));
  SAY_RESULT(send(3, text, 4, 0));
  SAY_RESULT(recv(3, text, 4, 0));
  SAY_RESULT(sendto(99, text, 4, 0, nullptr, 0));
  SAY_RESULT(recvfrom(99, text, 4, 0, nullptr, nullptr));
  SAY_RESULT(accept(3, nullptr, nullptr));
  SAY_RESULT(epoll_create1(-1));
  SAY_RESULT(eventfd(0, -1));
  SAY_RESULT(timerfd_create(999, 0));
  SAY_RESULT(inotify_init1(-1));
  SAY_RESULT(memfd_create("x", 0x7fffffff));
  SAY_RESULT(rename("/nonexistent", "/nonexistent2"));
  SAY_RESULT(unlink("/nonexistent"));
  SAY_RESULT(rmdir("/nonexistent"));
  SAY_RESULT(mkdir("/proc", 0700));
  SAY_RESULT(remove("/nonexistent"));
  SAY_RESULT(link("/nonexistent", "/nonexistent2"));
  SAY_RESULT(symlink("x", "/nonexistent/x"));
  SAY_RESULT(truncate("/nonexistent", 0));
  SAY_RESULT(ftruncate(99, 0));
  SAY_RESULT(fallocate(99, 0, 0, 10));
  SAY_RESULT(posix_fallocate(99, 0, 10));
  SAY_RESULT(chmod("/nonexistent", 0600));
  SAY_RESULT(chdir("/nonexistent"));
  SAY_RESULT(fopen("/nonexistent", "r") != nullptr);
  SAY_RESULT(fclose(fopen("/dev/null", "r")));
  SAY_RESULT(freopen("/nonexistent", "r", fopen("/dev/null", "r")) != nullptr);
  SAY_RESULT(opendir("/nonexistent") != nullptr);
  SAY_RESULT(closedir(opendir("/etc")));
  SAY_RESULT(fdopen(99, "r") != nullptr);
  SAY_RESULT(shm_unlink("/no-such-thing"));
  SAY_RESULT(setenv("", "x", 1));
  SAY_RESULT(setenv("TRAP", "x", 1));
  SAY_RESULT(unsetenv("a=b"));
  SAY_RESULT(umask(022) < 01000);
  return 0;
}

TRAP(results_and_errno_of_connections) {
  sockaddr_in nobody{};
  nobody.sin_family = AF_INET;
  nobody.sin_port = htons(1);
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const sockaddr* address = reinterpret_cast<const sockaddr*>(&nobody);
  int blocking = socket(AF_INET, SOCK_STREAM, 0);
  SAY_RESULT(connect(blocking, address, sizeof(nobody)));
  SAY_RESULT(connect(99, address, sizeof(nobody)));
  SAY_RESULT(connect(blocking, address, 2));
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SAY_RESULT(listen(listener, 5));
  SAY_RESULT(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  socklen_t size = sizeof(nobody);
  SAY_RESULT(getsockname(listener, reinterpret_cast<sockaddr*>(&nobody), &size));
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  SAY_RESULT(connect(client, address, sizeof(nobody)));
  SAY_RESULT(send(client, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n", 52, MSG_NOSIGNAL));
  SAY_RESULT(shutdown(client, SHUT_WR));
  SAY_RESULT(send(client, "x", 1, MSG_NOSIGNAL));
  SAY_RESULT(close(client));
  addrinfo* found = nullptr;
  SAY_RESULT(getaddrinfo("127.0.0.1", "80", nullptr, &found));
  freeaddrinfo(found);
  return 0;
}

TRAP(streams_and_temporary_files) {
  char path[] = "/tmp/trap-XXXXXX";
  int descriptor = mkstemp(path);
  Say("%d", descriptor);
  FILE* stream = fdopen(descriptor, "w+");
  fputs("one line\n", stream);
  rewind(stream);
  char line[20];
  Say("%d", fgets(line, sizeof(line), stream) != nullptr && strcmp(line, "one line\n") == 0);
  stream = freopen(path, "a", stream);
  Say("%d", fileno(stream));
  fclose(stream);
  struct stat about;
  const int found = stat(path, &about);
  Say("%d %ld", found, static_cast<long>(about.st_size));
  Say("%d", remove(path));
  stream = tmpfile();
  Say("%d", fileno(stream));
  fclose(stream);
  char folder[] = "/tmp/trap-XXXXXX";
  SAY_RESULT(mkdtemp(folder) != nullptr);
  SAY_RESULT(rmdir(folder));
  Say("%d", fcloseall());
  return 0;
}

TRAP(descriptors_travel_through_a_socket) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
  int sent = open("/dev/null", O_RDONLY);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  char byte = 'x';
  iovec part{&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &sent, sizeof(int));
  Say("%zd", sendmsg(pair[0], &message, 0));
  Say("%zd", recvmsg(pair[1], &message, 0));
  int received = -1;
  memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
  Say("%d", received);
  return close(received);
}
