#include "emulator/runtime_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace cleanslate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RuntimeApiTest : public ::testing::Test, protected RuntimeApi::Observer {
 protected:
  explicit RuntimeApiTest(int concurrency = 1) : api_({concurrency, seconds(3), seconds(10)}, *this) {}

  void Deliver(RuntimeApi::PollId poll, const Invocation& invocation,
               RuntimeApi::Clock::time_point) override {
    delivered_.push_back(std::to_string(poll) + ":" + invocation.request_id);
  }
  void Completed(const Invocation& invocation, const Outcome& outcome) override {
    completed_.push_back(invocation.request_id);
    outcomes_.push_back(outcome);
  }
  void Quiescent() override { ++quiescent_; }

  void Submit(const std::string& id) {
    Invocation invocation;
    invocation.request_id = id;
    api_.Submit(invocation, now_);
  }
  void Poll(RuntimeApi::PollId poll) { api_.Poll(poll, now_); }
  int Respond(const std::string& id, Answer answer = {}) {
    const Verdict begun = api_.BeginAnswer(id);
    if (!begun.accepted()) return begun.status;
    answer.size = std::max(answer.size, answer.body.size());
    return api_.FinishAnswer(id, std::move(answer), now_).status;
  }

  RuntimeApi api_;
  RuntimeApi::Clock::time_point now_{seconds(100)};
  std::vector<std::string> delivered_;
  std::vector<std::string> completed_;
  std::vector<Outcome> outcomes_;
  int quiescent_ = 0;
};

TEST_F(RuntimeApiTest, InvocationsAreHandedOutOneAtATimeInTheirOrder) {
  Submit("a");
  Submit("b");
  EXPECT_TRUE(api_.needs_process());
  api_.ProcessStarted(now_);
  Poll(1);
  EXPECT_THAT(delivered_, ElementsAre("1:a"));
  EXPECT_EQ(Respond("a"), 202);
  EXPECT_THAT(completed_, ElementsAre("a"));
  EXPECT_THAT(delivered_, ElementsAre("1:a")) << "the runtime has not asked for more";
  Poll(1);
  EXPECT_THAT(delivered_, ElementsAre("1:a", "1:b"));
}

TEST_F(RuntimeApiTest, AWindowClosesWhenTheRuntimeAsksForMore) {
  api_.ProcessStarted(now_);
  Poll(1);
  EXPECT_EQ(quiescent_, 1) << "init is over";
  Submit("a");
  Respond("a");
  EXPECT_EQ(quiescent_, 1);
  EXPECT_FALSE(api_.quiescent());
  Poll(1);
  EXPECT_EQ(quiescent_, 2);
  EXPECT_TRUE(api_.quiescent());
}

TEST_F(RuntimeApiTest, OnlyOneOfSeveralOpenPollsIsAnswered) {
  api_.ProcessStarted(now_);
  Poll(1);
  Poll(2);
  Poll(3);
  Submit("a");
  EXPECT_THAT(delivered_, ElementsAre("1:a"));
  Respond("a");
  EXPECT_TRUE(api_.quiescent()) << "another poll is open";
  Submit("b");
  EXPECT_THAT(delivered_, ElementsAre("1:a", "2:b"));
}

TEST_F(RuntimeApiTest, APollThatIsGoneGetsNothing) {
  api_.ProcessStarted(now_);
  Poll(1);
  Poll(2);
  api_.PollGone(1);
  Submit("a");
  EXPECT_THAT(delivered_, ElementsAre("2:a"));
}

TEST_F(RuntimeApiTest, RepeatingNextWithoutAnAnswerGivesTheSameInvocation) {
  Submit("a");
  Submit("b");
  api_.ProcessStarted(now_);
  Poll(1);
  Poll(1);
  EXPECT_THAT(delivered_, ElementsAre("1:a", "1:a"));
}

TEST_F(RuntimeApiTest, APollDuringAnAnswerWaitsForItsEnd) {
  Submit("a");
  Submit("b");
  api_.ProcessStarted(now_);
  Poll(1);
  EXPECT_TRUE(api_.BeginAnswer("a").accepted());
  Poll(2);
  EXPECT_THAT(delivered_, ElementsAre("1:a"));
  EXPECT_EQ(api_.FinishAnswer("a", {}, now_).status, 202);
  EXPECT_THAT(delivered_, ElementsAre("1:a", "2:b"));
}

TEST_F(RuntimeApiTest, AnAnswerThatBreaksOffCanBeGivenAgain) {
  Submit("a");
  api_.ProcessStarted(now_);
  Poll(1);
  EXPECT_TRUE(api_.BeginAnswer("a").accepted());
  api_.AbandonAnswer("a");
  EXPECT_THAT(completed_, IsEmpty());
  EXPECT_EQ(Respond("a"), 202);
}

