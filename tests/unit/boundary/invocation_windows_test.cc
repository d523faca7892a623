#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "conversation.h"

// What the traffic of runtimes of every kind means: when a window closes, and who belongs to it.

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class InvocationWindows : public ::testing::TestWithParam<std::size_t> {
 protected:
  InvocationWindows() : process(GetParam()) {}
  Conversation process;
};

INSTANTIATE_TEST_SUITE_P(Pieces, InvocationWindows, ::testing::Values(0, 1, 2, 7),
                         [](const auto& info) { return "Of" + std::to_string(info.param); });

TEST_P(InvocationWindows, OneAtATimeEachWindowHoldsOneInvocation) {
  const int fd = process.Connect();
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  for (int i = 1; i <= 100; ++i) {
    const std::string id = "id-" + std::to_string(i);
    process.Invoke(fd, id);
    EXPECT_EQ(process.tap->InFlight(), 1u);
    EXPECT_EQ(process.tap->CurrentWindow(), static_cast<unsigned>(i));
    process.Respond(fd, id);
    EXPECT_THAT(process.Take(), IsEmpty()) << "the window closes when next is asked for";
    process.Poll(fd);
    EXPECT_THAT(process.Take(),
                ElementsAre("window " + std::to_string(i) + ": " + id + (i == 1 ? " cold" : "")));
    EXPECT_EQ(process.last_window.first_invocation, static_cast<unsigned>(i));
    EXPECT_EQ(process.last_window.last_invocation, static_cast<unsigned>(i));
  }
}

TEST_P(InvocationWindows, AConnectionARequest) {
  for (const std::string id : {"a", "b", "c"}) {
    const int poll = process.Connect();
    process.Poll(poll);
    process.Receive(poll, NextReplyWith(id, "Connection: close\r\n"));
    process.PeerCloses(poll);
    process.Close(poll);
    const int post = process.Connect();
    process.Respond(post, id);
    process.Close(post);
  }
  process.Poll(process.Connect());
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold", "window 2: b", "window 3: c"));
}

TEST_P(InvocationWindows, PollAndResponseOnDifferentConnections) {
  const int poll = process.Connect();
  const int post = process.Connect();
  for (const std::string id : {"a", "b"}) {
    process.Poll(poll);
    process.Invoke(poll, id);
    process.Respond(post, id);
  }
  process.Poll(poll);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold", "window 2: b"));
}

TEST_P(InvocationWindows, RepliesInEveryFraming) {
  const int fd = process.Connect();
  process.Poll(fd);
  process.Receive(fd, ChunkedNextReply("a", std::string(5000, 'x') + NextReply("no") + NextRequest()));
  process.Respond(fd, "a");
  process.Poll(fd);
  process.Receive(fd, "HTTP/1.1 200 OK\r\nLAMBDA-RUNTIME-AWS-REQUEST-ID:b\r\n\r\nuntil the end");
  EXPECT_EQ(process.tap->InFlight(), 1u);
  process.PeerCloses(fd);
  process.Close(fd);
  const int other = process.Connect();
  process.Respond(other, "b");
  process.Poll(other);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold", "window 2: b"));
}

