#include "report/symbolizer_names.h"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <utility>

namespace cleanslate {
namespace {

constexpr std::size_t kLongTemplate = 120;
constexpr std::size_t kLongest = 240;

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string Demangle(std::string_view symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(std::string(symbol).c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text != nullptr ? std::string(text.get()) : std::string();
}

// "foo.part.0.cold" -> "foo"; a dot of the name's own (Go's "main.handler") stays.
void StripCloneSuffixes(std::string& name) {
  static constexpr std::array<std::string_view, 8> kClones = {".cold",     ".part", ".constprop",  ".isra",
                                                              ".lto_priv", ".llvm", ".localalias", ".clone"};
  std::size_t end = name.size();
  for (const std::string_view clone : kClones) {
    const std::size_t at = name.find(clone);
    if (at == 0 || at == std::string::npos) continue;
    const std::size_t next = at + clone.size();
    if (next == name.size() || name[next] == '.') end = std::min(end, at);
  }
  name.resize(end);
}

bool IsOpening(char c) {
  return c == '(' || c == '<' || c == '{' || c == '[';
}
bool IsClosing(char c) {
  return c == ')' || c == '>' || c == '}' || c == ']';
}

// Past the bracket that closes the one at `open`.
std::size_t PastBracket(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (IsOpening(text[at])) ++depth;
    if (IsClosing(text[at]) && text[at - 1] != '-' && --depth == 0) return at + 1;
  }
  return text.size();
}

// Where the name "operator..." begins, outside of any brackets; the end when there is none.
std::size_t FindOperator(std::string_view text) {
  constexpr std::string_view kOperator = "operator";
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = at == 0 || text[at - 1] == ':' || text[at - 1] == ' ';
    if (depth == 0 && begins && text.substr(at).starts_with(kOperator)) {
      const std::size_t next = at + kOperator.size();
      const bool whole = next == text.size() ||
                         (std::isalnum(static_cast<unsigned char>(text[next])) == 0 && text[next] != '_');
      if (whole) return at;
    }
    if (IsOpening(text[at])) ++depth;
    if (IsClosing(text[at])) --depth;
  }
  return text.size();
}

void StripParameters(std::string& name) {
  if (const std::size_t clone = name.find(" [clone"); clone != std::string::npos) name.resize(clone);
  for (bool stripped = true; stripped;) {
    stripped = false;
    for (const std::string_view qualifier : {" const", " volatile", " &", " &&", " noexcept"}) {
      if (!name.ends_with(qualifier)) continue;
      name.resize(name.size() - qualifier.size());
      stripped = true;
    }
  }
  if (!name.ends_with(')')) return;
  int depth = 0;
  for (std::size_t at = name.size(); at-- > 0;) {
    if (name[at] == ')') ++depth;
    if (name[at] == '(' && --depth == 0) {
      if (at > 0) name.resize(at);
      return;
    }
  }
}

void StripReturnType(std::string& name) {
  int depth = 0;
  std::size_t begin = 0;
  const std::size_t end = FindOperator(name);
  for (std::size_t at = 0; at < end; ++at) {
    if (IsOpening(name[at])) ++depth;
    if (IsClosing(name[at])) --depth;
    if (name[at] == ' ' && depth == 0) begin = at + 1;
  }
  name.erase(0, begin);
}

void ShortenStandardTypes(std::string& name) {
  ReplaceAll(name, "std::__cxx11::", "std::");
  ReplaceAll(name, "std::__1::", "std::");
  ReplaceAll(name, "std::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string");
  ReplaceAll(name, "std::basic_string<char, std::char_traits<char>, std::allocator<char>>", "std::string");
  ReplaceAll(name, "std::basic_string_view<char, std::char_traits<char> >", "std::string_view");
  constexpr std::string_view kAllocator = ", std::allocator<";
  for (std::size_t at; (at = name.find(kAllocator)) != std::string::npos;) {
    name.erase(at, PastBracket(name, at + kAllocator.size() - 1) - at);
  }
  ReplaceAll(name, " >", ">");
}

void CollapseTemplates(std::string& name) {
  const std::size_t end = FindOperator(name);
  std::string shorter;
  for (std::size_t at = 0; at < name.size();) {
    const bool opens = at < end && name[at] == '<' && at > 0 && name[at - 1] != ':';
    shorter += opens ? "<...>" : std::string(1, name[at]);
    at = opens ? PastBracket(name, at) : at + 1;
  }
  name = std::move(shorter);
}

// "core::fmt::pad::h0123456789abcdef": the end of a name that rustc mangled in its old way.
bool StripRustHash(std::string& name) {
  constexpr std::size_t kHash = 19;
  if (name.size() <= kHash || name.compare(name.size() - kHash, 3, "::h") != 0) return false;
  const bool hexadecimal = std::all_of(name.end() - 16, name.end(), [](unsigned char c) {
    return std::isdigit(c) != 0 || (c >= 'a' && c <= 'f');
  });
  if (hexadecimal) name.resize(name.size() - kHash);
  return hexadecimal;
}

void UnescapeRust(std::string& name) {
  struct Escape {
    std::string_view from;
    std::string_view to;
  };
  static constexpr std::array<Escape, 17> kEscapes = {{{"_$LT$", "<"},
                                                       {"$LT$", "<"},
                                                       {"$GT$", ">"},
                                                       {"$RF$", "&"},
                                                       {"$BP$", "*"},
                                                       {"$C$", ","},
                                                       {"$LP$", "("},
                                                       {"$RP$", ")"},
                                                       {"$u20$", " "},
                                                       {"$u27$", "'"},
                                                       {"$u5b$", "["},
                                                       {"$u5d$", "]"},
                                                       {"$u7b$", "{"},
                                                       {"$u7d$", "}"},
                                                       {"$u7e$", "~"},
                                                       {"$u3b$", ";"},
                                                       {"..", "::"}}};
  for (const Escape& escape : kEscapes) ReplaceAll(name, escape.from, escape.to);
}

// "Handle(int, char)::last" -> "Handle(...)::last"; not what a lambda in braces takes.
void CollapseParameters(std::string& name) {
  std::string shorter;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t past = IsOpening(name[at]) ? PastBracket(name, at) : at + 1;
    const std::string_view part = std::string_view(name).substr(at, past - at);
    const bool parameters =
        part.starts_with('(') && part != "()" && part != "(anonymous namespace)" && past < name.size();
    shorter += parameters ? "(...)" : part;
    at = past;
  }
  name = std::move(shorter);
}

