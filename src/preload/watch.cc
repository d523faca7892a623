#include "preload/watch.h"

namespace cleanslate {

constinit std::atomic<WatchState> watch_state = WatchState::kDormant;
constinit std::atomic<int> watched_pid = 0;

}  // namespace cleanslate
