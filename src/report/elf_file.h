#pragma once

// Reads what naming needs out of an ELF file on disk (elf(5), 64 bits, this machine's byte order): its GNU
// build id, the symbols of its functions and variables, and their names. With pread(2), never through a
// mapping: a file that is cut short while we look must not kill the host. Every offset of the file is checked
// against its size; what is out of bounds, foreign or torn reads as absent.
//
// A value that owns its descriptor, which is open only while the object lives. One thread.

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cleanslate {

struct ElfSymbol {
  std::uint64_t address = 0;  // as the file has it, before the loader moved it
  std::uint32_t size = 0;     // 0: unknown
  std::uint32_t name = 0;     // for ElfFile::SymbolName

  bool operator<(const ElfSymbol& other) const { return address < other.address; }
};

class ElfFile {
 public:
  // None when the file can't be opened or isn't such an ELF file.
  static std::optional<ElfFile> Open(const std::string& path);

  ElfFile(ElfFile&& other) noexcept;
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;
  ElfFile& operator=(ElfFile&&) = delete;
  ~ElfFile();

  // Lower-case hexadecimal; empty when there is none.
  std::string BuildId() const;

  // True when the file has its full symbol table, which lists static functions too; a stripped one has only
  // what it exports.
  bool has_full_symbols() const { return full_; }

  // By ascending address, at most `most` of them: of the full symbol table, or else of the dynamic one.
  std::vector<ElfSymbol> Functions(std::size_t most) const;

  // The same of variables: of what has a size and lies in a section that is written to.
  std::vector<ElfSymbol> Variables(std::size_t most) const;

  // As the linker wrote it, without the symbol's version. Empty when it can't be read.
  std::string SymbolName(const ElfSymbol& symbol) const;

 private:
  ElfFile(int fd, std::uint64_t size) : fd_(fd), size_(size) {}

  bool ReadAt(std::uint64_t offset, void* out, std::size_t bytes) const;
  bool ReadHeaders();
  template <typename Wanted>
  std::vector<ElfSymbol> Symbols(std::size_t most, const Wanted& wanted) const;
  template <typename Header>
  std::vector<Header> ReadTable(std::uint64_t offset, std::size_t count, std::size_t entry_size) const;

  int fd_;
  std::uint64_t size_;
  Elf64_Ehdr header_ = {};
  bool full_ = false;
  Elf64_Shdr symbols_ = {};  // section; empty when there is none
  Elf64_Shdr names_ = {};
};

}  // namespace cleanslate
