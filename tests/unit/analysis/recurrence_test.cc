#include "analysis/recurrence.h"

#include <functional>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

struct RecurrenceCase {
  const char* name;
  std::function<std::int64_t(WindowNumber)> events;  // of each window
  WindowNumber judged;                               // windows looked at
  WindowNumber recurs_by;                            // 0: never
};

class RecurrenceOf : public testing::TestWithParam<RecurrenceCase> {};

TEST_P(RecurrenceOf, IsFoundInTimeOrNever) {
  Recurrence recurrence(16);
  WindowNumber found = 0;
  for (WindowNumber window = 1; window <= GetParam().judged && found == 0; ++window) {
    const std::int64_t events = GetParam().events(window);
    if (events > 0 && recurrence.Observe(window, "origin", events).recurs()) found = window;
  }
  if (GetParam().recurs_by == 0) {
    EXPECT_EQ(found, 0u);
  } else {
    EXPECT_NE(found, 0u);
    EXPECT_LE(found, GetParam().recurs_by);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, RecurrenceOf,
    testing::Values(RecurrenceCase{"EachWindow", [](WindowNumber) { return 1; }, 1000, 5},
                    RecurrenceCase{"SeveralInEachWindow", [](WindowNumber w) { return 1 + w % 3; }, 1000, 5},
                    RecurrenceCase{"EverySecond", [](WindowNumber w) { return w % 2 == 0; }, 1000, 40},
                    RecurrenceCase{"EveryTenth", [](WindowNumber w) { return w % 10 == 0; }, 1000, 40},
                    RecurrenceCase{"Once", [](WindowNumber w) { return w == 7; }, 1000, 0},
                    RecurrenceCase{"ColdStartOnly", [](WindowNumber w) { return w == 1 ? 5 : 0; }, 1000, 0},
                    RecurrenceCase{"FirstThreeWindows", [](WindowNumber w) { return w <= 3; }, 1000, 0},
                    RecurrenceCase{"EverDoublingDistance", [](WindowNumber w) { return (w & (w - 1)) == 0; },
                                   1000, 0}),
    [](const auto& info) { return info.param.name; });

TEST(Recurrence, CountsAllEventsAndKnowsTheFirst) {
  Recurrence recurrence(16);
  recurrence.Observe(3, "origin", 2);
  const Recurrence::Verdict verdict = recurrence.Observe(5, "origin", 1);
  EXPECT_EQ(verdict.times, 3);
  EXPECT_EQ(verdict.first_seen, 3u);
}

TEST(Recurrence, KeepsOriginsApart) {
  Recurrence recurrence(16);
  for (WindowNumber window = 1; window < 20; ++window)
    EXPECT_FALSE(recurrence.Observe(window, std::to_string(window)).recurs());
}

TEST(Recurrence, IsBounded) {
  Recurrence recurrence(16);
  for (WindowNumber window = 2; window < 200; ++window) recurrence.Observe(window, std::to_string(window));
  EXPECT_GT(recurrence.forgotten(), 0);
}

}  // namespace
}  // namespace cleanslate
