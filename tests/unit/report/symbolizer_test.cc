#include "report/symbolizer.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "symbolizer_victim.h"

namespace cleanslate {
namespace {

using ::testing::MatchesRegex;

std::uintptr_t returned_to;
jmp_buf way_out;

void NoteReturnAddress() {
  returned_to = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}
void NoteReturnAddressAndLeave() {
  returned_to = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  longjmp(way_out, 1);
}

// The victim library at `path`, loaded while this lives.
class Library {
 public:
  explicit Library(const std::string& path) : handle_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    EXPECT_NE(handle_, nullptr) << dlerror();
  }
  ~Library() { dlclose(handle_); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // The address that the call in the function of this name returns to.
  std::uintptr_t CallIn(const char* name) const {
    auto function = reinterpret_cast<VictimFunction>(dlsym(handle_, name));
    EXPECT_NE(function, nullptr) << name;
    returned_to = 0;
    if (function != nullptr) function(&NoteReturnAddress);
    return returned_to;
  }
  std::uintptr_t LastCallIn(const char* name) const {
    auto function = reinterpret_cast<VictimFunction>(dlsym(handle_, name));
    EXPECT_NE(function, nullptr) << name;
    if (function != nullptr && setjmp(way_out) == 0) function(&NoteReturnAddressAndLeave);
    return returned_to;
  }
  // Of the library's file, `bytes` behind the beginning of one of its variables.
  std::uint64_t OffsetOfVariable(int which, std::size_t bytes = 0) const {
    auto variable = reinterpret_cast<VictimVariable>(dlsym(handle_, "victim_variable"));
    EXPECT_NE(variable, nullptr);
    Dl_info info{};
    EXPECT_NE(dladdr(variable(which), &info), 0);
    return reinterpret_cast<std::uintptr_t>(variable(which)) -
           reinterpret_cast<std::uintptr_t>(info.dli_fbase) + bytes;
  }

 private:
  void* handle_;
};

Frame NameOne(Symbolizer& symbolizer, std::uintptr_t address) {
  const Frames frames = symbolizer.Name(std::span(&address, 1));
  EXPECT_EQ(frames.size(), 1u);
  return frames.empty() ? Frame{} : frames[0];
}

TEST(Symbolizer, NamesExportedStaticAndCppFunctions) {
  const Library library(VICTIM_FULL);
  Symbolizer symbolizer;
  const std::uintptr_t addresses[] = {library.CallIn("victim_calls_static"),
                                      library.CallIn("victim_exported"), library.CallIn("victim_calls_cpp")};
  const Frames frames = symbolizer.Name(addresses);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].function, "StaticGrow");
  EXPECT_EQ(frames[1].function, "victim_exported");
  EXPECT_EQ(frames[2].function, "shop::Warehouse<int>::Insert");
  for (const Frame& frame : frames) {
    EXPECT_EQ(frame.module, "libsymbolizer_victim.so");
    EXPECT_THAT(frame.build_id, MatchesRegex("[0-9a-f]{40}"));
    EXPECT_EQ(frame.build_id, frames[0].build_id);
  }
}

TEST(Symbolizer, AStrippedLibraryNamesOnlyWhatItExports) {
  const Library library(VICTIM_STRIPPED);
  Symbolizer symbolizer;
  EXPECT_EQ(NameOne(symbolizer, library.CallIn("victim_exported")).function, "victim_exported");
  const Frame frame = NameOne(symbolizer, library.CallIn("victim_calls_static"));
  EXPECT_EQ(frame.function, "") << "not the exported function that happens to stand before it";
  EXPECT_EQ(frame.module, "libsymbolizer_victim_stripped.so");
  EXPECT_NE(frame.offset, 0u);
}

TEST(Symbolizer, ACallThatEndsItsFunctionNamesThatFunction) {
  const Library library(VICTIM_FULL);
  Symbolizer symbolizer;
  EXPECT_EQ(NameOne(symbolizer, library.LastCallIn("victim_ends_with_call")).function,
            "victim_ends_with_call");
}

TEST(Symbolizer, TheOffsetIsThatOfTheCallInTheFile) {
  const Library library(VICTIM_FULL);
  const std::uintptr_t address = library.CallIn("victim_exported");
  Dl_info info{};
  ASSERT_NE(dladdr(reinterpret_cast<void*>(address), &info), 0);
  Symbolizer symbolizer;
  EXPECT_EQ(NameOne(symbolizer, address).offset,
            address - 1 - reinterpret_cast<std::uintptr_t>(info.dli_fbase));
}

__attribute__((noinline)) std::uintptr_t AddressInTheProgram() {
  __asm__ volatile("");
  return reinterpret_cast<std::uintptr_t>(&AddressInTheProgram) + 1;
}

TEST(Symbolizer, NamesTheProgramItselfAndTheCLibrary) {
  Symbolizer symbolizer;
  const Frame own = NameOne(symbolizer, AddressInTheProgram());
  EXPECT_EQ(own.function, "cleanslate::(anonymous namespace)::AddressInTheProgram");
  EXPECT_EQ(own.module, "symbolizer_test");
  const Frame library = NameOne(symbolizer, reinterpret_cast<std::uintptr_t>(dlsym(RTLD_NEXT, "malloc")) + 1);
  EXPECT_EQ(library.function, "malloc");
  EXPECT_THAT(library.module, MatchesRegex("lib.*\\.so.*"));
}

