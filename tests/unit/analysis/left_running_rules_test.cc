#include "analysis/left_running_rules.h"

#include <functional>
#include <string>

#include "analysis/rule_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

// The tasks of a process, as tests change them.
struct Tasks {
  std::vector<Thread> threads;
  std::vector<ChildProcess> children;
  std::vector<Timer> timers;
  std::vector<Descriptor> descriptors;
  std::int64_t next_id = 100;

  void Start(const std::string& name, StackId stack = StackId{3}) {
    Thread thread;
    thread.tid = ++next_id;
    thread.started = static_cast<std::uint64_t>(next_id);
    thread.name = name;
    thread.stack = stack;
    threads.push_back(thread);
  }
  void Spawn(const std::string& command, bool ended = false) {
    ChildProcess child;
    child.pid = ++next_id;
    child.started = static_cast<std::uint64_t>(next_id);
    child.command = command;
    child.ended = ended;
    child.stack = StackId{5};
    children.push_back(child);
  }
  void Arm(const std::string& name, WindowNumber window) {
    std::erase_if(timers, [&](const Timer& timer) { return timer.name == name; });
    timers.push_back({name, window, StackId{4}});
  }
  void OpenTimer(const std::string& state) {
    Descriptor timer;
    timer.fd = static_cast<int>(++next_id);
    timer.kind = DescriptorKind::kTimer;
    timer.state = state;
    timer.inode = static_cast<std::uint64_t>(next_id);
    descriptors.push_back(timer);
  }
};

struct LeftRunningCase {
  const char* name;
  std::function<void(WindowNumber, Tasks&)> act;
  std::string_view rule;  // empty: no warning in 1,000 windows
  const char* subject = "";
  WindowNumber by = 5;
};

class LeftRunning : public testing::TestWithParam<LeftRunningCase> {};

TEST_P(LeftRunning, IsAWarningInTimeOrNever) {
  const LeftRunningCase& shape = GetParam();
  LeftRunningRules rules(64);
  Tasks tasks;
  Snapshot before;
  for (WindowNumber window = 1; window <= 1000; ++window) {
    shape.act(window, tasks);
    Snapshot now;
    now.window = window;
    now.threads.threads = tasks.threads;
    now.children.children = tasks.children;
    now.timers = tasks.timers;
    now.descriptors.open = tasks.descriptors;
    now.process.threads = static_cast<std::int64_t>(tasks.threads.size()) + 1;
    now.process.task_limit = 1024;
    Drafts drafts;
    rules.Observe(Diff(before, now), now, drafts);
    before = std::move(now);
    for (const Draft& draft : drafts) {
      if (draft.severity == Severity::kInfo) continue;
      EXPECT_EQ(draft.rule, shape.rule);
      EXPECT_EQ(draft.subject, shape.subject);
      EXPECT_LE(window, shape.by);
      return;
    }
  }
  EXPECT_EQ(shape.rule, "");
}

