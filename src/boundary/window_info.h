#pragma once

// What the boundary room tells the conductor: plain data.

#include <cstddef>
#include <cstdint>

#include "boundary/bounded_text.h"
#include "boundary/http_head.h"

namespace cleanslate {

// One window: the span between two quiescent boundaries. Run one at a time, it holds exactly one invocation.
struct WindowInfo {
  static constexpr std::size_t kRequestIdsKept = 64;

  std::uint32_t number = 0;            // from 1; 0 is the baseline before the first `next`
  std::uint64_t first_invocation = 0;  // ordinals of this process, from 1
  std::uint64_t last_invocation = 0;
  std::uint32_t invocations = 0;  // how many; the first kRequestIdsKept of them are in request_ids
  std::uint32_t errors = 0;       // of them, answered with an error
  std::uint32_t untracked = 0;    // received beyond the tracker's capacity: in no other member
  bool concurrent = false;        // more than one in flight, or more than one poll, at once
  bool cold_start = false;        // holds the first invocation of this process
  bool streaming = false;         // at least one response was streamed
  bool mixed_tenants = false;     // more than one tenant id
  std::int64_t started_ns = 0;    // the first invocation's arrival; nanoseconds since the epoch
  std::int64_t ended_ns = 0;      // the end of the last response
  BoundedText<kFunctionArnBytes> function_arn;  // of the last invocation
  BoundedText<kTenantIdBytes> tenant_id;        // of the first
  BoundedText<kRequestIdBytes> request_ids[kRequestIdsKept];

  std::size_t request_ids_kept() const {
    return invocations < kRequestIdsKept ? invocations : kRequestIdsKept;
  }
};

enum class BoundaryKind : std::uint8_t {
  kNone,
  kInit,     // the first `next` is about to be asked for: take the baseline
  kWindow,   // a window has closed
  kRestore,  // the environment was resumed from a snapshot: clocks, pids and random state have jumped
};

// A boundary that this thread has been given to work on. `window` is the closed window of kWindow (window 0
// of kInit, the open one's number of kRestore); it stays untouched until RuntimeApiTap::Finish.
struct Boundary {
  BoundaryKind kind = BoundaryKind::kNone;
  const WindowInfo* window = nullptr;

  explicit operator bool() const { return kind != BoundaryKind::kNone; }
};

}  // namespace cleanslate
