#include "snapshot/descriptor_taker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

// Descriptors that are closed when the test ends.
class Descriptors : public testing::Test {
 protected:
  ~Descriptors() override {
    for (const int fd : opened_) close(fd);
    for (const std::string& path : files_) unlink(path.c_str());
  }
  int Keep(int fd) {
    EXPECT_GE(fd, 0) << std::strerror(errno);
    opened_.push_back(fd);
    return fd;
  }
  std::string NewFile() {
    char path[] = "/tmp/descriptor-taker-XXXXXX";
    Keep(mkstemp(path));
    files_.emplace_back(path);
    return path;
  }

 private:
  std::vector<int> opened_;
  std::vector<std::string> files_;
};

std::optional<Descriptor> Find(const DescriptorSnapshot& taken, int fd) {
  for (const Descriptor& descriptor : taken.open)
    if (descriptor.fd == fd) return descriptor;
  return std::nullopt;
}

Descriptor Look(int fd) {
  const std::optional<Descriptor> found = Find(DescriptorTaker({}).Take(), fd);
  EXPECT_TRUE(found.has_value()) << fd;
  return found.value_or(Descriptor());
}

TEST_F(Descriptors, KnowsEveryKind) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(Look(Keep(ends[0])).kind, DescriptorKind::kPipe);
  EXPECT_EQ(Look(Keep(ends[1])).kind, DescriptorKind::kPipe);
  EXPECT_EQ(Look(Keep(open("/tmp", O_RDONLY | O_DIRECTORY))).kind, DescriptorKind::kDirectory);
  EXPECT_EQ(Look(Keep(epoll_create1(0))).kind, DescriptorKind::kEventPoll);
  EXPECT_EQ(Look(Keep(eventfd(0, 0))).kind, DescriptorKind::kEventCounter);
  EXPECT_EQ(Look(Keep(timerfd_create(CLOCK_MONOTONIC, 0))).kind, DescriptorKind::kTimer);
  sigset_t signals;
  sigemptyset(&signals);
  EXPECT_EQ(Look(Keep(signalfd(-1, &signals, 0))).kind, DescriptorKind::kSignal);
  EXPECT_EQ(Look(Keep(inotify_init1(0))).kind, DescriptorKind::kFileWatch);
  EXPECT_EQ(Look(Keep(memfd_create("scratch", 0))).kind, DescriptorKind::kMemory);
  EXPECT_EQ(Look(Keep(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)))).kind,
            DescriptorKind::kProcess);
  EXPECT_EQ(Look(Keep(open("/dev/null", O_RDONLY))).kind, DescriptorKind::kOther);
  int terminal, other;
  ASSERT_EQ(openpty(&terminal, &other, nullptr, nullptr, nullptr), 0);
  Keep(terminal);
  EXPECT_EQ(Look(Keep(other)).kind, DescriptorKind::kTerminal);
}

TEST_F(Descriptors, DescribesAFile) {
  const std::string path = NewFile();
  const int fd = Keep(open(path.c_str(), O_WRONLY));
  ASSERT_EQ(write(fd, "12345", 5), 5);
  Descriptor seen = Look(fd);
  EXPECT_EQ(seen.kind, DescriptorKind::kFile);
  EXPECT_EQ(seen.target, path);
  EXPECT_EQ(seen.bytes, 5);
  EXPECT_NE(seen.inode, 0u);
  EXPECT_FALSE(seen.deleted);
  unlink(path.c_str());
  const Descriptor deleted = Look(fd);
  EXPECT_TRUE(deleted.deleted);
  EXPECT_EQ(deleted.target, path);  // so that it is recognized
  EXPECT_EQ(deleted.bytes, 5);
  EXPECT_EQ(deleted.inode, seen.inode);
}

TEST_F(Descriptors, AFileMayBeCalledDeleted) {
  const std::string path = NewFile() + " (deleted)";
  const int fd = Keep(open(path.c_str(), O_CREAT | O_WRONLY, 0600));
  EXPECT_EQ(Look(fd).target, path);
  EXPECT_FALSE(Look(fd).deleted);
  unlink(path.c_str());
}

TEST_F(Descriptors, AMemoryFileIsNotDeleted) {
  const Descriptor seen = Look(Keep(memfd_create("scratch", 0)));
  EXPECT_FALSE(seen.deleted);
  EXPECT_EQ(seen.target, "/memfd:scratch");
}

