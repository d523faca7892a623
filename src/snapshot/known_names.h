#pragma once

// The names in one folder, and what was last seen of each: 96 bytes, the name itself and its place in an
// index.
//
// A folder is read in the same order again and again, so a name is looked for first behind the one that was
// found last; an index by hash, once there are more than a few, answers for all others.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/stack_id.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

struct WatchedFolder;

struct KnownName {
  std::int64_t bytes = 0;
  std::int64_t allocated = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  WatchedFolder* folder = nullptr;  // of this name, where it is walked
  WindowNumber born = 0;
  StackId stack = StackId::kNone;
  WindowNumber looked = 0;           // the window at whose end it was looked at last
  std::uint32_t met = 0;             // the Take that read its name last
  std::uint32_t followed_until = 0;  // a Take: before it, it is looked at each time
  std::uint32_t entry = 0;           // of the inode that the folder gives for it
  FileType type = FileType::kRegular;
  bool found_late = false;
  bool linked = false;  // its file has other names

 private:
  friend class KnownNames;
  std::uint32_t text = 0;  // where the name begins
  std::uint32_t hash = 0;
};

class KnownNames {
 public:
  // Pointers hold until the next Add or RemoveIf. `name` holds no NUL.
  KnownName* Find(std::string_view name);
  KnownName& Add(std::string_view name);  // one that isn't there yet
  KnownName& at(std::size_t place) { return names_[place]; }

  std::string_view NameOf(const KnownName& known) const { return text_.c_str() + known.text; }
  static std::uint32_t HashOf(const KnownName& known) { return known.hash; }

  // `gone` is asked about each in turn, and may ask for its name.
  template <typename Predicate>
  void RemoveIf(Predicate gone) {
    if (std::erase_if(names_, gone) > 0) Repack();
  }

  std::size_t size() const { return names_.size(); }
  auto begin() const { return names_.begin(); }
  auto end() const { return names_.end(); }

 private:
  bool Is(const KnownName& known, std::string_view name) const;
  void Repack();
  void Index();
  void PutIntoIndex(std::size_t at);

  std::vector<KnownName> names_;
  std::string text_;                  // the names, a NUL behind each
  std::vector<std::uint32_t> index_;  // 1 + the place in names_; a power of two of them, half empty
  std::size_t next_ = 0;
};

}  // namespace cleanslate
