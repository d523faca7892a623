#include "report/debug_scopes.h"

#include <dwarf.h>

#include <cstddef>
#include <string_view>

#include "report/symbolizer_names.h"

namespace cleanslate {
namespace {

constexpr int kDeepest = 512;

// Goes down to the functions that hold an address.
class Descent {
 public:
  Descent(std::uint64_t address, bool everywhere) : address_(address), everywhere_(everywhere) {}

  bool From(Dwarf_Die parent, int depth = 0) {
    Dwarf_Die child;
    if (depth > kDeepest || dwarf_child(&parent, &child) != 0) return false;
    do {
      if (dwarf_dieoffset(&child) <= reached_) return false;
      reached_ = dwarf_dieoffset(&child);
      const int tag = dwarf_tag(&child);
      const bool function = tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
      const bool block = tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
      if ((function || block) && dwarf_haspc(&child, address_) == 1) {
        if (function) functions_.push_back(child);
        From(child, depth + 1);
        return true;
      }
      if ((everywhere_ || MayHoldFunctions(tag)) && From(child, depth + 1)) return true;
    } while (dwarf_siblingof(&child, &child) == 0);
    return false;
  }

  std::vector<Dwarf_Die>& functions() { return functions_; }

 private:
  static bool MayHoldFunctions(int tag) {
    return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type ||
           tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type;
  }

  const std::uint64_t address_;
  const bool everywhere_;  // in functions too that don't hold the address: those of C may be nested
  Dwarf_Off reached_ = 0;
  std::vector<Dwarf_Die> functions_;
};

std::string_view TextOf(Dwarf_Attribute* attribute) {
  const char* text = attribute != nullptr ? dwarf_formstring(attribute) : nullptr;
  return text != nullptr ? std::string_view(text) : std::string_view();
}

std::string_view LinkageNameOf(Dwarf_Die function) {
  Dwarf_Attribute memory;
  for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    const std::string_view text = TextOf(dwarf_attr_integrate(&function, name, &memory));
    if (!text.empty()) return text;
  }
  return {};
}

// The entry that stands in the scope where the function was declared.
Dwarf_Die DeclarationOf(Dwarf_Die function) {
  constexpr int kLongestChain = 16;
  for (int i = 0; i < kLongestChain; ++i) {
    Dwarf_Attribute memory;
    Dwarf_Die next;
    const bool further = (dwarf_attr(&function, DW_AT_abstract_origin, &memory) != nullptr ||
                          dwarf_attr(&function, DW_AT_specification, &memory) != nullptr) &&
                         dwarf_formref_die(&memory, &next) != nullptr;
    if (!further) break;
    function = next;
  }
  return function;
}

// The entries that enclose `target`, outermost first, without the unit itself. The one to go into is the last
// that begins before the target.
std::vector<Dwarf_Die> EnclosingOf(Dwarf_Die target) {
  std::vector<Dwarf_Die> enclosing;
  Dwarf_Die at;
  if (dwarf_diecu(&target, &at, nullptr, nullptr) == nullptr) return enclosing;
  const Dwarf_Off wanted = dwarf_dieoffset(&target);
  Dwarf_Off reached = dwarf_dieoffset(&at);
  for (Dwarf_Die child; enclosing.size() < kDeepest && dwarf_child(&at, &child) == 0;) {
    bool found = false;
    do {
      const Dwarf_Off offset = dwarf_dieoffset(&child);
      if (offset == wanted) return enclosing;
      if (offset <= reached || offset > wanted) break;
      at = child;
      reached = offset;
      found = true;
    } while (dwarf_siblingof(&child, &child) == 0);
    if (!found) break;
    enclosing.push_back(at);
  }
  return enclosing;
}

// What the scope adds to the names in it.
std::string ScopeName(Dwarf_Die scope) {
  const int tag = dwarf_tag(&scope);
  const char* name = dwarf_diename(&scope);
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
      return name != nullptr ? name : "(anonymous namespace)";
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
      return name != nullptr ? name : "(anonymous class)";
    case DW_TAG_subprogram:
      return name != nullptr ? name : "";
    default:
      return {};
  }
}

}  // namespace

std::vector<Dwarf_Die> FunctionsAt(Dwarf_Die unit, std::uint64_t address) {
  Descent usual(address, false);
  if (usual.From(unit)) return std::move(usual.functions());
  Descent everywhere(address, true);
  everywhere.From(unit);
  return std::move(everywhere.functions());
}

std::string FunctionNameOf(Dwarf_Die function) {
  if (const std::string_view linkage = LinkageNameOf(function); linkage.starts_with("_Z")) {
    return DisplayFunction(linkage);
  }
  const char* own = dwarf_diename(&function);
  if (own == nullptr) return {};
  std::string name;
  for (const Dwarf_Die& scope : EnclosingOf(DeclarationOf(function))) {
    if (const std::string outer = ScopeName(scope); !outer.empty()) name += outer + "::";
  }
  return ShortFunction(name + own);
}

}  // namespace cleanslate
