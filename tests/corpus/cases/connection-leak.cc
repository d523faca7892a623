#include <curl/curl.h>
#include <sys/un.h>

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "native_case.h"

using corpus::Ask;
using corpus::Check;
using corpus::Connect;
using corpus::Event;

OUTLINE int OpenBackend() {
  return Connect("PEER_KEEPING");
}

static std::vector<int> g_sockets;

// expect: connection-leak *127.0.0.1:*
// also: limit-approaching
HANDLER leaky_connection_for_each_call(const Event& event) {
  g_sockets.push_back(OpenBackend());
  return std::to_string(Ask(g_sockets.back(), "SET " + event.customer));
}

static std::map<std::string, int> g_clients;

// expect: connection-leak *127.0.0.1:*
// also: heap-growth
// also: limit-approaching
HANDLER leaky_client_by_customer(const Event& event) {
  auto at = g_clients.find(event.customer);
  if (at == g_clients.end()) at = g_clients.emplace(event.customer, OpenBackend()).first;
  return std::to_string(Ask(at->second, "PING"));
}

// expect: connection-leak *127.0.0.1:*
// also: limit-approaching
// with: n=40
HANDLER leaky_early_return(const Event& event) {
  const int fd = OpenBackend();
  if (!Ask(fd, "PING") || event.number % 4 == 3) return "try again";
  close(fd);
  return "done";
}

// The retry forgets the first attempt.
// expect: connection-leak *127.0.0.1:*
// also: limit-approaching
// with: n=40
HANDLER leaky_retry(const Event& event) {
  int fd = OpenBackend();
  if (event.number % 5 == 4) fd = OpenBackend();
  const bool answered = Ask(fd, "PING");
  close(fd);
  return std::to_string(answered);
}

// A handle of libcurl keeps its connection until it is cleaned up.
// expect: connection-leak *127.0.0.1:*
// also: heap-growth
// also: descriptor-leak
// also: limit-approaching
HANDLER leaky_curl_handle(const Event& event) {
  CURL* const curl = curl_easy_init();
  const std::string url =
      "http://" + std::string(std::getenv("PEER_KEEPING")) + "/orders?of=" + event.customer;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  return std::to_string(curl_easy_perform(curl));
}

OUTLINE int Listen(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  Check(path.size() < sizeof(name.sun_path), "the path is too long");
  path.copy(name.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unlink(path.c_str());
  Check(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0 && listen(fd, 4) == 0,
        "can't listen");
  return fd;
}

// A server in the function for each call.
// expect: connection-leak
// also: tmp-growth
// also: limit-approaching
HANDLER leaky_server_on_a_socket_file(const Event& event) {
  return std::to_string(Listen(corpus::TmpPath("s" + std::to_string(event.number) + ".sock")) >= 0);
}

// expect: connection-leak
// also: limit-approaching
HANDLER leaky_pair(const Event&) {
  int ends[2];
  Check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no pair");
  close(ends[0]);
  return "done";
}

// expect: connection-leak *127.0.0.1:*
// also: limit-approaching
HANDLER leaky_statistics_by_datagram(const Event& event) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(8125);
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  Check(connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) == 0, "can't connect");
  const std::string line = "rows:" + std::to_string(event.rows) + "|c";
  send(fd, line.data(), line.size(), MSG_NOSIGNAL);
  return "sent";
}

class Connection {
 public:
  Connection() : fd_(OpenBackend()) {}
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// clean of: connection-leak
HANDLER clean_closed(const Event& event) {
  const Connection connection;
  return std::to_string(Ask(connection.fd(), "SET " + event.customer));
}

// clean of: connection-leak
HANDLER clean_one_kept(const Event& event) {
  static const Connection connection;
  return std::to_string(Ask(connection.fd(), "SET " + event.customer));
}

// clean of: connection-leak
// with: n=40
HANDLER clean_closed_on_each_way(const Event& event) {
  const Connection connection;
  if (event.number % 4 == 3) return "try again";
  return std::to_string(Ask(connection.fd(), "PING"));
}

static std::array<std::unique_ptr<Connection>, 3> g_pool;

// Full with the third call.
// clean of: connection-leak
HANDLER clean_pool_of_three(const Event& event) {
  auto& connection = g_pool[static_cast<std::size_t>(event.number) % g_pool.size()];
  if (connection == nullptr) connection = std::make_unique<Connection>();
  return std::to_string(Ask(connection->fd(), "PING"));
}

static std::unique_ptr<Connection> g_current;

// clean of: connection-leak
HANDLER clean_renewed_for_each_call(const Event&) {
  g_current = std::make_unique<Connection>();
  return std::to_string(Ask(g_current->fd(), "PING"));
}

// clean of: connection-leak
// with: events=rotating
HANDLER clean_client_by_three_customers(const Event& event) {
  auto at = g_clients.find(event.customer);
  if (at == g_clients.end()) at = g_clients.emplace(event.customer, OpenBackend()).first;
  return std::to_string(Ask(at->second, "PING"));
}

// clean of: connection-leak
HANDLER clean_curl_handle_kept(const Event& event) {
  static CURL* const curl = curl_easy_init();
  const std::string url =
      "http://" + std::string(std::getenv("PEER_KEEPING")) + "/orders?of=" + event.customer;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  return std::to_string(curl_easy_perform(curl));
}

// clean of: connection-leak
HANDLER clean_pair_closed(const Event& event) {
  int ends[2];
  Check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no pair");
  const bool sent = send(ends[0], &event.rows, sizeof(event.rows), 0) == sizeof(event.rows);
  shutdown(ends[0], SHUT_RDWR);
  close(ends[0]);
  close(ends[1]);
  return std::to_string(sent);
}

// Nobody listens there.
// clean of: connection-leak
HANDLER clean_refused(const Event&) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(1);
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool refused = connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) != 0;
  close(fd);
  return std::to_string(refused);
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
