#include "snapshot/attribute_taker.h"

#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using testing::IsEmpty;

ProcessAttribute Get(const std::string& name, const AttributeTakerOptions& options = {}) {
  const std::vector<ProcessAttribute> all = TakeAttributes(options);
  EXPECT_TRUE(
      std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
  return at == all.end() ? ProcessAttribute() : *at;
}

void Handle(int) {}

TEST(AttributeTaker, KnowsTheWorkingDirectory) {
  const std::string before = Get("working-directory").value;
  ASSERT_EQ(chdir("/"), 0);
  EXPECT_EQ(Get("working-directory").value, "/");
  EXPECT_EQ(Get("working-directory").kind, AttributeKind::kWorkingDirectory);
  ASSERT_EQ(chdir(before.c_str()), 0);
}

TEST(AttributeTaker, KnowsAWorkingDirectoryThatIsGone) {
  const std::string before = Get("working-directory").value;
  char folder[] = "/tmp/attributeXXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  ASSERT_EQ(chdir(folder), 0);
  ASSERT_EQ(rmdir(folder), 0);
  EXPECT_THAT(Get("working-directory").value, testing::StartsWith(folder));
  ASSERT_EQ(chdir(before.c_str()), 0);
}

TEST(AttributeTaker, KnowsTheUmaskWithoutSettingIt) {
  const mode_t before = umask(0027);
  EXPECT_EQ(Get("umask").value, "0027");
  EXPECT_EQ(umask(before), 0027u);
}

TEST(AttributeTaker, KnowsEachCategoryOfTheLocale) {
  setlocale(LC_ALL, "C");
  EXPECT_EQ(Get("locale LC_CTYPE").value, "C");
  if (setlocale(LC_CTYPE, "C.UTF-8") == nullptr) GTEST_SKIP() << "no other locale than C";
  AttributeTakerOptions options;
  options.category_setting = [](int category) {
    return category == LC_CTYPE ? Birth{StackId{4}, 5} : category == LC_ALL ? Birth{StackId{3}, 2} : Birth{};
  };
  EXPECT_EQ(Get("locale LC_CTYPE", options).value, "C.UTF-8");
  EXPECT_EQ(Get("locale LC_CTYPE", options).born, 5u);
  EXPECT_EQ(Get("locale LC_TIME", options).value, "C");
  EXPECT_EQ(Get("locale LC_TIME", options).born, 2u);  // when all were set
  setlocale(LC_ALL, "C");
}

// Past the C library, in which a sanitizer may put a handler of its own before the one that is given.
void Dispose(int signal, void (*handler)(int)) {
  const struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    std::uint64_t mask;
  } action = {handler, 0, nullptr, 0};
  ASSERT_EQ(syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask), 0);
}

TEST(AttributeTaker, KnowsDispositionsAndHandlers) {
  AttributeTakerOptions options;
  options.code = [](const void* handler) {
    return handler == reinterpret_cast<const void*>(&Handle) ? StackId{9} : StackId::kNone;
  };
  options.signal_setting = [](int signal) { return signal == SIGUSR2 ? Birth{StackId{4}, 3} : Birth{}; };
  EXPECT_EQ(Get("signal SIGUSR2", options).value, "default");
  Dispose(SIGUSR2, SIG_IGN);
  EXPECT_EQ(Get("signal SIGUSR2", options).value, "ignored");
  Dispose(SIGUSR2, Handle);
  const ProcessAttribute handled = Get("signal SIGUSR2", options);
  EXPECT_EQ(handled.value, "handled");
  EXPECT_EQ(handled.code, StackId{9});
  EXPECT_EQ(handled.born, 3u);
  EXPECT_EQ(handled.stack, StackId{4});
  Dispose(SIGUSR2, SIG_DFL);
  EXPECT_EQ(Get("signal SIGRTMIN+1").value, "default");
}

TEST(AttributeTaker, KnowsResourceLimits) {
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
  const rlimit lower = {0, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_CORE, &lower), 0);
  EXPECT_THAT(Get("limit core").value, testing::StartsWith("0 of "));
  setrlimit(RLIMIT_CORE, &limit);
}

TEST(TimerTaker, KnowsArmedTimersOnly) {
  EXPECT_THAT(TakeTimers({}), IsEmpty());
  const itimerval set = {{0, 0}, {1000, 0}};
  const itimerval off = {};
  ASSERT_EQ(setitimer(ITIMER_REAL, &set, nullptr), 0);
  const std::vector<Timer> armed = TakeTimers([](int which) {
    return which == ITIMER_REAL ? Birth{StackId{5}, 2} : Birth{};
  });
  ASSERT_THAT(armed, testing::SizeIs(1));
  EXPECT_EQ(armed[0].name, "interval timer real");
  EXPECT_EQ(armed[0].born, 2u);
  EXPECT_EQ(armed[0].stack, StackId{5});
  ASSERT_EQ(setitimer(ITIMER_REAL, &off, nullptr), 0);
  EXPECT_THAT(TakeTimers({}), IsEmpty());
}

TEST(TimerTaker, KnowsCreatedTimers) {
  if (access("/proc/self/timers", R_OK) != 0) GTEST_SKIP() << "this kernel doesn't list timers";
  const auto set_by_a_call = [](int which) {
    return which == kCreatedTimers ? Birth{StackId{6}, 2} : Birth{};
  };
  for (const int notify : {SIGEV_SIGNAL, SIGEV_NONE}) {
    sigevent event = {};
    event.sigev_notify = notify;
    event.sigev_signo = SIGALRM;
    timer_t timer = nullptr;
    ASSERT_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    EXPECT_THAT(TakeTimers({}), IsEmpty());  // not set
    const itimerspec set = {{0, 0}, {1000, 0}};
    const itimerspec off = {};
    ASSERT_EQ(timer_settime(timer, 0, &set, nullptr), 0);
    const std::vector<Timer> armed = TakeTimers(set_by_a_call);
    ASSERT_THAT(armed, testing::SizeIs(1));
    EXPECT_THAT(armed[0].name, testing::StartsWith("timer "));
    EXPECT_EQ(armed[0].stack, StackId{6});
    ASSERT_EQ(timer_settime(timer, 0, &off, nullptr), 0);
    EXPECT_THAT(TakeTimers({}), IsEmpty());
    timer_delete(timer);
  }
}

}  // namespace
}  // namespace cleanslate
