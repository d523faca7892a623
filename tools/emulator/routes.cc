#include "emulator/routes.h"

#include <vector>

#include "emulator/text.h"

namespace cleanslate {
namespace {

std::vector<std::string_view> Segments(std::string_view target) {
  return SplitSkippingEmpty(target.substr(0, target.find('?')), '/');
}

ParsedCall WithMethod(std::string_view method, std::string_view expected, Call call,
                      std::string_view id = {}) {
  return {method == expected ? call : Call::kWrongMethod, std::string(id)};
}

}  // namespace

ParsedCall ParseRuntimeCall(std::string_view method, std::string_view target) {
  const std::vector<std::string_view> path = Segments(target);
  if (path.size() < 4 || path[0] != "2018-06-01" || path[1] != "runtime") return {};
  const std::string_view last = path.back();
  if (path[2] == "invocation") {
    if (path.size() == 4 && last == "next") return WithMethod(method, "GET", Call::kNext);
    if (path.size() == 5 && last == "response") return WithMethod(method, "POST", Call::kResponse, path[3]);
    if (path.size() == 5 && last == "error") return WithMethod(method, "POST", Call::kError, path[3]);
  }
  if (path.size() != 4) return {};
  if (path[2] == "init" && last == "error") return WithMethod(method, "POST", Call::kInitError);
  if (path[2] == "restore" && last == "next") return WithMethod(method, "GET", Call::kRestoreNext);
  if (path[2] == "restore" && last == "error") return WithMethod(method, "POST", Call::kRestoreError);
  return {};
}

ParsedCall ParseInvokeCall(std::string_view method, std::string_view target) {
  const std::vector<std::string_view> path = Segments(target);
  if (path.size() != 4 || path[0] != "2015-03-31" || path[1] != "functions" || path[3] != "invocations")
    return {};
  return WithMethod(method, "POST", Call::kInvoke);
}

}  // namespace cleanslate
