#include "preload/real_functions.h"

#include <dlfcn.h>
#include <errno.h>

#include <cstring>
#include <type_traits>

#include "base/bootstrap_arena.h"
#include "base/raw_io.h"

namespace cleanslate {

namespace {

// Stand-ins until the real heap is known. The lookup itself may come back here: then the arena serves it.
bool resolving = false;

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

// Or the system call of its number.
template <long kNumber, typename Result, typename... Parameters>
Result CallKernel(Parameters... parameters) {
  const long result = raw::Call(kNumber, (long)parameters...);
  if (result >= 0 || result < -4095) return static_cast<Result>(result);
  errno = static_cast<int>(-result);
  return static_cast<Result>(-1);
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
  if (!Found(slot, name)) slot = &CallKernel<kNumber, Result, Parameters...>;
}

}  // namespace

constinit RealFunctions real_functions = [] {
  RealFunctions table;
  table.malloc = MallocBeforeResolve;
  table.calloc = CallocBeforeResolve;
  table.realloc = ReallocBeforeResolve;
  table.free = FreeBeforeResolve;
  return table;
}();

constinit bool real_functions_resolved = false;

void ResolveRealFunctions() {
  if (real_functions_resolved || resolving) return;
  resolving = true;
  RealFunctions found = real_functions;
#define INTERPOSED(result, name, parameters) Lookup(found.name, #name);
#define INTERPOSED_CALL(result, name, parameters, number) LookupOrCall<number>(found.name, #name);
#include "preload/interposed_functions.inc"
#undef INTERPOSED
#undef INTERPOSED_CALL
  // A name that wasn't found left its error for the host's next dlerror().
  dlerror();
  real_functions = found;
  real_functions_resolved = true;
  resolving = false;
}

bool RealHeapIsLibc() {
  Dl_info heap;
  Dl_info libc;
  return dladdr(reinterpret_cast<void*>(Real().malloc), &heap) != 0 &&
         dladdr(reinterpret_cast<void*>(Real().fork), &libc) != 0 && heap.dli_fbase == libc.dli_fbase;
}

}  // namespace cleanslate
