#include "snapshot/activity_taker.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class ActivityTaker : public testing::Test {
 protected:
  void Note(ActivityKind kind, std::uint64_t key) {
    ActivityNote note;
    note.kind = kind;
    note.key = key;
    note.stack = StackId{3};
    log_->Add(note);
  }
  std::vector<Activity> Take() { return TakeActivity(*log_, now_); }

  std::unique_ptr<ActivityLog> log_ = std::make_unique<ActivityLog>();
  Snapshot now_;
};

TEST_F(ActivityTaker, NamesThePeerOfAConnection) {
  ActivityNote note;
  note.kind = ActivityKind::kConnection;
  sockaddr_in peer = {};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(443);
  inet_pton(AF_INET, "10.0.0.7", &peer.sin_addr);
  std::memcpy(note.peer, &peer, sizeof peer);
  log_->Add(note);
  const std::vector<Activity> activities = Take();
  ASSERT_THAT(activities, SizeIs(1));
  EXPECT_EQ(activities[0].what, "tcp 10.0.0.7:443");
}

TEST_F(ActivityTaker, LeavesOutWhatIsGone) {
  Note(ActivityKind::kDescriptor, 9);
  Note(ActivityKind::kFile, 12345);
  Note(ActivityKind::kThread, 4711);
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(ActivityTaker, LeavesOutTheClientsOwnDescriptors) {
  Descriptor own;
  own.fd = 9;
  own.runtime_api = true;
  own.stack = StackId{3};
  now_.descriptors.open.push_back(own);
  Note(ActivityKind::kDescriptor, 9);
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(ActivityTaker, NamesProcessesThreadsAndVariables) {
  ChildProcess child;
  child.pid = 77;
  child.command = "sleep";
  now_.children.children.push_back(child);
  Thread thread;
  thread.tid = 78;
  thread.name = "late";
  now_.threads.threads.push_back(thread);
  EnvironmentVariable variable;
  variable.name = "TENANT";
  now_.environment.variables.push_back(variable);
  Note(ActivityKind::kProcess, 77);
  Note(ActivityKind::kThread, 78);
  Note(ActivityKind::kAttribute,
       Recorder::AttributeKey(Attribute::kEnvironment, Recorder::NameKey("TENANT", 6)));
  Note(ActivityKind::kAttribute, Recorder::AttributeKey(Attribute::kUmask, 0));
  std::vector<std::string> names;
  for (const Activity& activity : Take()) names.push_back(activity.what);
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("sleep", "late", "environment variable TENANT", "the umask"));
}

TEST_F(ActivityTaker, CountsWhatIsAlike) {
  Note(ActivityKind::kProcess, 77);
  Note(ActivityKind::kProcess, 78);
  const std::vector<Activity> activities = Take();
  ASSERT_THAT(activities, SizeIs(1));
  EXPECT_EQ(activities[0].times, 2);
  EXPECT_THAT(Take(), IsEmpty());  // told once
}

TEST_F(ActivityTaker, IsBounded) {
  for (std::size_t i = 0; i < 2 * ActivityLog::kMost; ++i) Note(ActivityKind::kProcess, i);
  EXPECT_EQ(Take().at(0).times, static_cast<std::int64_t>(ActivityLog::kMost));
}

}  // namespace
}  // namespace cleanslate
