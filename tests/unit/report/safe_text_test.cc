#include "report/safe_text.h"

#include <gtest/gtest.h>

#include <string>

#include "sample_reports.h"

namespace cleanslate {
namespace {

TEST(Visible, LeavesWordsAlone) {
  for (const char* text :
       {"", "plain", "na\xc3\xafve", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x98\x80", "a\\b\"c"}) {
    EXPECT_EQ(Visible(text), text);
  }
}

TEST(Visible, ShowsWhatWouldActOnATerminal) {
  EXPECT_EQ(Visible("a\nb\tc"), "a\\x0ab\\x09c");
  EXPECT_EQ(Visible("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(Visible(std::string("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(Visible("\xc2\x9b"), "\\u{9b}");
  EXPECT_EQ(Visible("\xe2\x80\xae"), "\\u{202e}");
  EXPECT_EQ(Visible("\xe2\x80\xa8"), "\\u{2028}");
  EXPECT_EQ(Visible("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Visible("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(Visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Columns, CountsWhatATerminalShows) {
  EXPECT_EQ(Columns("abc"), 3u);
  EXPECT_EQ(Columns("\xc3\xa9"), 1u);
  EXPECT_EQ(Columns("e\xcc\x81"), 1u);  // with a combining accent
  EXPECT_EQ(Columns("\xe6\x97\xa5\xe6\x9c\xac"), 4u);
  EXPECT_EQ(Columns("\xf0\x9f\x98\x80"), 2u);
}

TEST(Cut, KeepsBothEnds) {
  EXPECT_EQ(Cut("short", 5), "short");
  EXPECT_EQ(Cut("abcdefghij", 7), "abcd\xE2\x80\xA6ij");
  EXPECT_EQ(Cut("abc", 1), "\xE2\x80\xA6");
  EXPECT_EQ(Cut("abc", 0), "");
}

TEST(Cut, NeverExceedsItsColumns) {
  for (const std::string& name : samples::HostileNames()) {
    const std::string visible = Visible(name + "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac");
    for (std::size_t columns = 0; columns < 30; ++columns) EXPECT_LE(Columns(Cut(visible, columns)), columns);
  }
}

TEST(Folded, BreaksBetweenWords) {
  EXPECT_EQ(Folded("one two three", "", 7), "one two\nthree\n");
  EXPECT_EQ(Folded("one two three", "  ", 9), "  one two\n  three\n");
  EXPECT_EQ(Folded("a  b", "", 9), "a b\n");
  EXPECT_EQ(Folded("", "  ", 9), "");
  EXPECT_EQ(Folded("unbreakable x", "", 3), "unbreakable\nx\n");
}

}  // namespace
}  // namespace cleanslate
