#include "probe/locked_call.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>

namespace cleanslate {
namespace {

using std::chrono::milliseconds;
using Clock = LockedCall::Clock;

struct Work : LockedWork {
  int Lock() override {
    ++asked;
    if (ends_the_thread) pthread_exit(nullptr);
    lock.lock();
    return 7;
  }
  void Unlock(int token) override {
    EXPECT_EQ(token, 7);
    lock.unlock();
    ++given_back;
  }
  void Run() override { ++runs; }

  std::mutex lock;
  std::atomic<int> asked{0}, runs{0}, given_back{0};
  bool ends_the_thread = false;
};

template <typename Condition>
bool Within(milliseconds time, Condition condition) {
  const auto until = Clock::now() + time;
  while (!condition() && Clock::now() < until) std::this_thread::sleep_for(milliseconds(1));
  return condition();
}

TEST(LockedCallTest, RunsWithTheLock) {
  const auto work = std::make_shared<Work>();
  LockedCall call;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(call.Run(work, Clock::now() + milliseconds(5000)));
  EXPECT_EQ(work->runs, 100);
  EXPECT_EQ(work->given_back, 100);
  EXPECT_FALSE(call.IsBusy());
}

TEST(LockedCallTest, WhatIsGivenUpNeverRuns) {
  const auto work = std::make_shared<Work>();
  LockedCall call;
  work->lock.lock();
  EXPECT_FALSE(call.Run(work, Clock::now() + milliseconds(20)));
  EXPECT_TRUE(call.IsBusy());
  EXPECT_FALSE(call.Run(work, Clock::now() + milliseconds(20)));
  EXPECT_EQ(work->asked, 1);  // no second helper
  work->lock.unlock();
  EXPECT_TRUE(Within(milliseconds(5000), [&] { return !call.IsBusy(); }));
  EXPECT_EQ(work->given_back, 1);
  EXPECT_EQ(work->runs, 0);
  EXPECT_TRUE(call.Run(work, Clock::now() + milliseconds(5000)));
}

TEST(LockedCallTest, AHelperMayOutliveTheCall) {
  const auto work = std::make_shared<Work>();
  work->lock.lock();
  {
    LockedCall call;
    EXPECT_FALSE(call.Run(work, Clock::now() + milliseconds(5)));
  }
  work->lock.unlock();
  EXPECT_TRUE(Within(milliseconds(5000), [&] { return work->given_back == 1; }));
  EXPECT_EQ(work->runs, 0);
}

TEST(LockedCallTest, AThreadThatIsEndedInsteadIsNotWaitedFor) {
  const auto work = std::make_shared<Work>();
  work->ends_the_thread = true;
  LockedCall call;
  const auto begin = Clock::now();
  EXPECT_FALSE(call.Run(work, begin + milliseconds(20'000)));
  EXPECT_LT(Clock::now() - begin, milliseconds(10'000));
  EXPECT_TRUE(Within(milliseconds(5000), [&] { return !call.IsBusy(); }));
}

}  // namespace
}  // namespace cleanslate
