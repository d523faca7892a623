#include "report/elf_handle.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/escaping.h"

namespace cleanslate {

void ElfHandle::Closer::operator()(Elf* elf) const {
  elf_end(elf);
  close(fd);
}

absl::StatusOr<ElfHandle> ElfHandle::Open(const std::string& path) {
  // Never waits for a pipe or a device.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return absl::UnavailableError(std::strerror(errno));
  struct stat status = {};
  const bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  elf_version(EV_CURRENT);
  Elf* elf = regular ? elf_begin(fd, ELF_C_READ, nullptr) : nullptr;
  if (elf == nullptr) {
    close(fd);
    return absl::InvalidArgumentError("it is not an ELF file");
  }
  std::unique_ptr<Elf, Closer> owner(elf, Closer{fd});
  if (elf_kind(elf) != ELF_K_ELF) return absl::InvalidArgumentError("it is not an ELF file");
  return ElfHandle(std::move(owner));
}

std::string ElfHandle::BuildId() const {
  constexpr ssize_t kLongest = 64;
  const void* id = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf_.get(), &id);
  if (size <= 0 || size > kLongest) return {};
  return absl::BytesToHexString({static_cast<const char*>(id), static_cast<std::size_t>(size)});
}

void ElfHandle::VisitSections(
    const std::function<bool(Elf_Scn*, const GElf_Shdr&, const std::string&)>& visit) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_.get(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* name = elf_strptr(elf_.get(), names, header.sh_name);
    if (visit(section, header, name != nullptr ? name : "")) return;
  }
}

}  // namespace cleanslate
