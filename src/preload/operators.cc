// operator new and delete of this library: our own memory, hidden from the host. COLD code, standard
// containers included, allocates here and never in the host's heap.

#include <cstdint>
#include <new>

#include "base/internal_heap.h"

namespace {

void* Allocate(std::size_t bytes) {
  void* block = cleanslate::internal_heap.Allocate(bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

// The block that was really allocated stands right before the aligned one.
void* AllocateAligned(std::size_t bytes, std::size_t alignment) {
  char* block = static_cast<char*>(Allocate(bytes + alignment + sizeof(void*)));
  const auto first = reinterpret_cast<std::uintptr_t>(block) + sizeof(void*);
  auto* aligned = reinterpret_cast<void**>((first + alignment - 1) / alignment * alignment);
  aligned[-1] = block;
  return aligned;
}

void FreeAligned(void* block) {
  if (block != nullptr) cleanslate::internal_heap.Free(static_cast<void**>(block)[-1]);
}

}  // namespace

void* operator new(std::size_t bytes) {
  return Allocate(bytes);
}
void* operator new[](std::size_t bytes) {
  return Allocate(bytes);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return cleanslate::internal_heap.Allocate(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return cleanslate::internal_heap.Allocate(bytes);
}
void operator delete(void* block) noexcept {
  cleanslate::internal_heap.Free(block);
}
void operator delete[](void* block) noexcept {
  cleanslate::internal_heap.Free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  cleanslate::internal_heap.Free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  cleanslate::internal_heap.Free(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  cleanslate::internal_heap.Free(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  cleanslate::internal_heap.Free(block);
}

void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return AllocateAligned(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return AllocateAligned(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block, std::align_val_t) noexcept {
  FreeAligned(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  FreeAligned(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  FreeAligned(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  FreeAligned(block);
}
