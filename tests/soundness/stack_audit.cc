// Holds every stack that the recorder takes - remembered or walked - against a walk of its own that remembers
// nothing, and one in a thousand against libunwind's. At the end of the process one line says what came of
// it:
//
//   stacks: R remembered, W walked, M mismatches; libunwind: L compared, N mismatches
//
// Behind it stands the first stack of which libunwind has another idea, a line a frame: ours, and
// libunwind's. It goes to the file that AUDIT_OUTPUT names, behind what stands there, or to standard error.

#include "record/stack_audit.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <libunwind.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atomic>

#include "base/raw_io.h"
#include "record/frame_address.h"
#include "record/stack_walker.h"
#include "record/unwinder.h"

namespace cleanslate {

namespace {

constexpr int kMost = StackWalker::kMaxFrames;
constexpr int kMostOfLibunwind = kMost + 64;  // which begins in our own code
constexpr int kEvery = 1000;

struct Scratch {
  StackMemory memory;
  StackReads reads;
  std::uintptr_t fresh[kMost];
  std::uintptr_t taken[kMost];
  void* judged[kMostOfLibunwind];
};
thread_local Scratch* scratch __attribute__((tls_model("initial-exec"))) = nullptr;

std::atomic<long> counts[2];
std::atomic<long> mismatches;
std::atomic<long> judged;
std::atomic<long> judged_wrong;
char first_wrong[16384];

void Describe(int count, int from, int theirs) {
  std::size_t used = static_cast<std::size_t>(
      snprintf(first_wrong, sizeof(first_wrong), "%d frames of ours, %d of libunwind's from the site on\n",
               count, theirs - from));
  for (int i = 0; i < count || from + i < theirs; ++i) {
    const auto frame = [](const void* pc, char* text, std::size_t size) {
      Dl_info where = {};
      if (pc == nullptr || dladdr(pc, &where) == 0) return snprintf(text, size, "%p ", pc);
      return snprintf(text, size, "%s+%#lx %s ", where.dli_fname,
                      reinterpret_cast<unsigned long>(pc) - reinterpret_cast<unsigned long>(where.dli_fbase),
                      where.dli_sname == nullptr ? "" : where.dli_sname);
    };
    if (used + 1024 > sizeof(first_wrong)) return;
    const void* const ours =
        i < count ? reinterpret_cast<const void*>(FrameAddress::Of(scratch->taken[i]).pc) : nullptr;
    used += static_cast<std::size_t>(frame(ours, first_wrong + used, 400));
    used += static_cast<std::size_t>(snprintf(first_wrong + used, 8, "| "));
    used += static_cast<std::size_t>(
        frame(from + i < theirs ? scratch->judged[from + i] : nullptr, first_wrong + used, 400));
    used += static_cast<std::size_t>(snprintf(first_wrong + used, 8, "\n"));
  }
}

// From the site's own frame outward, as far as ours goes.
void AskLibunwind(const CallSite& site, int count) {
  const int theirs = unw_backtrace(scratch->judged, kMostOfLibunwind);
  int from = 0;
  while (from < theirs && reinterpret_cast<std::uintptr_t>(scratch->judged[from]) != site.pc) ++from;
  if (from == theirs) return;  // it lost its way before
  bool same = true;
  int compared = 0;
  for (; compared < count && scratch->taken[compared] != Unwinder::kCut; ++compared) {
    same = same && from + compared < theirs &&
           FrameAddress::Of(scratch->taken[compared]).pc ==
               reinterpret_cast<std::uintptr_t>(scratch->judged[from + compared]);
  }
  if (compared == count) same = same && from + count == theirs;
  ++judged;
  if (!same && ++judged_wrong == 1) Describe(count, from, theirs);
}

__attribute__((destructor)) void Tell() {
  char line[200];
  const int length = snprintf(
      line, sizeof(line),
      "stacks: %ld remembered, %ld walked, %ld mismatches; libunwind: %ld compared, %ld mismatches\n",
      counts[0].load(), counts[1].load(), mismatches.load(), judged.load(), judged_wrong.load());
  const char* path = getenv("AUDIT_OUTPUT");
  const long fd = path == nullptr ? 2
                                  : raw::Call(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path),
                                              O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  raw::Call(SYS_write, fd, reinterpret_cast<long>(line), length);
  raw::Call(SYS_write, fd, reinterpret_cast<long>(first_wrong), static_cast<long>(strlen(first_wrong)));
}

}  // namespace

void AuditStack(const CallSite& site, StackId stack, StackSource source, const StackTable& stacks) {
  if (stack == StackTable::kNoStack) return;
  if (scratch == nullptr) scratch = static_cast<Scratch*>(raw::MapPages(sizeof(Scratch)));
  const int fresh = Unwinder(scratch->memory, scratch->reads).Walk(site, scratch->fresh, kMost);
  const int taken = stacks.Expand(stack, scratch->taken, kMost);
  if (fresh != taken || memcmp(scratch->fresh, scratch->taken,
                               static_cast<std::size_t>(taken) * sizeof(scratch->taken[0])) != 0) {
    ++mismatches;
  }
  if (++counts[source == StackSource::kWalked] % kEvery == 0) AskLibunwind(site, taken);
}

}  // namespace cleanslate
