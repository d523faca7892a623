// Several invocations at once, as the concurrent runtimes do it: each of POLLS threads has a connection of
// its own and asks for its next event BEFORE it answers the one in hand, on a second connection. The last
// answer of a thread comes when its `next` after the last event is already open.

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <string_view>

#include "raw_runtime.h"

namespace {

class Poller {
 public:
  void Start() { pthread_create(&thread_, nullptr, &Poller::Loop, this); }

 private:
  static void* Loop(void* self) {
    auto* poller = static_cast<Poller*>(self);
    char id[64] = {};
    for (;;) {
      poller->polls_.Ask();
      if (id[0] != 0) poller->answers_.RespondTo(id, "{\"answered\":true}");
      poller->polls_.WaitForEvent();
      memcpy(id, poller->polls_.request_id(), sizeof(id));
      free(malloc(100));  // the work
    }
  }

  pthread_t thread_;
  victim::RawRuntime polls_;
  victim::RawRuntime answers_;
};

}  // namespace

int main() {
  constexpr int kPolls = 3;
  static Poller pollers[kPolls];
  for (Poller& poller : pollers) poller.Start();
  for (;;) pause();
}
