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

bool Holds(const ElfFunction& function, std::uint64_t address) {
  return address - function.address < function.size;
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
    const Index& index = IndexOf(module->path);
    frame.build_id = index.build_id;
    frame.function = DisplayFunction(FunctionAt(index, frame.offset));
  }
  frames_.emplace(address.word(), frame);
  return frame;
}

const Symbolizer::Index& Symbolizer::IndexOf(const std::string& path) {
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
    index.functions = named.Functions(kMostFunctions - functions_);
    functions_ += index.functions.size();
  }
  return indexes_.emplace(path, std::move(index)).first->second;
}

std::string Symbolizer::FunctionAt(const Index& index, std::uint64_t address) {
  // How many functions before the nearest may hold the address: one that encloses others is rare.
  constexpr int kLookBack = 16;
  const auto& functions = index.functions;
  auto at = std::upper_bound(functions.begin(), functions.end(), ElfFunction{address, 0, 0});
  if (at == functions.begin()) return {};
  auto found = std::prev(at);
  // Without a size, as assemblers leave it, a function ends where the next begins - if all are known.
  if (found->size != 0 || !index.full) {
    for (int i = 0; !Holds(*found, address); ++i) {
      if (found == functions.begin() || i == kLookBack) return {};
      --found;
    }
  }

  const std::optional<ElfFile> file = ElfFile::Open(index.path);
  if (!file) return {};
  std::string best;
  const auto [first, last] = std::equal_range(functions.begin(), functions.end(), *found);
  for (auto alias = first; alias != last; ++alias) {
    if (std::string name = file->FunctionName(*alias); IsBetterName(name, best)) best = std::move(name);
  }
  return best;
}

}  // namespace cleanslate