// "last.3" -> "last"
void StripNumber(std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == 0 || dot == std::string::npos || dot + 1 == name.size()) return;
  if (name.find_first_not_of("0123456789", dot + 1) == std::string::npos) name.resize(dot);
}

bool Allocates(const std::string& function) {
  static constexpr std::array<std::string_view, 21> kNames = {
      "malloc",          "calloc",       "realloc",        "reallocarray",  "memalign",      "aligned_alloc",
      "posix_memalign",  "valloc",       "pvalloc",        "__libc_malloc", "__libc_calloc", "__libc_realloc",
      "__libc_memalign", "operator new", "operator new[]", "strdup",        "strndup",       "wcsdup",
      "asprintf",        "vasprintf",    "__strdup"};
  return std::find(kNames.begin(), kNames.end(), function) != kNames.end();
}

bool IsAllocatorLibrary(std::string_view module) {
  static constexpr std::array<std::string_view, 4> kModules = {"libcleanslate.so", "libjemalloc",
                                                               "libtcmalloc", "libmimalloc"};
  return std::any_of(kModules.begin(), kModules.end(),
                     [module](std::string_view name) { return module.starts_with(name); });
}

}  // namespace

std::string DisplayFunction(std::string_view symbol) {
  std::string name(symbol);
  StripCloneSuffixes(name);
  if (std::string demangled = name.starts_with("_Z") ? Demangle(name) : std::string(); !demangled.empty()) {
    name = std::move(demangled);
    if (StripRustHash(name)) {
      UnescapeRust(name);
    } else {
      StripParameters(name);
      StripReturnType(name);
      ShortenStandardTypes(name);
    }
    if (name.size() > kLongTemplate) CollapseTemplates(name);
  }
  if (name.size() > kLongest) name.replace(kLongest, std::string::npos, "...");
  return name.empty() ? std::string(symbol) : name;
}

std::string DisplayVariable(std::string_view symbol) {
  std::string name(symbol);
  StripCloneSuffixes(name);
  StripNumber(name);
  if (std::string demangled = name.starts_with("_Z") ? Demangle(name) : std::string(); !demangled.empty()) {
    name = std::move(demangled);
    if (StripRustHash(name)) {
      UnescapeRust(name);
    } else {
      ReplaceAll(name, "[abi:cxx11]", "");
      CollapseParameters(name);
      ShortenStandardTypes(name);
    }
    if (name.size() > kLongTemplate) CollapseTemplates(name);
  }
  if (name.size() > kLongest) name.replace(kLongest, std::string::npos, "...");
  return name.empty() ? std::string(symbol) : name;
}

std::string ShortFunction(std::string name) {
  ShortenStandardTypes(name);
  if (name.size() > kLongTemplate) CollapseTemplates(name);
  if (name.size() > kLongest) name.replace(kLongest, std::string::npos, "...");
  return name;
}

void DropAllocatorFrames(Frames& frames) {
  const auto first = std::find_if(frames.begin(), frames.end(), [](const Frame& frame) {
    return !Allocates(frame.function) && !IsAllocatorLibrary(frame.module);
  });
  if (first != frames.end()) frames.erase(frames.begin(), first);
}

}  // namespace cleanslate