TEST_F(RuntimeApiTest, WrongIdsAndSecondAnswersAreRefused) {
  Submit("a");
  api_.ProcessStarted(now_);
  EXPECT_EQ(Respond("a"), 400) << "it was not handed out";
  Poll(1);
  EXPECT_EQ(Respond("nonsense"), 400);
  EXPECT_EQ(Respond("a"), 202);
  EXPECT_EQ(Respond("a"), 403);
  Poll(1);
  EXPECT_EQ(Respond("a"), 403);
  EXPECT_THAT(completed_, ElementsAre("a"));
}

TEST_F(RuntimeApiTest, InitErrorIsForInitOnly) {
  Submit("a");
  api_.ProcessStarted(now_);
  EXPECT_EQ(api_.InitError(R"({"errorType":"ImportError","errorMessage":"no module"})", "").status, 202);
  EXPECT_THAT(completed_, IsEmpty()) << "the process has yet to exit";
  api_.ProcessEnded("exit status 1");
  ASSERT_THAT(completed_, ElementsAre("a"));
  EXPECT_EQ(outcomes_[0].kind, OutcomeKind::kInitError);
  EXPECT_EQ(outcomes_[0].error_type, "ImportError");

  api_.ProcessStarted(now_);
  Poll(1);
  EXPECT_EQ(api_.InitError("{}", "").status, 403);
}

TEST_F(RuntimeApiTest, AnErrorKeepsItsPayloadAndType) {
  Submit("a");
  api_.ProcessStarted(now_);
  Poll(1);
  EXPECT_EQ(Respond("a", {.kind = AnswerKind::kError,
                          .body = R"({"errorType":"KeyError"})",
                          .content_type = {},
                          .error_type = {},
                          .trailing_error = {}}),
            202);
  EXPECT_EQ(outcomes_[0].kind, OutcomeKind::kFunctionError);
  EXPECT_EQ(outcomes_[0].error_type, "KeyError");
  EXPECT_EQ(outcomes_[0].body, R"({"errorType":"KeyError"})");
}

TEST_F(RuntimeApiTest, AStreamThatFailsHalfWayIsAnError) {
  Submit("a");
  api_.ProcessStarted(now_);
  Poll(1);
  EXPECT_EQ(Respond("a", {.kind = AnswerKind::kResponse,
                          .body = "the first half",
                          .content_type = {},
                          .error_type = "Runtime.StreamError",
                          .trailing_error = "eyJlcnJvclR5cGUiOiJYIn0=",
                          .size = 0,
                          .streaming = true}),
            202);
  EXPECT_EQ(outcomes_[0].kind, OutcomeKind::kFunctionError);
  EXPECT_EQ(outcomes_[0].error_type, "Runtime.StreamError");
  EXPECT_EQ(outcomes_[0].body, R"({"errorType":"X"})");
}

TEST_F(RuntimeApiTest, AResponseBeyondTheLimitIsRefusedAndTold) {
  Submit("a");
  api_.ProcessStarted(now_);
  Poll(1);
  Answer within;
  within.size = kPayloadLimit;
  Answer beyond;
  beyond.size = kPayloadLimit + 1;
  EXPECT_EQ(Respond("a", beyond), 413);
  EXPECT_EQ(outcomes_[0].error_type, "Function.ResponseSizeTooLarge");
  Submit("b");
  Poll(1);
  EXPECT_EQ(Respond("b", within), 202);
  EXPECT_EQ(outcomes_[1].kind, OutcomeKind::kResponse);
}

TEST_F(RuntimeApiTest, ACrashFailsWhatIsInFlightAndNothingElse) {
  Submit("a");
  Submit("b");
  api_.ProcessStarted(now_);
  Poll(1);
  api_.ProcessEnded("signal: aborted");
  ASSERT_THAT(completed_, ElementsAre("a"));
  EXPECT_EQ(outcomes_[0].kind, OutcomeKind::kExited);
  EXPECT_THAT(outcomes_[0].body, HasSubstr("Runtime.ExitError"));
  EXPECT_THAT(outcomes_[0].body, HasSubstr("signal: aborted"));
  EXPECT_TRUE(api_.needs_process());
}

TEST_F(RuntimeApiTest, ACrashAfterTheAnswerFailsNothing) {
  Submit("a");
  api_.ProcessStarted(now_);
  Poll(1);
  Respond("a");
  api_.ProcessEnded("exit status 1");
  EXPECT_THAT(completed_, ElementsAre("a"));
  EXPECT_FALSE(api_.needs_process());
}

