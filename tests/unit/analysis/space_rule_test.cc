#include "analysis/space_rule.h"

#include <functional>
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

constexpr std::int64_t kMegabyte = 1 << 20;

struct SpaceCase {
  const char* name;
  std::function<std::optional<std::int64_t>(WindowNumber)> unaccounted;
  WindowNumber warned;  // 0: never, in 200 windows
};

class SpaceRuleCases : public testing::TestWithParam<SpaceCase> {};

TEST_P(SpaceRuleCases, AreJudged) {
  SpaceRule rule;
  FileSnapshot files;
  files.folder = "/tmp";
  WindowNumber warned = 0;
  for (WindowNumber window = 1; window <= 200 && warned == 0; ++window) {
    files.unaccounted = GetParam().unaccounted(window);
    Drafts drafts;
    rule.Observe(window, files, drafts);
    if (drafts.empty()) continue;
    warned = window;
    EXPECT_EQ(drafts.front().subject, "/tmp");
    EXPECT_EQ(drafts.front().severity, Severity::kWarning);
    EXPECT_EQ(drafts.front().bytes, *files.unaccounted);
    EXPECT_THAT(drafts.front().fact, testing::HasSubstr("of the file system of /tmp"));
  }
  EXPECT_EQ(warned, GetParam().warned);
}

INSTANTIATE_TEST_SUITE_P(
    Leaky, SpaceRuleCases,
    testing::Values(SpaceCase{"one a window", [](WindowNumber w) { return kMegabyte * w; }, 5},
                    SpaceCase{"one in every second", [](WindowNumber w) { return kMegabyte * (w / 2); }, 16},
                    SpaceCase{"known in every second only",
                              [](WindowNumber w) {
                                return w % 2 == 0 ? std::optional(kMegabyte * w) : std::nullopt;
                              },
                              16}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(
    Clean, SpaceRuleCases,
    testing::Values(SpaceCase{"nothing", [](WindowNumber) { return 0; }, 0},
                    SpaceCase{"unknown", [](WindowNumber) { return std::nullopt; }, 0},
                    SpaceCase{"once", [](WindowNumber w) { return w < 7 ? 0 : 5 * kMegabyte; }, 0},
                    SpaceCase{"comes and goes", [](WindowNumber w) { return w % 3 * kMegabyte; }, 0},
                    SpaceCase{"small change", [](WindowNumber w) { return 4096 * (w % 16); }, 0}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

}  // namespace
}  // namespace cleanslate
