#include "analysis/variable_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "analysis/message.h"
#include "analysis/rule_names.h"
#include "probe/variable_memory.h"

namespace cleanslate {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

Variable Named(std::string name, std::string kind = "dict") {
  Variable variable;
  variable.name = std::move(name);
  variable.kind = std::move(kind);
  variable.file = "app.py";
  variable.line = 3;
  return variable;
}

// The drafts of the last window, after a program's variables were looked at over several.
class VariableRulesTest : public testing::Test {
 protected:
  using Program = std::function<std::vector<Variable>(WindowNumber)>;

  Drafts Run(WindowNumber windows, const Program& program) {
    Drafts drafts;
    for (WindowNumber window = 0; window <= windows; ++window) {
      drafts.clear();
      VariableSnapshot now;
      memory_.Note(window, program(window), {}, now.changed);
      rules_.Observe(window, now, drafts);
      warnings_ += static_cast<std::int64_t>(drafts.size());
    }
    return drafts;
  }

  VariableMemory memory_;
  VariableRules rules_{64};
  std::int64_t warnings_ = 0;
};

auto Says(std::string_view rule, const std::string& subject, std::int64_t count) {
  return AllOf(Field(&Draft::rule, rule), Field(&Draft::subject, subject), Field(&Draft::count, count),
               Field(&Draft::file, "app.py"), Field(&Draft::line, 3));
}

TEST_F(VariableRulesTest, NamesWhatGrowsByTheFifthInvocation) {
  const auto drafts = Run(5, [](WindowNumber window) {
    Variable list = Named("app.cache", "list");
    list.entries = window;
    list.texts = 100 + window;
    list.object = 1;
    return std::vector{list};
  });
  ASSERT_THAT(drafts, ElementsAre(Says(kVariableGrowth, "app.cache", 5)));
  EXPECT_EQ(drafts[0].severity, Severity::kWarning);
  EXPECT_EQ(Sentence(drafts[0], "app.cache", {}),
            "list app.cache grew by 1 entry in each of the last 4 invocations (now 5)");
  EXPECT_EQ(drafts[0].first_seen, 2);  // the cold start is no evidence
}

TEST_F(VariableRulesTest, CountsTheVariablesOwnEntriesWhereTheseGrow) {
  const auto drafts = Run(5, [](WindowNumber window) {
    Variable list = Named("app.orders", "list");  // of dictionaries with ten members
    list.size = window;
    list.entries = 11 * window;
    Variable state = Named("app.state");  // state["recent"] grows
    state.size = 3;
    state.entries = 3 + window;
    return std::vector{list, state};
  });
  ASSERT_THAT(drafts,
              ElementsAre(Says(kVariableGrowth, "app.orders", 5), Says(kVariableGrowth, "app.state", 8)));
  EXPECT_EQ(Sentence(drafts[0], "app.orders", {}),
            "list app.orders grew by 1 entry in each of the last 4 invocations (now 5)");
}

TEST_F(VariableRulesTest, IsSilentAboutWhatFillsOnceOrIsKeptBounded) {
  Run(1000, [](WindowNumber window) {
    Variable warm = Named("app.warm");  // lazy imports, a table that is built by the first calls
    warm.entries = std::min<WindowNumber>(window, 2);
    Variable fixed = Named("app.lookup", "lru_cache");
    fixed.entries = window;
    fixed.bound = VariableBound::kFixed;
    Variable evicting = Named("app.recent", "deque");
    evicting.entries = std::min<WindowNumber>(window, 500);
    evicting.texts = 1 + window;
    evicting.object = 2;
    evicting.bound = VariableBound::kEvicts;
    Variable counter = Named("app.count", "int");
    counter.rest = window;
    return std::vector{warm, fixed, evicting, counter};
  });
  EXPECT_EQ(warnings_, 0);
}

TEST_F(VariableRulesTest, ATableOfCountsFillsUpAndMayLeakAllTheSame) {
  const auto counter = [](WindowNumber kinds) {
    Variable table = Named("app.calls", "Counter");
    table.entries = kinds;
    table.bound = VariableBound::kCounts;
    return std::vector{table};
  };
  Run(200, [&](WindowNumber window) { return counter(std::min<WindowNumber>(window, 20)); });
  EXPECT_EQ(warnings_, 0);
  const auto drafts = Run(40, [&](WindowNumber window) {
    Variable table = counter(window).front();
    table.name = "app.by_user";
    return std::vector{table};
  });
  EXPECT_THAT(drafts, ElementsAre(Says(kVariableGrowth, "app.by_user", 40)));
}

TEST_F(VariableRulesTest, EvictionThatNeverComesIsGrowthInTheEnd) {
  const auto drafts = Run(1100, [](WindowNumber window) {
    Variable evicting = Named("app.recent");
    evicting.entries = window;
    evicting.bound = VariableBound::kEvicts;
    return std::vector{evicting};
  });
  EXPECT_THAT(drafts, ElementsAre(Says(kVariableGrowth, "app.recent", 1100)));
}

TEST_F(VariableRulesTest, NamesTextThatTakesTheOthersPlace) {
  const auto drafts = Run(5, [](WindowNumber window) {
    Variable name = Named("app.svc.user", "str");
    name.texts = 1 + window;
    Variable event = Named("app.last");  // another dict each time, larger and smaller
    event.entries = 5 + window % 3;
    event.texts = 1 + window;
    event.object = 1 + window;
    return std::vector{name, event};
  });
  EXPECT_THAT(drafts, ElementsAre(Says(kVariableReplaced, "app.svc.user", 1),
                                  Says(kVariableReplaced, "app.last", 1)));
  EXPECT_EQ(Sentence(drafts[0], "app.svc.user", {}),
            "str app.svc.user is left with other text, in each of the last 4 invocations");
}

TEST_F(VariableRulesTest, IsSilentAboutTextThatIsPutBackOrSetOnce) {
  Run(100, [](WindowNumber window) {
    Variable token = Named("app.token", "str");  // renewed once an hour
    token.texts = 1 + window / 40;
    Variable growing = Named("app.ring", "deque");
    growing.texts = 1 + window;
    growing.entries = 10;
    growing.bound = VariableBound::kFixed;
    return std::vector{token, growing};
  });
  EXPECT_EQ(warnings_, 0);
}

TEST_F(VariableRulesTest, NamesDefaultsThatAreMutated) {
  const auto drafts = Run(5, [](WindowNumber window) {
    Variable items = Named("app.add(items=)", "list");
    items.role = VariableRole::kDefault;
    items.entries = window;
    items.texts = 1 + window;
    Variable state = Named("app.put(state=)");
    state.role = VariableRole::kDefault;
    state.entries = 1;
    state.texts = 1 + window;
    Variable memo = Named("app.square(memo=)");
    memo.role = VariableRole::kDefault;
    memo.entries = std::min<WindowNumber>(window, 1);
    return std::vector{items, state, memo};
  });
  ASSERT_THAT(drafts, ElementsAre(Says(kDefaultArgumentMutated, "app.add(items=)", 5),
                                  Says(kDefaultArgumentMutated, "app.put(state=)", 1)));
  EXPECT_EQ(Sentence(drafts[0], drafts[0].subject, {}),
            "default list app.add(items=) grew by 1 entry in each of the last 4 invocations (now 5)");
}

TEST_F(VariableRulesTest, AValueOfTheEventIsCriticalAtOnce) {
  const auto drafts = Run(1, [](WindowNumber window) {
    Variable last = Named("app.svc.last_event");
    last.texts = 1 + window;
    if (window > 0)
      last.holds = {{"event.token", false}, {"event.user.id", false}, {"event.a", false}, {"event.b", false}};
    return std::vector{last};
  });
  ASSERT_THAT(drafts, ElementsAre(Says(kPayloadRetained, "app.svc.last_event", 4)));
  EXPECT_EQ(drafts[0].severity, Severity::kCritical);
  EXPECT_EQ(Sentence(drafts[0], drafts[0].subject, {}),
            "app.svc.last_event holds event.token, event.user.id, event.a and 1 more value of the event");
}

TEST_F(VariableRulesTest, ANumberMustFollowItsFieldForSomeWindows) {
  const auto program = [](WindowNumber window) {
    Variable user = Named("app.svc.user_id", "int");
    user.rest = 1 + window;
    if (window > 0) user.holds = {{"event.user_id", true}};
    return std::vector{user};
  };
  EXPECT_THAT(Run(2, program), IsEmpty());
  rules_ = VariableRules(64);
  memory_ = VariableMemory();
  const auto drafts = Run(5, program);
  ASSERT_THAT(drafts, ElementsAre(Says(kVariableReplaced, "app.svc.user_id", 1)));
  EXPECT_EQ(Sentence(drafts[0], drafts[0].subject, {}),
            "app.svc.user_id is left with event.user_id, in each of the last 4 invocations");
}

}  // namespace
}  // namespace cleanslate
