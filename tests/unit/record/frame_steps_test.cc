#include "record/frame_steps.h"

#include <gtest/gtest.h>

#include <memory>

#include "record/code_map.h"

namespace cleanslate {
namespace {

TEST(FrameStep, KeepsItsParts) {
  for (const std::int64_t offset : {-8388608L, -1L, 0L, 1L, 8388607L}) {
    for (const std::int64_t word : {-32768L, -1L, 0L, 5L, 32767L}) {
      FrameStep step;
      ASSERT_TRUE(step.Set(FrameStep::Kind::kFromFramePointer, offset, word, -word - 1));
      EXPECT_EQ(step.kind(), FrameStep::Kind::kFromFramePointer);
      EXPECT_EQ(step.cfa_offset(), offset * 8);
      EXPECT_EQ(step.return_address(), word * 8);
      EXPECT_EQ(step.frame_pointer(), -word - 1);
    }
  }
}

TEST(FrameStep, TakesNoOffsetThatDoesNotFit) {
  FrameStep step;
  EXPECT_FALSE(step.Set(FrameStep::Kind::kFromStackPointer, 8388608, 0, 0));
  EXPECT_FALSE(step.Set(FrameStep::Kind::kFromStackPointer, 0, -32769, 0));
  EXPECT_FALSE(step.Set(FrameStep::Kind::kFromStackPointer, 0, 0, 32768));
}

TEST(FrameSteps, KnowsCodeAndWhatIsNone) {
  auto steps = std::make_unique<FrameSteps>();
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)) - 1;
  const std::uint32_t generation = code_map.generation();
  const FrameStep step = steps->At(here, generation);
  EXPECT_NE(step.kind(), FrameStep::Kind::kNoInformation);
  EXPECT_EQ(steps->At(here, generation).word(), step.word());
  EXPECT_EQ(steps->At(0x1000, generation).kind(), FrameStep::Kind::kNoInformation);
  steps->Forget();
  EXPECT_EQ(steps->At(here, generation).word(), step.word());
}

}  // namespace
}  // namespace cleanslate
