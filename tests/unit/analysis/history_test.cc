#include "analysis/history.h"

#include <string>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

TEST(History, ForgetsWhatRoseLeastAndLongestAgo) {
  History<int> history(16);
  for (int key = 0; key < 16; ++key) {
    Series* const series = history.Begin(key, 1, {});
    ASSERT_NE(series, nullptr);
    series->Observe(2, {1, 1});
    if (key >= 8) series->Observe(3, {2, 2});
  }
  EXPECT_EQ(history.forgotten(), 0);
  ASSERT_NE(history.Begin(99, 9, {}), nullptr);
  EXPECT_GT(history.forgotten(), 0);
  for (int key = 8; key < 16; ++key) EXPECT_NE(history.Find(key), nullptr) << key;
  EXPECT_EQ(history.Find(0), nullptr);
  EXPECT_LE(history.size(), 16u);
}

TEST(History, RefusesACrowdRatherThanForgetItself) {
  History<int> history(16);
  for (int key = 0; key < 16; ++key) history.Begin(key, 4, {})->Observe(5, {1, 1});
  EXPECT_EQ(history.Begin(99, 4, {}), nullptr);
  EXPECT_EQ(history.size(), 16u);
  EXPECT_EQ(history.forgotten(), 1);
}

}  // namespace
}  // namespace cleanslate
