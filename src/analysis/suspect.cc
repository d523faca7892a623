#include "analysis/suspect.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>

namespace cleanslate {
namespace {

enum class Owner : std::uint8_t { kUser, kLibrary, kRuntime, kCollector, kSystem };

// By plain name, see PlainModule.
constexpr std::array<std::string_view, 36> kSystem = {"libc",
                                                      "ld-linux",
                                                      "ld-linux-x86-64",
                                                      "ld-linux-aarch64",
                                                      "ld-musl-x86_64",
                                                      "ld-musl-aarch64",
                                                      "libpthread",
                                                      "libdl",
                                                      "librt",
                                                      "libm",
                                                      "libresolv",
                                                      "libanl",
                                                      "libutil",
                                                      "libstdc++",
                                                      "libc++",
                                                      "libc++abi",
                                                      "libgcc_s",
                                                      "libunwind",
                                                      "libjemalloc",
                                                      "libtcmalloc",
                                                      "libtcmalloc_minimal",
                                                      "libmimalloc",
                                                      "libasan",
                                                      "libtsan",
                                                      "libubsan",
                                                      "liblsan",
                                                      "libgomp",
                                                      "libatomic",
                                                      "libgfortran",
                                                      "libquadmath",
                                                      "libcrypt",
                                                      "libnsl",
                                                      "libcleanslate",
                                                      "linux-vdso",
                                                      "[vdso]",
                                                      kCutModule};
constexpr std::array<std::string_view, 14> kCollectors = {
    "node",   "libnode", "libv8",  "java",       "libjvm",    "libjli", "libjava",
    "libnio", "libnet",  "dotnet", "libcoreclr", "libclrjit", "ruby",   "libruby"};
// The last two are the native parts of awslambdaric and aws-lambda-ric.
constexpr std::array<std::string_view, 8> kRuntimes = {
    "python", "libpython", "php", "libphp", "perl", "libperl", "runtime_client", "rapid-client.node"};
constexpr std::array<std::string_view, 33> kLibraries = {
    "libssl",       "libcrypto",      "libcurl",        "libcurl-gnutls", "libgnutls",   "libnghttp2",
    "libssh2",      "libz",           "libzstd",        "liblzma",        "libbz2",      "libbrotlicommon",
    "libbrotlidec", "libexpat",       "libxml2",        "libffi",         "libsqlite3",  "libpq",
    "libmariadb",   "libmysqlclient", "libuv",          "libevent",       "libglib",     "libidn2",
    "libunistring", "libkrb5",        "libgssapi_krb5", "libldap",        "libprotobuf", "libgrpc",
    "libnss_files", "libnss_dns",     "libaws-c-common"};

// Python's own extension modules, which live in files of their own.
constexpr std::array<std::string_view, 38> kPythonModules = {
    "_asyncio",     "_bisect",      "_blake2",     "_bz2",
    "_codecs_jp",   "_contextvars", "_csv",        "_ctypes",
    "_curses",      "_datetime",    "_dbm",        "_decimal",
    "_elementtree", "_hashlib",     "_heapq",      "_json",
    "_lsprof",      "_lzma",        "_md5",        "_multiprocessing",
    "_opcode",      "_pickle",      "_posixshmem", "_posixsubprocess",
    "_queue",       "_random",      "_sha1",       "_sha256",
    "_sha512",      "_socket",      "_sqlite3",    "_ssl",
    "_statistics",  "_struct",      "_uuid",       "_zoneinfo",
    "_io",          "_contextlib"};
constexpr std::array<std::string_view, 12> kPlainPythonModules = {
    "array", "audioop", "binascii", "cmath",  "fcntl",       "grp",
    "math",  "mmap",    "pyexpat",  "select", "unicodedata", "zlib"};

template <std::size_t kCount>
bool Contains(const std::array<std::string_view, kCount>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Owner OwnerOfModule(std::string_view file) {
  const std::string module = PlainModule(file);
  if (Contains(kSystem, module)) return Owner::kSystem;
  if (Contains(kCollectors, module)) return Owner::kCollector;
  const bool extension = file.find(".cpython-") != std::string_view::npos;
  if (Contains(kRuntimes, module) ||
      (extension && (Contains(kPythonModules, module) || Contains(kPlainPythonModules, module))))
    return Owner::kRuntime;
  return Contains(kLibraries, module) ? Owner::kLibrary : Owner::kUser;
}

Owner OwnerOf(const Frame& frame) {
  const Owner of_module = OwnerOfModule(frame.module);
  if (of_module != Owner::kUser) return of_module;

  // Whatever the module: templates and allocators are compiled into the user's own program.
  const std::string function = PlainFunction(frame.function);
  static constexpr std::array<std::string_view, 5> kNamespaces = {
      "std::", "__gnu_cxx::", "__cxxabiv1::", "operator new", "alloc::"};
  for (const std::string_view space : kNamespaces)
    if (function.starts_with(space)) return Owner::kSystem;
  static constexpr std::array<std::string_view, 18> kAllocators = {
      "malloc",         "calloc", "realloc", "reallocarray", "memalign",     "aligned_alloc",
      "posix_memalign", "valloc", "pvalloc", "free",         "strdup",       "strndup",
      "mmap",           "mmap64", "open",    "socket",       "__rust_alloc", "__rust_realloc"};
  if (Contains(kAllocators, function)) return Owner::kSystem;
  // Code that no file holds was made by a just-in-time compiler; a remark in brackets is nobody's.
  const bool unnamed = function.empty() || function.starts_with('[');
  if (frame.module.empty() && frame.file.empty() && unnamed) return Owner::kRuntime;
  return Owner::kUser;
}

// Past the bracket that closes the one at `open`; the end when none does.
std::size_t PastBracket(std::string_view text, std::size_t open, char opening, char closing) {
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == opening) ++depth;
    if (text[at] == closing && --depth == 0) return at + 1;
  }
  return text.size();
}

bool IsRustHash(std::string_view text) {  // "::h" and 16 hexadecimal digits
  if (text.size() != 19 || !text.starts_with("::h")) return false;
  return std::all_of(text.begin() + 3, text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

}  // namespace

std::string PlainFunction(std::string_view function) {
  if (function.starts_with('[')) return std::string(function);  // a remark
  static constexpr std::array<std::string_view, 8> kClones = {".constprop", ".part", ".isra",       ".cold",
                                                              ".lto_priv",  ".llvm", ".localalias", "@@"};
  function = function.substr(0, function.find(" [clone"));
  for (const std::string_view clone : kClones) function = function.substr(0, function.find(clone));
  if (function.size() > 19 && IsRustHash(function.substr(function.size() - 19))) function.remove_suffix(19);

  std::string plain;
  for (std::size_t at = 0; at < function.size();) {
    const char c = function[at];
    const std::string_view rest = function.substr(at);
    if (rest.starts_with("(anonymous namespace)")) {
      plain += "(anonymous namespace)";
      at += std::string_view("(anonymous namespace)").size();
    } else if (rest.starts_with("operator")) {
      // The name ends where its arguments begin; "operator()" begins with brackets of its own.
      std::size_t end = rest.find('(', rest.starts_with("operator()") ? 10 : 8);
      return plain + std::string(rest.substr(0, end));
    } else if (c == '<') {
      at = PastBracket(function, at, '<', '>');
    } else if (c == '(') {
      const std::size_t past = PastBracket(function, at, '(', ')');
      if (plain.ends_with('.')) {  // Go's receiver: "main.(*Cart).Add"
        plain += function.substr(at, past - at);
        at = past;
        continue;
      }
      if (!function.substr(past).starts_with("::")) {
        // "f(int)::{lambda()#1}::operator()" goes on after the arguments; "f(int) const" doesn't.
        const std::size_t further = function.find("::", past);
        if (further != std::string_view::npos && function.substr(past).starts_with(" const::"))
          at = further;
        else
          return plain;
      } else {
        at = past;
      }
    } else if (c == '{') {
      const std::size_t past = PastBracket(function, at, '{', '}');
      plain += function.substr(at, past - at);
      at = past;
    } else if (c == ' ') {
      plain.clear();  // that was the return type
      ++at;
    } else {
      plain += c;
      ++at;
    }
  }
  return plain;
}

std::string PlainModule(std::string_view module) {
  module = module.substr(module.rfind('/') + 1);
  module = module.substr(0, module.find(".cpython-"));
  module = module.substr(0, module.find(".abi3"));
  const std::size_t library = module.find(".so");
  if (library != std::string_view::npos) module = module.substr(0, library);
  // Versions at the end: "python3.11", "libpython3.11", "libglib-2.0", "ruby3.2", "libc-2.26", "ld-2.26".
  std::size_t end = module.size();
  while (end > 0 && (std::isdigit(static_cast<unsigned char>(module[end - 1])) || module[end - 1] == '.'))
    --end;
  const bool dashed = end > 0 && module[end - 1] == '-';
  const std::string_view version = module.substr(end);
  if (version.find('.') != std::string_view::npos && end > 0)
    module = module.substr(0, dashed ? end - 1 : end);
  if (module == "python3") module = "python";
  return std::string(module);
}

bool IsUsersModule(std::string_view module) {
  return !module.empty() && OwnerOfModule(module) == Owner::kUser;
}

static bool IsPython(const Frame& frame) {
  const std::string module = PlainModule(frame.module);
  return module == "python" || module == "libpython";
}

Suspect FindSuspect(const Frames& frames) {
  Suspect suspect;
  const Frame* of_library = nullptr;
  const Frame* of_runtime = nullptr;
  bool collector = false;
  for (const Frame& frame : frames) {
    switch (OwnerOf(frame)) {
      case Owner::kUser:
        return {&frame, true, false, false};
      case Owner::kLibrary:
        if (of_library == nullptr) of_library = &frame;
        break;
      case Owner::kCollector:
        collector = true;
        [[fallthrough]];
      case Owner::kRuntime:
        if (of_runtime == nullptr) of_runtime = &frame;
        suspect.cycles = suspect.cycles || IsPython(frame);
        break;
      case Owner::kSystem:
        break;
    }
  }
  suspect.collected = collector;
  suspect.frame = of_library != nullptr   ? of_library
                  : of_runtime != nullptr ? of_runtime
                  : frames.empty()        ? nullptr
                                          : &frames.front();
  return suspect;
}

}  // namespace cleanslate
