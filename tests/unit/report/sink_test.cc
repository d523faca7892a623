#include "report/sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace cleanslate {
namespace {

using ::testing::HasSubstr;

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = ::testing::TempDir() + "sinkXXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { [[maybe_unused]] const int ignored = std::system(("rm -rf '" + path_ + "'").c_str()); }
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string Content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Puts `fd` in the place of standard error (or output), and back at the end.
class Redirected {
 public:
  Redirected(int from, int to) : number_(from), saved_(dup(from)) { dup2(to, from); }
  ~Redirected() {
    dup2(saved_, number_);
    close(saved_);
  }

 private:
  int number_;
  int saved_;
};

struct Pipe {
  explicit Pipe(int flags = 0) { EXPECT_EQ(pipe2(ends, flags | O_CLOEXEC), 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  std::string Read(std::size_t most = 1 << 16) const {
    std::string text(most, '\0');
    const ssize_t size = read(ends[0], text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  std::string Drain() const {
    std::string text;
    int left = 0;
    while (ioctl(ends[0], FIONREAD, &left) == 0 && left > 0) text += Read();
    return text;
  }
  // Takes away all its room.
  void Fill() const {
    const int flags = fcntl(ends[1], F_GETFL);
    fcntl(ends[1], F_SETFL, flags | O_NONBLOCK);
    const std::string page(4096, 'f');
    while (write(ends[1], page.data(), page.size()) > 0) {
    }
    fcntl(ends[1], F_SETFL, flags);
  }
  int ends[2];
};

SinkTarget File(const std::string& path) {
  return *ParseOutput("file:" + path);
}

TEST(ParseOutput, KnowsItsThreeForms) {
  EXPECT_EQ(ParseOutput("stderr")->descriptor, 2);
  EXPECT_EQ(ParseOutput("stdout")->descriptor, 1);
  EXPECT_EQ(ParseOutput("file:/a:b c")->path, "/a:b c");
  for (const char* text : {"", "file:", "file", "STDERR", "stderr ", "/a"}) {
    EXPECT_FALSE(ParseOutput(text).has_value()) << text;
  }
}

TEST(Sink, WritesALineInOneGo) {
  const Pipe pipe(O_DIRECT);  // a packet a write: read() returns one
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  Sink sink(*ParseOutput("stderr"));
  EXPECT_TRUE(sink.Write("one"));
  EXPECT_TRUE(sink.Write("two"));
  EXPECT_EQ(pipe.Read(), "one\n");
  EXPECT_EQ(pipe.Read(), "two\n");
  EXPECT_EQ(sink.OwnDescriptor(), -1);
}

TEST(Sink, TakesTheStandardDescriptorAsItIsAtThatMoment) {
  const Pipe first, second;
  Sink sink(*ParseOutput("stdout"));
  {
    const Redirected redirected(STDOUT_FILENO, first.ends[1]);
    EXPECT_TRUE(sink.Write("a"));
  }
  {
    const Redirected redirected(STDOUT_FILENO, second.ends[1]);
    EXPECT_TRUE(sink.Write("b"));
  }
  EXPECT_EQ(first.Read(), "a\n");
  EXPECT_EQ(second.Read(), "b\n");
}

TEST(Sink, AppendsToAFileOnAHighDescriptorThatNoProgramInherits) {
  const Folder folder;
  std::ofstream(folder.Path("log")) << "before\n";
  Sink sink(File(folder.Path("log")));
  EXPECT_EQ(sink.OwnDescriptor(), -1);
  EXPECT_TRUE(sink.Write("line"));
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int fd = sink.OwnDescriptor();
  if (limit.rlim_cur > 1001) {
    EXPECT_GE(fd, 1000);
  } else {
    EXPECT_GT(fd, static_cast<int>(limit.rlim_cur / 2));
  }
  EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(fd, F_GETFL) & O_APPEND, 0);
  EXPECT_EQ(Content(folder.Path("log")), "before\nline\n");
}

TEST(Sink, FindsRoomUnderALowLimit) {
  const Folder folder;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{64, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &low);
  Sink sink(File(folder.Path("log")));
  EXPECT_TRUE(sink.Write("line"));
  EXPECT_GE(sink.OwnDescriptor(), 48);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Sink, OpensItsFileAgainWhenTheHostClosedIt) {
  const Folder folder;
  Sink sink(File(folder.Path("log")));
  EXPECT_TRUE(sink.Write("one"));
  close(sink.OwnDescriptor());
  EXPECT_EQ(sink.OwnDescriptor(), -1);
  EXPECT_TRUE(sink.Write("two"));
  EXPECT_EQ(Content(folder.Path("log")), "one\ntwo\n");
}

TEST(Sink, LeavesTheHostsFileAloneThatTookItsNumber) {
  const Folder folder;
  {
    Sink sink(File(folder.Path("log")));
    EXPECT_TRUE(sink.Write("one"));
    const int number = sink.OwnDescriptor();
    const int host = open(folder.Path("host").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(dup2(host, number), number);
    EXPECT_EQ(sink.OwnDescriptor(), -1);
    EXPECT_TRUE(sink.Write("two"));
    EXPECT_NE(sink.OwnDescriptor(), number);
    EXPECT_NE(fcntl(number, F_GETFD), -1) << "the host's descriptor was closed";
    close(number);
    close(host);
  }
  EXPECT_EQ(Content(folder.Path("log")), "one\ntwo\n");
  EXPECT_EQ(Content(folder.Path("host")), "");
}

TEST(Sink, ClosesOnlyWhatIsItsOwn) {
  const Folder folder;
  int own, host;
  {
    Sink sink(File(folder.Path("log")));
    sink.Write("one");
    own = sink.OwnDescriptor();
  }
  EXPECT_EQ(fcntl(own, F_GETFD), -1);
  {
    Sink sink(File(folder.Path("log")));
    sink.Write("one");
    host = sink.OwnDescriptor();
    const Pipe pipe;
    dup2(pipe.ends[1], host);
  }
  EXPECT_NE(fcntl(host, F_GETFD), -1);
  close(host);
}

TEST(Sink, NeverRaisesSigpipe) {
  // The default action would end this test.
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  const Pipe pipe;
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  close(pipe.ends[0]);
  Sink sink(*ParseOutput("stderr"));
  EXPECT_FALSE(sink.Write("line"));
  EXPECT_EQ(sink.dropped(), 1);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_EQ(sigismember(&blocked, SIGPIPE), 0);
  std::signal(SIGPIPE, before);
}

TEST(Sink, KeepsASigpipeThatWasTheHosts) {
  sigset_t sigpipe, before;
  sigemptyset(&sigpipe);
  sigaddset(&sigpipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
  pthread_kill(pthread_self(), SIGPIPE);
  {
    const Pipe pipe;
    const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
    close(pipe.ends[0]);
    Sink sink(*ParseOutput("stderr"));
    EXPECT_FALSE(sink.Write("line"));
  }
  const timespec at_once{};
  EXPECT_EQ(sigtimedwait(&sigpipe, nullptr, &at_once), SIGPIPE);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(Sink, NeverRaisesSigpipeOnASocket) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const Redirected redirected(STDOUT_FILENO, ends[1]);
  Sink sink(*ParseOutput("stdout"));
  EXPECT_TRUE(sink.Write("line"));
  char text[8] = {};
  EXPECT_EQ(read(ends[0], text, sizeof text), 5);
  close(ends[0]);
  EXPECT_FALSE(sink.Write("line"));
  close(ends[1]);
}

// Would hang for ever if the sink waited for the reader.
class FullPipe : public ::testing::TestWithParam<int> {};

TEST_P(FullPipe, DropsTheLineInsteadOfWaiting) {
  const Pipe pipe(GetParam());
  pipe.Fill();
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  Sink sink(*ParseOutput("stderr"));
  EXPECT_FALSE(sink.Write("lost"));
  EXPECT_FALSE(sink.Write(std::string(100000, 'x')));
  EXPECT_EQ(sink.dropped(), 2);
  pipe.Drain();
  EXPECT_TRUE(sink.Write("heard"));
  EXPECT_EQ(pipe.Read(), "heard\n");
}

INSTANTIATE_TEST_SUITE_P(BlockingAndNot, FullPipe, ::testing::Values(0, O_NONBLOCK));

TEST(Sink, BeginsOnALineOfItsOwnAfterOneThatWasCut) {
  const Pipe pipe;
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  Sink sink(*ParseOutput("stderr"));
  EXPECT_FALSE(sink.Write(std::string(200000, 'x')));  // more than a pipe holds, and nobody reads
  std::string text = pipe.Drain();
  EXPECT_GT(text.size(), 4096u);
  EXPECT_TRUE(sink.Write("whole"));
  text += pipe.Drain();
  EXPECT_THAT(text, HasSubstr("x\nwhole\n"));
}

TEST(Sink, WritesALongLineInOneGoWhereThePipeHasRoom) {
  const Pipe pipe;
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  Sink sink(*ParseOutput("stderr"));
  const std::string line(60000, 'x');
  EXPECT_TRUE(sink.Write(line));
  EXPECT_EQ(pipe.Drain(), line + "\n");
}

TEST(Sink, TellsOnceThatTheDiskIsFull) {
  const Folder folder;
  ASSERT_EQ(symlink("/dev/full", folder.Path("log").c_str()), 0);
  const Pipe pipe;
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  Sink sink(File(folder.Path("log")));
  EXPECT_FALSE(sink.Write("one"));
  EXPECT_FALSE(sink.Write("two"));
  EXPECT_EQ(sink.dropped(), 2);
  EXPECT_EQ(pipe.Read(), "cleanslate: cannot write to " + folder.Path("log") + ": No space left on device\n");
}

TEST(Sink, TellsOnceThatItsFileCanNotBeOpened) {
  const Folder folder;
  const Pipe pipe;
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  Sink sink(File(folder.Path("missing/log")));
  EXPECT_FALSE(sink.Write("one"));
  EXPECT_FALSE(sink.Write("two"));
  EXPECT_EQ(pipe.Read(),
            "cleanslate: cannot open " + folder.Path("missing/log") + ": No such file or directory\n");
}

TEST(Sink, DoesNotWaitForTheReaderOfANamedPipe) {
  const Folder folder;
  ASSERT_EQ(mkfifo(folder.Path("fifo").c_str(), 0600), 0);
  const Pipe pipe;
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  Sink sink(File(folder.Path("fifo")));
  EXPECT_FALSE(sink.Write("one"));
}

TEST(Sink, IsQuietWhereStandardErrorIsClosed) {
  const int saved = dup(STDERR_FILENO);
  close(STDERR_FILENO);
  Sink sink(*ParseOutput("stderr"));
  EXPECT_FALSE(sink.Write("one"));
  EXPECT_EQ(sink.dropped(), 1);
  dup2(saved, STDERR_FILENO);
  close(saved);
}

TEST(Sink, LeavesErrnoAsItWas) {
  const Folder folder;
  Sink good(File(folder.Path("log")));
  Sink bad(File(folder.Path("missing/log")));
  const Pipe pipe;
  const Redirected redirected(STDERR_FILENO, pipe.ends[1]);
  errno = ERANGE;
  good.Write("one");
  EXPECT_EQ(errno, ERANGE);
  bad.Write("one");
  EXPECT_EQ(errno, ERANGE);
  good.OwnDescriptor();
  EXPECT_EQ(errno, ERANGE);
}

}  // namespace
}  // namespace cleanslate
