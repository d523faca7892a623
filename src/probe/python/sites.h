#pragma once

// The line of the program that is running: the innermost frame of the user's own code, else the innermost
// frame of all. A line is read once, when it is first seen, and kept as text; where a code object ends, what
// was remembered of it does too, since another one may come to its place.
//
// Current is HOT, and allocates nothing of Python's; with the interpreter's lock. Memory is bounded by kMost
// lines.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "probe/python/frames.h"
#include "probe/python/objects.h"
#include "probe/python/packages.h"

namespace cleanslate {

struct PythonSite {
  std::string file;
  int line = 0;
  std::string function;
  bool own = false;
};

class PythonSites {
 public:
  static constexpr std::uint32_t kNowhere = 0;
  static constexpr std::size_t kMost = 8192;

  PythonSites(const PythonApi& api, const PythonLineApi& lines, const PythonFrames& frames,
              PythonPackages& packages);
  PythonSites(const PythonSites&) = delete;
  PythonSites& operator=(const PythonSites&) = delete;

  // Of each code object that something is remembered of, `watch` is told once; Forget has to be called when
  // it ends.
  using Watch = void (*)(const PythonObject* code);
  // Before a thread runs through Current: reads what takes long.
  void Begin(Watch watch);

  std::uint32_t Current(const PythonThread* thread) {
    const PythonFrame* const first = frames_.First(thread);
    const PythonFrame* frame = first;
    for (int depth = 0; frame != nullptr && depth < kMostFrames; ++depth) {
      const PythonObject* const code = frames_.Code(frame);
      const std::uintptr_t at = frames_.At(frame);
      const Place& place = places_[PlaceOf(code, at)];
      const std::uint32_t site = place.code == code && place.at == at ? place.site : Learn(code, at, false);
      if (site < kOthers) return site;
      frame = frames_.Previous(frame);
    }
    return first == nullptr ? kNowhere : OfOthers(frames_.Code(first), frames_.At(first));
  }

  void Forget(const PythonObject* code);

  const PythonSite& operator[](std::uint32_t site) const { return sites_[site]; }
  const PythonFrames& frames() const { return frames_; }

 private:
  static constexpr std::uint32_t kOthers = ~0u;  // not the user's: who called it may be
  static constexpr int kMostFrames = 48;
  static constexpr std::size_t kPlaces = 4096;
  static constexpr std::size_t kMostKnown = 65536;

  struct Place {
    const PythonObject* code;
    std::uintptr_t at;
    std::uint32_t site;
  };
  enum class Owner : std::uint8_t { kUser, kOther, kCache };
  struct Code {
    Owner owner = Owner::kOther;
    std::string file;
    std::string function;
    std::unordered_map<std::uintptr_t, std::uint32_t> sites;  // by instruction
    std::unordered_set<std::size_t> places;                   // where it may stand
  };

  static std::size_t PlaceOf(const PythonObject* code, std::uintptr_t at) {
    const std::uint64_t key = (reinterpret_cast<std::uintptr_t>(code) >> 4) + at * 0x9E3779B9u;
    return key * std::uint64_t{0x9E3779B97F4A7C15} >> 52;
  }
  // `as_others`: the frame is where it happens, since nobody's further out is the user's.
  std::uint32_t Learn(const PythonObject* code, std::uintptr_t at, bool as_others) noexcept;
  std::uint32_t OfOthers(const PythonObject* code, std::uintptr_t at) {
    const Place& place = places_[PlaceOf(code, ~at)];
    return place.code == code && place.at == ~at ? place.site : Learn(code, at, true);
  }
  Code* Know(const PythonObject* code);
  std::uint32_t SiteAt(Code& known, const PythonObject* code, std::uintptr_t at);
  Owner OwnerOf(std::string_view file, std::string& shown);
  std::string TextOf(const PythonObject* text) const;

  const PythonApi& api_;
  const PythonLineApi& lines_;
  const PythonFrames& frames_;
  PythonPackages& packages_;
  PythonObjects objects_;
  Watch watch_ = nullptr;
  std::unique_ptr<Place[]> places_;
  std::unordered_map<const PythonObject*, Code> codes_;
  std::map<std::tuple<std::string, int, std::string>, std::uint32_t> by_text_;
  std::vector<PythonSite> sites_;
  std::size_t known_ = 0;
};

}  // namespace cleanslate
