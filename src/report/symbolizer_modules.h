#pragma once

// The programs and libraries that are loaded in this process now, by address: the loader's list
// (dl_iterate_phdr(3)), copied, and copied again when something was loaded or unloaded since. One thread; the
// loader's lock is held while copying, and nothing else is done meanwhile.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cleanslate {

struct LoadedModule {
  std::string path;         // absolute; empty for the kernel's [vdso] and where it can't be told
  std::string name;         // without the folder: "libleak.so"
  std::uintptr_t bias = 0;  // what the loader added to the addresses of the file
};

class LoadedModules {
 public:
  // Makes the list current.
  void Refresh();

  // The module whose code holds `address`; nullptr when none does.
  const LoadedModule* Find(std::uintptr_t address) const;

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
