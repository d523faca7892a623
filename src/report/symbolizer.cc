#include "report/symbolizer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "record/code_map.h"
#include "report/symbolizer_names.h"

namespace cleanslate {
namespace {

// Where distributions put symbols that were split off: gdb(1), "Debugging information in separate files".
std::string DebugFilePath(const std::string& build_id) {
  constexpr std::size_t kFolderDigits = 2;
  if (build_id.size() <= kFolderDigits) return {};
  return "/usr/lib/debug/.build-id/" + build_id.substr(0, kFolderDigits) + "/" +
         build_id.substr(kFolderDigits) + ".debug";
}

// Of several names of one function, the one that people know: "malloc", not "__libc_malloc".
bool IsBetterName(const std::string& name, const std::string& than) {
  const auto underscores = [](const std::string& text) {
    return std::min(text.find_first_not_of('_'), text.size());
  };
  if (name.empty() || than.empty()) return !name.empty();
  if (underscores(name) != underscores(than)) return underscores(name) < underscores(than);
  return name.size() != than.size() ? name.size() < than.size() : name < than;
}

bool Holds(const ElfSymbol& symbol, std::uint64_t address) {
  return address - symbol.address < symbol.size;
}

// How many symbols before the nearest may hold an address: one that encloses others is rare.
constexpr int kLookBack = 16;

// Of those that hold `address`, the last to begin; nullptr when none does.
const ElfSymbol* Innermost(const std::vector<ElfSymbol>& symbols, std::uint64_t address) {
  auto at = std::upper_bound(symbols.begin(), symbols.end(), ElfSymbol{address, 0, 0});
  for (int i = 0; at != symbols.begin() && i <= kLookBack; ++i)
    if (--at; Holds(*at, address)) return &*at;
  return nullptr;
}

std::string BestName(const ElfFile& file, const std::vector<ElfSymbol>& symbols, const ElfSymbol& symbol) {
  std::string best;
  const auto [first, last] = std::equal_range(symbols.begin(), symbols.end(), symbol);
  for (auto alias = first; alias != last; ++alias) {
    if (std::string name = file.SymbolName(*alias); IsBetterName(name, best)) best = std::move(name);
  }
  return best;
}

}  // namespace

Frames Symbolizer::Name(std::span<const std::uintptr_t> addresses) noexcept {
  Frames frames;
  try {
    frames.reserve(addresses.size());
    modules_.Refresh();
    if (frames_.size() > kMostFrames) frames_.clear();
    for (const std::uintptr_t word : addresses) {
      const auto known = frames_.find(word);
      frames.push_back(known != frames_.end() ? known->second : NameOne(FrameAddress::Of(word)));
    }
  } catch (...) {
    // Out of memory: what was named so far is right.
  }
  return frames;
}

Frame Symbolizer::NameOne(const FrameAddress& address) {
  Frame frame;
  if (address.pc == 0) return frame;
  const std::uintptr_t at = address.instruction();
  const LoadedModule* module = modules_.Find(at);
  // Not kept: the next library may be loaded right there.
  if (module == nullptr || code_map.Find(at).tenant != address.tenant) return frame;

  frame.module = module->name;
  frame.offset = at - module->bias;
  if (!module->path.empty()) {
    Index& index = IndexOf(module->path);
    frame.build_id = index.build_id;
    frame.function = DisplayFunction(FunctionAt(index, frame.offset));
  }
  frames_.emplace(address.word(), frame);
  return frame;
}

Symbolizer::Index& Symbolizer::IndexOf(const std::string& path) {
  if (const auto known = indexes_.find(path); known != indexes_.end()) return known->second;
  Index index;
  if (const std::optional<ElfFile> file = ElfFile::Open(path)) {
    index.build_id = file->BuildId();
    const std::string debug_path = DebugFilePath(index.build_id);
    const std::optional<ElfFile> debug = file->has_full_symbols() ? std::nullopt : ElfFile::Open(debug_path);
    const bool split_off = debug && debug->has_full_symbols() && debug->BuildId() == index.build_id;
    const ElfFile& named = split_off ? *debug : *file;
    index.path = split_off ? debug_path : path;
    index.full = named.has_full_symbols();
  }
  return indexes_.emplace(path, std::move(index)).first->second;
}

std::string Symbolizer::FunctionAt(Index& index, std::uint64_t address) {
  const std::optional<ElfFile> file = ElfFile::Open(index.path);
  if (!file) return {};
  if (!index.has_functions) {
    index.has_functions = true;
    index.functions = file->Functions(kMostFunctions - functions_);
    functions_ += index.functions.size();
  }
  const auto& functions = index.functions;
  const auto at = std::upper_bound(functions.begin(), functions.end(), ElfSymbol{address, 0, 0});
  if (at == functions.begin()) return {};
  // Without a size, as assemblers leave it, a function ends where the next begins - if all are known.
  const bool open_ended = std::prev(at)->size == 0 && index.full;
  const ElfSymbol* const found = open_ended ? &*std::prev(at) : Innermost(functions, address);
  return found == nullptr ? std::string() : BestName(*file, functions, *found);
}

DataName Symbolizer::NameData(const std::string& path, std::uint64_t offset) noexcept {
  try {
    return VariableAt(IndexOf(path), offset);
  } catch (...) {
    return {};  // out of memory
  }
}

DataName Symbolizer::VariableAt(Index& index, std::uint64_t address) {
  if (!index.has_variables) {
    index.has_variables = true;
    if (const std::optional<ElfFile> file = ElfFile::Open(index.path))
      index.variables = file->Variables(kMostVariables - variables_);
    variables_ += index.variables.size();
  }
  DataName name;
  const ElfSymbol* const found = Innermost(index.variables, address);
  if (found == nullptr) {
    const auto next =
        std::upper_bound(index.variables.begin(), index.variables.end(), ElfSymbol{address, 0, 0});
    name.offset = address;
    if (next != index.variables.end()) name.bytes = static_cast<std::int64_t>(next->address - address);
    return name;
  }
  name.offset = found->address;
  name.bytes = found->size;
  if (const auto known = index.variable_names.find(found->address); known != index.variable_names.end()) {
    name.symbol = known->second;
    return name;
  }
  if (const std::optional<ElfFile> file = ElfFile::Open(index.path))
    name.symbol = DisplayVariable(BestName(*file, index.variables, *found));
  if (variable_names_ < kMostVariableNames) {
    index.variable_names.emplace(found->address, name.symbol);
    ++variable_names_;
  }
  return name;
}

}  // namespace cleanslate
