#include <poll.h>

#include <cerrno>
#include <chrono>
#include <vector>

#include "native_case.h"

using corpus::Ask;
using corpus::Connect;
using corpus::Event;

using Clock = std::chrono::steady_clock;

OUTLINE int OpenDatabase() {
  return Connect("PEER_CLOSING");
}

static int g_database = -1;

// It works, because somebody wrote a retry for the errors that come now and then.
// expect: stale-connection *127.0.0.1:*
// with: peer=closing
HANDLER leaky_retry(const Event& event) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (g_database < 0) g_database = OpenDatabase();
    if (Ask(g_database, "SET " + event.customer)) return "done";
    close(g_database);
    g_database = -1;
  }
  return "failed";
}

static std::vector<int> g_pool;

// The newest is used; the older ones stay in the pool, dead.
// expect: stale-connection *127.0.0.1:*
// also: connection-leak
// with: peer=closing
HANDLER leaky_pool_that_never_looks(const Event&) {
  g_pool.push_back(OpenDatabase());
  return std::to_string(Ask(g_pool.back(), "PING"));
}

// A write of a few bytes to a dead connection succeeds; what it said is lost.
// expect: stale-connection *127.0.0.1:*
// with: peer=closing
HANDLER leaky_metrics_lost(const Event& event) {
  const std::string line = "SET " + event.customer + "\r\n";
  if (g_database < 0 || send(g_database, line.data(), line.size(), MSG_NOSIGNAL) < 0) {
    if (g_database >= 0) close(g_database);
    g_database = OpenDatabase();
    send(g_database, line.data(), line.size(), MSG_NOSIGNAL);
  }
  char answer[64];
  const ssize_t length = recv(g_database, answer, sizeof(answer), 0);
  if (length <= 0) {
    close(g_database);
    g_database = OpenDatabase();
    return std::to_string(Ask(g_database, "PING"));
  }
  return "done";
}

static int g_pair[2] = {-1, -1};

// Two in turn, each of which is dead when its turn comes.
// expect: stale-connection *127.0.0.1:*
// with: peer=closing
HANDLER leaky_two_in_turn(const Event& event) {
  int& fd = g_pair[event.number % 2];
  if (fd < 0 || !Ask(fd, "PING")) {
    if (fd >= 0) close(fd);
    fd = OpenDatabase();
    return std::to_string(Ask(fd, "PING"));
  }
  return "done";
}

// Whether the peer has closed it, or has said something that nobody asked for.
static bool IsStale(int fd) {
  char byte;
  const ssize_t length = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return length >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

// clean of: stale-connection
// with: peer=closing
HANDLER clean_looks_before_use(const Event& event) {
  if (g_database >= 0 && IsStale(g_database)) {
    close(g_database);
    g_database = -1;
  }
  if (g_database < 0) g_database = OpenDatabase();
  return std::to_string(Ask(g_database, "SET " + event.customer));
}

// clean of: stale-connection
// with: peer=closing
HANDLER clean_polls_before_use(const Event&) {
  pollfd ready = {g_database, POLLIN | POLLRDHUP, 0};
  if (g_database >= 0 && poll(&ready, 1, 0) != 0) {
    close(g_database);
    g_database = -1;
  }
  if (g_database < 0) g_database = OpenDatabase();
  return std::to_string(Ask(g_database, "PING"));
}

// clean of: stale-connection
// with: peer=closing
HANDLER clean_closed_by_us(const Event&) {
  const int fd = OpenDatabase();
  const bool answered = Ask(fd, "PING");
  close(fd);
  return std::to_string(answered);
}

static Clock::time_point g_used;

// Too old to be trusted.
// clean of: stale-connection
// with: peer=closing
HANDLER clean_given_up_by_age(const Event&) {
  if (g_database >= 0 && Clock::now() - g_used > std::chrono::milliseconds(20)) {
    close(g_database);
    g_database = -1;
  }
  if (g_database < 0) g_database = OpenDatabase();
  const bool answered = Ask(g_database, "PING");
  g_used = Clock::now();
  return std::to_string(answered);
}

// The pool throws away what has died before it gives anything out.
// clean of: stale-connection, connection-leak
// with: peer=closing
HANDLER clean_pool_that_is_swept(const Event&) {
  for (std::size_t i = g_pool.size(); i-- > 0;) {
    if (!IsStale(g_pool[i])) continue;
    close(g_pool[i]);
    g_pool.erase(g_pool.begin() + static_cast<std::ptrdiff_t>(i));
  }
  while (g_pool.size() < 2) g_pool.push_back(OpenDatabase());
  return std::to_string(Ask(g_pool[0], "PING") && Ask(g_pool[1], "PING"));
}

// clean of: stale-connection
// with: pause=100
HANDLER clean_peer_that_keeps(const Event&) {
  static const int fd = Connect("PEER_KEEPING");
  return std::to_string(Ask(fd, "PING"));
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
