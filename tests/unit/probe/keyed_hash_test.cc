#include "probe/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cleanslate {
namespace {

TEST(KeyedHashTest, EqualContentsHaveEqualMarksUnderOneKey) {
  const KeyedHash hash, other;
  EXPECT_EQ(hash.Of("a text of some length"), hash.Of(std::string("a text of some length")));
  EXPECT_NE(hash.Of("a text of some length"), other.Of("a text of some length"));
  EXPECT_NE(hash.Of(std::uint64_t{1}), other.Of(std::uint64_t{1}));
}

TEST(KeyedHashTest, EachByteAndTheLengthCount) {
  const KeyedHash hash;
  std::set<std::uint64_t> marks;
  std::size_t texts = 0;
  for (std::size_t length = 0; length < 70; ++length) {
    std::string text(length, '\0');
    marks.insert(hash.Of(text));
    ++texts;
    for (std::size_t at = 0; at < length; ++at) {
      text[at] = 1;
      marks.insert(hash.Of(text));
      text[at] = 0;
      ++texts;
    }
  }
  EXPECT_EQ(marks.size(), texts);
}

TEST(KeyedHashTest, OfLongTextsBothEndsAndTheLengthCount) {
  const KeyedHash hash;
  std::string text(3 * KeyedHash::kWhole, 'a');
  const std::uint64_t mark = hash.Of(text);
  text.back() = 'b';
  EXPECT_NE(hash.Of(text), mark);
  text.back() = 'a';
  text.front() = 'b';
  EXPECT_NE(hash.Of(text), mark);
  text.front() = 'a';
  EXPECT_EQ(hash.Of(text), mark);
  text += 'a';
  EXPECT_NE(hash.Of(text), mark);
}

}  // namespace
}  // namespace cleanslate
