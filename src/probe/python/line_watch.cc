#include "probe/python/line_watch.h"

#include <sys/mman.h>

#include <atomic>
#include <new>

#include "base/raw_io.h"

namespace cleanslate {
namespace {

enum class Phase : std::uint32_t { kOff, kBirths, kDeaths };

// What the hooks read each time. In a page that a child of fork finds wiped: off.
struct State {
  std::atomic<Phase> phase = Phase::kOff;
  std::uint32_t window = 0;
  bool naming = false;  // a site is being looked up: what is born meanwhile is nobody's
  std::int64_t left_out = 0;
  PythonThread* (*current)() = nullptr;
  const void* interpreter = nullptr;
  const PythonFrames* frames = nullptr;
  PythonSites* sites = nullptr;
  PythonBlockMap blocks;
};
static_assert(static_cast<int>(Phase::kOff) == 0);

constinit State* state = nullptr;

struct Wrap {
  PythonAllocator below = {};
  PythonAllocator ours = {};
  bool installed = false;
};
// One that was thrown out may still be below somebody's: it is never used again.
constexpr int kMostWraps = 4;
struct WrapPair {
  Wrap of[2];
  bool thrown_out = false;
};
constinit WrapPair wraps[kMostWraps];
constinit int in_use = 0;
constexpr int kDomains[2] = {kPythonMemoryDomain, kPythonObjectDomain};

}  // namespace

struct PythonLineWatch::Hooks {
  static void* Malloc(void* context, std::size_t bytes) {
    const PythonAllocator& below = static_cast<const Wrap*>(context)->below;
    void* const block = below.malloc(below.context, bytes);
    if (Births()) Born(block, bytes);
    return block;
  }
  static void* Calloc(void* context, std::size_t count, std::size_t bytes) {
    const PythonAllocator& below = static_cast<const Wrap*>(context)->below;
    void* const block = below.calloc(below.context, count, bytes);
    if (Births()) Born(block, count * bytes);
    return block;
  }
  // A block that moves stays what it was, whoever makes it larger.
  static void* Realloc(void* context, void* block, std::size_t bytes) {
    const PythonAllocator& below = static_cast<const Wrap*>(context)->below;
    if (state->phase.load(std::memory_order_relaxed) == Phase::kOff)
      return below.realloc(below.context, block, bytes);
    if (block == nullptr) {
      void* const made = below.realloc(below.context, nullptr, bytes);
      if (Births()) Born(made, bytes);
      return made;
    }
    std::uint32_t* const place = state->blocks.Find(reinterpret_cast<std::uintptr_t>(block));
    if (place == nullptr || *place == 0) return below.realloc(below.context, block, bytes);
    const std::uint32_t mark = *place;
    *place = 0;
    void* const moved = below.realloc(below.context, block, bytes);
    // One that could not be made larger is still there.
    if (moved == nullptr)
      *place = mark;
    else if (bytes <= kLargest)
      Note(moved, (mark & ~kSizeMask) | SizeOf(bytes));
    return moved;
  }
  static void Free(void* context, void* block) {
    const PythonAllocator& below = static_cast<const Wrap*>(context)->below;
    if (state->phase.load(std::memory_order_relaxed) != Phase::kOff && block != nullptr) Died(block);
    below.free(below.context, block);
  }

  static void WatchCode(const PythonObject* code) {
    const std::uint32_t* const place = state->blocks.Find(reinterpret_cast<std::uintptr_t>(code));
    Note(code, (place != nullptr ? *place : 0) | kIsCode);
  }

 private:
  static bool Births() { return state->phase.load(std::memory_order_relaxed) == Phase::kBirths; }

  static std::uint32_t SizeOf(std::size_t bytes) { return static_cast<std::uint32_t>(bytes) << kSizeShift; }

