#include "source_lines_fixture.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

#include "report/symbolizer.h"
#include "source_lines_victim.h"

namespace cleanslate {
namespace {

std::uintptr_t returned_to;

void NoteReturnAddress() {
  returned_to = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}

}  // namespace

SourceLinesTest::SourceLinesTest() {
  std::string pattern = ::testing::TempDir() + "linesXXXXXX";
  folder_ = mkdtemp(pattern.data());
}

SourceLinesTest::~SourceLinesTest() {
  std::filesystem::remove_all(folder_);
}

VictimCall SourceLinesTest::CallIn(const char* function) {
  VictimCall call;
  void* library = dlopen(VICTIM_STRIPPED, RTLD_NOW | RTLD_LOCAL);
  EXPECT_NE(library, nullptr) << dlerror();
  if (library == nullptr) return call;
  const auto find = [library](const char* name) {
    void* found = dlsym(library, name);
    EXPECT_NE(found, nullptr) << name;
    return found;
  };
  reinterpret_cast<VictimFunction>(find(function))(&NoteReturnAddress);
  call.line = *static_cast<volatile int*>(find("victim_line"));
  call.outer_line = *static_cast<volatile int*>(find("victim_outer_line"));
  Symbolizer symbolizer;
  const Frames frames = symbolizer.Name(std::span(&returned_to, 1));
  EXPECT_EQ(frames.size(), 1u);
  if (!frames.empty()) call.frame = frames.front();
  dlclose(library);
  return call;
}

std::string SourceLinesTest::Copy(const std::string& file, const std::string& name) {
  const std::filesystem::path to = std::filesystem::path(folder_) / name;
  std::filesystem::create_directories(to.parent_path());
  std::filesystem::copy_file(file, to, std::filesystem::copy_options::overwrite_existing);
  return to.string();
}

std::string SourceLinesTest::Write(const std::string& name, const std::string& bytes) {
  const std::string path = folder_ + "/" + name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  return path;
}

std::string SourceLinesTest::ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace cleanslate
