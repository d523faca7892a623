#pragma once

// This process's memory, read through the kernel, so that what another thread unmaps or protects meanwhile is
// an error and not a fault: process_vm_readv(2) on ourselves, which needs no privilege, or /proc/self/mem
// where a sandbox forbids that. Holding the loader's lock instead would keep a library from being unmapped,
// but not the program from protecting pages of its own, and everybody's exceptions would wait for us.
//
// Which pages the process has written to is in /proc/self/pagemap (proc(5)): those that are present or
// swapped, and its own, not the file's. Where that can't be read, mincore(2) says less: which pages are in
// memory at all.
//
// COLD; one thread. Descriptors are open while the object lives. errno is left alone.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cleanslate {

class OwnMemory {
 public:
  enum class Means : std::uint8_t { kBest, kWithoutProcessVm, kWithoutPagemap };

  explicit OwnMemory(Means means = Means::kBest);  // others than the best are for tests
  OwnMemory(const OwnMemory&) = delete;
  OwnMemory& operator=(const OwnMemory&) = delete;
  ~OwnMemory();

  static std::size_t PageBytes();

  // Copies `bytes` from `address` on; returns how many came before the first that can't be read.
  std::size_t Read(std::uintptr_t address, void* to, std::size_t bytes);

  // For each page from `address`, the beginning of one, on: may it hold something else than when it was
  // mapped? False is certain. Asking brings no page into memory.
  void FindTouched(std::uintptr_t address, std::span<std::uint8_t> touched);

 private:
  bool ReadPagemap(std::uint64_t first_page);

  int pid_;
  bool use_process_vm_;
  int memory_ = -1;   // /proc/self/mem, opened when it is needed
  int pagemap_ = -1;  // of it, the entries from `pagemap_first_` on were read
  std::uint64_t pagemap_first_ = 0;
  std::vector<std::uint64_t> pagemap_entries_;
};

}  // namespace cleanslate
