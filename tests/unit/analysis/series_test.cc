#include "analysis/series.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <ostream>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

// What is alive at the end of each window, from 1 on.
using Life = std::function<Amount(WindowNumber)>;

struct Shape {
  std::string name;
  Life life;
  WindowNumber by = 0;  // leaks: the window by which it must have been called

  friend std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.name; }
};

std::string NameOfShape(const testing::TestParamInfo<Shape>& info) {
  return info.param.name;
}

// The first window in which growth is called; 0: none.
WindowNumber FirstCall(const Life& life, WindowNumber windows) {
  Series series(0, {});
  for (WindowNumber window = 1; window <= windows; ++window) {
    series.Observe(window, life(window));
    if (series.Judge().pattern == Pattern::kGrowing) return window;
  }
  return 0;
}

Amount Blocks(std::int64_t count, std::int64_t each = 64) {
  return {count, count * each};
}

// Noise that is the same in every run and on every machine (splitmix64).
std::uint32_t Noise(std::uint64_t seed) {
  std::uint64_t z = seed * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return static_cast<std::uint32_t>(z >> 33);
}

class Clean : public testing::TestWithParam<Shape> {};

TEST_P(Clean, IsNeverCalledGrowth) {
  EXPECT_EQ(FirstCall(GetParam().life, 1000), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Clean,
    testing::Values(
        Shape{"Nothing", [](WindowNumber) { return Blocks(0); }},
        Shape{"ColdStartOnly", [](WindowNumber) { return Blocks(5000); }},
        Shape{"LazyInSecondWindow", [](WindowNumber w) { return Blocks(w < 2 ? 10 : 900); }},
        Shape{"WarmUpThatRunsOut",
              [](WindowNumber w) {
                std::int64_t level = 0;
                for (std::int64_t i = 1, by = 4096; i <= w; ++i, by /= 4) level += by;
                return Blocks(level);
              }},
        Shape{"WarmUpByHalves",
              [](WindowNumber w) {
                std::int64_t level = 0;
                for (std::int64_t i = 1, by = 1 << 20; i <= w; ++i, by /= 2) level += by;
                return Blocks(level);
              }},
        Shape{"PoolOfFour", [](WindowNumber w) { return Blocks(std::min<std::int64_t>(w, 4)); }},
        Shape{"CacheOfThreeKeys",
              [](WindowNumber w) { return Blocks(std::min<std::int64_t>(w + 1, 4), 512); }},
        Shape{"ReplacedEachWindow", [](WindowNumber) { return Blocks(1, 65536); }},
        Shape{"LastRequestsBufferOfAnySize",
              [](WindowNumber w) { return Blocks(1, 1000 + Noise(w) % 100000); }},
        Shape{"AlternatesBetweenTwoLevels", [](WindowNumber w) { return Blocks(w % 2 == 0 ? 10 : 14); }},
        Shape{"SawtoothOfTen", [](WindowNumber w) { return Blocks(100 + (w + 6) % 10); }},
        Shape{"SawtoothOfSeventy", [](WindowNumber w) { return Blocks((w + 67) % 70); }},
        Shape{"TableThatDoubles",
              [](WindowNumber w) { return Blocks(1, 64 * std::bit_ceil(static_cast<std::uint64_t>(w))); }},
        Shape{"ChunksThatDouble",  // a deque of chunks, each twice the one before
              [](WindowNumber w) { return Blocks(std::bit_width(static_cast<std::uint64_t>(w))); }},
        Shape{"LogarithmicCache",
              [](WindowNumber w) { return Blocks(static_cast<std::int64_t>(std::log(w) / std::log(1.6))); }},
        Shape{"OneOutlier", [](WindowNumber w) { return Blocks(w == 500 ? 9000 : 20); }},
        Shape{"OneStepForGood", [](WindowNumber w) { return Blocks(w < 300 ? 20 : 520); }},
        Shape{"ThreeStepsAtAnyTime",
              [](WindowNumber w) { return Blocks(20 + (w > 30) + (w > 210) + (w > 800)); }},
        Shape{"FillsThenClears", [](WindowNumber w) { return Blocks(w % 3); }},
        Shape{"SlowlyFalling", [](WindowNumber w) { return Blocks(2000 - w); }}),
    NameOfShape);

class Jitter : public testing::TestWithParam<std::uint32_t> {};

// What is alive at a quiescent point may depend on the last request, on timing, on hashes.
TEST_P(Jitter, AroundALevelIsNeverCalledGrowth) {
  const std::uint32_t seed = GetParam();
  const auto noisy = [seed](std::uint32_t range) {
    return [seed, range](WindowNumber w) {
      return Blocks(1000 + static_cast<std::int64_t>(Noise(seed * 100003 + w) % range));
    };
  };
  EXPECT_EQ(FirstCall(noisy(2), 1000), 0u);
  EXPECT_EQ(FirstCall(noisy(5), 1000), 0u);
  // Four rises from the first window on may by chance stand at the beginning of noise, and then nobody can
  // tell them from a leak; these seeds have none.
  EXPECT_EQ(FirstCall(noisy(100), 1000), 0u);
}

TEST_P(Jitter, WalkBetweenBoundsIsNeverCalledGrowth) {
  const std::uint32_t seed = GetParam();
  std::int64_t level = 10;
  // Four rises at the very beginning can't be told from a leak, so it begins with falls.
  const Life walk = [&level, seed](WindowNumber w) {
    const bool up = w > 4 && Noise(seed * 7919 + w) % 2 == 0;
    level = std::clamp<std::int64_t>(level + (up ? 1 : -1), 5, 15);
    return Blocks(level);
  };
  EXPECT_EQ(FirstCall(walk, 1000), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Jitter, testing::Range<std::uint32_t>(1, 25));

class Leak : public testing::TestWithParam<Shape> {};

TEST_P(Leak, IsCalledInTime) {
  const WindowNumber called = FirstCall(GetParam().life, 1000);
  EXPECT_NE(called, 0u);
  EXPECT_LE(called, GetParam().by);
}

Life EveryNth(WindowNumber n, WindowNumber phase) {
  return [n, phase](WindowNumber w) { return Blocks(w < phase ? 0 : 1 + (w - phase) / n, 16); };
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Leak,
    testing::Values(
        Shape{"OneBlockOfOneByte", [](WindowNumber w) { return Blocks(w, 1); }, 5},
        Shape{"BlocksOfNoBytes", [](WindowNumber w) { return Blocks(w, 0); }, 5},
        Shape{"AfterALargeColdStart", [](WindowNumber w) { return Blocks(100000 + w); }, 5},
        Shape{"AfterALazyImport", [](WindowNumber w) { return Blocks((w < 2 ? 0 : 5000) + w); }, 5},
        Shape{"OfAnySize",
              [](WindowNumber w) {
                std::int64_t bytes = 0;
                for (WindowNumber i = 1; i <= w; ++i) bytes += 16 + Noise(i) % 5000;
                return Amount{w, bytes};
              },
              5},
        Shape{"ShrinkingBlocksButAlwaysOne",
              [](WindowNumber w) {
                std::int64_t bytes = 0;
                for (WindowNumber i = 1; i <= w; ++i) bytes += 4096 / i;
                return Amount{w, bytes};
              },
              5},
        Shape{"FewerEachTimeButNotRunningOut",
              [](WindowNumber w) {
                std::int64_t count = 0;
                for (WindowNumber i = 1; i <= w; ++i) count += 100 - (i % 7) * 5;
                return Blocks(count);
              },
              5},
        Shape{"BufferReallocatedLonger", [](WindowNumber w) { return Blocks(1, 100 * w); }, 5},
        Shape{"BufferReallocatedByAnySize",
              [](WindowNumber w) {
                std::int64_t bytes = 0;
                for (WindowNumber i = 1; i <= w; ++i) bytes += 10 + Noise(i) % 1000;
                return Blocks(1, bytes);
              },
              10},
        Shape{"EachTwiceTheOneBefore",
              [](WindowNumber w) { return Blocks(std::int64_t{1} << std::min(w, 40u)); }, 5},
        Shape{"EverySecond", EveryNth(2, 2), 40}, Shape{"EverySecondFromTheFirst", EveryNth(2, 1), 40},
        Shape{"EveryThird", EveryNth(3, 3), 40}, Shape{"EveryFifth", EveryNth(5, 2), 40},
        Shape{"EverySeventh", EveryNth(7, 7), 40}, Shape{"EveryTenth", EveryNth(10, 10), 40},
        Shape{"EveryTenthFromTheFirst", EveryNth(10, 1), 40},
        Shape{"EveryTenthFromTheFifth", EveryNth(10, 5), 40}, Shape{"EveryHundredth", EveryNth(100, 50), 350},
        Shape{"ThreeInFour", [](WindowNumber w) { return Blocks(w - w / 4); }, 40},
        Shape{"TwoUpOneDown", [](WindowNumber w) { return Blocks(10 + w / 2 + (w % 2 == 0 ? 0 : 2)); }, 40},
        Shape{"BelowNoise", [](WindowNumber w) { return Blocks(1000 + w + Noise(w) % 4); }, 80},
        Shape{"BelowLargeNoise", [](WindowNumber w) { return Blocks(1000 + w + Noise(w) % 40); }, 600},
        Shape{"FromTheTwoHundredthOn",
              [](WindowNumber w) { return Blocks(50 + std::max<std::int64_t>(0, std::int64_t{w} - 200)); },
              205},
        Shape{"FromTheThreeHundredthOnBelowNoise",
              [](WindowNumber w) {
                return Blocks(50 + Noise(w) % 3 + std::max<std::int64_t>(0, std::int64_t{w} - 300));
              },
              700}),
    NameOfShape);

TEST(Series, CallsGrowthOnlyInWindowsThatRise) {
  Series series(0, {});
  const Life life = EveryNth(10, 1);
  std::set<WindowNumber> called;
  for (WindowNumber window = 1; window <= 100; ++window) {
    series.Observe(window, life(window));
    if (series.Judge().pattern == Pattern::kGrowing) called.insert(window);
  }
  EXPECT_EQ(called, (std::set<WindowNumber>{31, 41, 51, 61, 71, 81, 91}));
}

TEST(Series, WindowsThatAreNotToldOfKeepTheLevel) {
  Series told(0, {});
  Series untold(0, {});
  const Life life = EveryNth(10, 1);
  for (WindowNumber window = 1; window <= 100; ++window) {
    told.Observe(window, life(window));
    if (window % 10 == 1) untold.Observe(window, life(window));
    if (window % 10 != 1) continue;
    EXPECT_EQ(told.Judge().pattern, untold.Judge().pattern) << window;
    EXPECT_EQ(told.Judge().over, untold.Judge().over) << window;
  }
}

TEST(Series, MeasuresItsPace) {
  Series series(0, {});
  for (WindowNumber window = 1; window <= 20; ++window) series.Observe(window, Blocks(3 * window, 10));
  const Growth growth = series.Judge();
  EXPECT_EQ(growth.pattern, Pattern::kGrowing);
  EXPECT_FALSE(growth.by_bytes);
  EXPECT_EQ(growth.run, 19);
  EXPECT_EQ(growth.rises, 19);
  EXPECT_EQ(growth.least, 3);
  EXPECT_EQ(growth.most, 3);
  EXPECT_DOUBLE_EQ(growth.count_per_window, 3);
  EXPECT_DOUBLE_EQ(growth.bytes_per_window, 30);
}

TEST(Series, MeasuresASparsePaceOverAllWindows) {
  Series series(0, {});
  const Life life = EveryNth(10, 1);
  for (WindowNumber window = 1; window <= 31; ++window) series.Observe(window, life(window));
  const Growth growth = series.Judge();
  EXPECT_EQ(growth.over, 30);
  EXPECT_EQ(growth.events, 3);
  EXPECT_EQ(growth.run, 0);
  EXPECT_NEAR(growth.count_per_window, 0.1, 0.001);
}

TEST(Series, MeasuresADriftNetOfWhatFalls) {
  Series series(0, {});
  double pace = 0;
  for (WindowNumber window = 1; window <= 400; ++window) {
    series.Observe(window, Blocks(1000 + 2 * window + Noise(window) % 20));
    const Growth growth = series.Judge();
    if (growth.pattern == Pattern::kGrowing && growth.events == 0) pace = growth.count_per_window;
  }
  EXPECT_NEAR(pace, 2, 0.2);
}

TEST(Series, NamesThePatternsOnTheWay) {
  Series series(0, {});
  const auto after = [&series](WindowNumber window, std::int64_t level) {
    series.Observe(window, Blocks(level));
    return series.Judge().pattern;
  };
  EXPECT_EQ(after(1, 3), Pattern::kNew);
  EXPECT_EQ(after(2, 4), Pattern::kNew);
  EXPECT_EQ(after(3, 5), Pattern::kWarming);
  EXPECT_EQ(after(4, 5), Pattern::kStable);
}

}  // namespace
}  // namespace cleanslate
