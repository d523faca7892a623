#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "run/child_environment.h"
#include "run/events.h"
#include "run/handler.h"
#include "run/line_splitter.h"
#include "run/run_command.h"
#include "run/watch_check.h"

namespace cleanslate {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class FolderTest : public ::testing::Test {
 protected:
  FolderTest() {
    std::string name = fs::temp_directory_path() / "cleanslate-test-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~FolderTest() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

  fs::path folder_;
};

using Events = FolderTest;

TEST_F(Events, WithoutAnyThereIsOneEmptyObject) {
  EXPECT_THAT(*LoadEvents({}, ""), ElementsAre("{}"));
}

TEST_F(Events, KeepTheirBytesAndOrder) {
  const std::string file = Write("one.json", "{\n  \"a\": 1.0\n}\n");
  const std::string lines = Write("more.jsonl", "[1]\n\n  \n\"two\"\r\nnull");
  EXPECT_THAT(*LoadEvents({"{\"b\":  2}", "@" + file}, lines),
              ElementsAre("{\"b\":  2}", "{\n  \"a\": 1.0\n}\n", "[1]", "\"two\"", "null"));
}

TEST_F(Events, WhatIsNotJsonIsNamedWithItsPlace) {
  const auto given = LoadEvents({"{\"a\":}"}, "");
  EXPECT_EQ(given.failure().code, kExitUnreadable);
  EXPECT_THAT(given.failure().message, StartsWith("--event: not JSON: line 1, column 6: "));
  const std::string file = Write("bad.json", "{\n  \"a\": nope\n}");
  EXPECT_THAT(LoadEvents({"@" + file}, "").failure().message,
              StartsWith(file + ": not JSON: line 2, column "));
  const std::string lines = Write("bad.jsonl", "{}\n{}\n{\"a\" 1}\n");
  EXPECT_THAT(LoadEvents({}, lines).failure().message, StartsWith(lines + ": not JSON: line 3, column 6: "));
  EXPECT_THAT(LoadEvents({""}, "").failure().message, HasSubstr("not JSON: line 1, column 1"));
}

TEST_F(Events, AMessageIsOneLine) {
  const std::string message = LoadEvents({"{\"a\n\": \x01 \"\n"}, "").failure().message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST_F(Events, FilesThatCannotBeReadAreNamed) {
  EXPECT_THAT(LoadEvents({"@/nonexistent/e.json"}, "").failure().message, HasSubstr("/nonexistent/e.json"));
  EXPECT_EQ(LoadEvents({}, "/nonexistent/e.jsonl").failure().code, kExitUnreadable);
  EXPECT_EQ(LoadEvents({"@" + folder_.string()}, "").failure().code, kExitUnreadable);
  EXPECT_THAT(LoadEvents({}, Write("empty.jsonl", "\n\n")).failure().message, HasSubstr("no event"));
}

TEST_F(Events, BeyondTheLimitAreRefused) {
  const std::string most = "\"" + std::string(6 << 20, 'x') + "\"";
  EXPECT_TRUE(LoadEvents({most}, ""));
  EXPECT_EQ(LoadEvents({"\"" + std::string(7 << 20, 'x') + "\""}, "").failure().code, kExitUnreadable);
}

TEST(HandlerForm, IsAFileAndAFunction) {
  for (const char* handler :
       {"app.handler", "src/app.handler", "a.b.handler", "index.$handler", "my-app.main",
        "example.Handler::handleRequest", "Assembly::Name.Space.Class::Method"}) {
    EXPECT_TRUE(HasHandlerForm(handler)) << handler;
  }
  for (const char* other : {"", "app", "-m", "--x=a.b", ".hidden", "app.", "a b.c", "1.5", "dir/", "./",
                            "app.2x", "http://host.name", "Class::"}) {
    EXPECT_FALSE(HasHandlerForm(other)) << other;
  }
}

using Handler = FolderTest;

TEST_F(Handler, AFileThatExistsIsNoHandler) {
  const std::string script = Write("app.py", "");
  EXPECT_FALSE(HasHandlerForm(script));
}

TEST_F(Handler, WhatIsMissingIsSaid) {
  const auto none = CommandOfHandler("app.handler", folder_, folder_, "/nonexistent");
  EXPECT_EQ(none.failure().code, kExitUnreadable);
  EXPECT_THAT(none.failure().message, HasSubstr("--root"));
  EXPECT_EQ(CommandOfHandler("handler", folder_, folder_, "").failure().code, kExitUsage);
  Write("app.py", "");
  EXPECT_THAT(CommandOfHandler("app.handler", folder_, folder_, "/nonexistent").failure().message,
              HasSubstr("pip install awslambdaric"));
  Write("web/index.mjs", "");
  EXPECT_THAT(CommandOfHandler("web/index.handler", folder_, folder_, "/nonexistent").failure().message,
              HasSubstr("npm install aws-lambda-ric"));
  Write("r.rb", "");
  EXPECT_THAT(CommandOfHandler("r.handler", folder_, folder_, "").failure().message, HasSubstr("Ruby"));
}

TEST_F(Handler, TheFirstPythonThatHasTheClientIsTaken) {
  Write("src/app.py", "");
  const auto python = [this](const std::string& name, const std::string& script) {
    const std::string path = Write(name + "/python3", "#!/bin/sh\n" + script);
    fs::permissions(path, fs::perms::owner_all);
    return path;
  };
  const std::string without = python("without", "exit 1\n");
  const std::string with = python("with", "echo 3.12\n");
  const std::string path =
      fs::path(without).parent_path().string() + ":" + fs::path(with).parent_path().string();
  auto command = CommandOfHandler("src/app.handler", folder_, folder_, path);
  ASSERT_TRUE(command) << command.failure().message;
  EXPECT_THAT(command->arguments, ElementsAre(with, "-m", "awslambdaric", "src/app.handler"));
  EXPECT_EQ(command->execution_env, "AWS_Lambda_python3.12");
}

TEST_F(Handler, NodesClientIsFoundBesideTheFunction) {
  Write("app.js", "");
  const std::string script = Write("node_modules/aws-lambda-ric/bin/index.mjs", "");
  const std::string node = Write("bin/node", "#!/bin/sh\necho v22.4.0\n");
  fs::permissions(node, fs::perms::owner_all);
  auto command = CommandOfHandler("app.handler", folder_, folder_, (folder_ / "bin").string());
  ASSERT_TRUE(command) << command.failure().message;
  EXPECT_THAT(command->arguments, ElementsAre(node, script, "app.handler"));
  EXPECT_EQ(command->execution_env, "AWS_Lambda_nodejs22.x");
}

TEST(CommandLine, TheCommandBeginsAtTheFirstOtherWord) {
  CLI::App app;
  std::function<int()> action;
  const std::vector<std::string> none;
  AddRunCommand(app, none, action);
  const CLI::App& run = *app.get_subcommand("run");
  const auto split = [&run](const std::vector<std::string>& words) { return SplitCommandLine(run, words); };

  EXPECT_THAT(split({"-n", "3", "python3", "-m", "x", "-n", "9"}).options, ElementsAre("-n", "3"));
  EXPECT_THAT(split({"-n", "3", "python3", "-m", "x", "-n", "9"}).command,
              ElementsAre("python3", "-m", "x", "-n", "9"));
  EXPECT_THAT(split({"-n3", "--no-preload", "./bootstrap"}).options, ElementsAre("-n3", "--no-preload"));
  EXPECT_THAT(split({"--env=A=b", "--env", "C=d", "--", "--odd", "x"}).command, ElementsAre("--odd", "x"));
  EXPECT_THAT(split({"-e", "-1", "cmd"}).options, ElementsAre("-e", "-1"));
  EXPECT_THAT(split({"--handler", "app.handler"}).command, IsEmpty());
  EXPECT_THAT(split({"--unknown", "cmd"}).options, ElementsAre("--unknown"));
}

TEST(ChildEnvironment, LambdaOverTheCallersAndTheUserOverAll) {
  ChildSettings settings;
  settings.function_name = "orders";
  settings.root = "/task";
  settings.region = "eu-west-1";
  settings.memory_mb = 256;
  settings.port = 4711;
  settings.library = "/lib/libcleanslate.so";
  settings.report_output = "file:/proc/1/fd/3";
  settings.handler = "app.handler";
  settings.given = {{"TZ", "Europe/Berlin"}, {"MINE", "first"}, {"MINE", "x=y"}};
  const char* inherited[] = {"PATH=/bin",
                             "TZ=UTC",
                             "AWS_LAMBDA_RUNTIME_API=elsewhere",
                             "_HANDLER=other.handler",
                             "AWS_EXECUTION_ENV=AWS_Lambda_other",
                             "LD_PRELOAD=/lib/other.so",
                             nullptr};
  const std::vector<std::string> environment = ChildEnvironment(settings, inherited);
  for (const char* expected :
       {"PATH=/bin", "TZ=Europe/Berlin", "MINE=x=y", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:4711",
        "_HANDLER=app.handler", "AWS_LAMBDA_FUNCTION_NAME=orders", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
        "LAMBDA_TASK_ROOT=/task", "AWS_REGION=eu-west-1", "LD_PRELOAD=/lib/libcleanslate.so:/lib/other.so",
        "CLEANSLATE_REPORT=all", "CLEANSLATE_OUTPUT=file:/proc/1/fd/3"}) {
    EXPECT_THAT(environment, Contains(expected));
  }
  EXPECT_THAT(environment, Not(Contains(StartsWith("AWS_EXECUTION_ENV="))));
}

TEST(ChildEnvironment, NodeLoadsTheProbeBehindItsOtherOptions) {
  ChildSettings settings;
  settings.node_probe = "/my lib/a\"b\\c.cjs";
  const char* inherited[] = {"NODE_OPTIONS=--no-warnings", nullptr};
  EXPECT_THAT(ChildEnvironment(settings, inherited), Contains("NODE_OPTIONS=--no-warnings"));
  settings.library = "/lib/libcleanslate.so";
  const std::string option = R"(--require "/my lib/a\"b\\c.cjs")";
  EXPECT_THAT(ChildEnvironment(settings, inherited), Contains("NODE_OPTIONS=--no-warnings " + option));
  const char* nothing[] = {nullptr};
  EXPECT_THAT(ChildEnvironment(settings, nothing), Contains("NODE_OPTIONS=" + option));
  settings.given = {{"NODE_OPTIONS", "--trace-warnings"}};
  EXPECT_THAT(ChildEnvironment(settings, inherited), Contains("NODE_OPTIONS=--trace-warnings " + option));
}

TEST(ChildEnvironment, WithoutTheLibraryNothingOfOursIsThere) {
  const char* inherited[] = {"LD_PRELOAD=/lib/other.so", nullptr};
  const std::vector<std::string> environment = ChildEnvironment({}, inherited);
  EXPECT_THAT(environment, Contains("LD_PRELOAD=/lib/other.so"));
  EXPECT_THAT(environment, Not(Contains(StartsWith("CLEANSLATE"))));
  EXPECT_THAT(environment, Not(Contains(StartsWith("_HANDLER="))));
}

TEST(LineSplitter, LinesComeWholeWhateverTheSplit) {
  for (const std::size_t piece : {1UL, 2UL, 100UL}) {
    std::vector<std::string> lines;
    LineSplitter splitter([&lines](std::string_view line) { lines.emplace_back(line); });
    const std::string text("one\n\ntwo \0\xff\nrest", 16);
    for (std::size_t at = 0; at < text.size(); at += piece) {
      splitter.Add(std::string_view(text).substr(at, piece));
    }
    EXPECT_THAT(lines, ElementsAre("one", "", std::string("two \0\xff", 6)));
    splitter.Finish();
    EXPECT_EQ(lines.back(), "rest");
    splitter.Finish();
    EXPECT_EQ(lines.size(), 4U);
  }
}

TEST(LineSplitter, AnEndlessLineComesInPieces) {
  std::vector<std::size_t> sizes;
  LineSplitter splitter([&sizes](std::string_view line) { sizes.push_back(line.size()); });
  splitter.Add(std::string(LineSplitter::kLongest + 10, 'x'));
  EXPECT_THAT(sizes, ElementsAre(LineSplitter::kLongest));
  splitter.Add("\n");
  EXPECT_THAT(sizes, ElementsAre(LineSplitter::kLongest, 10U));
}

TEST(IsStaticElf, AsksForNoLoader) {
  EXPECT_TRUE(IsStaticElf("/sbin/ldconfig"));
  EXPECT_FALSE(IsStaticElf("/proc/self/exe"));
  EXPECT_FALSE(IsStaticElf("/etc/passwd"));
  EXPECT_FALSE(IsStaticElf("/nonexistent"));
}

}  // namespace
}  // namespace cleanslate
