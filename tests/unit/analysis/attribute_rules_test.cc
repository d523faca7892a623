#include "analysis/attribute_rules.h"

#include <functional>
#include <string>

#include "analysis/rule_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

ProcessAttribute Of(AttributeKind kind, std::string name, std::string value) {
  ProcessAttribute attribute;
  attribute.kind = kind;
  attribute.name = std::move(name);
  attribute.value = std::move(value);
  return attribute;
}

struct AttributeCase {
  const char* name;
  AttributeKind kind;
  const char* attribute;
  const char* baseline;
  // The value at the window's end, and whether an invocation was seen to set it.
  std::function<std::pair<std::string, bool>(WindowNumber)> act;
  const char* rule;  // empty: no warning in 1,000 windows
  const char* subject;
  const char* fact;
};

class AttributeShape : public testing::TestWithParam<AttributeCase> {};

TEST_P(AttributeShape, IsAWarningInTimeOrNever) {
  const AttributeCase& shape = GetParam();
  AttributeRules rules(64);
  ProcessAttribute before = Of(shape.kind, shape.attribute, shape.baseline);
  Drafts drafts;
  rules.Observe(0, {before}, {}, drafts);
  EXPECT_THAT(drafts, testing::IsEmpty());
  for (WindowNumber window = 1; window <= 1000; ++window) {
    const auto [value, set] = shape.act(window);
    ProcessAttribute now = Of(shape.kind, shape.attribute, value);
    now.born = set ? window : before.born;
    std::vector<AttributeChange> changes;
    if (now.value != before.value) changes.push_back({now, before});
    drafts.clear();
    rules.Observe(window, {now}, changes, drafts);
    before = now;
    for (const Draft& draft : drafts) {
      if (draft.severity == Severity::kInfo) continue;
      EXPECT_EQ(draft.rule, shape.rule);
      EXPECT_EQ(draft.subject, shape.subject);
      EXPECT_EQ(draft.fact, shape.fact);
      EXPECT_LE(window, 5u);
      return;
    }
  }
  EXPECT_STREQ(shape.rule, "");
}

std::pair<std::string, bool> Leaving(const std::string& value) {
  return {value, true};
}

INSTANTIATE_TEST_SUITE_P(
    All, AttributeShape,
    testing::Values(
        AttributeCase{"SameFolderEachTime", AttributeKind::kWorkingDirectory, "working-directory",
                      "/var/task", [](WindowNumber) { return Leaving("/tmp"); }, "working-directory-changed",
                      "/tmp", "the working directory is left at /tmp (it was /var/task)"},
        AttributeCase{"AFolderARequest", AttributeKind::kWorkingDirectory, "working-directory", "/var/task",
                      [](WindowNumber w) { return Leaving("/tmp/job-" + std::to_string(w)); },
                      "working-directory-changed", "/tmp/job-*",
                      "the working directory is left at /tmp/job-5 (it was /var/task)"},
        AttributeCase{"ChangedWithoutACallSeen", AttributeKind::kWorkingDirectory, "working-directory",
                      "/var/task",
                      [](WindowNumber w) { return std::pair("/tmp/" + std::string(w, 'x'), false); },
                      "working-directory-changed", "/tmp/xxxxx",
                      "the working directory is left at /tmp/xxxxx (it was /var/task)"},
        AttributeCase{"Umask", AttributeKind::kUmask, "umask", "0022",
                      [](WindowNumber) { return Leaving("0000"); }, "umask-changed", "umask",
                      "the umask is left at 0000 (it was 0022)"},
        AttributeCase{"Locale", AttributeKind::kLocale, "locale LC_TIME", "C",
                      [](WindowNumber) { return Leaving("de_DE"); }, "locale-changed", "locale",
                      "the locale (LC_TIME) is left at de_DE (it was C)"},
        AttributeCase{"Handler", AttributeKind::kSignalHandler, "signal SIGTERM", "default",
                      [](WindowNumber) { return Leaving("handled"); }, "signal-handler-changed", "SIGTERM",
                      "the handler of SIGTERM is left set (it was default)"},
        AttributeCase{"Ignored", AttributeKind::kSignalHandler, "signal SIGPIPE", "default",
                      [](WindowNumber) { return Leaving("ignored"); }, "signal-handler-changed", "SIGPIPE",
                      "the handler of SIGPIPE is left at ignored (it was default)"},
        AttributeCase{"RestoredEachTime", AttributeKind::kUmask, "umask", "0022",
                      [](WindowNumber) { return Leaving("0022"); }, "", "", ""},
        AttributeCase{"SetOnceLazily", AttributeKind::kSignalHandler, "signal SIGCHLD", "default",
                      [](WindowNumber w) {
                        return std::pair<std::string, bool>(w < 3 ? "default" : "handled", w == 3);
                      },
                      "", "", ""},
        AttributeCase{"SetInTheColdStart", AttributeKind::kWorkingDirectory, "working-directory", "/var/task",
                      [](WindowNumber w) { return std::pair<std::string, bool>("/tmp", w == 1); }, "", "",
                      ""},
        AttributeCase{"ALimitIsNoFinding", AttributeKind::kResourceLimit, "limit nofile", "1024 of 4096",
                      [](WindowNumber w) { return Leaving(std::to_string(w)); }, "", "", ""}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cleanslate
