#include "analysis/freeze_rules.h"

#include <functional>
#include <string>

#include "analysis/rule_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

void Do(Snapshot& now, ActivityKind kind, const std::string& what) {
  now.after_response.push_back({kind, what, 1, StackId{5}});
}

void FindDead(Snapshot& now, const std::string& peer, bool used, bool kept) {
  now.stale.push_back({7, peer, used, kept, StackId{6}});
}

struct FreezeCase {
  const char* name;
  std::function<void(WindowNumber, Snapshot&)> act;
  std::string_view rule;  // empty: no warning in 1,000 windows
  const char* subject = "";
  WindowNumber by = 5;
};

class Freeze : public testing::TestWithParam<FreezeCase> {};

TEST_P(Freeze, IsAWarningInTimeOrNever) {
  const FreezeCase& shape = GetParam();
  FreezeRules rules(64);
  for (WindowNumber window = 1; window <= 1000; ++window) {
    Snapshot now;
    now.window = window;
    shape.act(window, now);
    Drafts drafts;
    rules.Observe(now, drafts);
    for (const Draft& draft : drafts) {
      if (draft.severity == Severity::kInfo) continue;
      EXPECT_EQ(draft.rule, shape.rule);
      EXPECT_EQ(draft.subject, shape.subject);
      EXPECT_LE(window, shape.by);
      return;
    }
  }
  EXPECT_EQ(shape.rule, "");
}

INSTANTIATE_TEST_SUITE_P(
    All, Freeze,
    testing::Values(
        FreezeCase{"AFileEachTime",
                   [](WindowNumber w, Snapshot& now) {
                     Do(now, ActivityKind::kFile, "/tmp/late-" + std::to_string(w));
                   },
                   kPostResponseActivity, "/tmp/late-*"},
        FreezeCase{
            "AConnectionEachTime",
            [](WindowNumber, Snapshot& now) { Do(now, ActivityKind::kConnection, "tcp 10.0.0.7:443"); },
            kPostResponseActivity, "tcp 10.0.0.7:443"},
        FreezeCase{"AProcessNobodySeesAnyMore",
                   [](WindowNumber, Snapshot& now) { Do(now, ActivityKind::kProcess, ""); },
                   kPostResponseActivity, ""},
        FreezeCase{"EveryTenthTime",
                   [](WindowNumber w, Snapshot& now) {
                     if (w % 10 == 0) Do(now, ActivityKind::kAttribute, "environment variable TENANT");
                   },
                   kPostResponseActivity, "environment variable TENANT", 40},
        FreezeCase{"ALazyImportOnce",
                   [](WindowNumber w, Snapshot& now) {
                     if (w == 2) Do(now, ActivityKind::kDescriptor, "/opt/lib/extra.so");
                   },
                   ""},
        FreezeCase{"AnExtensionConnectsAtTheStart",
                   [](WindowNumber w, Snapshot& now) {
                     if (w == 1) Do(now, ActivityKind::kConnection, "tcp 127.0.0.1:8126");
                   },
                   ""},
        FreezeCase{"SentOnADeadConnection",
                   [](WindowNumber w, Snapshot& now) {
                     if (w == 7) FindDead(now, "tcp 10.0.0.7:5432", true, false);
                   },
                   kStaleConnection, "tcp 10.0.0.7:5432", 7},
        FreezeCase{"DeadConnectionsStayInThePool",
                   [](WindowNumber, Snapshot& now) { FindDead(now, "tcp 10.0.0.7:6379", false, true); },
                   kStaleConnection, "tcp 10.0.0.7:6379"},
        FreezeCase{"OneStaysOnce",
                   [](WindowNumber w, Snapshot& now) {
                     if (w == 4) FindDead(now, "tcp 10.0.0.7:6379", false, true);
                   },
                   ""},
        FreezeCase{"TheClientNotices",
                   [](WindowNumber, Snapshot& now) { FindDead(now, "tcp 10.0.0.7:443", false, false); }, ""}),
    [](const auto& info) { return info.param.name; });

TEST(Freeze, SaysWhatHappened) {
  FreezeRules rules(64);
  Snapshot now;
  now.window = 3;
  Do(now, ActivityKind::kFile, "/tmp/late.txt");
  Do(now, ActivityKind::kThread, "");
  FindDead(now, "tcp 10.0.0.7:5432", true, false);
  Drafts drafts;
  rules.Observe(now, drafts);
  ASSERT_THAT(drafts, testing::SizeIs(3));
  EXPECT_EQ(drafts[0].fact, "/tmp/late.txt is written after the response was sent");
  EXPECT_EQ(drafts[1].fact, "a thread is started after the response was sent");
  EXPECT_EQ(drafts[2].fact,
            "a connection to tcp 10.0.0.7:5432 that its peer had closed was used by the invocation");
}

}  // namespace
}  // namespace cleanslate
