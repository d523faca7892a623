#pragma once

// A library with debug information, and what is left of it when that is taken out. Its functions call back,
// and note before it, on the same line, which line that is.
//   victim_line        of the call of the callback
//   victim_outer_line  of the call of the function that calls it, where that one is inlined

using VictimCallback = void (*)();

// extern "C" functions of the library, by name, for dlsym(3).
//   victim_plain      calls back itself
//   victim_static     calls shop::(anonymous namespace)::Restock, which is not exported
//   victim_inlined    calls shop::Cart<int>::Add, which is inlined
using VictimFunction = void (*)(VictimCallback);
