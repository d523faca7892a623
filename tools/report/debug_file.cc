#include "report/debug_file.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>
#include <vector>

#include "report/debug_scopes.h"
#include "report/elf_handle.h"
#include "report/symbolizer_names.h"

namespace cleanslate {
namespace {

struct Unit {
  Dwarf_Die die;     // has the lines
  Dwarf_Die scopes;  // has the functions: the same, or its part in a .dwo file
  std::vector<std::pair<Dwarf_Addr, Dwarf_Addr>> code;

  bool Holds(std::uint64_t address) const {
    return std::any_of(code.begin(), code.end(), [address](const auto& range) {
      return address >= range.first && address < range.second;
    });
  }
};

struct DwarfEnd {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

std::vector<Unit> ReadUnits(Dwarf* dwarf) {
  std::vector<Unit> units;
  Dwarf_CU* unit = nullptr;
  Dwarf_CU* next = nullptr;
  Dwarf_Die die;
  Dwarf_Die split;
  std::uint8_t type = 0;
  while (dwarf_get_units(dwarf, unit, &next, nullptr, &type, &die, &split) == 0) {
    unit = next;
    const bool has_split = type == DW_UT_skeleton && split.addr != nullptr;
    Unit read{die, has_split ? split : die, {}};
    Dwarf_Addr base = 0;
    Dwarf_Addr start = 0;
    Dwarf_Addr end = 0;
    for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &start, &end)) > 0;) {
      if (start < end) read.code.emplace_back(start, end);
    }
    if (!read.code.empty()) units.push_back(std::move(read));
  }
  return units;
}

// A place in a source file.
struct Place {
  std::string file;
  int line = 0;
};

// With the folder that the compiler ran in, where the path begins there.
std::string PathOf(const char* file, Dwarf_Die unit) {
  if (file == nullptr || *file == '\0') return {};
  std::filesystem::path path(file);
  Dwarf_Attribute memory;
  Dwarf_Attribute* attribute = dwarf_attr_integrate(&unit, DW_AT_comp_dir, &memory);
  const char* folder = attribute != nullptr ? dwarf_formstring(attribute) : nullptr;
  if (path.is_relative() && folder != nullptr) path = folder / path;
  return path.lexically_normal().string();
}

Place PlaceAt(Dwarf_Die unit, std::uint64_t address) {
  Place place;
  Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
  if (line == nullptr) return place;
  dwarf_lineno(line, &place.line);
  place.file = PathOf(dwarf_linesrc(line, nullptr, nullptr), unit);
  return place;
}

int NumberOf(Dwarf_Die entry, unsigned name) {
  Dwarf_Attribute memory;
  Dwarf_Word value = 0;
  Dwarf_Attribute* attribute = dwarf_attr_integrate(&entry, name, &memory);
  if (attribute == nullptr || dwarf_formudata(attribute, &value) != 0) return 0;
  return value <= static_cast<Dwarf_Word>(std::numeric_limits<int>::max()) ? static_cast<int>(value) : 0;
}

// The place that two attributes of an entry name.
Place PlaceIn(const Unit& unit, Dwarf_Die entry, unsigned file, unsigned line) {
  Dwarf_Die scopes = unit.scopes;
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  Place place;
  place.line = NumberOf(entry, line);
  if (place.line == 0 || dwarf_getsrcfiles(&scopes, &files, &count) != 0) return {};
  const auto index = static_cast<std::size_t>(NumberOf(entry, file));
  if (index < count) place.file = PathOf(dwarf_filesrc(files, index, nullptr, nullptr), unit.die);
  return place;
}

std::string SymbolAt(const ElfHandle& elf, std::uint64_t address) {
  std::string name;
  std::uint64_t nearest = 0;
  elf.VisitSections([&](Elf_Scn* section, const GElf_Shdr& header, const std::string&) {
    if (header.sh_type != SHT_SYMTAB || header.sh_entsize == 0) return false;
    Elf_Data* data = elf_getdata(section, nullptr);
    const std::size_t count =
        std::min<std::uint64_t>(header.sh_size / header.sh_entsize, std::numeric_limits<int>::max());
    GElf_Sym symbol;
    for (std::size_t i = 0; i < count && gelf_getsym(data, static_cast<int>(i), &symbol) != nullptr; ++i) {
      const unsigned type = GELF_ST_TYPE(symbol.st_info);
      if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF) continue;
      const bool holds = address - symbol.st_value < symbol.st_size;
      const char* text = holds ? elf_strptr(elf.get(), header.sh_link, symbol.st_name) : nullptr;
      if (text == nullptr || (!name.empty() && symbol.st_value <= nearest)) continue;
      name = text;
      nearest = symbol.st_value;
    }
    return true;
  });
  return name;
}

}  // namespace

struct DebugFile::State {
  ElfHandle elf;
  std::unique_ptr<Dwarf, DwarfEnd> dwarf;  // null when the file has none
  std::vector<Unit> units;

  Frames InUnit(const Unit& unit, std::uint64_t address) const {
    Frames frames;
    Place place = PlaceAt(unit.die, address);
    const std::vector<Dwarf_Die> functions = FunctionsAt(unit.scopes, address);
    for (auto function = functions.rbegin(); function != functions.rend(); ++function) {
      // Code that the compiler has merged from several lines has none: the function's own says most.
      if (place.line == 0) place = PlaceIn(unit, *function, DW_AT_decl_file, DW_AT_decl_line);
      Frame& frame = frames.emplace_back();
      frame.function = FunctionNameOf(*function);
      frame.file = std::move(place.file);
      frame.line = place.line;
      place = PlaceIn(unit, *function, DW_AT_call_file, DW_AT_call_line);
    }
    if (functions.empty() && place.line != 0) {
      Frame& frame = frames.emplace_back();
      frame.function = DisplayFunction(SymbolAt(elf, address));
      frame.file = std::move(place.file);
      frame.line = place.line;
    }
    return frames;
  }
};

DebugFile::DebugFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
DebugFile::DebugFile(DebugFile&&) noexcept = default;
DebugFile& DebugFile::operator=(DebugFile&&) noexcept = default;
DebugFile::~DebugFile() = default;

absl::StatusOr<DebugFile> DebugFile::Open(const std::string& path) {
  absl::StatusOr<ElfHandle> elf = ElfHandle::Open(path);
  if (!elf.ok()) return elf.status();
  auto state = std::make_unique<State>(State{*std::move(elf), nullptr, {}});
  state->dwarf.reset(dwarf_begin_elf(state->elf.get(), DWARF_C_READ, nullptr));
  if (state->dwarf != nullptr) state->units = ReadUnits(state->dwarf.get());
  return DebugFile(std::move(state));
}

bool DebugFile::has_lines() const {
  return !state_->units.empty();
}

Frames DebugFile::FramesAt(std::uint64_t address) {
  for (const Unit& unit : state_->units) {
    if (!unit.Holds(address)) continue;
    if (Frames frames = state_->InUnit(unit, address); !frames.empty()) return frames;
  }
  const std::string symbol = SymbolAt(state_->elf, address);
  if (symbol.empty()) return {};
  Frames frames(1);
  frames.front().function = DisplayFunction(symbol);
  return frames;
}

}  // namespace cleanslate
