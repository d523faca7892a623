#include "analysis/line_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "analysis/message.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LineSurvivors Line(std::string file, int line, std::int64_t blocks, std::int64_t bytes, bool own = true) {
  LineSurvivors survivors;
  survivors.file = std::move(file);
  survivors.line = line;
  survivors.function = "remember";
  survivors.own = own;
  survivors.blocks_per_window = {blocks, blocks, blocks};
  survivors.bytes_per_window = {bytes, bytes, bytes};
  return survivors;
}

// A probe that watches for five windows when it is asked to.
class LineRulesTest : public testing::Test {
 protected:
  using Level = std::function<std::int64_t(WindowNumber)>;

  using Grows = std::function<bool(WindowNumber)>;

  Drafts Run(WindowNumber windows, const Level& level, const Grows& variables_grow = {}) {
    Drafts drafts;
    for (; window_ <= windows; ++window_) {
      LineSnapshot now;
      now.small_blocks = level(window_);
      if (began_ != 0 && window_ == began_ + 5) {
        now.looked = true;
        now.since = began_ + 1;
        now.lines = lines_;
        began_ = 0;
      } else if (began_ == 0 && rules_.Wants()) {
        began_ = window_;
        begins_.push_back(window_);
      }
      now.watching = began_ != 0;
      rules_.Observe(window_, now, variables_grow && variables_grow(window_), drafts);
    }
    return drafts;
  }

  LineRules rules_;
  std::vector<LineSurvivors> lines_ = {Line("app.py", 12, 3, 240)};
  std::vector<WindowNumber> begins_;
  WindowNumber window_ = 0;
  WindowNumber began_ = 0;
};

std::int64_t Leaking(WindowNumber window) {
  return 50'000 + 3 * static_cast<std::int64_t>(window);
}

TEST_F(LineRulesTest, AsksWhereBlocksGrowAndTellsTheLine) {
  const Drafts drafts = Run(12, Leaking);
  EXPECT_THAT(begins_, ElementsAre(6));  // the cold start is no evidence, and four windows are needed
  ASSERT_EQ(drafts.size(), 1u);
  EXPECT_EQ(drafts[0].rule, kHeapGrowth);
  EXPECT_EQ(drafts[0].severity, Severity::kWarning);
  EXPECT_EQ(drafts[0].file, "app.py");
  EXPECT_EQ(drafts[0].line, 12);
  EXPECT_EQ(drafts[0].count, 9);
  EXPECT_EQ(drafts[0].bytes, 720);
  EXPECT_EQ(drafts[0].first_seen, 7);
  EXPECT_EQ(Sentence(drafts[0], drafts[0].subject, {}),
            "small Python objects born at app.py:12 stay, 3 (240 bytes) more, in each of the last 3 "
            "invocations");
}

TEST_F(LineRulesTest, DoesNotAskWhereAVariableGrows) {
  EXPECT_THAT(Run(100, Leaking, [](WindowNumber) { return true; }), IsEmpty());
  EXPECT_THAT(begins_, IsEmpty());
}

// A look that its time cuts sees some of the variables only.
TEST_F(LineRulesTest, DoesNotAskWhereAVariableWasSeenToGrowLately) {
  EXPECT_THAT(Run(100, Leaking, [](WindowNumber window) { return window % 3 == 0; }), IsEmpty());
  EXPECT_THAT(begins_, IsEmpty());
}

TEST_F(LineRulesTest, TellsNothingWhereAVariableGrewDuringTheWatch) {
  EXPECT_THAT(Run(20, Leaking, [](WindowNumber window) { return window == 9; }), IsEmpty());
  EXPECT_THAT(begins_, ElementsAre(6));
}

// Its frames make new stacks of what Python allocates.
TEST_F(LineRulesTest, DisturbsWhatIsFirstSeenInAWatch) {
  Run(6, Leaking);
  ASSERT_THAT(begins_, ElementsAre(6));
  Run(9, Leaking);
  EXPECT_TRUE(rules_.Disturbs(7));
  EXPECT_FALSE(rules_.Disturbs(6));
  Run(11, Leaking);
  EXPECT_TRUE(rules_.Disturbs(8));
  Run(12, Leaking);
  EXPECT_FALSE(rules_.Disturbs(8));
}

TEST_F(LineRulesTest, DoesNotAskAboutWarmUpNoiseAndCollectedGarbage) {
  std::uint32_t random = 1;
  Run(2000, [&random](WindowNumber window) {
    random = random * 1664525 + 1013904223;
    const std::int64_t noise = random >> 24;
    const std::int64_t warm = 3000 - 3000 / (static_cast<std::int64_t>(window) + 1);
    return 50'000 + warm + noise;
  });
  EXPECT_THAT(begins_, IsEmpty());
  rules_ = LineRules();
  window_ = 0;
  // Five cycles a window, collected every third one.
  Run(2000, [](WindowNumber window) { return std::int64_t{50'000} + 5 * (window % 3); });
  EXPECT_THAT(begins_, IsEmpty());
}

TEST_F(LineRulesTest, AsksMoreAndMoreSeldom) {
  lines_.clear();
  EXPECT_THAT(Run(1000, Leaking), IsEmpty());
  EXPECT_THAT(begins_, ElementsAre(6, 76, 210, 472, 990));
}

TEST_F(LineRulesTest, ALineThatRenewsWhatItLeavesIsNotToBlame) {
  lines_.push_back(Line("app.py", 30, 100, 6400));
  const Drafts drafts = Run(12, Leaking);
  ASSERT_EQ(drafts.size(), 1u);
  EXPECT_EQ(drafts[0].line, 12);
}

TEST_F(LineRulesTest, LinesOfOthersAreInformation) {
  lines_ = {Line("/var/runtime/bootstrap.py", 7, 3, 240, false)};
  const Drafts drafts = Run(12, Leaking);
  ASSERT_EQ(drafts.size(), 1u);
  EXPECT_EQ(drafts[0].severity, Severity::kInfo);
}

TEST_F(LineRulesTest, IsSilentWhereNobodyCounts) {
  EXPECT_THAT(Run(100, [](WindowNumber) { return -1; }), IsEmpty());
  EXPECT_FALSE(rules_.Wants());
}

}  // namespace
}  // namespace cleanslate