TEST_P(InvocationWindows, ExpectContinueAndLargeBodies) {
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  const std::string body(100'000, 'x');
  process.Send(
      fd,
      "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n");
  process.Receive(fd, "HTTP/1.1 100 Continue\r\n\r\n");
  process.Send(fd, body);
  process.Receive(fd, Reply(202));
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold"));
}

TEST_P(InvocationWindows, ErrorsAreAnswersToo) {
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Send(fd, ErrorRequest("a", R"({"errorMessage": "no"})"));
  process.Receive(fd, Reply(202));
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold errors=1"));
}

TEST_P(InvocationWindows, AResponseRefusedIsFollowedByAnErrorOfTheSameInvocation) {
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Send(fd, ResponseRequest("a", std::string(1000, 'x')));
  process.Receive(fd, Reply(413));
  process.Send(fd, ErrorRequest("a"));
  process.Receive(fd, Reply(202));
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold errors=1"));
  EXPECT_EQ(process.last_window.invocations, 1u);
}

TEST_P(InvocationWindows, ARuntimeThatGivesARefusedResponseUpGoesOn) {
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Send(fd, ResponseRequest("a", std::string(1000, 'x')));
  process.Receive(fd, Reply(413));
  process.Poll(fd);
  process.Invoke(fd, "b");
  process.Respond(fd, "b");
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold", "window 2: b"));
}

TEST_P(InvocationWindows, AResponseWhoseConnectionBreaksIsSentAgain) {
  int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Send(fd, ResponseRequest("a").substr(0, ResponseRequest("a").size() - 1));
  process.Close(fd);
  fd = process.Connect();
  process.Respond(fd, "a");
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold"));
  EXPECT_EQ(process.last_window.invocations, 1u);
}

TEST_P(InvocationWindows, AStreamedResponseEndsWithItsTrailers) {
  const int fd = process.Connect();
  const int poll = process.Connect();
  process.Poll(poll);
  process.Invoke(poll, "a");
  const std::string request = StreamingResponseRequest("a");
  process.Send(fd, request.substr(0, request.size() - 5));
  process.Poll(poll);  // asked for while the response still streams
  EXPECT_EQ(process.tap->InFlight(), 1u);
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  process.Send(fd, request.substr(request.size() - 5));
  EXPECT_THAT(process.Take(), ElementsAre("window 1: a cold streaming"));

  process.Invoke(poll, "b");
  process.Receive(fd, Reply(202));
  process.Send(fd, StreamingResponseRequest("b",
                                            "Lambda-Runtime-Function-Error-Type: Late\r\n"
                                            "Lambda-Runtime-Function-Error-Body: e30=\r\n"));
  process.Poll(poll);
  EXPECT_THAT(process.Take(), ElementsAre("window 2: b streaming errors=1"));
}

TEST_P(InvocationWindows, NextMayPrecedeTheResponse) {
  const int poll = process.Connect();
  const int post = process.Connect();
  process.Poll(poll);
  for (const std::string id : {"a", "b"}) {
    process.Invoke(poll, id);
    process.Poll(poll);
    process.Respond(post, id);
  }
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold", "window 2: b"));
}

TEST_P(InvocationWindows, SeveralAtOnceShareAWindow) {
  const int one = process.Connect();
  const int two = process.Connect();
  const int post = process.Connect();
  process.Poll(one);
  process.Poll(two);
  process.Invoke(one, "a");
  process.Invoke(two, "b");
  EXPECT_EQ(process.tap->InFlight(), 2u);
  process.Respond(post, "b");
  process.Poll(two);
  process.Invoke(two, "c");
  process.Respond(post, "c");
  process.Poll(two);
  EXPECT_THAT(process.Take(), ElementsAre("init")) << "a is still in flight";
  process.Send(post, ResponseRequest("a"));
  EXPECT_THAT(process.Take(), ElementsAre("window 1: a b c concurrent cold"));
  EXPECT_EQ(process.last_window.first_invocation, 1u);
  EXPECT_EQ(process.last_window.last_invocation, 3u);
}

TEST_P(InvocationWindows, AConcurrentRuntimeThatIdlesClosesItsWindowAtTheEndOfTheResponse) {
  const int one = process.Connect();
  const int two = process.Connect();
  process.Poll(one);
  process.Poll(two);
  process.Invoke(one, "a");
  process.Respond(one, "a");
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a concurrent cold"));
  process.Poll(one);
  EXPECT_THAT(process.Take(), IsEmpty());
}

TEST_P(InvocationWindows, AskingAgainWithoutAnsweringBringsTheSameInvocation) {
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Poll(fd);
  process.Invoke(fd, "a");
  EXPECT_EQ(process.tap->InFlight(), 1u);
  process.Respond(fd, "a");
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold"));
  EXPECT_EQ(process.last_window.invocations, 1u);
}

TEST_P(InvocationWindows, AnIdThatComesBackAfterItsAnswerIsAnotherInvocation) {
  const int fd = process.Connect();
  process.Poll(fd);
  for (int i = 0; i < 2; ++i) {  // an asynchronous invocation that is retried
    process.Invoke(fd, "a");
    process.Send(fd, ErrorRequest("a"));
    process.Receive(fd, Reply(202));
    process.Poll(fd);
  }
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold errors=1", "window 2: a errors=1"));
}

TEST_P(InvocationWindows, APollWhoseReplyBreaksOffIsWithdrawn) {
  const int fd = process.Connect();
  process.Poll(fd);
  const std::string reply = NextReply("a", std::string(500, 'x'));
  process.Receive(fd, reply.substr(0, reply.size() - 1));
  process.PeerCloses(fd);
  process.Close(fd);
  EXPECT_EQ(process.tap->InFlight(), 0u);
  const int again = process.Connect();
  process.Poll(again);
  process.Invoke(again, "a");
  process.Respond(again, "a");
  process.Poll(again);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold"));
  EXPECT_EQ(process.last_window.invocations, 1u);
}

TEST_P(InvocationWindows, AWithdrawnPollKeepsNoWindowFromWaiting) {
  const int poll = process.Connect();
  const int idle = process.Connect();
  const int post = process.Connect();
  process.Poll(poll);
  process.Poll(idle);
  process.Invoke(poll, "a");
  process.Close(idle);
  process.Respond(post, "a");
  EXPECT_THAT(process.Take(), ElementsAre("init")) << "no poll is open";
  process.Poll(poll);
  EXPECT_THAT(process.Take(), ElementsAre("window 1: a concurrent cold"));
}

TEST_P(InvocationWindows, RepliesToNextThatBringNothing) {
  const int fd = process.Connect();
  for (const int status : {204, 400, 410, 500, 503}) {
    process.Poll(fd);
    process.Receive(fd, status == 204 ? "HTTP/1.1 204 No Content\r\n\r\n" : Reply(status));
    EXPECT_EQ(process.tap->InFlight(), 0u);
  }
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Respond(fd, "a");
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold"));
}

TEST_P(InvocationWindows, ALateInitErrorChangesNothing) {
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Respond(fd, "a");
  process.Send(fd, PostRequest("init/error", R"({"errorMessage": "SIGTERM"})"));
  process.Receive(fd, Reply(403));
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("window 1: a cold"));
}

