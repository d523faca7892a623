// A probe that a Python program loads into itself: `look` says as JSON what one look has seen. Loaded with
// ctypes.CDLL, it is called without the interpreter's lock, with ctypes.PyDLL holding it.

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "base/guard.h"
#include "probe/event_values.h"
#include "probe/python/probe.h"

namespace {

using cleanslate::EventValues;
using cleanslate::VariableUpdate;
using Json = nlohmann::json;

// One look at a time, as the library has it. Nothing of this ends before the process does.
std::mutex& looking = *new std::mutex;
cleanslate::PythonProbe* probe;
std::string& answer = *new std::string;
cleanslate::WindowNumber window;

Json ToJson(const VariableUpdate& update) {
  constexpr const char* kChanges[] = {"assigned", "grown", "shrunk", "replaced", "altered", "removed"};
  constexpr const char* kRoles[] = {"variable", "default", "registry"};
  constexpr const char* kBounds[] = {"none", "counts", "evicts", "fixed"};
  Json holds = Json::array();
  for (const auto& held : update.now.holds) holds.push_back(held.field + (held.number ? " (number)" : ""));
  return {{"name", update.now.name},
          {"kind", update.now.kind},
          {"file", update.now.file},
          {"line", update.now.line},
          {"role", kRoles[static_cast<int>(update.now.role)]},
          {"bound", kBounds[static_cast<int>(update.now.bound)]},
          {"change", kChanges[static_cast<int>(update.change)]},
          {"before", update.entries_before},
          {"size", update.now.size},
          {"entries", update.now.entries},
          {"texts", update.now.texts != 0},
          {"texts_changed", update.texts_changed},
          {"object_changed", update.object_changed},
          {"since", update.since},
          {"holds", holds}};
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void start(const char* task_root) {
  const std::lock_guard lock(looking);
  delete probe;
  probe = new cleanslate::PythonProbe({task_root});
  window = 0;
}

// The next window's end. `event`: JSON, or null. A budget of 0 is none.
__attribute__((visibility("default"))) const char* look(const char* event, int budget_ms) {
  const cleanslate::Guard guard;
  const std::lock_guard lock(looking);
  EventValues values;
  if (event != nullptr) values.Add(event);
  const auto begin = std::chrono::steady_clock::now();
  const auto budget = std::chrono::milliseconds(budget_ms > 0 ? budget_ms : 60'000);
  const auto seen = probe->Look({window++, event != nullptr ? &values : nullptr, begin + budget});
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  Json changed = Json::array();
  for (const VariableUpdate& update : seen.changed) changed.push_back(ToJson(update));
  const Json said = {{"off", probe->off()},       {"ms", took.count()},
                     {"changed", changed},        {"watched", seen.watched},
                     {"left_out", seen.left_out}, {"interpreters", seen.interpreters}};
  answer = said.dump();
  return answer.c_str();
}

// A signal is pending while the look runs.
__attribute__((visibility("default"))) const char* look_under_signal(int number) {
  raise(number);
  return look(nullptr, 0);
}

// Another thread has the interpreter's lock while the look runs, and for a time after it.
__attribute__((visibility("default"))) const char* look_while_held(int milliseconds) {
  static std::atomic<bool> held;
  held = false;
  std::thread([milliseconds] {
    const auto take = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "PyGILState_Ensure"));
    const auto give = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "PyGILState_Release"));
    const int token = take();
    held = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    give(token);
  }).detach();
  while (!held) std::this_thread::yield();
  return look(nullptr, 0);
}

// Looks from a thread of its own until the process ends.
__attribute__((visibility("default"))) void look_for_ever() {
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void*) -> void* {
        while (true) look(nullptr, 0);
      },
      nullptr);
  pthread_detach(thread);
}

}  // extern "C"
