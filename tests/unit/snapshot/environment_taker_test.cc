#include "snapshot/environment_taker.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using testing::ElementsAre;

std::vector<std::string> NamesOf(const EnvironmentSnapshot& taken) {
  std::vector<std::string> names;
  for (const EnvironmentVariable& variable : taken.variables) names.push_back(variable.name);
  return names;
}

TEST(EnvironmentTaker, NamesVariablesAndTellsValuesApart) {
  const EnvironmentTaker taker({});
  const char* const first[] = {"B=2", "A=1", "EMPTY=", nullptr};
  const char* const second[] = {"A=1", "B=3", "EMPTY=", nullptr};
  const EnvironmentSnapshot before = taker.Take(first);
  const EnvironmentSnapshot now = taker.Take(second);
  EXPECT_THAT(NamesOf(before), ElementsAre("A", "B", "EMPTY"));
  EXPECT_EQ(before.variables[0].mark, now.variables[0].mark);
  EXPECT_NE(before.variables[1].mark, now.variables[1].mark);
  EXPECT_EQ(before.variables[2].mark, now.variables[2].mark);
}

TEST(EnvironmentTaker, MarksDifferFromProcessToProcess) {
  const char* const environment[] = {"TOKEN=secret", nullptr};
  EXPECT_NE(EnvironmentTaker({}).Take(environment).variables[0].mark,
            EnvironmentTaker({}).Take(environment).variables[0].mark);
}

TEST(EnvironmentTaker, TheFirstOfOneNameCounts) {
  const EnvironmentTaker taker({});
  const char* const twice[] = {"A=1", "A=2", nullptr};
  const char* const once[] = {"A=1", nullptr};
  ASSERT_THAT(NamesOf(taker.Take(twice)), ElementsAre("A"));
  EXPECT_EQ(taker.Take(twice).variables[0].mark, taker.Take(once).variables[0].mark);
}

TEST(EnvironmentTaker, TakesAnyBytesForAName) {
  const char* const hostile[] = {"a\"b\n\x1b[31m\xff=1", "=C:=x", "NOEQUALS", "", nullptr};
  EXPECT_THAT(NamesOf(EnvironmentTaker({}).Take(hostile)), ElementsAre("=C:", "a\"b\n\x1b[31m\xff"));
}

TEST(EnvironmentTaker, SeesChangesAtTheEndOfLongValues) {
  const EnvironmentTaker taker({});
  for (const std::size_t size : {7u, 8u, 255u, 256u, 257u, 5000u, 100'000u}) {
    std::string text = "LONG=" + std::string(size, 'x');
    const char* const environment[] = {text.c_str(), nullptr};
    const std::uint64_t before = taker.Take(environment).variables.at(0).mark;
    text.back() = 'y';
    EXPECT_NE(taker.Take(environment).variables.at(0).mark, before) << size;
  }
}

TEST(EnvironmentTaker, SurvivesTextsThatAreNotThere) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* const pages =
      static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  std::memset(pages, 'x', 2 * page);
  munmap(pages + page, page);
  const char* const torn = pages + page - 4;
  std::memcpy(pages + page - 10, "C=1", 4);
  const char* const last = pages + page - 10;
  const char* const gone = pages + page;
  const char* const environment[] = {torn, "A=1", gone, "B=1", last, nullptr};
  EXPECT_THAT(NamesOf(EnvironmentTaker({}).Take(environment)), ElementsAre("A", "B", "C"));
  EXPECT_THAT(NamesOf(EnvironmentTaker({}).Take(reinterpret_cast<const char* const*>(gone))), ElementsAre());
  EXPECT_THAT(NamesOf(EnvironmentTaker({}).Take(nullptr)), ElementsAre());
  munmap(pages, page);
}

TEST(EnvironmentTaker, AsksWhoSetAVariable) {
  const EnvironmentTaker taker([](std::string_view name) {
    return name == "A" ? Birth{StackId{4}, 3} : Birth{};
  });
  const char* const environment[] = {"A=1", "B=1", nullptr};
  const EnvironmentSnapshot taken = taker.Take(environment);
  EXPECT_EQ(taken.variables[0].born, 3u);
  EXPECT_EQ(taken.variables[0].stack, StackId{4});
  EXPECT_EQ(taken.variables[1].stack, StackId::kNone);
}

TEST(EnvironmentTaker, IsBounded) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < EnvironmentTaker::kMostVariables + 10; ++i)
    texts.push_back("V" + std::to_string(i) + "=1");
  std::vector<const char*> environment;
  for (const std::string& text : texts) environment.push_back(text.c_str());
  environment.push_back(nullptr);
  const EnvironmentSnapshot taken = EnvironmentTaker({}).Take(environment.data());
  EXPECT_EQ(taken.variables.size(), EnvironmentTaker::kMostVariables);
  EXPECT_GT(taken.left_out, 0);
}

}  // namespace
}  // namespace cleanslate
