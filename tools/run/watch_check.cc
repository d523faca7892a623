#include "run/watch_check.h"

#include <elf.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "emulator/text.h"
#include "run/process_tree.h"

namespace cleanslate {
namespace {

namespace fs = std::filesystem;

// The inode of the client's end of a loopback connection; 0 when it is not there.
unsigned long InodeOf(std::uint16_t local_port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  while (std::getline(table, line)) {
    unsigned address = 0, port = 0;
    unsigned long inode = 0;
    const int read = std::sscanf(line.c_str(), " %*d: %x:%x %*x:%*x %*x %*x:%*x %*x:%*x %*x %*d %*d %lu",
                                 &address, &port, &inode);
    if (read == 3 && port == local_port && inode != 0) return inode;
  }
  return 0;
}

bool HoldsSocket(pid_t pid, unsigned long inode) {
  const std::string wanted = Concat("socket:[", inode, "]");
  std::error_code error;
  fs::directory_iterator entry(Concat("/proc/", pid, "/fd"), error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (fs::read_symlink(entry->path(), ignored) == wanted) return true;
  }
  return false;
}

pid_t ProcessOf(std::uint16_t peer_port, pid_t warden) {
  const unsigned long inode = InodeOf(peer_port);
  if (inode == 0) return 0;
  for (const pid_t pid : Descendants(warden)) {
    if (HoldsSocket(pid, inode)) return pid;
  }
  return 0;
}

std::string NameOf(pid_t pid) {
  std::ifstream file(Concat("/proc/", pid, "/comm"));
  std::string name;
  std::getline(file, name);
  return name;
}

bool HasLibrary(pid_t pid) {
  std::ifstream file(Concat("/proc/", pid, "/maps"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str().find("libcleanslate.so") != std::string::npos;
}

template <typename Header, typename Segment>
bool HasInterpreter(std::ifstream& file) {
  Header header{};
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(&header), sizeof(header))) return false;
  for (int index = 0; index < header.e_phnum; ++index) {
    Segment segment{};
    file.seekg(static_cast<std::streamoff>(header.e_phoff) + index * header.e_phentsize);
    if (!file.read(reinterpret_cast<char*>(&segment), sizeof(segment))) return false;
    if (segment.p_type == PT_INTERP) return true;
  }
  return false;
}

}  // namespace

bool IsStaticElf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char ident[EI_NIDENT] = {};
  if (!file.read(ident, sizeof(ident)) || std::memcmp(ident, ELFMAG, SELFMAG) != 0) return false;
  return ident[EI_CLASS] == ELFCLASS64 ? !HasInterpreter<Elf64_Ehdr, Elf64_Phdr>(file)
                                       : !HasInterpreter<Elf32_Ehdr, Elf32_Phdr>(file);
}

std::string WhyUnwatched(pid_t function, pid_t warden, std::uint16_t peer_port) {
  const pid_t found = ProcessOf(peer_port, warden);
  const pid_t speaker = found > 0 ? found : function;
  const std::string name = NameOf(speaker);
  if (IsStaticElf(Concat("/proc/", speaker, "/exe"))) {
    return Concat(name, " is statically linked, so no library can be loaded into it");
  }
  if (!HasLibrary(speaker))
    return Concat("the library is not loaded in ", name, ", which speaks to the Runtime API");
  if (speaker != function) {
    return Concat("not the function's own process (", NameOf(function),
                  ") but short-lived children of it speak to the Runtime API (", name, ")");
  }
  return Concat(name, " does not speak to the Runtime API through the C library");
}

}  // namespace cleanslate
