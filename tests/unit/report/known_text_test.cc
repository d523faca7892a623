#include "report/known_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "report/rules_text.h"
#include "report/safe_text.h"

namespace cleanslate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(KnownText, ListsAllInAlignedColumns) {
  const std::string table = KnownTable();
  std::size_t column = 0;
  for (const KnownSurvivor& known : KnownSurvivors()) {
    const std::size_t line = table.find(std::string(known.name) + " ");
    ASSERT_NE(line, std::string::npos) << known.name;
    const std::size_t here = table.find(known.summary) - line;
    if (column == 0) column = here;
    EXPECT_EQ(here, column) << known.name;
  }
}

TEST(KnownText, HasAPageForEach) {
  for (const KnownSurvivor& known : KnownSurvivors()) {
    const std::string page = KnownPage(known);
    EXPECT_THAT(page, HasSubstr(std::string(known.name) + "\n"));
    for (const KnownMark& mark : known.marks) EXPECT_THAT(page, HasSubstr(std::string(mark.rule)));
    for (std::size_t at = 0; at < page.size();) {
      const std::size_t end = page.find('\n', at);
      EXPECT_LE(Columns(page.substr(at, end - at)), 80u) << page.substr(at, end - at);
      at = end + 1;
    }
    EXPECT_EQ(FindRule(known.name), nullptr) << "a name is a rule's or a survivor's";
  }
}

TEST(KnownText, SaysHowItIsRecognisedAndWhatBecomesOfIt) {
  const std::string methods = KnownPage(*FindKnownSurvivor("openssl-methods"));
  EXPECT_THAT(methods, HasSubstr("  heap-retained, with EVP_*_fetch of libcrypto* in its stack\n"));
  EXPECT_THAT(methods, HasSubstr("like any other.\n"));
  const std::string trace = KnownPage(*FindKnownSurvivor("aws-trace-id"));
  EXPECT_THAT(trace, HasSubstr("  environment-changed: _X_AMZN_TRACE_ID\n"));
  EXPECT_THAT(trace, HasSubstr("no finding, also when it\n"));
  EXPECT_THAT(trace, Not(HasSubstr("like any other")));
  EXPECT_THAT(KnownPage(*FindKnownSurvivor("java-gc-threads")),
              HasSubstr("  thread-left-running: GC Thread#*, with a frame of libjvm in its stack\n"));
}

TEST(KnownText, SuggestsTheNearest) {
  EXPECT_EQ(NearestKnown("aws-traceid"), "aws-trace-id");
  EXPECT_EQ(NearestKnown("qqqqqqqq"), "");
}

}  // namespace
}  // namespace cleanslate
