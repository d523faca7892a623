#pragma once

// An ELF file that libelf reads, of any machine, word size and byte order, and with it what libelf needs to
// stay open. Read, never mapped: a file that is cut short meanwhile reads as damaged.
//
// A value that owns its descriptor. One thread.

#include <gelf.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace cleanslate {

class ElfHandle {
 public:
  // Errors, without the path: "No such file or directory", "it is not an ELF file".
  static absl::StatusOr<ElfHandle> Open(const std::string& path);

  Elf* get() const { return elf_.get(); }

  // Lower-case hexadecimal; empty when there is none.
  std::string BuildId() const;

  // Sections that have their content in this file, with their names, until `visit` returns true.
  void VisitSections(const std::function<bool(Elf_Scn*, const GElf_Shdr&, const std::string&)>& visit) const;

 private:
  struct Closer {
    int fd;
    void operator()(Elf* elf) const;
  };

  explicit ElfHandle(std::unique_ptr<Elf, Closer> elf) : elf_(std::move(elf)) {}

  std::unique_ptr<Elf, Closer> elf_;
};

}  // namespace cleanslate
