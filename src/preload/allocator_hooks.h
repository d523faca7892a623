#pragma once

// Allocators with operators of their own: tcmalloc's and jemalloc's operator new never come by malloc, so
// that no interposer sees them. Both tell of every block to whoever asks: gperftools/malloc_hook_c.h, and
// experimental.hooks.install of jemalloc's mallctl(3) (5.2 and later). What comes by our malloc too is told
// inside its guard, and passes.
//
// Interposing operator new instead would stand between every C++ program and its own standard library.

namespace cleanslate::allocator_hooks {

// Looks for them. Called by the constructor: a lookup may allocate.
void Find();

// Asks to be told. Called once, when watching begins.
void Install();

}  // namespace cleanslate::allocator_hooks