INSTANTIATE_TEST_SUITE_P(
    All, LeftRunning,
    testing::Values(
        LeftRunningCase{"ThreadsPileUp", [](WindowNumber, Tasks& tasks) { tasks.Start("worker"); },
                        kThreadLeftRunning, "worker"},
        LeftRunningCase{"ThreadsOfManyNames",
                        [](WindowNumber w, Tasks& tasks) { tasks.Start("job-" + std::to_string(w)); },
                        kThreadLeftRunning, "job-*"},
        LeftRunningCase{"ThreadsNamedAfterTheirCustomers",
                        [](WindowNumber w, Tasks& tasks) { tasks.Start(std::string(w % 13 + 1, 'x') + "z"); },
                        kThreadLeftRunning, ""},
        LeftRunningCase{"AThreadThatIsRenewed",
                        [](WindowNumber, Tasks& tasks) {
                          tasks.threads.clear();
                          tasks.Start("timer");
                        },
                        kThreadLeftRunning, "timer"},
        LeftRunningCase{"AThreadEveryTenthTime",
                        [](WindowNumber w, Tasks& tasks) {
                          if (w % 10 == 0) tasks.Start("worker");
                        },
                        kThreadLeftRunning, "worker", 40},
        LeftRunningCase{"OneHelperStartedLazily",
                        [](WindowNumber w, Tasks& tasks) {
                          if (w == 2) tasks.Start("helper");
                        },
                        ""},
        LeftRunningCase{"APoolOfTheFirstInvocation",
                        [](WindowNumber w, Tasks& tasks) {
                          for (int i = 0; w == 1 && i < 8; ++i) tasks.Start("pool");
                        },
                        ""},
        LeftRunningCase{"APoolThatFillsUpInThree",
                        [](WindowNumber w, Tasks& tasks) {
                          if (w <= 3) tasks.Start("pool");
                        },
                        ""},
        LeftRunningCase{"ProcessesPileUp", [](WindowNumber, Tasks& tasks) { tasks.Spawn("sleep"); },
                        kProcessLeftRunning, "sleep"},
        LeftRunningCase{"ProcessesOfManyNames",
                        [](WindowNumber w, Tasks& tasks) { tasks.Spawn(std::string(w % 13 + 1, 'x') + "z"); },
                        kProcessLeftRunning, "xxxxxxz"},
        LeftRunningCase{"NobodyWaits", [](WindowNumber, Tasks& tasks) { tasks.Spawn("convert", true); },
                        kProcessLeftRunning, "convert"},
        LeftRunningCase{"AProcessIsRenewed",
                        [](WindowNumber, Tasks& tasks) {
                          tasks.children.clear();
                          tasks.Spawn("chrome");
                        },
                        kProcessLeftRunning, "chrome"},
        LeftRunningCase{"ADaemonStartedOnce",
                        [](WindowNumber w, Tasks& tasks) {
                          if (w == 3) tasks.Spawn("redis-server");
                        },
                        ""},
        LeftRunningCase{"TheSameTimerSetEachTime",
                        [](WindowNumber w, Tasks& tasks) { tasks.Arm("interval timer real", w); },
                        kTimerLeftRunning, "interval timer real"},
        LeftRunningCase{"TimersPileUp",
                        [](WindowNumber w, Tasks& tasks) { tasks.Arm("timer " + std::to_string(w), w); },
                        kTimerLeftRunning, "timer *"},
        LeftRunningCase{"TimerDescriptors", [](WindowNumber, Tasks& tasks) { tasks.OpenTimer("armed"); },
                        kTimerLeftRunning, "timer descriptor"},
        LeftRunningCase{"APeriodicTimerSetOnce",
                        [](WindowNumber w, Tasks& tasks) {
                          if (w == 2) tasks.Arm("interval timer profiling", w);
                        },
                        ""},
        LeftRunningCase{"NoTimerArmed", [](WindowNumber, Tasks&) {}, ""}),
    [](const auto& info) { return info.param.name; });

TEST(LeftRunning, CountsWhatIsThereAndWhatIsLeft) {
  LeftRunningRules rules(64);
  Snapshot before, now;
  Tasks tasks;
  Drafts drafts;
  for (WindowNumber window = 1; window <= 5; ++window) {
    tasks.Start("worker");
    now = Snapshot();
    now.window = window;
    now.threads.threads = tasks.threads;
    now.process.threads = 10;
    now.process.task_limit = 1024;
    drafts.clear();
    rules.Observe(Diff(before, now), now, drafts);
    before = now;
  }
  ASSERT_THAT(drafts, testing::SizeIs(1));
  EXPECT_EQ(drafts[0].count, 5);
  EXPECT_EQ(drafts[0].limit, 1024);
  EXPECT_EQ(drafts[0].headroom, 1014);
  EXPECT_DOUBLE_EQ(drafts[0].growth.count_per_window, 1);
}

}  // namespace
}  // namespace cleanslate
