#include "analysis/environment_rules.h"

#include <functional>
#include <string>

#include "analysis/rule_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using Changes = std::vector<EnvironmentChange>;

EnvironmentChange Change(const std::string& name, EntryChange change = EntryChange::kChanged) {
  EnvironmentVariable variable;
  variable.name = name;
  variable.stack = StackId{7};
  return {variable, change};
}

struct EnvironmentCase {
  const char* name;
  std::function<Changes(WindowNumber)> changes;
  const char* subject;  // of the warning; empty: none in 1,000 windows
  WindowNumber by = 5;
};

class EnvironmentShape : public testing::TestWithParam<EnvironmentCase> {};

TEST_P(EnvironmentShape, IsAWarningInTimeOrNever) {
  const EnvironmentCase& shape = GetParam();
  EnvironmentRules rules(64);
  for (WindowNumber window = 1; window <= 1000; ++window) {
    Drafts drafts;
    rules.Observe(window, shape.changes(window), drafts);
    for (const Draft& draft : drafts) {
      EXPECT_EQ(draft.rule, kEnvironmentChanged);
      if (draft.severity == Severity::kInfo) continue;
      EXPECT_EQ(draft.subject, shape.subject);
      EXPECT_LE(window, shape.by);
      EXPECT_EQ(draft.stack, StackId{7});
      return;
    }
  }
  EXPECT_STREQ(shape.subject, "");
}

INSTANTIATE_TEST_SUITE_P(
    All, EnvironmentShape,
    testing::Values(
        EnvironmentCase{"AnotherValueEachTime", [](WindowNumber) { return Changes{Change("TENANT")}; },
                        "TENANT"},
        EnvironmentCase{"AnotherValueEverySecondTime",
                        [](WindowNumber w) { return w % 2 == 0 ? Changes{Change("TENANT")} : Changes{}; },
                        "TENANT", 40},
        EnvironmentCase{
            "ANameForEachRequest",
            [](WindowNumber w) { return Changes{Change("JOB_" + std::to_string(w), EntryChange::kAdded)}; },
            "JOB_*"},
        EnvironmentCase{
            "NamesWithoutAPattern",
            [](WindowNumber w) { return Changes{Change("X" + std::string(w, 'A'), EntryChange::kAdded)}; },
            "*"},
        EnvironmentCase{"AddedAndRemovedInTurn",
                        [](WindowNumber w) {
                          return Changes{
                              Change("TOKEN", w % 2 == 1 ? EntryChange::kAdded : EntryChange::kRemoved)};
                        },
                        "TOKEN"},
        EnvironmentCase{
            "SetOnceLate",
            [](WindowNumber w) { return w == 9 ? Changes{Change("TZ", EntryChange::kAdded)} : Changes{}; },
            ""},
        EnvironmentCase{
            "SetInTheColdStart",
            [](WindowNumber w) { return w == 1 ? Changes{Change("TZ", EntryChange::kAdded)} : Changes{}; },
            ""},
        EnvironmentCase{"SeveralSetUpLazily",
                        [](WindowNumber w) {
                          return w <= 3
                                     ? Changes{Change(std::string("LIB") + "ABC"[w - 1], EntryChange::kAdded)}
                                     : Changes{};
                        },
                        ""},
        EnvironmentCase{"NothingChanges", [](WindowNumber) { return Changes{}; }, ""}),
    [](const auto& info) { return info.param.name; });

TEST(EnvironmentChanged, SaysWhatAnInvocationDid) {
  EnvironmentRules rules(64);
  Drafts drafts;
  rules.Observe(2,
                {Change("TENANT"), Change("NEW", EntryChange::kAdded), Change("OLD", EntryChange::kRemoved)},
                drafts);
  ASSERT_THAT(drafts, testing::SizeIs(3));
  EXPECT_EQ(drafts[0].fact, "environment variable TENANT is left with another value");
  EXPECT_EQ(drafts[1].fact, "environment variable NEW is added");
  EXPECT_EQ(drafts[2].fact, "environment variable OLD is removed");
}

}  // namespace
}  // namespace cleanslate
