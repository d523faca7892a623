#include "record/stack_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>
#include <vector>

namespace cleanslate {
namespace {

using Stack = std::vector<std::uintptr_t>;

class StackTableTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(table_.Open()); }
  void TearDown() override { table_.Reset(); }

  StackId Intern(const Stack& stack) { return table_.Intern(stack.data(), static_cast<int>(stack.size())); }
  Stack Expand(StackId id) const {
    Stack stack(512);
    stack.resize(static_cast<std::size_t>(table_.Expand(id, stack.data(), 512)));
    return stack;
  }

  StackTable table_;
};

TEST_F(StackTableTest, EqualStacksHaveOneIdAndOthersAnother) {
  const StackId one = Intern({10, 20, 30});
  EXPECT_EQ(Intern({10, 20, 30}), one);
  EXPECT_NE(Intern({11, 20, 30}), one);
  EXPECT_NE(Intern({10, 20, 31}), one);
  EXPECT_NE(Intern({20, 30}), one);
  EXPECT_NE(Intern({10, 20}), one);
}

TEST_F(StackTableTest, GivesTheAddressesBackInnermostFirst) {
  const Stack stack = {10, 20, 30};
  EXPECT_EQ(Expand(Intern(stack)), stack);
  std::uintptr_t two[2];
  EXPECT_EQ(table_.Expand(Intern(stack), two, 2), 2);
  EXPECT_EQ(two[0], 10u);
}

TEST_F(StackTableTest, NoStackExpandsToNothing) {
  EXPECT_EQ(Intern({}), StackTable::kNoStack);
  EXPECT_TRUE(Expand(StackTable::kNoStack).empty());
  EXPECT_TRUE(Expand(StackId::kNone).empty());
  EXPECT_TRUE(Expand(StackId{4000000000u}).empty());
}

TEST_F(StackTableTest, IdsAreDense) {
  const auto first = static_cast<std::uint32_t>(Intern({1, 2, 3, 4, 5}));
  EXPECT_EQ(static_cast<std::uint32_t>(Intern({9, 8, 7})), first + 1);
  EXPECT_EQ(static_cast<std::uint32_t>(Intern({2, 3, 4, 5})), first + 2);
}

TEST_F(StackTableTest, HoldsManyStacksOfManyThreads) {
  constexpr int kThreads = 4;
  std::vector<std::map<Stack, StackId>> seen(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &seen] {
      std::mt19937 random(static_cast<unsigned>(t % 2));  // two pairs of threads intern the same stacks
      for (int i = 0; i < 20000; ++i) {
        Stack stack(random() % 20 + 1);
        for (auto& address : stack) address = random() % 50 + 1;
        seen[static_cast<std::size_t>(t)][stack] = Intern(stack);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<StackId, Stack> by_id;
  for (const auto& map : seen) {
    for (const auto& [stack, id] : map) {
      ASSERT_EQ(Expand(id), stack);
      ASSERT_EQ(by_id.try_emplace(id, stack).first->second, stack);
    }
  }
  EXPECT_EQ(table_.refused(), 0);
}

}  // namespace
}  // namespace cleanslate
