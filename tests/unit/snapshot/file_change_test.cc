#include "snapshot/file_change.h"

#include <optional>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

FileEntry Entry(std::int64_t bytes, std::int64_t time, std::uint64_t inode = 1) {
  FileEntry entry;
  entry.bytes = bytes;
  entry.modified_ns = entry.changed_ns = time;
  entry.device = 1;
  entry.inode = inode;
  return entry;
}

std::optional<FileChange> Change(const FileEntry& before, const FileEntry& now) {
  return ChangeOf(&before, &now);
}

TEST(FileChange, WhatComesAndGoes) {
  const FileEntry entry = Entry(5, 2);
  EXPECT_EQ(ChangeOf(nullptr, &entry), FileChange::kCreated);
  EXPECT_EQ(ChangeOf(&entry, nullptr), FileChange::kDeleted);
  EXPECT_EQ(Change(entry, entry), std::nullopt);
}

TEST(FileChange, TellsGrownFromModified) {
  EXPECT_EQ(Change(Entry(1, 1), Entry(2, 2)), FileChange::kGrown);
  EXPECT_EQ(Change(Entry(2, 1), Entry(1, 2)), FileChange::kModified);
  EXPECT_EQ(Change(Entry(2, 1), Entry(2, 2)), FileChange::kModified);
}

TEST(FileChange, AReplacedFileIsNotCreated) {
  EXPECT_EQ(Change(Entry(2, 1, 10), Entry(2, 1, 11)), FileChange::kModified);
  EXPECT_EQ(Change(Entry(2, 1, 10), Entry(9, 2, 11)), FileChange::kGrown);
}

TEST(FileChange, AChangeOfStatusAloneIsNone) {
  FileEntry now = Entry(2, 1);
  now.changed_ns = 2;  // chmod, link
  EXPECT_EQ(Change(Entry(2, 1), now), std::nullopt);
  now.born = 3;  // a write was seen, and the old time put back
  EXPECT_EQ(Change(Entry(2, 1), now), FileChange::kModified);
}

TEST(FileChange, AFoldersOwnTimeIsNone) {
  FileEntry before = Entry(4096, 1);
  FileEntry now = Entry(8192, 2);
  before.type = now.type = FileType::kDirectory;
  EXPECT_EQ(Change(before, now), std::nullopt);
  EXPECT_EQ(Change(before, Entry(1, 2)), FileChange::kModified);  // a file stands there now
}

TEST(FileChange, WhatIsFoundLateIsNotCreated) {
  FileEntry late = Entry(2, 1);
  late.found_late = true;
  EXPECT_EQ(ChangeOf(nullptr, &late), std::nullopt);
  late.born = 2;  // but a call was seen to make it
  EXPECT_EQ(ChangeOf(nullptr, &late), FileChange::kCreated);
}

}  // namespace
}  // namespace cleanslate
