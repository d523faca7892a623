#pragma once

// The bytes of the events that the open window has brought, so that its end can look for them in what
// survived. They are kept for that long and overwritten then.
//
// Used under RuntimeApiTap's lock, but for what is said otherwise. Allocates nothing, makes no system call.
// All zero bytes at the start, about 2 MB of which only what is used is touched. Bounded: an event's first
// kEventBytes, kEvents at once; the others are counted.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cleanslate {

class EventKeeper {
 public:
  static constexpr std::size_t kEvents = 8;
  static constexpr std::size_t kEventBytes = std::size_t{256} << 10;

  // One event on its way or kept. None: it isn't kept.
  enum class Place : std::uint8_t { kNone = 0 };

  constexpr EventKeeper() = default;

  void Enable(bool enabled) { enabled_ = enabled; }

  // An event begins to arrive; its bytes; it is whole, and `window` is the one that it belongs to.
  Place Begin();
  void Append(Place place, std::string_view bytes);
  void Complete(Place place, std::uint32_t window);
  // It will not come.
  void Drop(Place place);

  // The whole events of a window that is closed, for whoever works on its boundary, without the lock: they
  // stay as they are until Wipe.
  template <typename Visitor>
  void ForEach(std::uint32_t window, Visitor visit) const {
    for (const Event& event : events_)
      if (event.state == State::kWhole && event.window == window)
        visit(std::string_view(event.bytes, event.size));
  }

  // Overwrites the events of this window and those before it.
  void Wipe(std::uint32_t window);
  // In the child of fork: all.
  void Reset();

  std::uint32_t left_out() const { return left_out_; }

 private:
  enum class State : std::uint8_t { kFree, kArriving, kWhole };
  struct Event {
    State state = State::kFree;
    std::uint32_t window = 0;
    std::size_t size = 0;
    char bytes[kEventBytes] = {};
  };

  Event* At(Place place);
  static void Free(Event& event);

  bool enabled_ = false;
  std::uint32_t left_out_ = 0;  // events, and those that were cut
  Event events_[kEvents] = {};
};

}  // namespace cleanslate