int Port(int fd) {
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

TEST_F(Descriptors, DescribesBothEndsOfAConnection) {
  const int listener = Keep(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  const std::string server = "tcp 127.0.0.1:" + std::to_string(Port(listener));
  EXPECT_EQ(Look(listener).state, "LISTEN");
  EXPECT_EQ(Look(listener).local, server);
  EXPECT_EQ(Look(listener).peer, "");

  const int client = Keep(socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(Look(client).state, "CLOSE");
  address.sin_port = htons(static_cast<std::uint16_t>(Port(listener)));
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const int accepted = accept(listener, nullptr, nullptr);
  ASSERT_GE(accepted, 0);
  const Descriptor seen = Look(client);
  EXPECT_EQ(seen.kind, DescriptorKind::kSocket);
  EXPECT_EQ(seen.peer, server);
  EXPECT_EQ(seen.local, "tcp 127.0.0.1:" + std::to_string(Port(client)));
  EXPECT_EQ(seen.state, "ESTABLISHED");
  EXPECT_EQ(Look(accepted).peer, seen.local);
  EXPECT_EQ(Look(accepted).local, seen.peer);
  close(accepted);
  EXPECT_EQ(Look(client).state, "CLOSE_WAIT");
}

TEST_F(Descriptors, DescribesOtherSockets) {
  const std::string path = NewFile() + ".sock";
  const int server = Keep(socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(server, 1), 0);
  EXPECT_EQ(Look(server).local, "unix " + path);
  const int client = Keep(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(Look(client).peer, "unix " + path);
  EXPECT_EQ(Look(client).local, "");
  unlink(path.c_str());

  const int hidden = Keep(socket(AF_UNIX, SOCK_DGRAM, 0));
  sockaddr_un abstract = {};
  abstract.sun_family = AF_UNIX;
  const std::string name = "descriptor-taker-" + std::to_string(getpid());
  std::memcpy(abstract.sun_path + 1, name.data(), name.size());
  ASSERT_EQ(bind(hidden, reinterpret_cast<sockaddr*>(&abstract),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())),
            0);
  EXPECT_EQ(Look(hidden).local, "unix @" + name);

  const Descriptor udp = Look(Keep(socket(AF_INET6, SOCK_DGRAM, 0)));
  EXPECT_EQ(udp.local, "udp [::]:0");
  EXPECT_EQ(udp.peer, "");
  EXPECT_EQ(udp.state, "");
}

TEST_F(Descriptors, JoinsWhatTheCallerKnows) {
  const int ours = Keep(eventfd(0, 0));
  const int api = Keep(eventfd(0, 0));
  const int born = Keep(eventfd(0, 0));
  DescriptorTakerOptions options;
  options.excluded = [ours](int fd) { return fd == ours; };
  options.is_runtime_api = [api](int fd) { return fd == api; };
  options.birth = [born](int fd) { return fd == born ? Birth{StackId{9}, 4} : Birth(); };
  const DescriptorSnapshot taken = DescriptorTaker(options).Take();
  EXPECT_FALSE(Find(taken, ours).has_value());
  EXPECT_TRUE(Find(taken, api)->runtime_api);
  EXPECT_FALSE(Find(taken, born)->runtime_api);
  EXPECT_EQ(Find(taken, born)->born, 4u);
  EXPECT_EQ(Find(taken, born)->stack, StackId{9});
  EXPECT_EQ(Find(taken, api)->born, 0u);
}

std::set<int> Numbers(const DescriptorSnapshot& taken) {
  std::set<int> numbers;
  for (const Descriptor& descriptor : taken.open) numbers.insert(descriptor.fd);
  return numbers;
}

TEST_F(Descriptors, TakesExactlyWhatIsOpenInOrderAndLeavesNothingOpen) {
  for (int i = 0; i < 50; ++i) Keep(dup2(Keep(eventfd(0, 0)), 500 + 7 * i));
  const DescriptorSnapshot taken = DescriptorTaker({}).Take();
  std::set<int> expected;
  for (int fd = 0; fd < 2000; ++fd)
    if (fcntl(fd, F_GETFD) != -1) expected.insert(fd);
  EXPECT_EQ(Numbers(taken), expected);  // neither the folder's own number nor one forgotten
  EXPECT_TRUE(std::is_sorted(taken.open.begin(), taken.open.end(),
                             [](const Descriptor& a, const Descriptor& b) { return a.fd < b.fd; }));
  EXPECT_EQ(Numbers(DescriptorTaker({}).Take()), expected);
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(taken.limit, static_cast<std::int64_t>(limit.rlim_cur));
}

TEST_F(Descriptors, CountsWhatTheBudgetCuts) {
  for (int i = 0; i < 20; ++i) Keep(eventfd(0, 0));
  const auto all = static_cast<std::int64_t>(DescriptorTaker({}).Take().open.size());
  DescriptorTakerOptions options;
  options.max_entries = 5;
  const DescriptorSnapshot taken = DescriptorTaker(options).Take();
  EXPECT_EQ(taken.open.size(), 5u);
  EXPECT_EQ(taken.left_out, all - 5);
}

// The leak that has just hit its limit is the one that must be seen.
TEST_F(Descriptors, AreSeenWhenNoneIsLeftToLookWith) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit low = {64, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  std::vector<int> leaked;
  for (int fd = eventfd(0, 0); fd >= 0; fd = eventfd(0, 0)) leaked.push_back(fd);
  const int error = errno;
  const DescriptorSnapshot taken = DescriptorTaker({}).Take();
  setrlimit(RLIMIT_NOFILE, &limit);
  for (const int fd : leaked) close(fd);
  EXPECT_EQ(error, EMFILE);
  ASSERT_FALSE(leaked.empty());
  for (const int fd : leaked) {
    ASSERT_TRUE(Find(taken, fd).has_value()) << fd;
    EXPECT_EQ(Find(taken, fd)->kind, DescriptorKind::kEventCounter);
  }
}

TEST_F(Descriptors, NeverWaitsForATarget) {
  const std::string path = NewFile() + ".fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int fifo = Keep(open(path.c_str(), O_RDWR));
  unlink(path.c_str());
  const int unconnected = Keep(socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(Look(fifo).kind, DescriptorKind::kPipe);
  EXPECT_EQ(Look(unconnected).kind, DescriptorKind::kSocket);
}

TEST_F(Descriptors, MayComeAndGoMeanwhile) {
  std::atomic<bool> stop = false;
  std::thread other([&stop] {
    while (!stop) {
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) continue;
      close(ends[0]);
      close(ends[1]);
    }
  });
  const int mine = Keep(eventfd(0, 0));
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(Find(DescriptorTaker({}).Take(), mine).has_value());
  stop = true;
  other.join();
}

// What a taker remembers must never be more than what a fresh one sees.
class KnownDescriptors : public Descriptors {
 protected:
  void ExpectAsFresh(const char* what) {
    const std::vector<Descriptor> known = taker_.Take().open;
    const std::vector<Descriptor> fresh = DescriptorTaker(Own()).Take().open;
    ASSERT_EQ(known.size(), fresh.size()) << what;
    for (std::size_t i = 0; i < known.size(); ++i) {
      EXPECT_EQ(known[i].fd, fresh[i].fd) << what;
      EXPECT_EQ(known[i].kind, fresh[i].kind) << what;
      EXPECT_EQ(known[i].target, fresh[i].target) << what;
      EXPECT_EQ(known[i].inode, fresh[i].inode) << what;
      EXPECT_EQ(known[i].deleted, fresh[i].deleted) << what;
      EXPECT_EQ(known[i].bytes, fresh[i].bytes) << what;
      EXPECT_EQ(known[i].local, fresh[i].local) << what;
      EXPECT_EQ(known[i].peer, fresh[i].peer) << what;
      EXPECT_EQ(known[i].state, fresh[i].state) << what;
    }
  }

  // What is inherited, a log for instance, others may change between two looks.
  DescriptorTakerOptions Own() const {
    DescriptorTakerOptions options;
    options.excluded = [this](int fd) { return inherited_.contains(fd); };
    return options;
  }

  std::set<int> inherited_ = [] {
    std::set<int> open;
    for (const Descriptor& each : DescriptorTaker({}).Take().open) open.insert(each.fd);
    return open;
  }();
  DescriptorTaker taker_{Own()};
};

TEST_F(KnownDescriptors, FilesAreFollowed) {
  char path[] = "/tmp/knownXXXXXX";
  const int fd = mkstemp(path);
  const std::string other = std::string(path) + ".moved";
  ExpectAsFresh("made");
  ASSERT_EQ(write(fd, "12345", 5), 5);
  ExpectAsFresh("grown");
  ASSERT_EQ(rename(path, other.c_str()), 0);
  ExpectAsFresh("renamed");
  ASSERT_EQ(unlink(other.c_str()), 0);
  ExpectAsFresh("deleted");
  close(fd);
  ExpectAsFresh("closed");
}

TEST_F(KnownDescriptors, NumbersMayComeToMeanOthers) {
  int fd = eventfd(0, 0);
  ExpectAsFresh("an event counter");
  close(fd);
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  EXPECT_EQ(timer, fd);
  ExpectAsFresh("a timer in its place");
  const itimerspec set = {{0, 0}, {1000, 0}};
  ASSERT_EQ(timerfd_settime(timer, 0, &set, nullptr), 0);
  ExpectAsFresh("armed");
  const int null = open("/dev/null", O_RDONLY);
  ASSERT_EQ(dup2(null, timer), timer);
  ExpectAsFresh("replaced");
  close(null);
  close(timer);
}

TEST_F(KnownDescriptors, ConnectionsAreFollowed) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ExpectAsFresh("not bound");
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ExpectAsFresh("listening");
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  ExpectAsFresh("not connected");
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
  const int server = accept(listener, nullptr, nullptr);
  ExpectAsFresh("connected");
  ExpectAsFresh("unchanged");
  close(server);
  while (Find(DescriptorTaker({}).Take(), client)->state == "ESTABLISHED") std::this_thread::yield();
  ExpectAsFresh("closed by its peer");
  close(client);
  close(listener);
}

TEST_F(KnownDescriptors, UnconnectedSocketsMayFindAnotherPeer) {
  const int udp = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (const std::uint16_t port : {std::uint16_t{9}, std::uint16_t{10}}) {
    address.sin_port = htons(port);
    ASSERT_EQ(connect(udp, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ExpectAsFresh("connected");
  }
  close(udp);
}

}  // namespace
}  // namespace cleanslate
