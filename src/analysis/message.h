#pragma once

// A finding's one sentence. Internal to this room.
//
//   5 blocks (320.0 KB) allocated by grow stay, 1 more in each of the last 4 invocations
//   5 connections to tcp 10.0.0.7:5432 opened by Query stay open, 1 more in each of the last 4 invocations
//   the umask is left at 0000 (it was 0022) set by Handle, in each of the last 4 invocations
//   /tmp/app.log grows by 100 bytes in each of the last 4 invocations, now 1.2 KB

#include <cstdint>
#include <string>
#include <string_view>

#include "analysis/draft.h"

namespace cleanslate {

// "1 thread", "5 processes".
std::string Counted(std::int64_t count, std::string_view noun);
// "12 bytes", "1.2 KB".
std::string Size(double bytes);

// `by`: the suspect's name, empty when there is none or it is nobody's the user knows.
std::string Sentence(const Draft& draft, std::string_view subject, std::string_view by);

}  // namespace cleanslate
