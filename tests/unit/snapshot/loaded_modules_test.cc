#include "snapshot/loaded_modules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace cleanslate {
namespace {

int with_value = 17;
int zero;
// Relocated by the loader, and read-only from then on.
int* const relocated[] = {&with_value, &zero};

const LoadedModule* Program(const LoadedModules& modules) {
  const auto& all = modules.all();
  const auto at = std::find_if(all.begin(), all.end(),
                               [](const LoadedModule& module) { return module.name == "snapshot_test"; });
  return at == all.end() ? nullptr : &*at;
}

const DataSegment* SegmentOf(const LoadedModule& module, const volatile void* variable) {
  const auto address = reinterpret_cast<std::uintptr_t>(variable);
  for (const DataSegment& segment : module.data)
    if (address - segment.start < segment.bytes) return &segment;
  return nullptr;
}

TEST(LoadedModules, KnowsTheWritableDataOfTheProgram) {
  LoadedModules modules;
  EXPECT_TRUE(modules.Refresh());
  EXPECT_FALSE(modules.Refresh()) << "nothing was loaded meanwhile";
  const LoadedModule* const program = Program(modules);
  ASSERT_NE(program, nullptr);
  EXPECT_TRUE(program->path.starts_with("/"));

  const DataSegment* const data = SegmentOf(*program, &with_value);
  ASSERT_NE(data, nullptr);
  EXPECT_LT(reinterpret_cast<std::uintptr_t>(&with_value), data->start + data->file_bytes);
  const DataSegment* const bss = SegmentOf(*program, &zero);
  ASSERT_NE(bss, nullptr);
  EXPECT_GE(reinterpret_cast<std::uintptr_t>(&zero), bss->start + bss->file_bytes);
}

TEST(LoadedModules, LeavesOutWhatIsReadOnlyAfterStart) {
  LoadedModules modules;
  modules.Refresh();
  const LoadedModule* const program = Program(modules);
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(SegmentOf(*program, relocated), nullptr);
}

}  // namespace
}  // namespace cleanslate
