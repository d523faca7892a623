// Threads, processes and the attributes of this one.

#include <errno.h>
#include <signal.h>

#include "preload/hooks.h"
#include "preload/library.h"
#include "preload/real_functions.h"

namespace cleanslate {

#define CHANGES(name, parameters, arguments, attribute)                 \
  CLEANSLATE_INTERPOSE(int, name, parameters) {                         \
    return hooks::Changed(Real().name arguments, Attribute::attribute); \
  }
CHANGES(chdir, (const char* path), (path), kWorkingDirectory)
CHANGES(fchdir, (int fd), (fd), kWorkingDirectory)
CHANGES(timer_create, (clockid_t clock, void* event, void* timer), (clock, event, timer), kTimers)
CHANGES(setitimer, (int which, const void* value, void* old), (which, value, old), kTimers)

// libc never frees the value that a variable had before (glibc keeps them all): that is the environment's
// doing, not the caller's, and no block of the host's. The guard covers the real call.
#define CHANGES_ENVIRONMENT(name, parameters, arguments)    \
  CLEANSLATE_INTERPOSE(int, name, parameters) {             \
    if (!Watching()) return Real().name arguments;          \
    const int result = [&] {                                \
      const Guard guard;                                    \
      return Real().name arguments;                         \
    }();                                                    \
    return hooks::Changed(result, Attribute::kEnvironment); \
  }
CHANGES_ENVIRONMENT(setenv, (const char* name, const char* value, int overwrite), (name, value, overwrite))
CHANGES_ENVIRONMENT(putenv, (char* text), (text))
CHANGES_ENVIRONMENT(unsetenv, (const char* name), (name))
CHANGES_ENVIRONMENT(clearenv, (), ())

#define CHANGES_SIGNAL(name)                                                                \
  CLEANSLATE_INTERPOSE(int, name, (int signal, const void* action, void* old)) {            \
    const int result = Real().name(signal, action, old);                                    \
    return action == nullptr ? result : hooks::Changed(result, Attribute::kSignalHandlers); \
  }
CHANGES_SIGNAL(sigaction)
CHANGES_SIGNAL(__sigaction)

CLEANSLATE_INTERPOSE(SignalHandler, signal, (int signal, SignalHandler handler)) {
  const SignalHandler old = Real().signal(signal, handler);
  if (old != SIG_ERR) hooks::Changed(0, Attribute::kSignalHandlers);
  return old;
}

CLEANSLATE_INTERPOSE(char*, setlocale, (int category, const char* locale)) {
  char* now = Real().setlocale(category, locale);
  if (locale != nullptr && now != nullptr) hooks::Changed(0, Attribute::kLocale);
  return now;
}

CLEANSLATE_INTERPOSE(mode_t, umask, (mode_t mask)) {
  const mode_t old = Real().umask(mask);
  hooks::Changed(0, Attribute::kUmask);
  return old;
}

// Forwarded: nothing of a thread's birth is recorded yet. Its stack is mapped inside libc, unseen.
CLEANSLATE_INTERPOSE(int, pthread_create,
                     (pthread_t * thread, const void* attributes, void* (*start)(void*), void* argument)) {
  return Real().pthread_create(thread, attributes, start, argument);
}

CLEANSLATE_INTERPOSE(int, thrd_create, (void* thread, int (*start)(void*), void* argument)) {
  return Real().thrd_create(thread, start, argument);
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
