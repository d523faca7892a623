// Threads and children of this very test.

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include "base/raw_io.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "snapshot/child_taker.h"
#include "snapshot/orphan_taker.h"
#include "snapshot/thread_taker.h"

namespace cleanslate {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::chrono::steady_clock::time_point Soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(60);
}

// A thread of a name that waits until it may end.
class Waiting {
 public:
  explicit Waiting(const char* name) {
    thread_ = std::thread([this, name] {
      prctl(PR_SET_NAME, name);
      tid = raw::GetTid();
      while (!ended_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    while (tid == 0) std::this_thread::yield();
  }
  ~Waiting() {
    ended_ = true;
    thread_.join();
  }

  std::atomic<int> tid = 0;

 private:
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

const Thread* Find(const ThreadSnapshot& taken, int tid) {
  const auto at = std::find_if(taken.threads.begin(), taken.threads.end(),
                               [tid](const Thread& thread) { return thread.tid == tid; });
  return at == taken.threads.end() ? nullptr : &*at;
}

TEST(ThreadTaker, NamesThreadsAndMarksTheCaller) {
  const Waiting worker("a \"name\")(\n");
  const int tid = worker.tid;
  ThreadTaker taker([tid](pid_t of) {
    return of == tid ? ThreadBirth{StackId{3}, 2, StackId{5}} : ThreadBirth{};
  });
  const ThreadSnapshot taken = taker.Take(Soon());
  const Thread* const seen = Find(taken, tid);
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->name, "a \"name\")(\n");
  EXPECT_EQ(seen->born, 2u);
  EXPECT_EQ(seen->stack, StackId{3});
  EXPECT_EQ(seen->start, StackId{5});
  EXPECT_GT(seen->started, 0u);
  EXPECT_FALSE(seen->asks);
  ASSERT_NE(Find(taken, raw::GetTid()), nullptr);
  EXPECT_TRUE(Find(taken, raw::GetTid())->asks);
}

TEST(ThreadTaker, ForgetsThoseThatEnd) {
  ThreadTaker taker({});
  int tid = 0;
  {
    const Waiting worker("worker");
    tid = worker.tid;
    EXPECT_NE(Find(taker.Take(Soon()), tid), nullptr);
  }
  EXPECT_EQ(Find(taker.Take(Soon()), tid), nullptr);
}

TEST(ThreadTaker, ANewBirthMeansANewThread) {
  const Waiting worker("worker");
  WindowNumber born = 1;
  ThreadTaker taker([&born](pid_t) { return ThreadBirth{StackId{3}, born, StackId::kNone}; });
  EXPECT_EQ(Find(taker.Take(Soon()), worker.tid)->born, 1u);
  born = 2;
  EXPECT_EQ(Find(taker.Take(Soon()), worker.tid)->born, 2u);
}

TEST(ThreadTaker, SaysWhatTheBudgetCut) {
  const Waiting worker("worker");
  ThreadTaker taker({});
  // This one and the worker, and what a sanitizer may have.
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  const auto all = static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
  ASSERT_GE(all, 2u);
  const ThreadSnapshot nothing = taker.Take(std::chrono::steady_clock::time_point());
  EXPECT_THAT(nothing.threads, IsEmpty());
  EXPECT_EQ(nothing.left_out, static_cast<std::int64_t>(all));
  EXPECT_THAT(taker.Take(Soon()).threads, SizeIs(all));
  // What is known already costs nothing.
  EXPECT_THAT(taker.Take(std::chrono::steady_clock::time_point()).threads, SizeIs(all));
}

// A child that waits to be ended, or has ended and isn't waited for.
class Child {
 public:
  explicit Child(bool ends) {
    pid = fork();
    if (pid != 0) {
      siginfo_t info = {};
      if (ends) waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
      return;
    }
    if (ends) _exit(0);
    while (true) pause();
  }
  ~Child() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  Child(const Child&) = delete;

  pid_t pid = 0;
};

TEST(ChildTaker, FindsRunningAndUnreapedChildren) {
  EXPECT_THAT(TakeChildren({}, Soon()).children, IsEmpty());
  {
    const Child running(false);
    const Child ended(true);
    const ChildSnapshot taken = TakeChildren(
        [&](pid_t pid) {
          return pid == running.pid ? Birth{StackId{3}, 2} : Birth{};
        },
        Soon());
    ASSERT_THAT(taken.children, SizeIs(2));
    for (const ChildProcess& child : taken.children) {
      EXPECT_EQ(child.ended, child.pid == ended.pid);
      EXPECT_EQ(child.born, child.pid == running.pid ? 2u : 0u);
      EXPECT_FALSE(child.command.empty());
    }
    // Nothing was reaped.
    EXPECT_THAT(TakeChildren({}, Soon()).children, SizeIs(2));
  }
  EXPECT_THAT(TakeChildren({}, Soon()).children, IsEmpty());
}

TEST(ChildTaker, FindsChildrenOfChildren) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    const pid_t below = fork();
    if (below == 0) {
      while (true) pause();
    }
    (void)!write(ready[1], &below, sizeof below);
    while (true) pause();
  }
  pid_t below = 0;
  ASSERT_EQ(read(ready[0], &below, sizeof below), static_cast<ssize_t>(sizeof below));
  const ChildSnapshot taken = TakeChildren({}, Soon());
  EXPECT_THAT(taken.children, SizeIs(2));
  EXPECT_TRUE(std::any_of(taken.children.begin(), taken.children.end(),
                          [below](const ChildProcess& child) { return child.pid == below; }));
  kill(below, SIGKILL);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

// Two processes above, one of them ours: what is left when the middle one has ended. -1: the pipe broke.
pid_t LeaveBehind(bool own_session) {
  int ready[2];
  if (pipe(ready) != 0) return -1;
  const pid_t middle = fork();
  if (middle == 0) {
    if (own_session) setsid();
    const pid_t below = fork();
    if (below == 0) {
      while (true) pause();
    }
    (void)!write(ready[1], &below, sizeof below);
    _exit(0);
  }
  waitpid(middle, nullptr, 0);
  pid_t below = -1;
  if (read(ready[0], &below, sizeof below) != static_cast<ssize_t>(sizeof below)) below = -1;
  close(ready[0]);
  close(ready[1]);
  return below;
}

// Other tests leave orphans in this session too.
const ChildProcess* At(const ChildSnapshot& children, pid_t pid) {
  for (const ChildProcess& each : children.children)
    if (each.pid == pid) return &each;
  return nullptr;
}

class Orphans : public testing::TestWithParam<bool> {};

TEST_P(Orphans, AreFoundAndFollowedUntilTheyEnd) {
  std::set<pid_t> started;
  OrphanTaker taker([&](pid_t pid) { return started.contains(pid) ? Birth{StackId{7}, 3} : Birth{}; });
  ChildSnapshot children;
  const auto take = [&](bool search) {
    children = {};
    taker.AddTo(children, 3, search, Soon());
  };
  take(true);
  const pid_t left = LeaveBehind(GetParam());
  ASSERT_GT(left, 0);
  EXPECT_EQ(At(children, left), nullptr);
  started.insert(getsid(left));
  take(true);
  ASSERT_NE(At(children, left), nullptr);
  EXPECT_EQ(At(children, left)->born, 3u);
  EXPECT_EQ(At(children, left)->stack, StackId{7});
  take(false);
  EXPECT_NE(At(children, left), nullptr);
  kill(left, SIGKILL);
  for (const auto end = Soon(); At(children, left) != nullptr; take(true))
    ASSERT_LT(std::chrono::steady_clock::now(), end);
}

INSTANTIATE_TEST_SUITE_P(InASessionOfTheirOwnOrNot, Orphans, testing::Bool());

TEST(Orphans, AreFollowedFromWhenTheyHungOnUs) {
  OrphanTaker finder({}), taker({});
  const pid_t left = LeaveBehind(false);
  ASSERT_GT(left, 0);
  ChildSnapshot found, none;
  finder.AddTo(found, 1, true, Soon());
  ASSERT_NE(At(found, left), nullptr);
  ChildSnapshot hanging;
  hanging.children = {*At(found, left)};
  hanging.children.front().born = 2;
  taker.AddTo(hanging, 2, false, Soon());
  taker.AddTo(none, 3, false, Soon());
  ASSERT_NE(At(none, left), nullptr);
  EXPECT_EQ(At(none, left)->born, 2u);
  kill(left, SIGKILL);
}

TEST(ChildTaker, SaysWhatTheBudgetCut) {
  const Child running(false);
  const ChildSnapshot taken = TakeChildren({}, std::chrono::steady_clock::time_point());
  EXPECT_THAT(taken.children, IsEmpty());
  EXPECT_EQ(taken.left_out, 1);
}

}  // namespace
}  // namespace cleanslate
