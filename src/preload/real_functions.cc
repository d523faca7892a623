#include "preload/real_functions.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>

#include <cstring>
#include <type_traits>

#include "base/bootstrap_arena.h"
#include "base/own_code.h"
#include "base/raw_io.h"

namespace cleanslate {

namespace {

// Stand-ins until the real heap is known. The lookup itself may come back here: then the arena serves it.
bool resolved = false;
bool resolving = false;
bool process_heap_is_ours = true;

void* MallocBeforeResolve(size_t size) {
  if (resolving) return bootstrap_arena.Allocate(size);
  ResolveRealFunctions();
  return real_functions.malloc(size);
}

void* CallocBeforeResolve(size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  if (resolving) return bootstrap_arena.Allocate(bytes);
  ResolveRealFunctions();
  return real_functions.calloc(count, size);
}

void* ReallocBeforeResolve(void* block, size_t size) {
  if (resolving) return bootstrap_arena.Reallocate(block, size);
  ResolveRealFunctions();
  return real_functions.realloc(block, size);
}

// While resolving only blocks of the arena can come by, and those are never given back.
void FreeBeforeResolve(void* block) {
  if (resolving || block == nullptr) return;
  ResolveRealFunctions();
  real_functions.free(block);
}

// What stands in for a function that the host's libc lacks: failure, as a caller would see it without us.
template <typename Result, typename... Parameters>
Result FailWithoutFunction(Parameters...) {
  errno = ENOSYS;
  if constexpr (std::is_pointer_v<Result>) return nullptr;
  if constexpr (std::is_integral_v<Result>) return static_cast<Result>(-1);
}

// As libc hands a result of the kernel on.
long KernelResult(long result) {
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}

// Or the system call of its number.
template <long kNumber, typename Result, typename... Parameters>
Result CallKernel(Parameters... parameters) {
  return (Result)KernelResult(raw::Call(kNumber, (long)parameters...));
}

template <auto kEntry, typename Result, typename... Parameters>
Result ResolveThenCall(Parameters... parameters) {
  ResolveRealFunctions();
  return (real_functions.*kEntry)(parameters...);
}

// Before the real functions are known.
int OpenBeforeResolve(const char* path, int flags, mode_t mode) {
  return CallKernel<SYS_openat, int>(AT_FDCWD, path, flags, mode);
}

long SyscallBeforeResolve(long number, long a, long b, long c, long d, long e, long f) {
  return KernelResult(raw::Call(number, a, b, c, d, e, f));
}

template <auto kEntry, typename Result, typename... Parameters>
constexpr void StandIn(Result (*&slot)(Parameters...)) {
  slot = &ResolveThenCall<kEntry, Result, Parameters...>;
}

template <long kNumber, typename Result, typename... Parameters>
constexpr void StandInKernel(Result (*&slot)(Parameters...)) {
  slot = &CallKernel<kNumber, Result, Parameters...>;
}

template <typename Function>
bool Found(Function& slot, const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found != nullptr) std::memcpy(&slot, &found, sizeof(slot));
  return found != nullptr;
}

template <typename Result, typename... Parameters>
void Lookup(Result (*&slot)(Parameters...), const char* name) {
  if (!Found(slot, name)) slot = &FailWithoutFunction<Result, Parameters...>;
}

template <long kNumber, typename Result, typename... Parameters>
void LookupOrCall(Result (*&slot)(Parameters...), const char* name) {
  if (!Found(slot, name)) StandInKernel<kNumber>(slot);
}

}  // namespace

constinit RealFunctions real_functions = [] {
  RealFunctions table;
#define INTERPOSED(result, name, parameters) StandIn<&RealFunctions::name>(table.name);
#define INTERPOSED_CALL(result, name, parameters, number) StandInKernel<number>(table.name);
#include "preload/interposed_functions.inc"
#undef INTERPOSED
#undef INTERPOSED_CALL
  table.open = table.open64 = table.__open = table.__open64 = OpenBeforeResolve;
  table.syscall = SyscallBeforeResolve;
  table.malloc = MallocBeforeResolve;
  table.calloc = CallocBeforeResolve;
  table.realloc = ReallocBeforeResolve;
  table.free = FreeBeforeResolve;
  return table;
}();

void ResolveRealFunctions() {
  if (resolved || resolving) return;
  resolving = true;
  RealFunctions found = real_functions;
#define INTERPOSED(result, name, parameters) Lookup(found.name, #name);
#define INTERPOSED_CALL(result, name, parameters, number) LookupOrCall<number>(found.name, #name);
#include "preload/interposed_functions.inc"
#undef INTERPOSED
#undef INTERPOSED_CALL
  process_heap_is_ours = IsOurCode(reinterpret_cast<std::uintptr_t>(dlsym(RTLD_DEFAULT, "malloc")));
  // A name that wasn't found left its error for the host's next dlerror().
  dlerror();
  real_functions = found;
  resolved = true;
  resolving = false;
}

bool ProcessHeapIsOurs() {
  return process_heap_is_ours;
}

bool RealHeapIsLibc() {
  Dl_info heap;
  Dl_info libc;
  return dladdr(reinterpret_cast<void*>(Real().malloc), &heap) != 0 &&
         dladdr(reinterpret_cast<void*>(Real().fork), &libc) != 0 && heap.dli_fbase == libc.dli_fbase;
}

}  // namespace cleanslate
