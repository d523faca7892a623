#pragma once

// Tells words that people read from numbers, addresses, hashes and the states of random generators. Pure.
//
// A text is a run of printable characters, ASCII or UTF-8, at least half of it letters and digits, four of
// them in a row, up to a NUL or to the end of its field. It must be longer than what chance puts among as
// many other bytes: four characters and a NUL are enough alone, a dozen are needed within a kilobyte of
// noise. Chance still makes a number look like a short word now and then; who judges over many boundaries
// sees that it rarely does. Of an address on the heap it makes letters in all windows of a process or in
// none, so an address isn't one. Nor is what no one reads any more: the rest of a std::string behind its end
// (libstdc++'s short form), and the rest of a text whose first character was set to NUL.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cleanslate {

// Bytes from `begin` to before `end`, counted from the beginning of what they are a part of.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Appends the texts in `image`, which lies at `address`, of which a byte is `changed`. These must be
// ascending, not empty and near each other: what else changed between the first and the last counts as noise.
// `heap`: its addresses.
void FindChangedTexts(std::span<const unsigned char> image, std::uintptr_t address,
                      std::span<const Stretch> changed, Stretch heap, std::vector<Stretch>& texts);

}  // namespace cleanslate
