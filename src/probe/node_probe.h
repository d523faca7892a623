#pragma once

// The native half of the probe of Node. The JavaScript half (node/) looks at the program's variables on the
// JavaScript thread before `next` leaves, and delivers what has changed as text; at the boundary, on
// whichever thread sends `next`, Look takes what was delivered. V8 is never touched here.
//
//   rendezvous.cjs: `next` is asked for -> look.cjs -> preload/node_addon.cc: report() -> Deliver
//                                                                                            |
//   the conductor at the boundary ------------------------------------------------------> Look
//
// COLD. Deliver and the source of the events: any thread. All else: one thread at a time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probe/probe_request.h"
#include "probe/variable.h"
#include "probe/variable_memory.h"

namespace cleanslate {

class NodeProbe {
 public:
  static constexpr std::size_t kMostText = std::size_t{4} << 20;
  static constexpr std::size_t kMostWaiting = 8;
  static constexpr std::size_t kMostVariables = 8192;

  // Keeps one look's text until the next boundary. False when it is not taken: too long, or too many wait;
  // the JavaScript half then tells everything anew.
  static bool Deliver(std::string_view text) noexcept;

  // Where the JavaScript half finds the window's events as JSON texts: calls `take(state, json)` for each.
  // Called on the JavaScript thread, between the response and `next`.
  using TakeEvent = void (*)(void* state, std::string_view json);
  using EventSource = void (*)(TakeEvent take, void* state);
  static void SetEventSource(EventSource source);
  static void VisitEvents(TakeEvent take, void* state);

  NodeProbe() : memory_(kMostVariables) {}

  // What has changed since the look before; nothing where nothing was delivered. Never throws.
  VariableSnapshot Look(const ProbeRequest& request);

  // Why there is nothing to see; empty while the probe works, or no Node is here.
  const std::string& off() const { return off_; }

 private:
  struct Told;

  void Take(const Told& told, WindowNumber window, VariableSnapshot& snapshot);
  void NoteLook(std::int64_t look, WindowNumber window);
  WindowNumber WindowAfter(std::int64_t look, WindowNumber otherwise) const;

  VariableMemory memory_;
  std::vector<std::pair<std::int64_t, WindowNumber>> looks_;  // at the end of which window each was
  std::int64_t watched_ = 0;
  std::string off_;
};

}  // namespace cleanslate
