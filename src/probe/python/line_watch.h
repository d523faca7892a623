#pragma once

// The allocators of Python's objects and of its other small memory, wrapped for a while: which line each
// small block was born at that still lives. Larger ones come by malloc, where the books of the heap have
// them. The raw allocator, which needs no lock, is never touched. What was born before is passed through, and
// nothing is added to a block, so that the wrap can come and go at any time.
//
// There is one watch in a process, as there is one set of allocators. It is taken off only where it is still
// the outermost: when another tool has wrapped it meanwhile it stays below, passes everything through, and
// comes off when it is outermost again. A child of fork passes everything through.
//
// All with the interpreter's lock, but for Silence. COLD, except for the wrap itself: HOT.

#include <cstddef>
#include <cstdint>

#include "probe/python/block_map.h"
#include "probe/python/line_api.h"
#include "probe/python/sites.h"

namespace cleanslate {

class PythonLineWatch {
 public:
  static constexpr unsigned kMostWindows = 7;
  static constexpr std::size_t kLargest = 512;

  enum class Result : std::uint8_t {
    kDone,
    kBuried,  // another tool's wrap lies over ours, or has thrown it out
    kNoMemory,
  };

  // Begins to note births, as those of window 0 of the watch. `sites` must live until End.
  static Result Begin(const PythonApi& api, const PythonLineApi& lines, PythonSites& sites);
  // Births from now on are those of `window`.
  static void Advance(unsigned window);
  // From now on only deaths are noted.
  static void OnlyDeaths();
  // Whether all has been seen since Begin.
  static bool IsIntact(const PythonLineApi& lines);
  // Ends it; what was noted is forgotten. False: the wrap has to stay for now.
  static bool End(const PythonLineApi& lines);
  // Takes off what had to stay, if that can be done now. True: nothing of ours is left.
  static bool TryTakeOff(const PythonLineApi& lines);
  // From any thread, without the lock: from now on everything is passed through.
  static void Silence();

  static std::int64_t left_out();
  // visit(block, bytes, site, window) for each that lives.
  template <typename Visit>
  static void ForEachBlock(Visit visit) {
    blocks().ForEach([&](std::uintptr_t block, std::uint32_t mark) {
      if (mark >> kSiteShift != PythonSites::kNowhere)
        visit(block, (mark & kSizeMask) >> kSizeShift, mark >> kSiteShift, mark & kWindowMask);
    });
  }

 private:
  struct Hooks;

  // A block's mark: its site, its bytes, whether it is a code object that something is remembered of, and its
  // window.
  static constexpr unsigned kSiteShift = 16, kSizeShift = 4;
  static constexpr std::uint32_t kSizeMask = 0xfff0;
  static constexpr std::uint32_t kIsCode = 8;
  static constexpr std::uint32_t kWindowMask = 7;
  static_assert(PythonSites::kMost <= 1 << (32 - kSiteShift));

  static PythonBlockMap& blocks();
};

}  // namespace cleanslate
