#pragma once

// One window in one value: what the contract's line of JSON says, member for member. MakeReport assembles it,
// ToLine writes it, ReadLine reads it back. Plain data; copies freely; no pointer into a live process.
//
// Lists may be shorter than the truth: `left_out` counts what is missing from each, so that the size of a
// list plus its count in `left_out` is always the whole number. Keys of `left_out`:
//   "findings", "heap.sites", "mappings", "descriptors", "files", "threads", "processes", "environment",
//   "process", "variables", "window.requestIds"       entries of that list
//   "findings.where", "survived.where"                stack frames of the entries that are listed
//   "live.descriptors", "live.folders", "live.threads", "live.processes", "live.environment",
//   "live.static" (bytes), "live.variables" (objects), "live.interpreters"
//                                                                  what a snapshot's budget did not reach
//   "heap.blocks"                                     blocks that there was no memory to record
//   "connections"                                     to the Runtime API, that could not be followed
//   "suppressed", "known"                             findings that were set aside, by what isn't listed
//   "live", "cost", "function", "metrics"             that part of a very short line
//   "entries"                                         all of these together, in the shortest line

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/finding.h"
#include "analysis/frame.h"

namespace cleanslate {

inline constexpr std::string_view kReportSchema = "1.0";

enum class ReportType : std::uint8_t {
  kInit,     // the baseline: state at the first `next`
  kWindow,   // an invocation, or several that overlapped
  kRestore,  // after a snapshot was restored
  kExit,     // a process that was watched from its start has ended
  kQuiet,    // watching stopped; `reason` says why
};

struct FunctionFacts {
  std::string name;
  std::string version;
  std::int64_t memory_mb = 0;
};

struct WindowSpan {
  std::int64_t first = 0;  // ordinals of the invocations it holds; equal unless they overlapped
  std::int64_t last = 0;
  std::vector<std::string> request_ids;
  bool concurrent = false;
  bool cold_start = false;
  double duration_ms = 0;
};

struct SurvivingSite {
  std::int64_t blocks = 0;
  std::int64_t bytes = 0;
  Frames where;
};

struct SurvivingHeap {
  std::int64_t blocks = 0;  // of all sites, listed or not
  std::int64_t bytes = 0;
  std::vector<SurvivingSite> sites;  // largest first
};

struct SurvivingDescriptor {
  std::int64_t fd = -1;
  std::string kind;  // "file", "socket", "pipe", ...
  std::string target;
  std::string local, peer, state;  // sockets
  bool deleted = false;            // the file has no name any more
  std::int64_t bytes = 0;
  Frames where;
};

struct SurvivingFile {
  std::string path;
  std::string type;    // empty for a regular file, else "directory", "symlink", ...
  std::string change;  // "created", "grown", "modified", "deleted"
  std::int64_t bytes = 0;
  std::int64_t bytes_before = 0;
  Frames where;
};

struct SurvivingThread {
  std::int64_t tid = 0;
  std::string name;
  std::string start;  // the function that it was started with
  Frames where;
};

struct SurvivingProcess {
  std::int64_t pid = 0;
  std::string command;
  std::string state;  // "running", "ended" (and not waited for)
  Frames where;
};

// An environment variable by its name. Its value never enters a report.
struct ChangedEnvironment {
  std::string name;
  std::string change;  // "added", "changed", "removed"
  Frames where;
};

// An attribute of the process: "working-directory", "umask", "locale", "signal SIGTERM", ...
struct ChangedAttribute {
  std::string name;
  std::string before, after;
  Frames where;
};

// A named variable of the language's runtime or of native code; sizes, never values.
struct ChangedVariable {
  std::string name;
  std::string kind;
  std::string change;                  // "assigned", "grown", "shrunk", "replaced", "altered", "removed"
  std::int64_t before = 0, after = 0;  // entries, of native code's bytes
  Frames where;
};

struct Survived {
  SurvivingHeap heap;
  std::vector<SurvivingSite> mappings;
  std::vector<SurvivingDescriptor> descriptors;
  std::vector<SurvivingFile> files;
  std::vector<SurvivingThread> threads;
  std::vector<SurvivingProcess> processes;
  std::vector<ChangedEnvironment> environment;
  std::vector<ChangedAttribute> process;
  std::vector<ChangedVariable> variables;
};

// What is there at the window's end, whoever made it.
struct Live {
  std::int64_t heap_bytes = 0;
  std::int64_t heap_blocks = 0;
  std::int64_t descriptors = 0;
  std::int64_t tmp_bytes = 0;
  std::int64_t tmp_files = 0;
  std::int64_t threads = 0;
  std::int64_t processes = 0;
  std::int64_t rss_bytes = 0;
  std::int64_t deleted_bytes = 0;      // of files without a name that are still open
  std::int64_t unaccounted_bytes = 0;  // used in /tmp's file system, and no file's that can be seen
};

// What watching took.
struct Cost {
  std::int64_t boundary_us = 0;     // the work at this boundary
  std::int64_t tracking_bytes = 0;  // our own memory
};

struct Report {
  ReportType type = ReportType::kWindow;
  std::int64_t timestamp_ms = 0;  // since the epoch, UTC
  std::string environment;        // one id for the life of an execution environment
  std::int64_t pid = 0;
  std::string runtime;
  FunctionFacts function;
  WindowSpan window;
  std::string reason;  // kQuiet: why
  std::vector<Finding> findings;
  Survived survived;
  Live live;
  std::map<std::string, std::int64_t> left_out;
  std::map<std::string, std::int64_t> suppressed;  // findings set aside by the user's lines, "rule:glob"
  std::map<std::string, std::int64_t> known;       // ... and by the catalogue of known survivors, by name
  Cost cost;
};

// How many there are, listed or left out.
std::int64_t CountFindings(const Report& report);
std::int64_t CountDescriptors(const Report& report);
std::int64_t CountFiles(const Report& report);
std::int64_t CountSuppressed(const Report& report);
std::int64_t CountKnown(const Report& report);

// The contract's words for enumerators, and back. An unknown word leaves `value` alone and returns false.
std::string_view NameOf(ReportType type);
std::string_view NameOf(Severity severity);
std::string_view NameOf(Pattern pattern);
bool Parse(std::string_view name, ReportType& value);
bool Parse(std::string_view name, Severity& value);
bool Parse(std::string_view name, Pattern& value);

}  // namespace cleanslate
