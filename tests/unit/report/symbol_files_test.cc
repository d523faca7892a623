#include "report/symbol_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "source_lines_fixture.h"

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SymbolFilesTest : public SourceLinesTest {
 protected:
  std::string build_id_ = CallIn("victim_plain").frame.build_id;
  SymbolFiles files_;
};

TEST_F(SymbolFilesTest, AFileIsFoundByItsBuildIdWhateverItsName) {
  const std::string path = Copy(VICTIM_DEBUG, "anything");
  ASSERT_TRUE(files_.Add(path).ok());
  ASSERT_NE(files_.Find(build_id_), nullptr);
  EXPECT_EQ(files_.Find(build_id_)->path, path);
  EXPECT_EQ(files_.Find(build_id_)->content, SymbolContent::kLines);
  EXPECT_EQ(files_.Find("00" + build_id_), nullptr);
  EXPECT_EQ(files_.Find(""), nullptr);
  EXPECT_THAT(files_.places(), ElementsAre(path));
}

TEST_F(SymbolFilesTest, AFolderIsSearchedToItsDepths) {
  const std::string name = ".build-id/" + build_id_.substr(0, 2) + "/" + build_id_.substr(2) + ".debug";
  const std::string path = Copy(VICTIM_DEBUG, "deep/er/" + name);
  Write("text", "not ELF");
  ASSERT_TRUE(files_.Add(folder_).ok());
  ASSERT_NE(files_.Find(build_id_), nullptr);
  EXPECT_EQ(files_.Find(build_id_)->path, path);
}

TEST_F(SymbolFilesTest, ALinkToAFileIsFollowedAndALinkToAFolderIsNot) {
  const std::string outside = Copy(VICTIM_DEBUG, "outside/file");
  std::filesystem::create_directories(folder_ + "/in");
  std::filesystem::create_directory_symlink(folder_ + "/in", folder_ + "/in/loop");
  std::filesystem::create_directory_symlink(folder_ + "/outside", folder_ + "/in/elsewhere");
  std::filesystem::create_symlink(folder_ + "/in/self", folder_ + "/in/self");
  std::filesystem::create_symlink("nowhere", folder_ + "/in/dangling");
  ASSERT_TRUE(files_.Add(folder_ + "/in").ok());
  EXPECT_EQ(files_.Find(build_id_), nullptr);

  std::filesystem::create_symlink(outside, folder_ + "/in/link");
  ASSERT_TRUE(files_.Add(folder_ + "/in").ok());
  ASSERT_NE(files_.Find(build_id_), nullptr);
  EXPECT_THAT(files_.Find(build_id_)->path, EndsWith("/in/link"));
  EXPECT_EQ(files_.Find(build_id_)->place, 1u);
}

TEST_F(SymbolFilesTest, NothingWaitsForAPipe) {
  ASSERT_EQ(mkfifo((folder_ + "/pipe").c_str(), 0600), 0);
  EXPECT_TRUE(files_.Add(folder_).ok());
  EXPECT_THAT(files_.Add(folder_ + "/pipe").message(), HasSubstr("not an ELF file"));
}

TEST_F(SymbolFilesTest, OfSeveralFilesOfOneBuildTheOneWithTheMostIsTaken) {
  Copy(VICTIM_FUNCTIONS, "a");
  const std::string best = Copy(VICTIM_FULL, "b");
  Copy(VICTIM_STRIPPED, "c");
  ASSERT_TRUE(files_.Add(folder_).ok());
  EXPECT_EQ(files_.Find(build_id_)->path, best);
}

TEST_F(SymbolFilesTest, AStrippedFileIsOfUseOnlyToSayThatItIs) {
  const std::string path = Copy(VICTIM_STRIPPED, "stripped");
  ASSERT_TRUE(files_.Add(folder_).ok());
  EXPECT_EQ(files_.Find(build_id_), nullptr);
  ASSERT_TRUE(files_.Add(path).ok());
  ASSERT_NE(files_.Find(build_id_), nullptr);
  EXPECT_EQ(files_.Find(build_id_)->content, SymbolContent::kNothing);
}

TEST_F(SymbolFilesTest, FindsTheNameOfAModuleForMessages) {
  const std::string path = Copy(VICTIM_DEBUG, "libshop.so.debug");
  ASSERT_TRUE(files_.Add(path).ok());
  ASSERT_NE(files_.FindNamed("libshop.so"), nullptr);
  EXPECT_EQ(files_.FindNamed("libshop.so")->path, path);
  EXPECT_EQ(files_.FindNamed("libshop"), nullptr);
}

TEST_F(SymbolFilesTest, WhatCanNotBeReadIsSaidOnOneLine) {
  EXPECT_EQ(
      files_.Add(folder_ + "/missing").message(),
      "--symbols: cannot read " + folder_ +
          "/missing: No such file or directory: give an unstripped program or library, its .debug file, or "
          "a folder of them");
  EXPECT_THAT(files_.Add(Write("text", "not ELF")).message(),
              HasSubstr("/text: it is not an ELF file: give"));
  EXPECT_THAT(files_.Add("/dev/null").message(), HasSubstr("not an ELF file"));
  EXPECT_THAT(files_.Add(Copy(VICTIM_WITHOUT_ID, "no-id")).message(),
              HasSubstr("no build id, or is damaged"));
  EXPECT_THAT(files_.Add(folder_ + "/\x1b[2J\n").message(), HasSubstr("\\x1b[2J\\x0a: No such file"));
}

TEST_F(SymbolFilesTest, AFileCutAnywhereIsAnErrorOrIsRead) {
  const std::string whole = ReadAll(VICTIM_DEBUG);
  int refused = 0;
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 200) {
    if (!files_.Add(Write("torn", whole.substr(0, size))).ok()) ++refused;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace cleanslate
