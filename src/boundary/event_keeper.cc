#include "boundary/event_keeper.h"

#include <string.h>

#include <algorithm>

namespace cleanslate {

EventKeeper::Event* EventKeeper::At(Place place) {
  return place == Place::kNone ? nullptr : &events_[static_cast<std::size_t>(place) - 1];
}

EventKeeper::Place EventKeeper::Begin() {
  if (!enabled_) return Place::kNone;
  for (std::size_t i = 0; i < kEvents; ++i) {
    if (events_[i].state != State::kFree) continue;
    events_[i].state = State::kArriving;
    return static_cast<Place>(i + 1);
  }
  ++left_out_;
  return Place::kNone;
}

void EventKeeper::Append(Place place, std::string_view bytes) {
  Event* const event = At(place);
  if (event == nullptr || event->state != State::kArriving) return;
  const std::size_t taken = std::min(bytes.size(), kEventBytes - event->size);
  if (taken < bytes.size() && event->size < kEventBytes) ++left_out_;
  memcpy(event->bytes + event->size, bytes.data(), taken);
  event->size += taken;
}

void EventKeeper::Complete(Place place, std::uint32_t window) {
  Event* const event = At(place);
  if (event == nullptr || event->state != State::kArriving) return;  // forgotten meanwhile
  event->state = State::kWhole;
  event->window = window;
}

void EventKeeper::Drop(Place place) {
  if (Event* const event = At(place)) Free(*event);
}

void EventKeeper::Free(Event& event) {
  memset(event.bytes, 0, event.size);
  event.size = 0;
  event.state = State::kFree;
}

void EventKeeper::Wipe(std::uint32_t window) {
  for (Event& event : events_)
    if (event.state == State::kWhole && event.window <= window) Free(event);
}

void EventKeeper::Reset() {
  for (Event& event : events_)
    if (event.state != State::kFree) Free(event);
  left_out_ = 0;
}

}  // namespace cleanslate
