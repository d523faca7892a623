#include "report/report_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gzip_text.h"
#include "nlohmann/json.hpp"
#include "report/json_line.h"
#include "report/output_options.h"
#include "sample_reports.h"

namespace cleanslate {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ReportCommand : public ::testing::Test {
 protected:
  ReportCommand() {
    std::string pattern = ::testing::TempDir() + "reportXXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ReportCommand() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::string Content(const std::string& name) {
    std::ifstream file(folder_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The exit code; the outputs are in `out` and `err`.
  int Run(std::vector<std::string> arguments) {
    CLI::App app;
    std::function<int()> action;
    AddReportCommand(app, action);
    AddExplainCommand(app, action);
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = action();
    out = ::testing::internal::GetCapturedStdout();
    err = ::testing::internal::GetCapturedStderr();
    return code;
  }

  std::string Line() { return ToLine(samples::Orders()) + "\n"; }

  std::string folder_;
  std::string out, err;
};

TEST_F(ReportCommand, ReadsFilesAndGzipTogether) {
  Report other = samples::Orders();
  other.environment = "other";
  const std::string plain = Write("plain", "START\n" + Line());
  const std::string gzip = Write("gzip", GzipText(ToLine(other) + "\n"));
  EXPECT_EQ(Run({"report", "--format", "json", plain, gzip}), kExitDone);
  EXPECT_EQ(json::parse(out)["windows"], 2);
  EXPECT_EQ(json::parse(out)["totals"]["foreign"], 1);
  EXPECT_THAT(err, IsEmpty());
}

TEST_F(ReportCommand, ReadsStandardInput) {
  const std::string path = Write("log", Line());
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"report", "-"}, {"report"}}) {
    const int saved = dup(STDIN_FILENO);
    ASSERT_NE(std::freopen(path.c_str(), "r", stdin), nullptr);
    EXPECT_EQ(Run(arguments), kExitDone);
    dup2(saved, STDIN_FILENO);
    close(saved);
    EXPECT_THAT(out, HasSubstr("app.cache"));
  }
}

TEST_F(ReportCommand, ReadsTheOtherFilesWhenOneIsMissing) {
  EXPECT_EQ(Run({"report", folder_ + "/missing", Write("log", Line())}), kExitUnreadable);
  EXPECT_EQ(err, "cleanslate: cannot read " + folder_ + "/missing: No such file or directory\n");
  EXPECT_THAT(out, HasSubstr("app.cache"));
}

TEST_F(ReportCommand, FailsOnWhatItIsTold) {
  const std::string log = Write("log", Line());
  EXPECT_EQ(Run({"report", "--fail-on", "warning", log}), kExitFailOn);
  EXPECT_THAT(out, HasSubstr("app.cache"));
  EXPECT_EQ(Run({"report", "--fail-on", "critical", log}), kExitDone);
  EXPECT_EQ(Run({"report", "--fail-on", "variable-growth,critical", log}), kExitFailOn);
  EXPECT_EQ(Run({"report", "--fail-on", "heap-growth", log}), kExitDone);
  EXPECT_EQ(Run({"report", "--fail-on", "nonsense", log}), kExitUsage);
  EXPECT_THAT(err, HasSubstr("`nonsense`"));
  EXPECT_THAT(out, IsEmpty());
}

TEST_F(ReportCommand, KeepsQuietAboutWhatIsSuppressed) {
  const std::string log = Write("log", Line());
  const std::string suppressions = Write("supp", "# known\nno colon here\nvariable-growth:app.cache\n");
  EXPECT_EQ(Run({"report", "--suppressions", suppressions, "--fail-on", "info", log}), kExitDone);
  EXPECT_THAT(err, HasSubstr(suppressions + ":2: "));
  EXPECT_THAT(out, HasSubstr("1 finding suppressed (variable-growth:app.cache 1x)"));
  EXPECT_THAT(out, Not(HasSubstr("warning")));
  EXPECT_THAT(out, Not(HasSubstr("never matched")));
  EXPECT_EQ(Run({"report", "--suppressions", Write("other", "heap-growth:*\n"), "--fail-on", "info", log}),
            kExitFailOn);
  EXPECT_EQ(Run({"report", "--suppressions", folder_ + "/missing", log}), kExitUsage);
  EXPECT_THAT(err, HasSubstr("missing: No such file or directory"));
}

