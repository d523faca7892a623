#pragma once

// Which call of which API a request is.

#include <cstdint>
#include <string>
#include <string_view>

namespace cleanslate {

enum class Call : std::uint8_t {
  kUnknown,
  kWrongMethod,
  kNext,
  kResponse,
  kError,
  kInitError,
  kRestoreNext,
  kRestoreError,
  kInvoke,
};

struct ParsedCall {
  Call call = Call::kUnknown;
  std::string request_id;  // of kResponse and kError
};

// A query is ignored.
ParsedCall ParseRuntimeCall(std::string_view method, std::string_view target);
ParsedCall ParseInvokeCall(std::string_view method, std::string_view target);

}  // namespace cleanslate
