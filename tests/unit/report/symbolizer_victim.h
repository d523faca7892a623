#pragma once

// A library whose functions call back, so that a test can learn the addresses that their calls return to.
// Built as it is, and once more without its full symbol table.

#include <cstdint>

using VictimCallback = void (*)();

// extern "C" functions of the library, by name, for dlsym(3).
//   victim_exported          calls back itself
//   victim_calls_static      calls a static function that calls back
//   victim_calls_cpp         calls Warehouse<int>::Insert(const std::string&, std::vector<int>), which calls
//   back victim_ends_with_call    calls back as its very last instruction; the callback must not return
using VictimFunction = void (*)(VictimCallback);

// victim_variable returns where a static variable is: 0 is exported, 1 is a std::string, 2 is the file's own,
// 3 is a function's own.
using VictimVariable = const void* (*)(int which);
