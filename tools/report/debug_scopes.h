#pragma once

// Walks in the tree of one unit of debug information (DWARF 5, 2.3 and 3.3). libdw has such walks of its own,
// but they trust the tree. Entries stand in it in the order of their offsets, so these go forward only: in a
// damaged file too they come to an end.
//
// Pure but for libdw's caches. One thread.

#include <elfutils/libdw.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cleanslate {

// The function of `unit` that holds `address`, then what is inlined there, outermost first; blocks are left
// out. Empty when there is none.
std::vector<Dwarf_Die> FunctionsAt(Dwarf_Die unit, std::uint64_t address);

// As people write it, with its namespaces and classes: "shop::Cart::Add", "(anonymous namespace)::Grow".
// Empty when it has no name.
std::string FunctionNameOf(Dwarf_Die function);

}  // namespace cleanslate
