#include "base/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cleanslate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Options Parse(std::vector<const char*> environment) {
  environment.push_back(nullptr);
  return ParseOptions(environment.data());
}

TEST(Options, AreTheContractsDefaultsInAnEmptyEnvironment) {
  const Options options = Parse({"PATH=/bin", "CLEANSLATER=1"});
  EXPECT_EQ(options.mode, WatchMode::kOn);
  EXPECT_EQ(options.report, ReportMode::kFindings);
  EXPECT_EQ(options.stacks, StackMode::kFull);
  EXPECT_EQ(options.state, static_cast<std::uint32_t>(kAllState));
  EXPECT_EQ(options.max_line, 4096u);
  EXPECT_EQ(options.budget_ms, 50);
  EXPECT_TRUE(options.residue);
  EXPECT_STREQ(options.output, "stderr");
  EXPECT_STREQ(options.tmp, "/tmp");
  EXPECT_STREQ(options.complaints, "");
}

TEST(Options, TakeEveryValueOfTheContract) {
  const Options options =
      Parse({"CLEANSLATE=always", "CLEANSLATE_OUTPUT=file:/var/log/r.jsonl", "CLEANSLATE_REPORT=all",
             "CLEANSLATE_MAX_LINE=65536", "CLEANSLATE_STATE=heap,descriptors", "CLEANSLATE_STACKS=caller",
             "CLEANSLATE_RESIDUE=off", "CLEANSLATE_TMP=/tmp:/mnt/x", "CLEANSLATE_BUDGET_MS=7",
             "CLEANSLATE_SUPPRESSIONS=/etc/c.supp", "CLEANSLATE_NEXT_WRAPPER=/opt/other",
             "CLEANSLATE_PROBES=node"});
  EXPECT_EQ(options.mode, WatchMode::kAlways);
  EXPECT_STREQ(options.output, "file:/var/log/r.jsonl");
  EXPECT_EQ(options.report, ReportMode::kAll);
  EXPECT_EQ(options.max_line, 65536u);
  EXPECT_EQ(options.state, static_cast<std::uint32_t>(kHeapState | kDescriptorState));
  EXPECT_EQ(options.stacks, StackMode::kCaller);
  EXPECT_FALSE(options.residue);
  EXPECT_EQ(options.probes, static_cast<std::uint32_t>(kNodeProbe));
  EXPECT_STREQ(options.tmp, "/tmp:/mnt/x");
  EXPECT_EQ(options.budget_ms, 7);
  EXPECT_STREQ(options.suppressions, "/etc/c.supp");
  EXPECT_STREQ(options.complaints, "");
}

TEST(Options, AnEmptyValueIsTheDefault) {
  const Options options = Parse({"CLEANSLATE=", "CLEANSLATE_OUTPUT=", "CLEANSLATE_TMP="});
  EXPECT_EQ(options.mode, WatchMode::kOn);
  EXPECT_STREQ(options.output, "stderr");
  EXPECT_STREQ(options.complaints, "");
}

TEST(Options, AnUnknownNameIsSaidOnceByNameWithoutItsValue) {
  const Options options = Parse({"CLEANSLATE_REPROT=hunter2"});
  EXPECT_STREQ(options.complaints,
               "cleanslate: CLEANSLATE_REPROT is not a variable of cleanslate; it is ignored\n");
}

struct BadValue {
  const char* variable;
  const char* name;
};

class OptionsBadValue : public ::testing::TestWithParam<BadValue> {};

TEST_P(OptionsBadValue, IsSaidByNameAndTheDefaultHolds) {
  const Options options = Parse({GetParam().variable});
  EXPECT_THAT(options.complaints, HasSubstr(std::string("cleanslate: ") + GetParam().name + " has a value"));
  EXPECT_THAT(options.complaints, Not(HasSubstr("secret")));
  EXPECT_EQ(options.mode, WatchMode::kOn);
  EXPECT_EQ(options.max_line, 4096u);
  EXPECT_EQ(options.budget_ms, 50);
  EXPECT_EQ(options.state, static_cast<std::uint32_t>(kAllState));
  EXPECT_STREQ(options.output, "stderr");
}

INSTANTIATE_TEST_SUITE_P(All, OptionsBadValue,
                         ::testing::Values(BadValue{"CLEANSLATE=secret", "CLEANSLATE"},
                                           BadValue{"CLEANSLATE_OUTPUT=secret", "CLEANSLATE_OUTPUT"},
                                           BadValue{"CLEANSLATE_OUTPUT=file:", "CLEANSLATE_OUTPUT"},
                                           BadValue{"CLEANSLATE_REPORT=some", "CLEANSLATE_REPORT"},
                                           BadValue{"CLEANSLATE_MAX_LINE=12", "CLEANSLATE_MAX_LINE"},
                                           BadValue{"CLEANSLATE_MAX_LINE=4k", "CLEANSLATE_MAX_LINE"},
                                           BadValue{"CLEANSLATE_MAX_LINE=99999999999999999999",
                                                    "CLEANSLATE_MAX_LINE"},
                                           BadValue{"CLEANSLATE_STATE=heap,secret", "CLEANSLATE_STATE"},
                                           BadValue{"CLEANSLATE_STACKS=half", "CLEANSLATE_STACKS"},
                                           BadValue{"CLEANSLATE_RESIDUE=maybe", "CLEANSLATE_RESIDUE"},
                                           BadValue{"CLEANSLATE_PROBES=perl", "CLEANSLATE_PROBES"},
                                           BadValue{"CLEANSLATE_BUDGET_MS=-1", "CLEANSLATE_BUDGET_MS"},
                                           BadValue{"CLEANSLATE_BUDGET_MS=0", "CLEANSLATE_BUDGET_MS"}));

TEST(Options, ComplaintsThatFindNoRoomAreLeftOutWhole) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("CLEANSLATE_X" + std::to_string(i) + "=1");
  std::vector<const char*> environment;
  for (const std::string& name : names) environment.push_back(name.c_str());
  const std::string complaints = Parse(environment).complaints;
  EXPECT_LT(complaints.size(), sizeof(Options::complaints));
  EXPECT_TRUE(complaints.ends_with("it is ignored\n"));
}

TEST(Options, APathThatIsTooLongIsAComplaint) {
  const std::string variable = "CLEANSLATE_TMP=/" + std::string(5000, 'x');
  const Options options = Parse({variable.c_str()});
  EXPECT_STREQ(options.tmp, "/tmp");
  EXPECT_THAT(options.complaints, HasSubstr("CLEANSLATE_TMP"));
}

}  // namespace
}  // namespace cleanslate
