#pragma once

// System calls without libc: they touch no errno, pass through no interposer and are safe at any depth of
// anybody's lock, in a signal handler and in a child of vfork. Numbers and conventions: syscall(2).
//
// Every call returns what the kernel returned: a value >= 0, or -errno.

#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>

struct stat;

namespace cleanslate::raw {

#if defined(__x86_64__)
inline long Call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
inline long Call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory", "cc");
  return x0;
}
#else
#error "cleanslate knows the system calls of x86-64 and arm64"
#endif

inline int GetPid() {
  return static_cast<int>(Call(SYS_getpid));
}
inline int GetTid() {
  return static_cast<int>(Call(SYS_gettid));
}

// True while a thread of this process has this id.
inline bool ThreadIsAlive(int pid, int tid) {
  return Call(SYS_tgkill, pid, tid, 0) == 0;
}

// fstat(2), and lstat(2) relative to `dirfd` (fstatat with AT_SYMLINK_NOFOLLOW).
long FStat(int fd, struct stat* out);
long LStatAt(int dirfd, const char* path, struct stat* out);

// Writes all of it to standard error, retrying what was cut short; gives up in silence. For the one line that
// says why we went quiet.
void WriteStderr(const char* text, std::size_t size);

// Of the smallest page; the kernel's may be larger.
inline constexpr std::size_t kPageBytes = 4096;

// Zeroed, readable and writable pages that cost nothing until they are touched, without huge pages. nullptr
// when the kernel refuses.
void* MapPages(std::size_t bytes);
void UnmapPages(void* start, std::size_t bytes);
// For pages that will all be used, in no order: as few entries of the processor's address table as the kernel
// grants.
void AllowHugePages(void* start, std::size_t bytes);

}  // namespace cleanslate::raw
