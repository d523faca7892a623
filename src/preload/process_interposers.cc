// Threads, processes and the attributes of this one.

#include <errno.h>
#include <signal.h>
#include <sys/time.h>

#include <cstring>
#include <new>

#include "base/internal_heap.h"
#include "preload/hooks.h"
#include "preload/library.h"
#include "preload/real_functions.h"

namespace cleanslate {

// "NAME" or "NAME=value".
static std::uint64_t VariableKey(const char* text) {
  if (text == nullptr) return 0;
  const char* const equals = std::strchr(text, '=');
  return Recorder::NameKey(text,
                           equals == nullptr ? std::strlen(text) : static_cast<std::size_t>(equals - text));
}

#define CHANGES(name, parameters, arguments, attribute)                 \
  CLEANSLATE_INTERPOSE(int, name, parameters) {                         \
    return hooks::Changed(Real().name arguments, Attribute::attribute); \
  }
CHANGES(chdir, (const char* path), (path), kWorkingDirectory)
CHANGES(fchdir, (int fd), (fd), kWorkingDirectory)
// The form of itimerspec and itimerval: an interval, then the value, which is zero to disarm.
static bool Disarms(const void* value) {
  long words[4] = {};
  if (value != nullptr) std::memcpy(words, value, sizeof words);
  return words[2] == 0 && words[3] == 0;
}

CLEANSLATE_INTERPOSE(int, timer_settime, (void* timer, int flags, const void* value, void* old)) {
  const int result = Real().timer_settime(timer, flags, value, old);
  if (result == 0 && Disarms(value)) return hooks::Unset(result, Attribute::kTimers);
  return hooks::Changed(result, Attribute::kTimers);
}

CLEANSLATE_INTERPOSE(int, setitimer, (int which, const void* value, void* old)) {
  return hooks::Changed(Real().setitimer(which, value, old), Attribute::kTimers, IntervalTimerKey(which));
}

CLEANSLATE_INTERPOSE(unsigned, alarm, (unsigned seconds)) {
  const unsigned left = Real().alarm(seconds);
  hooks::Changed(0, Attribute::kTimers, IntervalTimerKey(ITIMER_REAL));
  return left;
}

// libc never frees the value that a variable had before (glibc keeps them all): that is the environment's
// doing, not the caller's, and no block of the host's. The guard covers the real call.
#define CHANGES_ENVIRONMENT(name, parameters, arguments, variable) \
  CLEANSLATE_INTERPOSE(int, name, parameters) {                    \
    if (!Watching()) return Real().name arguments;                 \
    const std::uint64_t key = VariableKey(variable);               \
    const int result = [&] {                                       \
      const Guard guard;                                           \
      return Real().name arguments;                                \
    }();                                                           \
    return hooks::Changed(result, Attribute::kEnvironment, key);   \
  }
CHANGES_ENVIRONMENT(setenv, (const char* name, const char* value, int overwrite), (name, value, overwrite),
                    name)
CHANGES_ENVIRONMENT(putenv, (char* text), (text), text)
CHANGES_ENVIRONMENT(unsetenv, (const char* name), (name), name)
CHANGES_ENVIRONMENT(clearenv, (), (), nullptr)

#define CHANGES_SIGNAL(name)                                                                  \
  CLEANSLATE_INTERPOSE(int, name, (int signal, const void* action, void* old)) {              \
    const int result = Real().name(signal, action, old);                                      \
    if (action == nullptr) return result;                                                     \
    return hooks::Changed(result, Attribute::kSignalHandlers, static_cast<unsigned>(signal)); \
  }
CHANGES_SIGNAL(sigaction)
CHANGES_SIGNAL(__sigaction)

CLEANSLATE_INTERPOSE(SignalHandler, signal, (int signal, SignalHandler handler)) {
  const SignalHandler old = Real().signal(signal, handler);
  if (old != SIG_ERR) hooks::Changed(0, Attribute::kSignalHandlers, static_cast<unsigned>(signal));
  return old;
}

CLEANSLATE_INTERPOSE(char*, setlocale, (int category, const char* locale)) {
  char* now = Real().setlocale(category, locale);
  if (locale != nullptr && now != nullptr)
    hooks::Changed(0, Attribute::kLocale, static_cast<unsigned>(category));
  return now;
}

CLEANSLATE_INTERPOSE(mode_t, umask, (mode_t mask)) {
  const mode_t old = Real().umask(mask);
  hooks::Changed(0, Attribute::kUmask);
  return old;
}

// A thread is told of by itself, for nobody else can learn its id. What it needs for that travels in a block
// of ours; then it is the host's function that runs, in place of ours and not above it.
template <typename Start>
struct NewThread {
  Start start;
  void* argument;
  ThreadBirth birth;