TEST_F(RuntimeApiTest, ACrashInInitFailsTheInvocationThatWaits) {
  Submit("a");
  Submit("b");
  api_.ProcessStarted(now_);
  api_.ProcessEnded("exit status 2");
  EXPECT_THAT(completed_, ElementsAre("a"));
}

TEST_F(RuntimeApiTest, TimeIsUpExactlyAtTheDeadline) {
  Submit("a");
  api_.ProcessStarted(now_);
  Poll(1);
  now_ += milliseconds(2999);
  EXPECT_FALSE(api_.Expire(now_));
  EXPECT_THAT(completed_, IsEmpty());
  now_ += milliseconds(1);
  EXPECT_EQ(api_.deadline(), now_);
  EXPECT_TRUE(api_.Expire(now_));
  ASSERT_THAT(completed_, ElementsAre("a"));
  EXPECT_EQ(outcomes_[0].kind, OutcomeKind::kTimedOut);
  EXPECT_EQ(outcomes_[0].body, "Task timed out after 3.00 seconds");
}

TEST_F(RuntimeApiTest, WhatATimedOutProcessStillSaysIsIgnored) {
  Submit("a");
  Submit("b");
  api_.ProcessStarted(now_);
  Poll(1);
  now_ += seconds(3);
  ASSERT_TRUE(api_.Expire(now_));
  Poll(1);
  EXPECT_EQ(Respond("a"), 400);
  EXPECT_THAT(delivered_, ElementsAre("1:a"));
  api_.ProcessEnded("signal: killed");
  EXPECT_THAT(completed_, ElementsAre("a"));
  api_.ProcessStarted(now_);
  Poll(2);
  EXPECT_THAT(delivered_, ElementsAre("1:a", "2:b"));
}

TEST_F(RuntimeApiTest, WorkAfterTheAnswerCountsTowardTheTimeout) {
  Submit("a");
  api_.ProcessStarted(now_);
  Poll(1);
  Respond("a");
  now_ += seconds(3);
  EXPECT_TRUE(api_.Expire(now_));
  EXPECT_THAT(completed_, ElementsAre("a")) << "told once";
}

TEST_F(RuntimeApiTest, AFunctionThatWaitsHasAllTheTimeInTheWorld) {
  api_.ProcessStarted(now_);
  Poll(1);
  EXPECT_EQ(api_.deadline(), std::nullopt);
  now_ += std::chrono::hours(24);
  EXPECT_FALSE(api_.Expire(now_));
}

TEST_F(RuntimeApiTest, InitHasItsOwnTimeLimit) {
  Submit("a");
  api_.ProcessStarted(now_);
  now_ += seconds(10);
  EXPECT_TRUE(api_.Expire(now_));
  EXPECT_THAT(completed_, ElementsAre("a"));
  EXPECT_EQ(outcomes_[0].kind, OutcomeKind::kTimedOut);
}

class ConcurrentRuntimeApiTest : public RuntimeApiTest {
 protected:
  ConcurrentRuntimeApiTest() : RuntimeApiTest(2) {}
};

TEST_F(ConcurrentRuntimeApiTest, AsManyAreInFlightAsAllowedAndNoneIsGivenTwice) {
  for (const char* id : {"a", "b", "c"}) Submit(id);
  api_.ProcessStarted(now_);
  Poll(1);
  Poll(2);
  Poll(1);
  EXPECT_THAT(delivered_, ElementsAre("1:a", "2:b")) << "the third waits for room";
  EXPECT_EQ(Respond("b"), 202);
  EXPECT_THAT(delivered_, ElementsAre("1:a", "2:b", "1:c"));
}

TEST_F(ConcurrentRuntimeApiTest, TheWindowClosesWhenNothingIsInFlight) {
  api_.ProcessStarted(now_);
  Poll(1);
  Poll(2);
  Poll(3);
  quiescent_ = 0;
  Submit("a");
  Submit("b");
  Respond("a");
  EXPECT_EQ(quiescent_, 0);
  Respond("b");
  EXPECT_EQ(quiescent_, 1);
}

TEST_F(ConcurrentRuntimeApiTest, TheWindowClosesAlsoWhenTheNextPollComesAfterTheLastAnswer) {
  Submit("a");
  Submit("b");
  api_.ProcessStarted(now_);
  Poll(1);
  Poll(2);
  quiescent_ = 0;
  Respond("a");
  Respond("b");
  EXPECT_EQ(quiescent_, 0);
  Poll(1);
  EXPECT_EQ(quiescent_, 1);
  Poll(2);
  EXPECT_EQ(quiescent_, 1) << "the same window";
}

}  // namespace
}  // namespace cleanslate
