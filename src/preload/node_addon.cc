// The library as an addon of Node, for the JavaScript half of the probe: it loads the file that is preloaded
// anyway. The functions of Node-API are weak, so that the library can be loaded where there is no Node.
//
//   events()      texts of the window's events
//   report(text)  what a look has found; false: tell everything anew
//   settings()    { watching: whether the library does anything in this process, budget: milliseconds a
//   boundary } enter()       from here on, what this thread allocates isn't the program's leave()       until
//   here

#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/guard.h"
#include "base/options.h"
#include "preload/watch.h"
#include "probe/node_probe.h"

#define EXPORT extern "C" __attribute__((visibility("default")))
#define WEAK extern "C" __attribute__((weak))

// The few declarations of node_api.h that are used; its binary interface is stable since version 1.
struct napi_env__;
struct napi_value__;
struct napi_callback_info__;
using napi_env = napi_env__*;
using napi_value = napi_value__*;
using napi_callback_info = napi_callback_info__*;
using napi_status = int;  // 0: ok
using napi_callback = napi_value (*)(napi_env, napi_callback_info);

WEAK napi_status napi_create_function(napi_env, const char*, std::size_t, napi_callback, void*, napi_value*);
WEAK napi_status napi_set_named_property(napi_env, napi_value, const char*, napi_value);
WEAK napi_status napi_get_cb_info(napi_env, napi_callback_info, std::size_t*, napi_value*, napi_value*,
                                  void**);
WEAK napi_status napi_get_value_string_utf8(napi_env, napi_value, char*, std::size_t, std::size_t*);
WEAK napi_status napi_create_string_utf8(napi_env, const char*, std::size_t, napi_value*);
WEAK napi_status napi_create_array(napi_env, napi_value*);
WEAK napi_status napi_create_object(napi_env, napi_value*);
WEAK napi_status napi_create_double(napi_env, double, napi_value*);
WEAK napi_status napi_set_element(napi_env, napi_value, std::uint32_t, napi_value);
WEAK napi_status napi_get_boolean(napi_env, bool, napi_value*);

namespace cleanslate {

namespace {

napi_value Boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

struct EventList {
  napi_env env;
  napi_value array;
  std::uint32_t count;
};

void AppendEvent(void* state, std::string_view json) {
  auto& list = *static_cast<EventList*>(state);
  napi_value text = nullptr;
  if (napi_create_string_utf8(list.env, json.data(), json.size(), &text) != 0) return;
  if (napi_set_element(list.env, list.array, list.count, text) == 0) ++list.count;
}

napi_value Events(napi_env env, napi_callback_info) {
  EventList list{env, nullptr, 0};
  if (napi_create_array(env, &list.array) != 0) return nullptr;
  NodeProbe::VisitEvents(AppendEvent, &list);
  return list.array;
}

napi_value TakeReport(napi_env env, napi_callback_info info) try {
  std::size_t count = 1;
  napi_value text = nullptr;
  std::size_t size = 0;
  if (napi_get_cb_info(env, info, &count, &text, nullptr, nullptr) != 0 || count < 1 ||
      napi_get_value_string_utf8(env, text, nullptr, 0, &size) != 0 || size > NodeProbe::kMostText) {
    return Boolean(env, false);
  }
  std::string copy(size + 1, '\0');
  if (napi_get_value_string_utf8(env, text, copy.data(), copy.size(), &size) != 0) return Boolean(env, false);
  return Boolean(env, NodeProbe::Deliver(std::string_view(copy.data(), size)));
} catch (...) {
  return Boolean(env, false);
}

napi_value Settings(napi_env env, napi_callback_info) {
  const Options options = ParseOptions(environ);
  const bool watching = options.mode != WatchMode::kOff && (options.state & kVariableState) != 0 &&
                        watch_state.load(std::memory_order_relaxed) != WatchState::kQuiet;
  napi_value result = nullptr;
  napi_value budget = nullptr;
  if (napi_create_object(env, &result) != 0) return nullptr;
  if (napi_create_double(env, static_cast<double>(options.budget_ms), &budget) != 0) return nullptr;
  napi_set_named_property(env, result, "watching", Boolean(env, watching));
  napi_set_named_property(env, result, "budget", budget);
  return result;
}

napi_value Enter(napi_env, napi_callback_info) {
  ++thread_locals.ignoring;
  return nullptr;
}

napi_value Leave(napi_env, napi_callback_info) {
  if (thread_locals.ignoring > 0) --thread_locals.ignoring;
  return nullptr;
}

void Add(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  if (napi_create_function(env, name, std::string_view(name).size(), callback, nullptr, &function) == 0)
    napi_set_named_property(env, exports, name, function);
}

bool HasNode() {
  return napi_create_function != nullptr && napi_set_named_property != nullptr &&
         napi_get_cb_info != nullptr && napi_get_value_string_utf8 != nullptr &&
         napi_create_string_utf8 != nullptr && napi_create_array != nullptr &&
         napi_create_object != nullptr && napi_create_double != nullptr && napi_set_element != nullptr &&
         napi_get_boolean != nullptr;
}

}  // namespace

EXPORT std::int32_t node_api_module_get_api_version_v1() {
  return 8;
}

EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  if (!HasNode()) return exports;
  Add(env, exports, "events", Events);
  Add(env, exports, "report", TakeReport);
  Add(env, exports, "settings", Settings);
  Add(env, exports, "enter", Enter);
  Add(env, exports, "leave", Leave);
  return exports;
}

}  // namespace cleanslate
