#include "report/symbolizer_names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cleanslate {
namespace {

struct Named {
  const char* symbol;
  const char* name;
};
class DisplayFunctionOf : public ::testing::TestWithParam<Named> {};

TEST_P(DisplayFunctionOf, IsAsPeopleWriteIt) {
  EXPECT_EQ(DisplayFunction(GetParam().symbol), GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    Symbols, DisplayFunctionOf,
    ::testing::Values(
        Named{"grow", "grow"}, Named{"", ""}, Named{"main.(*Cache).Add", "main.(*Cache).Add"},
        Named{"main.handler", "main.handler"}, Named{"grow.part.0", "grow"},
        Named{"grow.constprop.0.isra.0.cold", "grow"}, Named{"_ZN5Cache6InsertEi", "Cache::Insert"},
        Named{"_ZNK5Cache6LookupERKSs", "Cache::Lookup"}, Named{"_ZN5Cache6InsertEi.cold", "Cache::Insert"},
        Named{"_ZN12_GLOBAL__N_14GrowEv", "(anonymous namespace)::Grow"}, Named{"_Znwm", "operator new"},
        Named{"_Znam", "operator new[]"}, Named{"_ZdlPv", "operator delete"},
        Named{"_ZN5CacheclEi", "Cache::operator()"}, Named{"_ZNK5CachecvSsEv", "Cache::operator std::string"},
        Named{"_ZlsRSoRK5Cache", "operator<<"}, Named{"_ZNK5CacheltERKS_", "Cache::operator<"},
        Named{"_ZNK5CacheptEv", "Cache::operator->"},
        // void Grow<int>(std::vector<int, std::allocator<int> >&)
        Named{"_Z4GrowIiEvRSt6vectorIT_SaIS1_EE", "Grow<int>"},
        // std::vector<int, std::allocator<int> >::push_back(int const&)
        Named{"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int>::push_back"},
        // Cache<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >
        // >::Insert(int)
        Named{"_ZN5CacheINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEE6InsertEi",
              "Cache<std::string>::Insert"},
        Named{"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
        Named{"_ZN60_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..ops..Drop$GT$4drop17h0123456789abcdefE",
              "<alloc::vec::Vec<T> as core::ops::Drop>::drop"},
        Named{"_ZThn16_N5Cache6InsertEi", "Cache::Insert"}, Named{"_Znonsense", "_Znonsense"},
        Named{"_Z", "_Z"}));

TEST(DisplayFunction, ALambdaKeepsItsFunction) {
  // main::{lambda(int)#1}::operator()(int) const
  EXPECT_EQ(DisplayFunction("_ZZ4mainENKUliE_clEi"), "main::{lambda(int)#1}::operator()");
}

TEST(DisplayFunction, LongTemplatesCollapse) {
  std::string symbol = "_ZN5CacheI";
  for (int i = 0; i < 30; ++i) symbol += "9Something";
  symbol += "E6InsertEv";
  EXPECT_EQ(DisplayFunction(symbol), "Cache<...>::Insert");
}

TEST(DisplayFunction, EveryNameIsBounded) {
  EXPECT_LE(DisplayFunction(std::string(4000, 'x')).size(), 243u);
  EXPECT_LE(DisplayFunction("_Z1000" + std::string(1000, 'x') + "v").size(), 243u);
}

TEST(DisplayFunction, EveryPrefixOfASymbolIsHarmless) {
  const std::string symbol =
      "_ZNSt8functionIFvRKSt6vectorINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESaIS6_EEEEC2ERKSB_."
      "cold";
  for (std::size_t size = 1; size <= symbol.size(); ++size)
    EXPECT_NE(DisplayFunction(symbol.substr(0, size)), "");
}

Frame FrameOf(const char* function, const char* module = "app") {
  Frame frame;
  frame.function = function;
  frame.module = module;
  return frame;
}

std::vector<std::string> After(Frames frames) {
  DropAllocatorFrames(frames);
  std::vector<std::string> functions;
  for (const Frame& frame : frames) functions.push_back(frame.function);
  return functions;
}

using Functions = std::vector<std::string>;

TEST(ShortFunction, HasStandardTypesInTheirShortForm) {
  EXPECT_EQ(ShortFunction("grow"), "grow");
  EXPECT_EQ(ShortFunction(""), "");
  EXPECT_EQ(ShortFunction("shop::(anonymous namespace)::Grow"), "shop::(anonymous namespace)::Grow");
  EXPECT_EQ(ShortFunction("std::vector<int, std::allocator<int> >::push_back"),
            "std::vector<int>::push_back");
  EXPECT_EQ(ShortFunction("Cart<" + std::string(200, 'x') + ">::Add"), "Cart<...>::Add");
  EXPECT_LE(ShortFunction(std::string(100'000, 'x')).size(), 250u);
}

TEST(DisplayVariable, IsAsPeopleWriteIt) {
  EXPECT_EQ(DisplayVariable("g_last_user"), "g_last_user");
  EXPECT_EQ(DisplayVariable("last.3"), "last");
  EXPECT_EQ(DisplayVariable("last.lto_priv.0"), "last");
  EXPECT_EQ(DisplayVariable("main.lastUser"), "main.lastUser");
  EXPECT_EQ(DisplayVariable(".3"), ".3");
  EXPECT_EQ(DisplayVariable("_Z6g_lastB5cxx11"), "g_last");
  EXPECT_EQ(DisplayVariable("_ZN12_GLOBAL__N_13bufE"), "(anonymous namespace)::buf");
  EXPECT_EQ(DisplayVariable("_ZZ6HandleRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEiE4last"),
            "Handle(...)::last");
  EXPECT_EQ(DisplayVariable("_ZZ3FooIiEiT_E3cnt"), "Foo<int>(...)::cnt");
  EXPECT_EQ(DisplayVariable(
                "_ZZZ6HandleRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEiENKUliE_clEiE5inner"),
            "Handle(...)::{lambda(int)#1}::operator()(...) const::inner");
  EXPECT_EQ(DisplayVariable("_ZGVZ3FooIiEiT_E1sB5cxx11"), "guard variable for Foo<int>(...)::s");
}

TEST(DropAllocatorFrames, TheFirstFrameLeftIsTheOneThatAsked) {
  EXPECT_EQ(After({FrameOf("Hook", "libcleanslate.so"), FrameOf("malloc", "libc.so.6"),
                   FrameOf("operator new", "libstdc++.so.6"), FrameOf("Cache::Insert"), FrameOf("main")}),
            (Functions{"Cache::Insert", "main"}));
  EXPECT_EQ(After({FrameOf("je_arena_malloc", "libjemalloc.so.2"), FrameOf("strdup"), FrameOf("grow")}),
            (Functions{"grow"}));
}

TEST(DropAllocatorFrames, AnAllocatorFurtherOutStays) {
  EXPECT_EQ(After({FrameOf("grow"), FrameOf("malloc"), FrameOf("main")}),
            (Functions{"grow", "malloc", "main"}));
}

TEST(DropAllocatorFrames, AStackOfNothingElseStays) {
  EXPECT_EQ(After({FrameOf("malloc"), FrameOf("operator new")}), (Functions{"malloc", "operator new"}));
  EXPECT_EQ(After({}), Functions{});
}

}  // namespace
}  // namespace cleanslate