TEST_P(InvocationWindows, RestoreIsABoundaryWhenItIsAnswered) {
  const int restore = process.Connect();
  process.Send(restore, RestoreNextRequest());
  EXPECT_THAT(process.Take(), IsEmpty());
  process.Receive(restore, Reply(200, ""));
  EXPECT_THAT(process.Take(), ElementsAre("restore"));
  process.Close(restore);
  const int fd = process.Connect();
  process.Poll(fd);
  process.Invoke(fd, "a");
  process.Respond(fd, "a");
  process.Poll(fd);
  EXPECT_THAT(process.Take(), ElementsAre("init", "window 1: a cold"));
}

TEST_P(InvocationWindows, ARefusedRestoreIsNone) {
  const int restore = process.Connect();
  process.Send(restore, RestoreNextRequest());
  process.Receive(restore, Reply(404));
  EXPECT_THAT(process.Take(), IsEmpty());
}

TEST_P(InvocationWindows, APostForAnIdThatWeNeverReceivedIsIgnored) {
  const int fd = process.Connect();
  process.Poll(fd);
  const int other = process.Connect();
  process.Respond(other, "stranger");
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  EXPECT_EQ(process.tap->InFlight(), 0u);
}

TEST_P(InvocationWindows, WhatArrivesDuringTheWorkBelongsToTheNextWindow) {
  const int one = process.Connect();
  const int two = process.Connect();
  process.Poll(one);
  process.Poll(two);
  process.Invoke(one, "a");
  process.Take();
  process.Hold();
  process.Respond(one, "a");
  EXPECT_THAT(process.Take(), ElementsAre("window 1: a concurrent cold"));

  // The holder still works; another thread receives, answers and polls.
  process.Invoke(two, "b");
  EXPECT_EQ(process.tap->CurrentWindow(), 2u);
  process.Respond(two, "b");
  process.Poll(two);
  EXPECT_THAT(process.Take(), IsEmpty()) << "one boundary at a time";
  EXPECT_EQ(Describe(process.held), "window 1: a concurrent cold") << "the window in hand stays as it was";
  process.Release();
  EXPECT_THAT(process.Take(), ElementsAre("window 2: b"));
}

