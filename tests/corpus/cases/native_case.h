#pragma once

// The frame of the native cases. A case is a HANDLER named leaky_* or clean_*; the last argument of the
// program, or _HANDLER, says which one it is to be, or which several: clean_a+clean_b. What a case needs
// before the first event is in a function of the same name with init_ in front, marked INIT.
//
// With WITNESS in the environment it notes what the process looks like: native_witness.h.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>

#define HANDLER extern "C" __attribute__((noinline, visibility("default"))) std::string
#define INIT extern "C" __attribute__((noinline, visibility("default"))) void
// A function whose name should be in a stack.
#define OUTLINE __attribute__((noinline, noclone))

namespace corpus {

struct Event {
  int number = 0;  // from 0
  int rows = 0;    // 20 to 119, without a pattern
  std::string customer, tenant, token;
};

// Keeps the compiler from seeing what becomes of a value.
template <typename T>
T Opaque(T value) {
  asm volatile("" : "+r"(value) : : "memory");
  return value;
}

// In the function's own folder for temporary files.
std::string TmpPath(const std::string& name);

// Connects to the peer that the variable names, HOST:PORT. The caller owns the descriptor.
int Connect(const char* variable);

// Sends a line and reads the answer; false when the peer has gone.
bool Ask(int fd, const std::string& line);

inline void Check(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

// What the runtime does between the answer and the next event: a handler may hand it work.
std::function<void()>& AfterResponse();

// main of each program.
int Run(int argc, char** argv);

}  // namespace corpus
