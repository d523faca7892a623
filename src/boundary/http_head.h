#pragma once

// What we keep of the head of one HTTP/1.1 message: few fields, bounded. Everything else streams past. Names
// of the Lambda-Runtime fields: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.

#include <cstdint>
#include <string_view>

#include "boundary/bounded_text.h"

namespace cleanslate {

inline constexpr std::size_t kRequestIdBytes = 128;
inline constexpr std::size_t kFunctionArnBytes = 320;
inline constexpr std::size_t kTenantIdBytes = 256;
inline constexpr std::size_t kErrorTypeBytes = 128;

struct HttpHead {
  BoundedText<640> start_line;
  BoundedText<kRequestIdBytes> request_id;      // Lambda-Runtime-Aws-Request-Id
  BoundedText<kFunctionArnBytes> function_arn;  // Lambda-Runtime-Invoked-Function-Arn
  BoundedText<kTenantIdBytes> tenant_id;        // Lambda-Runtime-Aws-Tenant-Id
  BoundedText<kErrorTypeBytes> error_type;      // Lambda-Runtime-Function-Error-Type, also from the trailers
  BoundedText<16> response_mode;                // Lambda-Runtime-Function-Response-Mode
  BoundedText<24> deadline;                     // Lambda-Runtime-Deadline-Ms
  BoundedText<64> content_length;
  BoundedText<64> transfer_encoding;
  bool has_content_length = false;
  bool has_transfer_encoding = false;
  bool has_trace_id = false;  // Lambda-Runtime-Trace-Id
  int status = 0;             // of a reply

  // Of a request; empty when the request line did not fit.
  std::string_view method() const;
  std::string_view target() const;
  // Milliseconds since the epoch; 0 when absent or not a number.
  std::int64_t deadline_ms() const;
};

}  // namespace cleanslate
