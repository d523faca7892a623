#include "report/elf_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace cleanslate {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class TornElfFile : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  // Reads all that there is, whatever it is.
  void ReadTorn(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    const auto file = ElfFile::Open(path_);
    if (!file) return;
    EXPECT_LE(file->BuildId().size(), 2 * bytes.size());
    for (const auto& symbols : {file->Functions(100'000), file->Variables(100'000)}) {
      for (const ElfSymbol& symbol : symbols) EXPECT_LE(file->SymbolName(symbol).size(), bytes.size());
    }
  }

  std::string path_ = testing::TempDir() + "/torn" + std::to_string(getpid()) + ".so";
};

bool HasFunction(const ElfFile& file, const std::string& name) {
  const auto functions = file.Functions(100'000);
  return std::any_of(functions.begin(), functions.end(),
                     [&](const ElfSymbol& function) { return file.SymbolName(function) == name; });
}

TEST(ElfFile, ReadsTheFullTableOrTheExportedOne) {
  const auto full = ElfFile::Open(VICTIM_FULL);
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->has_full_symbols());
  EXPECT_TRUE(HasFunction(*full, "victim_exported"));
  const auto stripped = ElfFile::Open(VICTIM_STRIPPED);
  ASSERT_TRUE(stripped);
  EXPECT_FALSE(stripped->has_full_symbols());
  EXPECT_TRUE(HasFunction(*stripped, "victim_exported"));
  EXPECT_EQ(stripped->BuildId().size(), 40u);
}

TEST(ElfFile, VariablesAreThoseThatMayChange) {
  const auto file = ElfFile::Open(VICTIM_FULL);
  ASSERT_TRUE(file);
  std::vector<std::string> names;
  for (const ElfSymbol& variable : file->Variables(100'000)) names.push_back(file->SymbolName(variable));
  const auto has = [&names](const char* name) { return std::count(names.begin(), names.end(), name) == 1; };
  EXPECT_TRUE(has("victim_last_user"));
  EXPECT_FALSE(has("victim_constant"));
  EXPECT_FALSE(has("victim_exported"));
  EXPECT_EQ(file->Variables(1).size(), 1u);
}

TEST(ElfFile, TheNumberOfFunctionsIsBounded) {
  EXPECT_EQ(ElfFile::Open(VICTIM_FULL)->Functions(3).size(), 3u);
  EXPECT_EQ(ElfFile::Open(VICTIM_FULL)->Functions(0).size(), 0u);
}

TEST(ElfFile, WhatIsNoElfFileIsNone) {
  EXPECT_FALSE(ElfFile::Open("/proc/self/maps"));
  EXPECT_FALSE(ElfFile::Open("/dev/zero"));
  EXPECT_FALSE(ElfFile::Open("/"));
  EXPECT_FALSE(ElfFile::Open(""));
  EXPECT_FALSE(ElfFile::Open("/nonexistent/lib.so"));
}

TEST_F(TornElfFile, AFileCutAnywhereIsReadAsFarAsItGoes) {
  const std::string whole = ReadAll(VICTIM_FULL);
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 200)
    ReadTorn(whole.substr(0, size));
}

TEST_F(TornElfFile, AHeaderOfRandomBytesIsHarmless) {
  const std::string whole = ReadAll(VICTIM_FULL);
  constexpr std::size_t kHeader = 64;
  for (std::size_t at = 16; at < kHeader; ++at) {
    for (const char value : {'\x00', '\x01', '\x7f', '\xff'}) {
      std::string torn = whole;
      torn[at] = value;
      ReadTorn(torn);
    }
  }
}

// The section headers stand at the end: offsets, sizes and links of the tables.
TEST_F(TornElfFile, SectionsThatPointAnywhereAreHarmless) {
  const std::string whole = ReadAll(VICTIM_FULL);
  constexpr std::size_t kSections = 2048;
  for (std::size_t at = whole.size() - kSections; at < whole.size(); at += 13) {
    std::string torn = whole;
    torn[at] = '\xfe';
    ReadTorn(torn);
  }
}

}  // namespace
}  // namespace cleanslate
