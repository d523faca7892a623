#include "boundary/runtime_api_route.h"

#include "boundary/bounded_text.h"

namespace cleanslate {
namespace {

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (First(text, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "/2018-06-01"
bool TakeVersion(std::string_view& path) {
  constexpr std::string_view kShape = "/dddd-dd-dd";
  if (path.size() < kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = path[i] >= '0' && path[i] <= '9';
    if (kShape[i] == 'd' ? !digit : path[i] != kShape[i]) return false;
  }
  path.remove_prefix(kShape.size());
  return true;
}

std::string_view PathOf(std::string_view target) {
  if (First(target, 7) == "http://") {
    const std::size_t slash = target.find('/', 7);
    target = slash == std::string_view::npos ? std::string_view() : After(target, slash);
  }
  return First(target, target.find('?'));
}

}  // namespace

Route ParseRoute(std::string_view method, std::string_view target, std::string_view path_prefix) {
  std::string_view path = PathOf(target);
  if (!TakePrefix(path, path_prefix) || !TakeVersion(path) || !TakePrefix(path, "/runtime/")) return {};

  const bool get = method == "GET";
  const bool post = method == "POST";
  if (path == "invocation/next") return {get ? RouteKind::kNext : RouteKind::kUnknown, {}};
  if (path == "restore/next") return {get ? RouteKind::kRestoreNext : RouteKind::kUnknown, {}};
  if (path == "restore/error") return {post ? RouteKind::kRestoreError : RouteKind::kUnknown, {}};
  if (path == "init/error") return {post ? RouteKind::kInitError : RouteKind::kUnknown, {}};
  if (post && TakePrefix(path, "invocation/")) {
    const std::size_t slash = path.find('/');
    if (slash == 0 || slash == std::string_view::npos) return {RouteKind::kUnknown, {}};
    const std::string_view id = First(path, slash);
    const std::string_view verb = After(path, slash + 1);
    if (verb == "response") return {RouteKind::kResponse, id};
    if (verb == "error") return {RouteKind::kError, id};
  }
  return {RouteKind::kUnknown, {}};
}

}  // namespace cleanslate
