#include "boundary/runtime_api_tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "conversation.h"

// Which descriptors are listened to, and when a request is announced. What the traffic means is in
// invocation_windows_test.cc.

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constinit RuntimeApiTap static_tap;

// Otherwise a megabyte of it would be part of the library's file, and of every process.
TEST(RuntimeApiTap, IsAllZeroBytesAtTheStart) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&static_tap);
  EXPECT_TRUE(std::all_of(bytes, bytes + sizeof static_tap, [](unsigned char byte) { return byte == 0; }));
}

TEST(RuntimeApiTap, ListensToTheRuntimeApiAlone) {
  Conversation process;
  EXPECT_TRUE(process.ConnectTo(5, "127.0.0.1", 9001));
  EXPECT_FALSE(process.ConnectTo(6, "127.0.0.1", 9002));
  EXPECT_FALSE(process.ConnectTo(7, "127.0.0.2", 9001));
  EXPECT_TRUE(process.tap->Taps(5));
  EXPECT_FALSE(process.tap->Taps(6));
  EXPECT_FALSE(process.tap->Taps(-1));
  EXPECT_FALSE(process.tap->Taps(1 << 20));
}

TEST(RuntimeApiTap, WithoutAnAddressItTapsNothing) {
  Conversation process;
  process.tap->Start(RuntimeApiAddress());
  EXPECT_FALSE(process.ConnectTo(5, "127.0.0.1", 9001));
}

TEST(RuntimeApiTap, BelievesAConnectionOnceItsPathConfirmsIt) {
  Conversation process;
  const int fd = process.Connect();
  EXPECT_FALSE(process.tap->IsRuntimeApi(fd));
  process.Send(fd, "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n");
  process.Receive(fd, Reply(200));
  EXPECT_FALSE(process.tap->IsRuntimeApi(fd));
  process.Poll(fd);
  EXPECT_TRUE(process.tap->IsRuntimeApi(fd));
  EXPECT_THAT(process.Take(), ElementsAre("init"));
}

