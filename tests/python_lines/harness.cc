// PythonLines for a Python test to drive, by ctypes.PyDLL: with the interpreter's lock held, as at a
// boundary.

#include <string>
#include <thread>

#include "analysis/line_rules.h"
#include "probe/python/api.h"
#include "probe/python/lines.h"

namespace cleanslate {
namespace {

struct Driven {
  explicit Driven(std::string root) : lines(std::move(root)) {}

  PythonApi api;
  PythonLines lines;
  LineRules rules;
  std::string said;
};
Driven* driven = nullptr;

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Listed(const std::vector<std::int64_t>& numbers) {
  std::string list;
  for (const std::int64_t number : numbers) list += (list.empty() ? "" : ",") + std::to_string(number);
  return "[" + list + "]";
}

std::string Told(const LineSnapshot& snapshot, const std::string& off) {
  std::string lines;
  for (const LineSurvivors& line : snapshot.lines)
    lines += (lines.empty() ? "" : ",") + std::string("{\"file\":") + Quoted(line.file) +
             ",\"line\":" + std::to_string(line.line) + ",\"function\":" + Quoted(line.function) +
             ",\"own\":" + (line.own ? "true" : "false") + ",\"blocks\":" + Listed(line.blocks_per_window) +
             ",\"bytes\":" + Listed(line.bytes_per_window) + "}";
  return "{\"small_blocks\":" + std::to_string(snapshot.small_blocks) +
         ",\"watching\":" + (snapshot.watching ? "true" : "false") +
         ",\"looked\":" + (snapshot.looked ? "true" : "false") +
         ",\"left_out\":" + std::to_string(snapshot.left_out) + ",\"off\":" + Quoted(off) + ",\"lines\":[" +
         lines + "]}";
}

LineSnapshot AtBoundary(WindowNumber window, bool wanted) {
  PythonApi& api = driven->api;
  const int collecting = api.PyGC_Disable();
  LineSnapshot snapshot = driven->lines.AtBoundary(api, window, wanted);
  if (collecting != 0) api.PyGC_Enable();
  return snapshot;
}

}  // namespace
}  // namespace cleanslate

#define EXPORT extern "C" __attribute__((visibility("default")))

// Empty: the interpreter is known.
EXPORT const char* Start(const char* root) {
  using namespace cleanslate;
  driven = new Driven(root);
  if (driven->api.Find(driven->said) == PythonApi::Presence::kNone) driven->said = "no Python";
  return driven->said.c_str();
}

EXPORT const char* Boundary(unsigned window, int wanted) {
  using namespace cleanslate;
  const LineSnapshot snapshot = AtBoundary(window, wanted != 0);
  driven->said = Told(snapshot, driven->lines.off());
  return driven->said.c_str();
}

// The same from a helper thread that takes the lock, which the caller has let go: ctypes.CDLL.
EXPORT const char* HelperBoundary(unsigned window, int wanted) {
  using namespace cleanslate;
  std::thread([&] {
    const int token = driven->api.PyGILState_Ensure();
    Boundary(window, wanted);
    driven->api.PyGILState_Release(token);
  }).join();
  return driven->said.c_str();
}

// A boundary as the library has it: lines are watched where the rules want it. What they say, a line each;
// "watches" where a watch begins.
EXPORT const char* Window(unsigned window) {
  using namespace cleanslate;
  const bool wanted = driven->rules.Wants();
  const LineSnapshot snapshot = AtBoundary(window, wanted);
  Drafts drafts;
  driven->rules.Observe(window, snapshot, false, drafts);
  driven->said = wanted && snapshot.watching ? "watches\n" : "";
  for (const Draft& draft : drafts)
    if (draft.severity == Severity::kWarning) driven->said += draft.fact + "\n";
  return driven->said.c_str();
}

EXPORT void Silence() {
  cleanslate::PythonLines::Silence();
}

// Whose functions serve a domain: 1 memory, 2 objects.
EXPORT const void* Allocator(int domain) {
  using namespace cleanslate;
  PythonLineApi lines;
  std::string why;
  PythonAllocator allocator = {};
  if (lines.Find(why)) lines.PyMem_GetAllocator(domain, &allocator);
  return reinterpret_cast<const void*>(allocator.malloc);
}
