#pragma once

// Reads of our own memory where there may be none: an error and not a fault. By process_vm_readv(2), or
// /proc/self/mem where that is refused. COLD.

#include <cstddef>
#include <cstdint>

namespace cleanslate {

class CarefulReader {
 public:
  CarefulReader();
  ~CarefulReader();
  CarefulReader(const CarefulReader&) = delete;
  CarefulReader& operator=(const CarefulReader&) = delete;

  bool Read(const void* from, void* to, std::size_t bytes);
  bool IsReadable(const void* from, std::size_t bytes);

 private:
  int pid_;
  bool use_process_vm_ = true;
  int memory_ = -1;
};

}  // namespace cleanslate
