#include "snapshot/activity_taker.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "snapshot/socket_ends.h"

namespace cleanslate {
namespace {

std::string PeerOf(const ActivityNote& note) {
  sockaddr_storage peer = {};
  std::memcpy(&peer, note.peer, sizeof note.peer);
  const bool v4 = peer.ss_family == AF_INET;
  return DescribeAddress("tcp", peer, v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
}

// What the note is about; nothing where that can't be told any more.
std::optional<std::string> NameOf(const ActivityNote& note, const Snapshot& now) {
  switch (note.kind) {
    case ActivityKind::kConnection:
      return PeerOf(note);
    case ActivityKind::kDescriptor:
      for (const Descriptor& each : now.descriptors.open) {
        const bool meant = static_cast<std::uint64_t>(each.fd) == note.key && each.stack == note.stack;
        // A socket is told of when it is connected.
        if (meant && each.kind != DescriptorKind::kSocket && !each.runtime_api) return each.target;
      }
      return std::nullopt;
    case ActivityKind::kFile:
      for (const ChangedFile& changed : now.files.changed)
        if (Recorder::FileKey(changed.file.device, changed.file.inode) == note.key) return changed.file.path;
      return std::nullopt;
    case ActivityKind::kProcess:
      for (const ChildProcess& child : now.children.children)
        if (static_cast<std::uint64_t>(child.pid) == note.key) return child.command;
      return "";
    case ActivityKind::kThread:
      for (const Thread& thread : now.threads.threads)
        if (static_cast<std::uint64_t>(thread.tid) == note.key && !thread.asks) return thread.name;
      return std::nullopt;
    case ActivityKind::kAttribute:
      break;
  }
  for (const EnvironmentVariable& variable : now.environment.variables) {
    const std::uint64_t name = Recorder::NameKey(variable.name.data(), variable.name.size());
    if (note.key == Recorder::AttributeKey(Attribute::kEnvironment, name))
      return "environment variable " + variable.name;
  }
  static constexpr std::pair<Attribute, const char*> kNames[] = {
      {Attribute::kEnvironment, "the environment"},
      {Attribute::kWorkingDirectory, "the working directory"},
      {Attribute::kLocale, "the locale"},
      {Attribute::kUmask, "the umask"},
      {Attribute::kTimers, "a timer"},
      {Attribute::kSignalHandlers, "a signal's handler"}};
  for (const auto& [attribute, name] : kNames)
    if (note.key >> 56 == Recorder::AttributeKey(attribute, 0) >> 56) return name;
  return std::nullopt;
}

}  // namespace

std::vector<Activity> TakeActivity(ActivityLog& log, const Snapshot& now) {
  std::vector<ActivityNote> notes(ActivityLog::kMost);
  std::int64_t left_out = 0;
  notes.resize(log.Take(notes.data(), left_out));
  std::map<std::tuple<ActivityKind, std::string, StackId>, std::int64_t> times;
  for (const ActivityNote& note : notes)
    if (const auto name = NameOf(note, now)) ++times[{note.kind, *name, note.stack}];
  std::vector<Activity> activities;
  for (const auto& [what, count] : times) {
    const auto& [kind, name, stack] = what;
    activities.push_back({kind, name, count, stack});
  }
  return activities;
}

}  // namespace cleanslate
