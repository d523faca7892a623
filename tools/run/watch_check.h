#pragma once

// Why no report comes from a function that answers: a look at its processes from outside, through /proc.

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace cleanslate {

// While the function waits in `next`, over a connection from `peer_port`. `function` is its first process,
// `warden` the parent of all. A clause: "it is statically linked, so ...".
std::string WhyUnwatched(pid_t function, pid_t warden, std::uint16_t peer_port);

// Whether an ELF file asks for a dynamic loader. False for what can't be read.
bool IsStaticElf(const std::string& path);

}  // namespace cleanslate