TEST_P(InvocationWindows, AnInvocationInFlightWhenTheWorkEndsKeepsItsWindowOpen) {
  const int one = process.Connect();
  const int two = process.Connect();
  process.Hold();
  process.Poll(one);
  process.Poll(two);
  process.Invoke(two, "a");
  process.Release();
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  process.Respond(two, "a");
  EXPECT_THAT(process.Take(), ElementsAre("window 1: a concurrent cold"));
}

TEST_P(InvocationWindows, ARestoreDuringTheWorkIsHandedOutAfterIt) {
  const int restore = process.Connect();
  const int poll = process.Connect();
  process.Send(restore, RestoreNextRequest());
  process.Hold();
  process.Poll(poll);
  process.Receive(restore, Reply(200, ""));
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  process.Release();
  EXPECT_THAT(process.Take(), ElementsAre("restore"));
}

TEST_P(InvocationWindows, ManyRequestIdsAreCountedAndSomeKept) {
  constexpr std::size_t kMany = 100;
  const int hold = process.Connect();
  const int fd = process.Connect();
  process.Poll(hold);
  process.Invoke(hold, "first");
  for (std::size_t i = 1; i < kMany; ++i) {
    process.Poll(fd);
    process.Invoke(fd, "id-" + std::to_string(i));
    process.Respond(fd, "id-" + std::to_string(i));
  }
  process.Respond(hold, "first");
  process.Poll(fd);
  EXPECT_EQ(process.last_window.invocations, kMany);
  EXPECT_EQ(process.last_window.last_invocation, kMany);
  EXPECT_EQ(process.last_window.request_ids_kept(), WindowInfo::kRequestIdsKept);
  EXPECT_EQ(process.last_window.request_ids[63].view(), "id-63");
}

// Facts of the window that do not depend on how bytes are split.

