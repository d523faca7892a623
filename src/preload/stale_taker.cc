#include "preload/stale_taker.h"

#include <algorithm>
#include <utility>

#include "record/recorder.h"

namespace cleanslate {
namespace {

bool IsPooled(const Descriptor& descriptor) {
  return descriptor.kind == DescriptorKind::kSocket && !descriptor.runtime_api && !descriptor.peer.empty() &&
         (descriptor.state == "ESTABLISHED" || descriptor.state == "CLOSE_WAIT");
}

// By ascending number, as the taker leaves them.
const Descriptor* Find(const DescriptorSnapshot& descriptors, int fd) {
  const auto at = std::lower_bound(descriptors.open.begin(), descriptors.open.end(), fd,
                                   [](const Descriptor& each, int number) { return each.fd < number; });
  return at != descriptors.open.end() && at->fd == fd ? &*at : nullptr;
}

}  // namespace

std::vector<StaleConnection> TakeStale(StaleConnections& connections, WindowNumber window,
                                       const DescriptorSnapshot& before, const DescriptorSnapshot& now) {
  using Connection = StaleConnections::Connection;
  Connection known[StaleConnections::kMost];
  const std::size_t count = connections.Take(known);
  std::vector<StaleConnection> stale;
  std::vector<std::uint64_t> told;
  for (std::size_t i = 0; i < count; ++i) {
    const Connection& each = known[i];
    if (each.told || each.dead) told.push_back(each.inode);
    if (!each.dead) continue;
    const Descriptor* const open_now = Find(now, each.fd);
    StaleConnection found;
    found.fd = each.fd;
    found.kept = !each.closed && open_now != nullptr && open_now->inode == each.inode;
    found.used = each.used || (found.kept && recorder.WasWrittenIn(window, each.fd));
    if (const Descriptor* const was = Find(before, each.fd); was != nullptr) {
      found.peer = was->peer;
      found.stack = was->stack;
    }
    stale.push_back(std::move(found));
  }
  std::vector<Connection> next;
  for (const Descriptor& each : now.open) {
    if (!IsPooled(each) || each.fd >= StaleConnections::kMostDescriptors) continue;
    const bool was_told = std::find(told.begin(), told.end(), each.inode) != told.end();
    next.push_back({each.fd, each.inode, was_told});
  }
  connections.Follow(next.data(), next.size());
  return stale;
}

}  // namespace cleanslate
