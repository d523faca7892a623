#pragma once

// What a request of the Runtime API asks for, by its method and path. Paths:
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html; restore/* is spoken by the official clients
// of SnapStart runtimes. Any date stands for the version.

#include <cstdint>
#include <string_view>

namespace cleanslate {

enum class RouteKind : std::uint8_t {
  kOther,         // not a Runtime API path
  kNext,          // GET  .../runtime/invocation/next
  kResponse,      // POST .../runtime/invocation/{id}/response
  kError,         // POST .../runtime/invocation/{id}/error
  kInitError,     // POST .../runtime/init/error
  kRestoreNext,   // GET  .../runtime/restore/next
  kRestoreError,  // POST .../runtime/restore/error
  kUnknown,       // .../runtime/ and something else: the Runtime API, but nothing we know
};

struct Route {
  RouteKind kind = RouteKind::kOther;
  std::string_view request_id;  // of kResponse and kError; points into the target
};

// `target` in origin form ("/2018-06-01/...") or absolute form ("http://host/2018-06-01/..."). `path_prefix`
// precedes the version in this environment: RuntimeApiAddress::path_prefix().
Route ParseRoute(std::string_view method, std::string_view target, std::string_view path_prefix);

}  // namespace cleanslate
