#include "report/read_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gzip_text.h"

namespace cleanslate {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string FileWith(const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "read_file_test." + std::to_string(getpid());
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string Noise(std::size_t size) {
  std::string noise;
  for (unsigned state = 1; noise.size() < size; state = state * 1103515245 + 12345)
    noise += static_cast<char>(state >> 16);
  return noise;
}

TEST(ReadFile, ReadsTextOfAnyLength) {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("\x1f"), std::string(300000, 'y')}) {
    const auto read = ReadFile(FileWith(text));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, text);
  }
}

TEST(ReadFile, OpensGzipByItsContent) {
  const std::string noise = Noise(300000);
  EXPECT_EQ(*ReadFile(FileWith(GzipText("hello"))), "hello");
  EXPECT_EQ(*ReadFile(FileWith(GzipText(""))), "");
  EXPECT_EQ(*ReadFile(FileWith(GzipText(noise))), noise);
  EXPECT_EQ(*ReadFile(FileWith(GzipText(std::string(5000000, 'z')))), std::string(5000000, 'z'));
}

TEST(ReadFile, OpensSeveralMembersInARowAndSkipsPadding) {
  EXPECT_EQ(*ReadFile(FileWith(GzipText("one\n") + GzipText("") + GzipText("two\n"))), "one\ntwo\n");
  EXPECT_EQ(*ReadFile(FileWith(GzipText("one") + std::string(1000, '\0'))), "one");
  const std::string noise = Noise(70000);  // the second member begins in another piece of the file
  EXPECT_EQ(*ReadFile(FileWith(GzipText(noise) + GzipText("two"))), noise + "two");
}

TEST(ReadFile, HandsOnWhatCameBeforeTheDamage) {
  const std::string noise = Noise(200000);
  const std::string whole = GzipText(noise);
  for (const std::string& bytes :
       {whole.substr(0, whole.size() / 2), whole.substr(0, 5),
        whole.substr(0, 100000) + std::string(100, '\xaa') + whole.substr(100100)}) {
    std::string text;
    const std::string path = FileWith(bytes);
    const absl::Status status = StreamFile(path, [&text](std::string_view piece) { text += piece; });
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), StartsWith("cannot read " + path + ": the gzip data "));
    if (bytes.size() > 1000) {
      EXPECT_GT(text.size(), 10000u);
    }
    EXPECT_EQ(noise.substr(0, 10000),
              text.substr(0, 10000).append(noise.substr(std::min<std::size_t>(text.size(), 10000),
                                                        10000 - std::min<std::size_t>(text.size(), 10000))));
  }
}

TEST(ReadFile, SaysWhyItCanNot) {
  EXPECT_EQ(ReadFile("/nowhere/x").status().message(), "cannot read /nowhere/x: No such file or directory");
  EXPECT_EQ(ReadFile("/").status().message(), "cannot read /: Is a directory");
  EXPECT_THAT(std::string(ReadFile("/no\nwhere").status().message()), HasSubstr("/no\\x0awhere"));
}

}  // namespace
}  // namespace cleanslate
