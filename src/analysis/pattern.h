#pragma once

// The part of a name that stays the same from one invocation, environment and build to the next: ids,
// numbers, dates and random suffixes become `*`. Deterministic, pure.
//
//   /tmp/upload-1234-ab12cd34.bin                             /tmp/upload-*.bin
//   /tmp/8f5e0c1e-4b7a-4f7e-9a59-3f1d0c2b7a11/page.html       /tmp/*/page.html
//   /tmp/tmpk3v_x8q1 (Python), /tmp/report-aB3xY9 (mkdtemp)   /tmp/tmp*, /tmp/report-*
//
// What counts as variable, within each component of a path: a UUID; a run of digits wherever it stands;
// eight or more hexadecimal digits; six or more letters and digits that alternate or mix cases as mkstemp(3),
// tempfile and mkdtemp draw them. Neighbouring variable parts become one.

#include <string>
#include <string_view>

#include "snapshot/snapshot.h"

namespace cleanslate {

std::string PathPattern(std::string_view path);

// PathPattern of the folder, and of the name no more than the extension: "/tmp/*.json".
std::string FolderPattern(std::string_view path);

// Where a descriptor leads, without what differs between two of the same origin: the pattern of a path, a
// socket's peer ("tcp 10.0.0.7:5432"; the local port is drawn anew each time), a listening socket's own
// address, "pipe", "anon_inode:[eventpoll]". A connection that was accepted is named by the local end, for
// there the peer's port is the drawn one.
std::string DescriptorPattern(const Descriptor& descriptor);

// One pattern for several: themselves when equal, else their common beginning and a `*`. Sockets that share
// only the port become "tcp *:443".
std::string CommonPattern(std::string_view a, std::string_view b);

}  // namespace cleanslate
