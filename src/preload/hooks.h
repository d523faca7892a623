#pragma once

// What the interposers tell the recorder and the tap, each in one call: nothing while this process isn't
// watched, nothing from inside cleanslate, errno as the real call left it.

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "preload/watch.h"
#include "record/recorder.h"

namespace cleanslate::hooks {

// Acquisitions, after the real call. They hand its result back, so that a body can return it.
int Opened(int fd);
int OpenedPair(int result, const int* ends);
FILE* Opened(FILE* stream);
DIR* Opened(DIR* folder);
int Duplicated(int from, int to);
void ReceivedDescriptors(const msghdr& message);

// Releases, before the real call.
void Closing(int fd);
void Closing(FILE* stream);
void Closing(DIR* folder);
void ClosingRange(unsigned first, unsigned last);

// A call that gives a descriptor another meaning (dup2, freopen): its record is taken out before and put back
// when the call failed.
class Replacing {
 public:
  explicit Replacing(int fd);
  void Failed();

 private:
  int fd_;
  Birth old_;
};

// A call that may delete what a name stands for.
class Deleting {
 public:
  explicit Deleting(const char* path, int directory = AT_FDCWD);
  int Done(int result);

 private:
  std::uint64_t file_ = 0;
};

// After a call on a file, a name, a process or an attribute. A negative result is handed back as it is.
ssize_t Wrote(int fd, ssize_t result);
int Touched(int result, const char* path, int directory = AT_FDCWD);
int Changed(int result, Attribute attribute, std::uint64_t detail = 0);
int Unset(int result, Attribute attribute);
pid_t Spawned(pid_t pid);

}  // namespace cleanslate::hooks
