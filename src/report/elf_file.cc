#include "report/elf_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cleanslate {
namespace {

constexpr std::size_t kMostHeaders = 65536;
constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kLongestNote = 65536;

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#else
constexpr Elf64_Half kMachine = EM_AARCH64;
#endif

bool IsFunction(const Elf64_Sym& symbol) {
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
}

// The build id among the notes of one segment, each a header, a name and a description, padded to 4 bytes.
std::string BuildIdOfNotes(const std::string& notes) {
  const auto padded = [](std::size_t bytes) { return (bytes + 3) / 4 * 4; };
  for (std::size_t at = 0; at + sizeof(Elf64_Nhdr) <= notes.size();) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data() + at, sizeof note);
    const std::size_t name = at + sizeof note;
    const std::size_t id = name + padded(note.n_namesz);
    if (id > notes.size() || note.n_descsz > notes.size() - id) return {};
    if (note.n_type == NT_GNU_BUILD_ID && notes.compare(name, note.n_namesz, "GNU\0", 4) == 0) {
      static constexpr char kDigits[] = "0123456789abcdef";
      std::string text;
      for (std::size_t i = id; i < id + note.n_descsz; ++i) {
        const auto byte = static_cast<unsigned char>(notes[i]);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
      }
      return text;
    }
    at = id + padded(note.n_descsz);
  }
  return {};
}

}  // namespace

std::optional<ElfFile> ElfFile::Open(const std::string& path) {
  // A name in the loader's list may by now be a pipe or a device: never wait for it.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  struct stat status = {};
  const bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  ElfFile file(fd, regular ? static_cast<std::uint64_t>(status.st_size) : 0);
  if (!file.ReadHeaders()) return std::nullopt;
  return file;
}

ElfFile::ElfFile(ElfFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      header_(other.header_),
      full_(other.full_),
      symbols_(other.symbols_),
      names_(other.names_) {}

ElfFile::~ElfFile() {
  if (fd_ >= 0) close(fd_);
}

bool ElfFile::ReadAt(std::uint64_t offset, void* out, std::size_t bytes) const {
  if (offset > size_ || bytes > size_ - offset) return false;
  auto* to = static_cast<char*>(out);
  while (bytes > 0) {
    const ssize_t count = pread(fd_, to, bytes, static_cast<off_t>(offset));
    if (count <= 0) return false;
    to += count;
    offset += static_cast<std::uint64_t>(count);
    bytes -= static_cast<std::size_t>(count);
  }
  return true;
}

template <typename Header>
std::vector<Header> ElfFile::ReadTable(std::uint64_t offset, std::size_t count,
                                       std::size_t entry_size) const {
  if (entry_size != sizeof(Header) || count > kMostHeaders) return {};
  std::vector<Header> table(count);
  if (!ReadAt(offset, table.data(), count * sizeof(Header))) table.clear();
  return table;
}

bool ElfFile::ReadHeaders() {
  if (!ReadAt(0, &header_, sizeof header_)) return false;
  const bool ours = std::memcmp(header_.e_ident, ELFMAG, SELFMAG) == 0 &&
                    header_.e_ident[EI_CLASS] == ELFCLASS64 && header_.e_ident[EI_DATA] == ELFDATA2LSB &&
                    header_.e_machine == kMachine;
  if (!ours) return false;

  const auto sections = ReadTable<Elf64_Shdr>(header_.e_shoff, header_.e_shnum, header_.e_shentsize);
  for (const Elf64_Shdr& section : sections) {
    const bool full = section.sh_type == SHT_SYMTAB;
    if (!full && (section.sh_type != SHT_DYNSYM || full_)) continue;
    if (section.sh_entsize != sizeof(Elf64_Sym) || section.sh_link >= sections.size()) continue;
    symbols_ = section;
    names_ = sections[section.sh_link];
    full_ = full;
  }
  return true;
}

std::string ElfFile::BuildId() const {
  for (const Elf64_Phdr& segment :
       ReadTable<Elf64_Phdr>(header_.e_phoff, header_.e_phnum, header_.e_phentsize)) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > kLongestNote) continue;
    std::string notes(segment.p_filesz, '\0');
    if (!ReadAt(segment.p_offset, notes.data(), notes.size())) continue;
    if (std::string id = BuildIdOfNotes(notes); !id.empty()) return id;
  }
  return {};
}

template <typename Wanted>
std::vector<ElfSymbol> ElfFile::Symbols(std::size_t most, const Wanted& wanted) const {
  constexpr std::size_t kBatch = 2048;
  std::vector<ElfSymbol> symbols;
  std::vector<Elf64_Sym> batch(kBatch);
  std::uint64_t left = symbols_.sh_size / sizeof(Elf64_Sym);
  for (std::uint64_t at = symbols_.sh_offset; left > 0 && symbols.size() < most;) {
    const std::size_t count = std::min<std::uint64_t>(left, kBatch);
    if (!ReadAt(at, batch.data(), count * sizeof(Elf64_Sym))) break;
    for (std::size_t i = 0; i < count && symbols.size() < most; ++i) {
      const Elf64_Sym& symbol = batch[i];
      if (!wanted(symbol)) continue;
      const auto size = std::min<std::uint64_t>(symbol.st_size, UINT32_MAX);
      symbols.push_back({symbol.st_value, static_cast<std::uint32_t>(size), symbol.st_name});
    }
    left -= count;
    at += count * sizeof(Elf64_Sym);
  }
  std::sort(symbols.begin(), symbols.end());
  return symbols;
}

std::vector<ElfSymbol> ElfFile::Functions(std::size_t most) const {
  return Symbols(most, &IsFunction);
}

std::vector<ElfSymbol> ElfFile::Variables(std::size_t most) const {
  const auto sections = ReadTable<Elf64_Shdr>(header_.e_shoff, header_.e_shnum, header_.e_shentsize);
  return Symbols(most, [&sections](const Elf64_Sym& symbol) {
    return ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT && symbol.st_size > 0 &&
           symbol.st_shndx < sections.size() && (sections[symbol.st_shndx].sh_flags & SHF_WRITE) != 0;
  });
}

std::string ElfFile::SymbolName(const ElfSymbol& symbol) const {
  if (symbol.name >= names_.sh_size || names_.sh_offset > size_) return {};
  const std::uint64_t offset = names_.sh_offset + symbol.name;
  if (offset >= size_) return {};
  std::string name(std::min<std::uint64_t>({kLongestName, names_.sh_size - symbol.name, size_ - offset}),
                   '\0');
  if (!ReadAt(offset, name.data(), name.size())) return {};
  name.resize(std::min(name.find('\0'), name.size()));
  if (const std::size_t version = name.find('@'); version != std::string::npos) name.resize(version);
  return name;
}

}  // namespace cleanslate