TEST(Symbolizer, CodeThatNoFileHoldsIsAnEmptyFrame) {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  Symbolizer symbolizer;
  const std::uintptr_t addresses[] = {reinterpret_cast<std::uintptr_t>(page) + 16, 0, 1, UINTPTR_MAX};
  const Frames frames = symbolizer.Name(addresses);
  ASSERT_EQ(frames.size(), 4u);
  for (const Frame& frame : frames) {
    EXPECT_EQ(frame.function + frame.module + frame.file + frame.build_id, "");
    EXPECT_EQ(frame.offset, 0u);
  }
  munmap(page, 4096);
}

TEST(Symbolizer, AnEmptyStackHasNoFrames) {
  Symbolizer symbolizer;
  EXPECT_TRUE(symbolizer.Name({}).empty());
}

TEST(Symbolizer, FollowsWhatIsLoadedAndUnloaded) {
  Symbolizer symbolizer;
  std::uintptr_t address = 0;
  {
    const Library library(VICTIM_FULL);
    address = library.CallIn("victim_exported");
    EXPECT_EQ(NameOne(symbolizer, address).function, "victim_exported");
  }
  // A stack that was kept keeps its names; who asks for the first time gets none.
  EXPECT_EQ(NameOne(symbolizer, address).function, "victim_exported");
  Symbolizer late;
  EXPECT_TRUE(NameOne(late, address).function.empty());
  const Library again(VICTIM_FULL);
  EXPECT_EQ(NameOne(symbolizer, again.CallIn("victim_exported")).function, "victim_exported");
}

TEST(Symbolizer, FindsALibraryThatWasLoadedFromAFolderLeftSince) {
  const std::filesystem::path before = std::filesystem::current_path();
  const std::filesystem::path victim = VICTIM_FULL;
  std::filesystem::current_path(victim.parent_path());
  const Library library("./" + victim.filename().string());
  std::filesystem::current_path("/");
  Symbolizer symbolizer;
  const Frame frame = NameOne(symbolizer, library.CallIn("victim_exported"));
  std::filesystem::current_path(before);
  EXPECT_EQ(frame.function, "victim_exported");
  EXPECT_EQ(frame.module, "libsymbolizer_victim.so");
}

TEST(Symbolizer, ALibraryWhoseFileIsGoneKeepsItsModule) {
  const std::filesystem::path copy =
      std::filesystem::path(testing::TempDir()) / ("libgone" + std::to_string(getpid()) + ".so");
  std::filesystem::copy_file(VICTIM_FULL, copy, std::filesystem::copy_options::overwrite_existing);
  const Library library(copy.string());
  std::filesystem::remove(copy);
  Symbolizer symbolizer;
  const Frame frame = NameOne(symbolizer, library.CallIn("victim_exported"));
  EXPECT_EQ(frame.function, "");
  EXPECT_EQ(frame.module, copy.filename().string());
}

TEST(Symbolizer, NamesVariablesAndSaysWhereTheyBegin) {
  const Library library(VICTIM_FULL);
  Symbolizer symbolizer;
  const char* const names[] = {"victim_last_user", "shop::owner", "shop::hidden",
                               "shop::Remember(...)::last"};
  const std::int64_t sizes[] = {64, sizeof(std::string), 32, 48};
  for (int which = 0; which < 4; ++which) {
    for (const std::size_t into : {0, 1, 17, 31, 17}) {
      const DataName name = symbolizer.NameData(VICTIM_FULL, library.OffsetOfVariable(which, into));
      EXPECT_EQ(name.symbol, names[which]);
      EXPECT_EQ(name.offset, library.OffsetOfVariable(which));
      EXPECT_EQ(name.bytes, sizes[which]);
    }
    const auto before = symbolizer.NameData(VICTIM_FULL, library.OffsetOfVariable(which) - 1);
    EXPECT_NE(before.symbol, names[which]);
  }
}

TEST(Symbolizer, VariablesOfAStrippedLibraryAreNamedWhereExported) {
  const Library library(VICTIM_STRIPPED);
  Symbolizer symbolizer;
  EXPECT_EQ(symbolizer.NameData(VICTIM_STRIPPED, library.OffsetOfVariable(0, 5)).symbol, "victim_last_user");
  const DataName hidden = symbolizer.NameData(VICTIM_STRIPPED, library.OffsetOfVariable(2, 5));
  EXPECT_EQ(hidden.symbol, "");
  EXPECT_EQ(hidden.offset, library.OffsetOfVariable(2, 5));
}

TEST(Symbolizer, NoVariableIsKnownOfAFileThatIsGone) {
  Symbolizer symbolizer;
  const DataName name = symbolizer.NameData("/nonexistent/lib.so", 17);
  EXPECT_EQ(name.symbol, "");
  EXPECT_EQ(name.offset, 17u);
  EXPECT_EQ(name.bytes, 0);
}

TEST(Symbolizer, LeavesNoDescriptorOpen) {
  const auto open_descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const Library library(VICTIM_FULL);
  const auto before = open_descriptors();
  Symbolizer symbolizer;
  NameOne(symbolizer, library.CallIn("victim_exported"));
  symbolizer.NameData(VICTIM_FULL, library.OffsetOfVariable(0));
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace cleanslate