TEST(RuntimeApiTap, OfAHostNameAnotherServiceOnThePortIsLetGo) {
  Conversation process(1, "runtime-api:9001");
  EXPECT_TRUE(process.ConnectTo(5, "10.0.0.1", 9001));
  EXPECT_TRUE(process.ConnectTo(6, "10.0.0.2", 9001));
  process.Send(5, "GET /users?next=/2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(process.tap->Taps(5));
  process.Poll(6);
  EXPECT_TRUE(process.tap->IsRuntimeApi(6));
  EXPECT_THAT(process.Take(), ElementsAre("init"));
}

TEST(RuntimeApiTap, AnotherProtocolOnThePortIsLetGo) {
  Conversation process;
  const int fd = process.Connect();
  process.Send(fd, "\x16\x03\x01 hello");
  EXPECT_FALSE(process.tap->Taps(fd));
  EXPECT_EQ(process.tap->lost_connections(), 0u);
}

class KeptEvents : public testing::TestWithParam<std::size_t> {
 protected:
  std::vector<std::string> Of(std::uint32_t window) {
    std::vector<std::string> events;
    process.tap->ForEachEvent(window, [&events](std::string_view event) { events.emplace_back(event); });
    return events;
  }

  Conversation process{GetParam()};
};

TEST_P(KeptEvents, BelongToTheirWindowUntilTheyAreWiped) {
  process.tap->KeepEvents(true);
  const int fd = process.Connect();
  process.Poll(fd);
  process.Receive(fd, NextReply("a", R"({"token": "one"})"));
  process.Respond(fd, "a");
  process.Poll(fd);
  EXPECT_THAT(Of(1), ElementsAre(R"({"token": "one"})"));
  process.Receive(fd, ChunkedNextReply("b", R"({"token": "two"})"));
  process.tap->WipeEvents(1);
  EXPECT_THAT(Of(1), IsEmpty());
  EXPECT_THAT(Of(2), ElementsAre(R"({"token": "two"})"));
  process.tap->WipeEvents(2);
  EXPECT_THAT(Of(2), IsEmpty());
}

TEST_P(KeptEvents, OfSeveralAtOnceAreKeptApart) {
  process.tap->KeepEvents(true);
  const int one = process.Connect();
  const int two = process.Connect();
  process.Poll(one);
  process.Poll(two);
  const std::string first = NextReply("a", "first event");
  process.Receive(one, first.substr(0, first.size() - 3));
  process.Receive(two, NextReply("b", "second event"));
  process.Receive(one, first.substr(first.size() - 3));
  EXPECT_THAT(Of(1), ElementsAre("first event", "second event"));
  const std::string lost = NextReply("c", "never whole");
  process.Poll(one);
  process.Receive(one, lost.substr(0, lost.size() - 3));
  process.Close(one);
  EXPECT_THAT(Of(1), ElementsAre("first event", "second event"));
}

TEST_P(KeptEvents, AreCutWhereTheyAreTooLongAndNoneAreKeptUnasked) {
  const int fd = process.Connect();
  process.Poll(fd);
  process.Receive(fd, NextReply("a", "first event"));
  EXPECT_THAT(Of(1), IsEmpty());
  process.tap->KeepEvents(true);
  process.Respond(fd, "a");
  process.Poll(fd);
  process.Receive(fd, NextReply("b", std::string(EventKeeper::kEventBytes + 10, 'x')));
  EXPECT_THAT(Of(2), ElementsAre(std::string(EventKeeper::kEventBytes, 'x')));
}

TEST_P(KeptEvents, AreForgottenWhenNobodyWatchesAnyMore) {
  process.tap->KeepEvents(true);
  const int fd = process.Connect();
  process.Poll(fd);
  process.Receive(fd, NextReply("a", "first event"));
  const std::string half = NextReply("b", "second event");
  const int other = process.Connect();
  process.Poll(other);
  process.Receive(other, half.substr(0, half.size() - 3));
  process.tap->ForgetEvents();
  EXPECT_THAT(Of(1), IsEmpty());
  process.Receive(other, half.substr(half.size() - 3));
  process.Respond(fd, "a");
  process.Poll(fd);
  process.Receive(fd, NextReply("c", "third event"));
  EXPECT_THAT(Of(1), IsEmpty());
  EXPECT_THAT(Of(2), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Split, KeptEvents, testing::Values(0, 7));

TEST(RuntimeApiTap, CountsARuntimeApiConnectionThatItCannotFollow) {
  Conversation process;
  const int fd = process.Connect();
  process.Poll(fd);
  process.Receive(fd, "garbage\r\n");
  EXPECT_EQ(process.tap->lost_connections(), 1u);
  EXPECT_TRUE(process.tap->IsRuntimeApi(fd));
  process.Invoke(fd, "a");
  process.Respond(fd, "a");
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  EXPECT_EQ(process.tap->lost_connections(), 1u);
}

TEST(RuntimeApiTap, ADescriptorUsedAgainForSomethingElseIsForgotten) {
  Conversation process;
  const int fd = process.Connect();
  process.Poll(fd);
  process.Close(fd);
  EXPECT_FALSE(process.tap->Taps(fd));
  process.ConnectTo(fd, "10.0.0.1", 443);
  EXPECT_FALSE(process.tap->Taps(fd));
  EXPECT_FALSE(process.tap->IsRuntimeApi(fd));
}

TEST(RuntimeApiTap, ConnectingAgainBeginsAnew) {
  Conversation process;
  process.ConnectTo(5, "127.0.0.1", 9001);
  process.Send(5, "GET /2018-06");
  process.ConnectTo(5, "127.0.0.1", 9001);
  process.Poll(5);
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  process.ConnectTo(5, "10.0.0.1", 443);
  EXPECT_FALSE(process.tap->Taps(5));
}

TEST(RuntimeApiTap, ADuplicateNamesTheSameConnection) {
  Conversation process;
  const int fd = process.Connect();
  process.tap->Duplicated(fd, 40, process.now_ns);
  process.Send(fd, NextRequest().substr(0, 30));
  process.Close(fd);
  process.Send(40, NextRequest().substr(30));
  process.Invoke(40, "a");
  EXPECT_EQ(process.tap->InFlight(), 1u);
  process.Respond(40, "a");
  process.Poll(40);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold"));
  process.tap->Duplicated(3, 40, process.now_ns);  // another file takes its number
  EXPECT_FALSE(process.tap->Taps(40));
}

TEST(RuntimeApiTap, ARangeOfDescriptorsCloses) {
  Conversation process;
  const int first = process.Connect();
  const int second = process.Connect();
  process.tap->ClosedRange(static_cast<unsigned>(second), ~0u, process.now_ns);
  EXPECT_TRUE(process.tap->Taps(first));
  EXPECT_FALSE(process.tap->Taps(second));
}

TEST(RuntimeApiTap, CountsWhatIsBeyondItsPool) {
  Conversation process;
  for (int i = 0; i < RuntimeApiTap::kConnections; ++i)
    EXPECT_TRUE(process.ConnectTo(100 + i, "127.0.0.1", 9001));
  EXPECT_FALSE(process.ConnectTo(99, "127.0.0.1", 9001));
  EXPECT_FALSE(process.ConnectTo(RuntimeApiTap::kDescriptors, "127.0.0.1", 9001));
  EXPECT_EQ(process.tap->untapped_connections(), 2u);
  process.Close(100);
  EXPECT_TRUE(process.ConnectTo(99, "127.0.0.1", 9001));
}

TEST(RuntimeApiTap, AThousandConnectionsOneAfterAnotherFit) {
  Conversation process;
  for (int i = 0; i < 1000; ++i) process.Close(process.Connect());
  EXPECT_EQ(process.tap->untapped_connections(), 0u);
}

TEST(RuntimeApiTap, AnnouncesNextBeforeItLeaves) {
  Conversation process;
  const int fd = process.Connect();
  const std::string next = NextRequest();
  EXPECT_EQ(process.tap->BeforeSend(fd, next.data(), next.size(), 1).kind, BoundaryKind::kInit);
}

TEST(RuntimeApiTap, AnnouncesOnlyWhenTheHeadWouldBeComplete) {
  Conversation process;
  const int fd = process.Connect();
  const std::string next = NextRequest();
  EXPECT_FALSE(process.tap->BeforeSend(fd, next.data(), next.size() - 1, 1));
  EXPECT_FALSE(process.tap->Sent(fd, next.data(), static_cast<ssize_t>(next.size() - 1), 1));
  EXPECT_EQ(process.tap->BeforeSend(fd, "\n", 1, 1).kind, BoundaryKind::kInit);
}

TEST(RuntimeApiTap, AnnouncesOnceHoweverOftenTheSendIsRetried) {
  Conversation process;
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Respond(fd, "a");
  process.Take();

  const std::string next = NextRequest();
  process.WorkOn(process.tap->BeforeSend(fd, next.data(), next.size(), 1));
  EXPECT_FALSE(process.tap->Sent(fd, next.data(), -1, 1));  // EAGAIN
  process.WorkOn(process.tap->BeforeSend(fd, next.data(), next.size(), 1));
  process.WorkOn(process.tap->Sent(fd, next.data(), 20, 1));  // a part
  process.WorkOn(process.tap->BeforeSend(fd, next.data() + 20, next.size() - 20, 1));
  process.WorkOn(process.tap->Sent(fd, next.data() + 20, static_cast<ssize_t>(next.size() - 20), 1));
  EXPECT_THAT(process.Take(), ElementsAre("window 1: a cold"));
  process.Invoke(fd, "b");
  process.Respond(fd, "b");
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("window 2: b"));
}

TEST(RuntimeApiTap, ReadsBytesScatteredOverVectors) {
  Conversation process;
  const int fd = process.Connect();
  std::string next = NextRequest();
  iovec pieces[4] = {
      {next.data(), 7}, {nullptr, 0}, {next.data() + 7, 50}, {next.data() + 57, next.size() - 57}};
  process.WorkOn(process.tap->BeforeSend(fd, pieces, 4, 1));
  process.WorkOn(process.tap->Sent(fd, pieces, 4, static_cast<ssize_t>(next.size()), 1));
  EXPECT_THAT(process.Take(), ElementsAre("init"));

  // Fewer bytes came than there was room for.
  std::string reply = NextReply("a");
  std::string room = reply + std::string(100, '!');
  iovec parts[2] = {{room.data(), 40}, {room.data() + 40, room.size() - 40}};
  process.WorkOn(process.tap->Received(fd, parts, 2, static_cast<ssize_t>(reply.size()), 1));
  EXPECT_EQ(process.tap->InFlight(), 1u);
  EXPECT_EQ(process.tap->lost_connections(), 0u);
}

TEST(RuntimeApiTap, ABodyThatBeginsWithANextRequestIsNoRequest) {
  for (const std::size_t piece : {0, 1, 7}) {
    Conversation process(piece);
    const int fd = process.Connect();
    process.Poll(fd);
    process.Invoke(fd, "a");
    const std::string request = ResponseRequest("a", NextRequest());
    const std::size_t head = request.size() - NextRequest().size();
    process.Send(fd, request.substr(0, head));
    process.Send(fd, request.substr(head));  // the body starts a send of its own
    process.Receive(fd, Reply(202));
    EXPECT_THAT(process.Take(), ElementsAre("init"));
    process.Poll(fd);
    EXPECT_THAT(process.Take(), ElementsAre("window 1: a cold"));
  }
}

TEST(RuntimeApiTap, AReplyMayBeReadBeforeTheSenderIsBack) {
  Conversation process;
  const int fd = process.Connect();
  for (const std::string id : {"a", "b", "c"}) {
    const std::string next = NextRequest();
    process.WorkOn(process.tap->BeforeSend(fd, next.data(), next.size(), 1));
    process.Invoke(fd, id);  // another thread
    process.WorkOn(process.tap->Sent(fd, next.data(), static_cast<ssize_t>(next.size()), 1));
    EXPECT_EQ(process.tap->InFlight(), 1u);
    process.Respond(fd, id);
    EXPECT_EQ(process.tap->InFlight(), 0u);
  }
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold", "window 2: b", "window 3: c"));
}

TEST(RuntimeApiTap, PrefixesOfThePathAreKnown) {
  Conversation process(0, "127.0.0.1:9001/worker/7");
  const int fd = process.Connect();
  process.Poll(fd);
  EXPECT_THAT(process.Take(), IsEmpty());
  process.Receive(fd, Reply(404));
  process.Send(fd, "GET /worker/7/2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n");
  EXPECT_THAT(process.Take(), ElementsAre("init"));
}

TEST(RuntimeApiTap, AChildOfForkKnowsNothingOfItsParent) {
  Conversation process;
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Send(fd, ResponseRequest("a").substr(0, 150));
  process.tap->Reset();
  EXPECT_FALSE(process.tap->Taps(fd));
  EXPECT_EQ(process.tap->InFlight(), 0u);
  EXPECT_EQ(process.tap->CurrentWindow(), 0u);
  EXPECT_FALSE(process.tap->HasAnswered());
  process.Take();

  const int own = process.Connect();
  process.Poll(own);
  process.Invoke(own, "b");
  process.Respond(own, "b");
  process.Poll(own);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: b cold"));
}

TEST(RuntimeApiTap, AProcessThatOnlyFetchesOrOnlyPostsIsNoRuntime) {
  Conversation fetching;
  int fd = fetching.Connect();
  fetching.Poll(fd);
  fetching.Invoke(fd, "a");
  fetching.Close(fd);
  EXPECT_FALSE(fetching.tap->HasAnswered());

  Conversation posting;
  fd = posting.Connect();
  posting.Respond(fd, "a");
  EXPECT_FALSE(posting.tap->HasAnswered());
  EXPECT_THAT(posting.Take(), IsEmpty());

  Conversation runtime;
  fd = runtime.Connect();
  runtime.Poll(fd);
  runtime.Invoke(fd, "a");
  EXPECT_FALSE(runtime.tap->HasAnswered());
  runtime.Respond(fd, "a");
  EXPECT_TRUE(runtime.tap->HasAnswered());
}

// A runtime whose threads each poll, answer and poll on a connection of their own.
TEST(RuntimeApiTap, ThreadsLoseNoInvocation) {
  constexpr int kThreads = 4;
  constexpr int kInvocations = 200;
  Conversation process;
  std::atomic<std::uint64_t> reported = 0;
  std::atomic<int> at_work = 0;
  const auto work_on = [&](Boundary boundary) {
    while (boundary) {
      EXPECT_EQ(at_work.fetch_add(1), 0) << "one boundary at a time";
      if (boundary.kind == BoundaryKind::kWindow) {
        EXPECT_EQ(boundary.window->first_invocation, reported.load() + 1);
        EXPECT_EQ(boundary.window->last_invocation, reported.load() + boundary.window->invocations);
        reported += boundary.window->invocations;
      }
      at_work.fetch_sub(1);
      boundary = process.tap->Finish(boundary, 1);
    }
  };
  const auto exchange = [&](int fd, const std::string& request, const std::string& reply) {
    work_on(process.tap->BeforeSend(fd, request.data(), request.size(), 1));
    work_on(process.tap->Sent(fd, request.data(), static_cast<ssize_t>(request.size()), 1));
    work_on(process.tap->Received(fd, reply.data(), static_cast<ssize_t>(reply.size()), 1));
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    const int fd = process.Connect();
    threads.emplace_back([&exchange, fd, thread] {
      for (int i = 0; i < kInvocations; ++i) {
        const std::string id = std::to_string(thread) + "-" + std::to_string(i);
        exchange(fd, NextRequest(), NextReply(id));
        exchange(fd, ResponseRequest(id), Reply(202));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  process.Poll(process.Connect());
  if (process.last_window.invocations > 0) reported += process.last_window.invocations;
  EXPECT_EQ(reported.load(), static_cast<std::uint64_t>(kThreads) * kInvocations);
  EXPECT_EQ(process.tap->InFlight(), 0u);
}

}  // namespace
}  // namespace cleanslate
