#pragma once

// Reads memory of this process that may be unmapped at any moment by another thread, through the kernel
// (process_vm_readv(2)), so that such memory ends the read and not the process. Where the kernel refuses that
// call altogether, as a sandbox's filter may, nothing is read: less is seen, and nothing is risked.
//
// COLD; any thread.

#include <cstddef>
#include <cstdint>

namespace cleanslate {

// Copies what can be read from `address` on, `bytes` at most, and returns how many bytes that was.
std::size_t ReadOwnMemory(std::uintptr_t address, void* out, std::size_t bytes);

}  // namespace cleanslate
