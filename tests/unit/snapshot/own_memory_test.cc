#include "snapshot/own_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace cleanslate {
namespace {

// Pages that nobody has touched.
class Pages {
 public:
  explicit Pages(std::size_t count)
      : bytes_(count * OwnMemory::PageBytes()),
        start_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    EXPECT_NE(start_, MAP_FAILED);
    madvise(start_, bytes_, MADV_NOHUGEPAGE);
  }
  ~Pages() { munmap(start_, bytes_); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  char* at(std::size_t page) const { return static_cast<char*>(start_) + page * OwnMemory::PageBytes(); }
  std::uintptr_t address(std::size_t page) const { return reinterpret_cast<std::uintptr_t>(at(page)); }

 private:
  std::size_t bytes_;
  void* start_;
};

class OwnMemoryByEveryMeans : public ::testing::TestWithParam<OwnMemory::Means> {};

TEST_P(OwnMemoryByEveryMeans, ReadsUpToWhatCantBeRead) {
  const Pages pages(4);
  std::memset(pages.at(0), 'x', 3 * OwnMemory::PageBytes());
  OwnMemory memory(GetParam());
  std::string got(4 * OwnMemory::PageBytes(), ' ');
  EXPECT_EQ(memory.Read(pages.address(0), got.data(), 2 * OwnMemory::PageBytes()),
            2 * OwnMemory::PageBytes());
  EXPECT_EQ(got.find_first_not_of('x'), 2 * OwnMemory::PageBytes());
  munmap(pages.at(2), 2 * OwnMemory::PageBytes());
  EXPECT_EQ(memory.Read(pages.address(0), got.data(), got.size()), 2 * OwnMemory::PageBytes());
  EXPECT_EQ(memory.Read(1, got.data(), 16), 0u);
}

TEST_P(OwnMemoryByEveryMeans, KnowsUntouchedPagesAndLeavesThemSo) {
  constexpr std::size_t kPages = 1500;  // more than are asked for at once
  const Pages pages(kPages);
  *pages.at(1) = 'x';
  *pages.at(kPages - 1) = 'x';
  for (int i = 0; i < 2; ++i) {
    OwnMemory memory(GetParam());
    std::vector<std::uint8_t> touched(kPages, 7);
    memory.FindTouched(pages.address(0), touched);
    for (std::size_t page = 0; page < kPages; ++page)
      EXPECT_EQ(touched[page], page == 1 || page == kPages - 1) << page;
  }
}

INSTANTIATE_TEST_SUITE_P(Means, OwnMemoryByEveryMeans,
                         ::testing::Values(OwnMemory::Means::kBest, OwnMemory::Means::kWithoutProcessVm,
                                           OwnMemory::Means::kWithoutPagemap));

}  // namespace
}  // namespace cleanslate