  // Null when there is nothing to tell.
  static NewThread* Make(Start start, void* argument) {
    if (!WatchingThisProcess()) return nullptr;
    const Guard guard;
    if (!guard.outermost()) return nullptr;
    void* const block = internal_heap.Allocate(sizeof(NewThread));
    if (block == nullptr) return nullptr;
    return new (block)
        NewThread{start, argument, recorder.ThreadStarting(guard, reinterpret_cast<const void*>(start))};
  }
  void Drop() {
    const Guard guard;
    recorder.ThreadNotStarted();
    internal_heap.Free(this);
  }
  static NewThread Arrive(void* block) {
    const NewThread born = *static_cast<NewThread*>(block);
    const Guard guard;
    if (WatchingThisProcess()) recorder.ThreadBorn(guard, born.birth);
    internal_heap.Free(block);
    return born;
  }
};

using PosixStart = void* (*)(void*);
using StandardStart = int (*)(void*);

void* BeginPosix(void* block) {
  const auto born = NewThread<PosixStart>::Arrive(block);
  return born.start(born.argument);
}

int BeginStandard(void* block) {
  const auto born = NewThread<StandardStart>::Arrive(block);
  return born.start(born.argument);
}

CLEANSLATE_INTERPOSE(int, pthread_create,
                     (pthread_t * thread, const void* attributes, void* (*start)(void*), void* argument)) {
  NewThread<PosixStart>* const born = NewThread<PosixStart>::Make(start, argument);
  if (born == nullptr) return Real().pthread_create(thread, attributes, start, argument);
  const int error = Real().pthread_create(thread, attributes, BeginPosix, born);
  if (error != 0) born->Drop();
  return error;
}

// thrd_success of <threads.h>, a header that older C libraries lack.
static constexpr int kThreadStarted = 0;

CLEANSLATE_INTERPOSE(int, thrd_create, (void* thread, int (*start)(void*), void* argument)) {
  NewThread<StandardStart>* const born = NewThread<StandardStart>::Make(start, argument);
  if (born == nullptr) return Real().thrd_create(thread, start, argument);
  const int result = Real().thrd_create(thread, BeginStandard, born);
  if (result != kThreadStarted) born->Drop();
  return result;
}

#define FORKS(name)                       \
  CLEANSLATE_INTERPOSE(pid_t, name, ()) { \
    const pid_t pid = Real().name();      \
    if (pid == 0) library::ForkedChild(); \
    return hooks::Spawned(pid);           \
  }
FORKS(fork)
FORKS(__fork)
FORKS(_Fork)

CLEANSLATE_INTERPOSE(pid_t, forkpty, (int* master, char* name, const void* terminal, const void* size)) {
  const pid_t pid = Real().forkpty(master, name, terminal, size);
  if (pid == 0) library::ForkedChild();
  if (pid > 0) hooks::Opened(*master);
  return hooks::Spawned(pid);
}

#define SPAWNS(name)                                                                                \
  CLEANSLATE_INTERPOSE(int, name,                                                                   \
                       (pid_t * pid, const char* path, const void* actions, const void* attributes, \
                        char* const* arguments, char* const* environment)) {                        \
    pid_t born = 0;                                                                                 \
    const int error = Real().name(&born, path, actions, attributes, arguments, environment);        \
    if (error != 0) return error;                                                                   \
    if (pid != nullptr) *pid = born;                                                                \
    hooks::Spawned(born);                                                                           \
    return 0;                                                                                       \
  }
SPAWNS(posix_spawn)
SPAWNS(posix_spawnp)

CLEANSLATE_INTERPOSE(int, system, (const char* command)) {
  return Real().system(command);
}

CLEANSLATE_INTERPOSE(int, daemon, (int keep_directory, int keep_streams)) {
  return Real().daemon(keep_directory, keep_streams);
}

}  // namespace cleanslate