TEST_F(ReportCommand, TellsOfSuppressionsThatDoNothing) {
  Report other = samples::Orders();
  other.environment = "other";
  other.findings.clear();
  other.suppressed = {{"tmp-growth:/tmp/cache/*", 2}};  // by the function itself
  const std::string log = Write("log", Line() + ToLine(other) + "\n");
  const std::string suppressions = Write("supp",
                                         "variable-growth:app.cache until=2020-02-29  # till the rewrite\n"
                                         "tmp-growth:/tmp/cache/*\n"
                                         "heap-growth:foo\n"
                                         "heap-growth:bar until=9999-12-31\n");
  EXPECT_EQ(Run({"report", "--suppressions", suppressions, "--fail-on", "warning", log}), kExitFailOn);
  EXPECT_EQ(err, "cleanslate: " + suppressions +
                     ":1: expired on 2020-02-29: variable-growth:app.cache no longer silences\n");
  EXPECT_THAT(out, HasSubstr("warning variable-growth: app.cache"));
  EXPECT_THAT(out, HasSubstr("2 findings suppressed (tmp-growth:/tmp/cache/* 2x)\n"));
  EXPECT_THAT(out, HasSubstr(":3: heap-growth:foo never matched"));
  EXPECT_THAT(out, HasSubstr(":4: heap-growth:bar never matched"));
  EXPECT_THAT(out, Not(HasSubstr(":1: ")));
  EXPECT_THAT(out, Not(HasSubstr(":2: ")));
  EXPECT_EQ(Run({"report", "--suppressions", suppressions, "--format", "json", log}), kExitDone);
  EXPECT_EQ(json::parse(out)["totals"]["unusedSuppressions"][0]["line"], 3);
}

TEST_F(ReportCommand, AccusesNoSuppressionWithoutKnowing) {
  const std::string suppressions = Write("supp", "heap-growth:foo\n");
  EXPECT_EQ(Run({"report", "--suppressions", suppressions, Write("empty", "")}), kExitDone);
  EXPECT_THAT(out, Not(HasSubstr("never matched"))) << "no window";
  Report report = samples::Orders();
  report.left_out["suppressed"] = 1;
  EXPECT_EQ(Run({"report", "--suppressions", suppressions, Write("log", ToLine(report) + "\n")}), kExitDone);
  EXPECT_THAT(out, Not(HasSubstr("never matched"))) << "a short line has dropped which one it was";
}

TEST_F(ReportCommand, WritesToAFile) {
  const std::string log = Write("log", Line());
  EXPECT_EQ(Run({"report", "-o", folder_ + "/out.json", "--format", "json", log}), kExitDone);
  EXPECT_THAT(out, IsEmpty());
  EXPECT_EQ(json::parse(Content("out.json"))["windows"], 1);
  EXPECT_EQ(Run({"report", "-o", folder_ + "/no/out", log}), kExitUsage);
  EXPECT_EQ(err, "cleanslate: --output: cannot write " + folder_ + "/no/out: No such file or directory\n");
  EXPECT_EQ(Run({"report", "-o", "/dev/full", log}), kExitUsage);
  EXPECT_THAT(err, HasSubstr("cannot write /dev/full: No space left on device"));
}

TEST_F(ReportCommand, RefusesWhatItCanNotDo) {
  const std::string log = Write("log", Line());
  for (const char* format : {"html", "sarif", "junit", "xml", ""}) {
    EXPECT_EQ(Run({"report", "--format", format, log}), kExitUsage) << format;
    EXPECT_THAT(err, HasSubstr("--format"));
  }
  EXPECT_EQ(Run({"report", "--color", "sometimes", log}), kExitUsage);
}

TEST_F(ReportCommand, ColoursByOptionAndEnvironment) {
  const std::string log = Write("log", Line());
  EXPECT_EQ(Run({"report", log}), kExitDone);
  EXPECT_THAT(out, Not(HasSubstr("\x1b"))) << "no terminal";
  setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(Run({"report", "--color", "always", log}), kExitDone);
  EXPECT_THAT(out, HasSubstr("\x1b[")) << "an option is nearer than the environment";
  EXPECT_EQ(Run({"report", "--color", "always", "--format", "json", log}), kExitDone);
  EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  unsetenv("NO_COLOR");
}

TEST_F(ReportCommand, SaysThatThereWasNothing) {
  EXPECT_EQ(Run({"report", Write("empty", "")}), kExitDone);
  EXPECT_EQ(out, "no reports were found\n");
}

TEST_F(ReportCommand, Explains) {
  EXPECT_EQ(Run({"explain"}), kExitDone);
  EXPECT_THAT(out, HasSubstr("heap-growth"));
  EXPECT_THAT(out, HasSubstr("limit-approaching"));
  EXPECT_THAT(out, HasSubstr("\naws-trace-id "));
  EXPECT_EQ(Run({"explain", "aws-trace-id"}), kExitDone);
  EXPECT_THAT(out, HasSubstr("Why it is harmless\n"));
  EXPECT_THAT(out, HasSubstr("environment-changed: _X_AMZN_TRACE_ID\n"));
  EXPECT_EQ(Run({"explain", "python-re-cash"}), kExitUsage);
  EXPECT_EQ(err, "cleanslate: there is no rule `python-re-cash`: is it python-re-cache?\n");
  EXPECT_EQ(Run({"explain", "tmp-growth"}), kExitDone);
  EXPECT_THAT(out, HasSubstr("Why it matters"));
  EXPECT_THAT(out, HasSubstr("\n    tmp-growth:GLOB until=2026-12-31 # "));
  EXPECT_EQ(Run({"explain", "tmp-grwth"}), kExitUsage);
  EXPECT_EQ(err, "cleanslate: there is no rule `tmp-grwth`: is it tmp-growth?\n");
  EXPECT_EQ(Run({"explain", "zzz\x1b[2J"}), kExitUsage);
  EXPECT_THAT(err, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace cleanslate