TEST(WindowFacts, TimesRunFromTheArrivalToTheEndOfTheResponse) {
  Conversation process;
  const int fd = process.Connect();
  process.Poll(fd);
  process.now_ns = 5'000'000'000;
  process.Invoke(fd, "a");
  process.now_ns = 7'000'000'000;
  process.Send(fd, ResponseRequest("a"));
  process.now_ns = 9'000'000'000;
  process.Poll(fd);
  EXPECT_EQ(process.last_window.started_ns, 5'000'001'000);
  EXPECT_EQ(process.last_window.ended_ns, 7'000'001'000);
}

TEST(WindowFacts, TenantsAndFunctionAreKept) {
  Conversation process;
  const int fd = process.Connect();
  process.Poll(fd);
  process.Receive(fd, NextReplyWith("a", "Lambda-Runtime-Aws-Tenant-Id: blue\r\n"));
  process.Respond(fd, "a");
  process.Poll(fd);
  EXPECT_EQ(process.last_window.tenant_id.view(), "blue");
  EXPECT_FALSE(process.last_window.mixed_tenants);
  EXPECT_EQ(process.last_window.function_arn.view(), "arn:aws:lambda:us-east-1:012345678912:function:orders");

  const int other = process.Connect();
  process.Poll(other);
  process.Receive(fd, NextReplyWith("b", "Lambda-Runtime-Aws-Tenant-Id: blue\r\n"));
  process.Receive(other, NextReplyWith("c", "Lambda-Runtime-Aws-Tenant-Id: green\r\n"));
  process.Respond(fd, "b");
  process.Respond(other, "c");
  process.Poll(fd);
  EXPECT_TRUE(process.last_window.mixed_tenants);
}

TEST(WindowFacts, AnInvocationNeverAnsweredIsGivenUpAfterItsDeadline) {
  Conversation process;
  const int one = process.Connect();
  const int two = process.Connect();
  process.now_ns = 1'000'000'000'000;
  process.Poll(one);
  process.Receive(one, NextReplyWith("lost", "Lambda-Runtime-Deadline-Ms: 1003000\r\n"));
  process.Poll(two);
  process.Receive(two, NextReplyWith("a", "Lambda-Runtime-Deadline-Ms: 1003000\r\n"));
  process.Respond(two, "a");
  process.Poll(two);
  EXPECT_THAT(process.Take(), ElementsAre("init"));
  process.now_ns = 1'005'000'000'000;
  process.Receive(two, NextReplyWith("b", "Lambda-Runtime-Deadline-Ms: 1009000\r\n"));
  process.Respond(two, "b");
  process.Poll(two);
  EXPECT_THAT(process.Take(), ElementsAre("window 1: lost a b concurrent cold"));
  EXPECT_EQ(process.tap->InFlight(), 0u);
}

TEST(WindowFacts, ADeadlineThatWasPastOnArrivalMeansNothing) {
  Conversation process;
  const int one = process.Connect();
  const int two = process.Connect();
  process.Poll(one);
  process.Receive(one, NextReplyWith("a", "Lambda-Runtime-Deadline-Ms: 1\r\n"));
  process.Poll(two);
  process.Receive(two, NextReplyWith("b", "Lambda-Runtime-Deadline-Ms: 0\r\n"));
  process.Respond(two, "b");
  process.now_ns += 100'000'000'000;
  process.Poll(two);
  EXPECT_THAT(process.Take(), ElementsAre("init"));
}

TEST(WindowFacts, MoreInFlightThanThereIsRoomForIsCounted) {
  Conversation process;
  constexpr int kMore = 10;
  const int total = static_cast<int>(InvocationTracker::kCapacity) + kMore;
  const int fd = process.Connect();
  for (int i = 0; i < total; ++i) {
    process.Poll(fd);
    process.Invoke(fd, "id-" + std::to_string(i));
  }
  EXPECT_EQ(process.tap->InFlight(), InvocationTracker::kCapacity);
  for (int i = 0; i < total; ++i) process.Respond(fd, "id-" + std::to_string(i));
  process.Poll(fd);
  EXPECT_EQ(process.tap->InFlight(), 0u);
  EXPECT_EQ(process.last_window.untracked, static_cast<unsigned>(kMore));
  EXPECT_EQ(process.last_window.invocations, InvocationTracker::kCapacity);
}

TEST(WindowFacts, TwoPollsThatBringTheSameInvocationAtOnceCountItOnce) {
  Conversation process;
  const int one = process.Connect();
  const int two = process.Connect();
  process.Poll(one);
  process.Poll(two);
  const std::string reply = NextReply("a", "{}");
  process.Receive(one, reply.substr(0, reply.size() - 1));
  process.Receive(two, reply);
  process.Receive(one, "}");
  EXPECT_EQ(process.tap->InFlight(), 1u);
  process.Respond(two, "a");
  process.Poll(two);
  EXPECT_EQ(process.last_window.invocations, 1u);
}

}  // namespace
}  // namespace cleanslate
