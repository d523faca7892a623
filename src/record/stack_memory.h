#pragma once

// Reads words of a stack that may end anywhere: never memory that isn't mapped. Knows the stretch of pages
// that was found readable last, so that only a new page costs a question to the kernel.
//
// One thread; Unmapped from any. All zero bytes at the start.

#include <atomic>
#include <cstdint>

// Of a function that reads the host's stack wherever it must, in the red zones of AddressSanitizer too.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CLEANSLATE_READS_ANY_STACK __attribute__((noinline, no_sanitize("address")))
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CLEANSLATE_READS_ANY_STACK __attribute__((noinline, no_sanitize("address")))
#endif
#ifndef CLEANSLATE_READS_ANY_STACK
#define CLEANSLATE_READS_ANY_STACK __attribute__((always_inline))
#endif

namespace cleanslate {

class StackMemory {
 public:
  // False where nothing is mapped, or the address is no word's.
  bool Read(std::uintptr_t address, std::uintptr_t& value) {
    if (address % sizeof(std::uintptr_t) != 0) return false;
    const bool known = address >= readable_from_.load(std::memory_order_relaxed) &&
                       address < readable_to_.load(std::memory_order_relaxed);
    if (!known && !Readable(address)) return false;
    value = ReadKnown(address);
    return true;
  }

  // A word that has been read before, by Read.
  CLEANSLATE_READS_ANY_STACK static inline std::uintptr_t ReadKnown(std::uintptr_t address) {
    return *reinterpret_cast<const volatile std::uintptr_t*>(address);
  }

  // Memory was unmapped: what was found readable there is not to be believed any more. Returns whether that
  // concerned the stretch that is known.
  bool Unmapped(std::uintptr_t start, std::uintptr_t end);
  void Forget() { readable_to_.store(0, std::memory_order_relaxed); }

 private:
  bool Readable(std::uintptr_t address);

  // Emptied by whoever unmaps them.
  std::atomic<std::uintptr_t> readable_from_;
  std::atomic<std::uintptr_t> readable_to_;
};

}  // namespace cleanslate
