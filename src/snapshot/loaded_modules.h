#pragma once

// The programs and libraries that are loaded in this process now, by address, and where each keeps its static
// data: the loader's list (dl_iterate_phdr(3)), copied, and copied again when something was loaded or
// unloaded since. One thread; the loader's lock is held while copying, and nothing else is done meanwhile.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cleanslate {

// A stretch of a module that its code may write to: a writable segment without what is read-only once the
// loader is done (elf(5): PT_LOAD with PF_W, PT_GNU_RELRO).
struct DataSegment {
  std::uintptr_t start = 0;
  std::size_t bytes = 0;          // in memory
  std::uint64_t file_offset = 0;  // where the file has its beginning
  std::size_t file_bytes = 0;     // as many come from the file, the others began as zeros
};

struct LoadedModule {
  std::string path;         // absolute; empty for the kernel's [vdso] and where it can't be told
  std::string name;         // without the folder: "libleak.so"
  std::uintptr_t bias = 0;  // what the loader added to the addresses of the file
  std::vector<DataSegment> data;
};

class LoadedModules {
 public:
  // Makes the list current. True when it is another one than before; pointers into the former are void then.
  bool Refresh();

  // The module whose code holds `address`; nullptr when none does.
  const LoadedModule* Find(std::uintptr_t address) const;

  const std::vector<LoadedModule>& all() const { return modules_; }

 private:
  struct Range {
    std::uintptr_t start;
    std::uintptr_t end;
    std::size_t module;
  };

  std::vector<LoadedModule> modules_;
  std::vector<Range> ranges_;  // executable segments, by ascending address
  unsigned long long loaded_ = 0;
  unsigned long long unloaded_ = 0;
};

}  // namespace cleanslate