  static void Born(void* block, std::size_t bytes) {
    if (block == nullptr || bytes > kLargest) return;
    const PythonThread* const thread = state->current();
    // Interpreters with locks of their own are left alone.
    if (thread == nullptr || state->frames->Interpreter(thread) != state->interpreter) return;
    if (!state->frames->IsHere(thread)) return;
    if (state->naming) return;
    state->naming = true;
    const std::uint32_t site = state->sites->Current(thread);
    state->naming = false;
    if (site != PythonSites::kNowhere) Note(block, site << kSiteShift | SizeOf(bytes) | state->window);
  }
  static void Note(const void* block, std::uint32_t mark) {
    if (state->blocks.Set(reinterpret_cast<std::uintptr_t>(block), mark)) return;
    // What isn't seen to die would count as alive: there is nothing to be learned any more.
    ++state->left_out;
    state->phase.store(Phase::kOff, std::memory_order_relaxed);
  }
  static void Died(void* block) {
    std::uint32_t* const place = state->blocks.Find(reinterpret_cast<std::uintptr_t>(block));
    if (place == nullptr || *place == 0) return;
    const bool is_code = (*place & kIsCode) != 0;
    *place = 0;
    if (is_code) state->sites->Forget(static_cast<const PythonObject*>(block));
  }
};

namespace {

bool MakeState() {
  static_assert(sizeof(State) <= raw::kPageBytes);
  if (state == nullptr) {
    void* const page = raw::MapPages(raw::kPageBytes);
    if (page == nullptr) return false;
    if (raw::Call(SYS_madvise, reinterpret_cast<long>(page), static_cast<long>(raw::kPageBytes),
                  MADV_WIPEONFORK) != 0) {
      raw::UnmapPages(page, raw::kPageBytes);
      return false;
    }
    state = static_cast<State*>(page);
  }
  new (state) State();
  return true;
}

PythonAllocator Outermost(const PythonLineApi& lines, int domain) {
  PythonAllocator now = {};
  lines.PyMem_GetAllocator(domain, &now);
  return now;
}

bool IsOutermost(const PythonLineApi& lines, int which) {
  const Wrap& wrap = wraps[in_use].of[which];
  return wrap.installed && Outermost(lines, kDomains[which]) == wrap.ours;
}

}  // namespace

PythonBlockMap& PythonLineWatch::blocks() {
  return state->blocks;
}

PythonLineWatch::Result PythonLineWatch::Begin(const PythonApi& api, const PythonLineApi& lines,
                                               PythonSites& sites) {
  if (!TryTakeOff(lines) || in_use == kMostWraps) return Result::kBuried;
  if (!MakeState() || !state->blocks.Begin()) return Result::kNoMemory;
  state->current = api.PyThreadState_GetUnchecked != nullptr ? api.PyThreadState_GetUnchecked
                                                             : api._PyThreadState_UncheckedGet;
  state->interpreter = api.PyInterpreterState_Main();
  state->frames = &sites.frames();
  state->sites = &sites;
  sites.Begin(&Hooks::WatchCode);
  for (int i = 0; i < 2; ++i) {
    Wrap& wrap = wraps[in_use].of[i];
    wrap.below = Outermost(lines, kDomains[i]);
    wrap.ours = {&wrap, &Hooks::Malloc, &Hooks::Calloc, &Hooks::Realloc, &Hooks::Free};
    lines.PyMem_SetAllocator(kDomains[i], &wrap.ours);
    wrap.installed = true;
  }
  state->phase.store(Phase::kBirths, std::memory_order_relaxed);
  return Result::kDone;
}

void PythonLineWatch::Advance(unsigned window) {
  state->window = window;
}

void PythonLineWatch::OnlyDeaths() {
  Phase births = Phase::kBirths;
  state->phase.compare_exchange_strong(births, Phase::kDeaths, std::memory_order_relaxed);
}

bool PythonLineWatch::IsIntact(const PythonLineApi& lines) {
  if (in_use == kMostWraps) return false;
  // Below another's wrap all is seen, too; but nobody knows whether we are below it or gone.
  return state->phase.load(std::memory_order_relaxed) != Phase::kOff && IsOutermost(lines, 0) &&
         IsOutermost(lines, 1);
}

bool PythonLineWatch::End(const PythonLineApi& lines) {
  state->phase.store(Phase::kOff, std::memory_order_relaxed);
  state->blocks.Clear();
  return TryTakeOff(lines);
}

bool PythonLineWatch::TryTakeOff(const PythonLineApi& lines) {
  if (in_use == kMostWraps) return true;
  WrapPair& pair = wraps[in_use];
  bool all = true;
  for (int i = 0; i < 2; ++i) {
    Wrap& wrap = pair.of[i];
    if (!wrap.installed) continue;
    const PythonAllocator now = Outermost(lines, kDomains[i]);
    if (now == wrap.ours) {
      lines.PyMem_SetAllocator(kDomains[i], &wrap.below);
      wrap.installed = false;
    } else if (now.context == nullptr) {
      // The interpreter's own: there is nothing below that. Who had wrapped before us has put it back.
      wrap.installed = false;
      pair.thrown_out = true;
    }
    all = all && !wrap.installed;
  }
  if (all && pair.thrown_out) ++in_use;
  return all;
}

void PythonLineWatch::Silence() {
  if (state != nullptr) state->phase.store(Phase::kOff, std::memory_order_relaxed);
}

std::int64_t PythonLineWatch::left_out() {
  return state != nullptr ? state->left_out : 0;
}

}  // namespace cleanslate
