#pragma once

// What goes into a function and what comes out of it: plain values.

#include <cstdint>
#include <string>

namespace cleanslate {

struct Invocation {
  std::string request_id;  // a UUID; empty until it is submitted
  std::string event;       // bytes, handed on as they are
  std::string content_type = "application/json";
  // The fields of `next` that only some callers give; empty ones are not sent.
  std::string trace_id;
  std::string client_context;
  std::string cognito_identity;
  std::string tenant_id;
};

enum class OutcomeKind : std::uint8_t {
  kResponse,
  kFunctionError,  // the handler failed, and its runtime said so
  kInitError,      // the runtime posted init/error
  kTimedOut,
  kExited,    // the process ended while it had the invocation, or before it asked for one
  kTooLarge,  // the response was beyond the limit
};

// What the caller of an invocation is told.
struct Outcome {
  OutcomeKind kind = OutcomeKind::kResponse;
  std::string body;
  std::string content_type = "application/json";
  std::string error_type;  // of everything but kResponse
};

// Lambda's limit for a synchronous event or response, as the runtime interface emulator enforces it.
inline constexpr std::size_t kPayloadLimit = (6 << 20) + 100;
inline constexpr std::size_t kStreamedPayloadLimit = 200 << 20;

// RFC 9562, version 4.
std::string RandomUuid();

// Of X-Ray, not sampled: "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".
std::string RandomTraceId();

}  // namespace cleanslate
