#include "analysis/static_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "analysis/rule_names.h"
#include "analysis/static_variables.h"
#include "snapshot/loaded_modules.h"
#include "snapshot/static_taker.h"

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Shapes of static data, as handlers keep it.
struct Session {
  std::int32_t requests;
  char user[32];
  double total;
  char city[12];
  std::int64_t last_seen_s;
};
alignas(64) char g_text[64];
alignas(64) std::string g_string;
alignas(64) Session g_session;
alignas(64) char g_code[8];
alignas(64) char g_ring[16][32];
alignas(64) std::int64_t g_number;
alignas(64) const void* g_address;
alignas(64) double g_average;
alignas(64) std::mt19937_64 g_generator;
alignas(64) std::uint64_t g_hashes[512];

struct WatchedVariable {
  const char* name;
  void* start;
  std::size_t bytes;
};
const WatchedVariable variables[] = {
    {"g_text", g_text, sizeof g_text},
    {"g_string", &g_string, sizeof g_string},
    {"g_session", &g_session, sizeof g_session},
    {"g_code", g_code, sizeof g_code},
    {"g_ring", g_ring, sizeof g_ring},
    {"g_number", &g_number, sizeof g_number},
    {"g_address", static_cast<void*>(&g_address), sizeof g_address},
    {"g_average", &g_average, sizeof g_average},
    {"g_generator", &g_generator, sizeof g_generator},
    {"g_hashes", g_hashes, sizeof g_hashes},
};

// As the symbol table of this program would have it; what the tests' own scaffolding changes has no name.
DataName NameOfRange(const StaticRange& range) {
  static const std::uintptr_t bias = [] {
    LoadedModules modules;
    modules.Refresh();
    for (const LoadedModule& module : modules.all())
      if (module.name == "analysis_test") return module.bias;
    return std::uintptr_t{0};
  }();
  for (const WatchedVariable& variable : variables) {
    const std::uint64_t begin = reinterpret_cast<std::uintptr_t>(variable.start) - bias;
    if (range.offset - begin < variable.bytes)
      return {variable.name, begin, static_cast<std::int64_t>(variable.bytes)};
  }
  return {"", range.offset, 0};
}

// A handler, as far as static data is concerned: what it does in invocation `i`.
struct Handler {
  const char* what;
  std::function<void(WindowNumber i)> run;
};

std::string UserOf(WindowNumber i) {
  static const char* const kUsers[] = {"alice", "robert", "customer-4711", "anna", "u-20391"};
  return kUsers[i % 5];
}

class Process {
 public:
  Process()
      : taker_([] {
          StaticTakerOptions options;
          options.watched = [](const std::string& module) { return module == "analysis_test"; };
          return options;
        }()) {
    g_generator.seed(17);
    g_string.clear();
    for (const WatchedVariable& variable : variables) {
      if (variable.start != &g_string && variable.start != &g_generator)
        std::memset(variable.start, 0, variable.bytes);
    }
    Take();
  }

  StaticSnapshot Take() { return taker_.Take(StaticTaker::Clock::now() + std::chrono::seconds(30)); }

  // The first window with a warning of a variable; 0: none.
  WindowNumber FirstWarning(WindowNumber windows, const Handler& handler) {
    StaticRules rules(false, 4096);
    for (WindowNumber i = 1; i <= windows; ++i) {
      handler.run(i);
      Drafts drafts;
      rules.Observe(i, Take(), &NameOfRange, drafts);
      std::erase_if(drafts, [](const Draft& draft) { return !draft.subject.starts_with("g_"); });
      if (!drafts.empty()) {
        warning = drafts.front();
        return i;
      }
    }
    return 0;
  }

  Draft warning;

 private:
  StaticTaker taker_;
};

void KeepText(WindowNumber i) {
  std::snprintf(g_text, sizeof g_text, "%s", UserOf(i).c_str());
}

TEST(StaticRules, ATextThatEachInvocationLeavesIsNamedByTheFifth) {
  const Handler leaky[] = {
      {"a text", &KeepText},
      {"a string's short form", [](WindowNumber i) { g_string = UserOf(i); }},
      {"a field of a struct",
       [](WindowNumber i) {
         ++g_session.requests;
         g_session.total += 19.99;
         g_session.last_seen_s = 1790000000 + static_cast<std::int64_t>(i) * 7;
         std::snprintf(g_session.user, sizeof g_session.user, "%s", UserOf(i).c_str());
       }},
      {"a field that is full",
       [](WindowNumber i) { std::memcpy(g_code, ("ORDER" + std::to_string(100 + i)).data(), 8); }},
      {"one slot after the other",
       [](WindowNumber i) { std::snprintf(g_ring[i % 16], 32, "%s", UserOf(i).c_str()); }},
      {"JSON",
       [](WindowNumber i) {
         std::snprintf(g_text, sizeof g_text, R"({"user":"%s","n":%u})", UserOf(i).c_str(),
                       static_cast<unsigned>(i));
       }},
  };
  for (const Handler& handler : leaky) {
    const WindowNumber first = Process().FirstWarning(8, handler);
    EXPECT_GT(first, 1u) << handler.what;
    EXPECT_LE(first, 5u) << handler.what;
  }
}

TEST(StaticRules, ATextThatSomeInvocationsLeaveIsNamedToo) {
  EXPECT_GT(Process().FirstWarning(40, {"every second",
                                        [](WindowNumber i) {
                                          if (i % 2 == 0) KeepText(i);
                                        }}),
            0u);
  EXPECT_GT(Process().FirstWarning(40, {"wiped by every second",
                                        [](WindowNumber i) {
                                          if (i % 2 == 0)
                                            std::memset(g_text, 0, sizeof g_text);
                                          else
                                            KeepText(i);
                                        }}),
            0u);
  EXPECT_GT(Process().FirstWarning(120, {"every tenth",
                                         [](WindowNumber i) {
                                           ++g_session.requests;
                                           if (i % 10 == 0)
                                             std::snprintf(g_session.user, sizeof g_session.user, "%s",
                                                           UserOf(i / 10).c_str());
                                         }}),
            0u);
}

TEST(StaticRules, CleanFunctionsChangeStaticDataToo) {
  std::mt19937_64 random(4711);
  static char blocks[4096];
  const Handler clean[] = {
      {"a counter", [](WindowNumber) { ++g_number; }},
      {"a byte that is printable for long", [](WindowNumber i) { g_number = 0x40 + i % 0x30; }},
      {"seconds", [](WindowNumber i) { g_number = 1790000000 + static_cast<std::int64_t>(i) * 61; }},
      {"nanoseconds",
       [](WindowNumber i) { g_number = 1790000000123456789 + static_cast<std::int64_t>(i) * 98765432101; }},
      {"a random number", [&](WindowNumber) { g_number = static_cast<std::int64_t>(random()); }},
      {"a random number of 32 bits",
       [&](WindowNumber) { g_number = static_cast<std::int64_t>(random() % 0xffffffffu); }},
      {"an address", [&](WindowNumber) { g_address = blocks + random() % 256 * 16; }},
      {"an address on the heap",
       [&](WindowNumber) { g_address = reinterpret_cast<void*>(0x556143000000 + random() % 65536 * 16); }},
      {"an average", [](WindowNumber i) { g_average += 19.99 / static_cast<double>(i); }},
      {"a generator's state",
       [&](WindowNumber) {
         for (int i = 0; i < 312; ++i) g_generator();
       }},
      {"hashes",
       [&](WindowNumber) {
         for (std::uint64_t& hash : g_hashes) hash = random();
       }},
      {"what is set up once",
       [](WindowNumber i) {
         if (i == 1) std::strcpy(g_text, "postgresql://db.internal");
       }},
      {"what is set up late",
       [](WindowNumber i) {
         if (i == 3) std::strcpy(g_text, "postgresql://db.internal");
       }},
      {"the same text each time", [](WindowNumber) { std::strcpy(g_text, "postgresql://db.internal"); }},
      {"a flag", [](WindowNumber i) { g_number = i % 2; }},
      {"a text that is wiped",
       [](WindowNumber i) {
         KeepText(i);
         std::memset(g_text, 0, sizeof g_text);
       }},
      {"a string that is cleared",
       [](WindowNumber i) {
         g_string = UserOf(i);
         g_string.clear();
       }},
      {"a text that is cleared",
       [](WindowNumber i) {
         KeepText(i);
         g_text[0] = '\0';
       }},
      {"numbers beside a text that stays",
       [](WindowNumber i) {
         ++g_session.requests;
         g_session.total += 19.99;
         g_session.last_seen_s = 1790000000 + static_cast<std::int64_t>(i) * 7;
         std::strcpy(g_session.user, "service-account");
         std::strcpy(g_session.city, "Bergen");
       }},
      {"a price beside a text that stays",
       [](WindowNumber i) {
         g_session.total = 16.0 + static_cast<double>(i % 16);
         std::strcpy(g_session.city, "Bergen");
       }},
  };
  for (const Handler& handler : clean) {
    Process process;
    EXPECT_EQ(process.FirstWarning(400, handler), 0u) << handler.what << ": " << process.warning.fact;
  }
}

TEST(StaticRules, TheRuntimeClientsOwnBuffersAreNoEvidence) {
  const auto warnings = [](bool traffic) {
    StaticRules rules(false, 64);
    Drafts drafts;
    for (WindowNumber window = 1; window <= 10; ++window) {
      StaticSnapshot now;
      now.changed = {{"/var/task/bootstrap", 64, 16, true}};
      rules.Observe(
          window, now,
          [traffic](const StaticRange&) {
            DataName name;
            name.symbol = "g_reply";
            name.offset = 64;
            name.bytes = 4096;
            name.traffic = traffic;
            return name;
          },
          drafts);
    }
    return drafts.size();
  };
  EXPECT_GT(warnings(false), 0u);
  EXPECT_EQ(warnings(true), 0u);
}

TEST(StaticRules, SaysWhatUsersNeedToKnow) {
  Process process;
  ASSERT_GT(process.FirstWarning(8, {"", &KeepText}), 0u);
  const Draft& draft = process.warning;
  EXPECT_EQ(draft.rule, kStaticDataChanged);
  EXPECT_EQ(draft.severity, Severity::kWarning);
  EXPECT_EQ(draft.subject, "g_text");
  EXPECT_EQ(draft.fact, "static variable g_text (64 bytes in analysis_test) is left with another text");
  EXPECT_EQ(draft.unit, "changes");
  EXPECT_EQ(draft.noun, "variable");
  EXPECT_EQ(draft.count, 1);
  EXPECT_EQ(draft.bytes, 64);
  EXPECT_EQ(draft.pattern, "analysis_test g_text");
  EXPECT_EQ(draft.growth.pattern, Pattern::kGrowing);
  EXPECT_EQ(draft.first_seen, 2) << "the cold start is no evidence";
}

StaticRange RangeAt(std::uint64_t offset, std::int64_t bytes, bool text = false,
                    std::string path = "/opt/libcart.so.1.2") {
  return {std::move(path), offset, bytes, text};
}

DataName Nameless(const StaticRange& range) {
  return {"", range.offset, 0};
}

TEST(StaticRules, WithoutASymbolTheModuleAndThePlaceAreNamed) {
  StaticRules rules(false, 4096);
  Drafts drafts;
  for (WindowNumber i = 1; i <= 5 && drafts.empty(); ++i) {
    StaticSnapshot now;
    // Whatever else changes elsewhere.
    now.changed = {RangeAt(0x4060, 5 + i, true), RangeAt(0x5000, 100)};
    rules.Observe(i, now, &Nameless, drafts);
  }
  ASSERT_THAT(drafts, SizeIs(1));
  EXPECT_EQ(drafts[0].subject, "libcart.so.1.2 data at 0x4060");
  EXPECT_EQ(drafts[0].fact, "static data at 0x4060 of libcart.so.1.2 is left with another text");
  EXPECT_EQ(drafts[0].pattern, "libcart");
}

TEST(StaticRules, ChangesAreToldOnceAModuleAndOnlyWhenAsked) {
  StaticSnapshot now;
  now.changed = {RangeAt(0x4000, 4), RangeAt(0x5000, 8), RangeAt(0x4000, 8, false, "/opt/bootstrap")};
  for (const bool tell : {false, true}) {
    StaticRules rules(tell, 4096);
    Drafts drafts;
    rules.Observe(0, now, &Nameless, drafts);
    EXPECT_THAT(drafts, IsEmpty()) << "the baseline";
    rules.Observe(1, now, &Nameless, drafts);
    if (!tell) {
      EXPECT_THAT(drafts, IsEmpty());
      continue;
    }
    ASSERT_THAT(drafts, SizeIs(2));
    EXPECT_EQ(drafts[0].fact, "1 static variable of bootstrap changed");
    EXPECT_EQ(drafts[1].fact, "2 static variables of libcart.so.1.2 changed");
    EXPECT_EQ(drafts[1].severity, Severity::kInfo);
    EXPECT_EQ(drafts[1].count, 2);
    EXPECT_EQ(drafts[1].bytes, 12);
  }
}

TEST(StaticRules, WhatIsFollowedIsBoundedAndTextsHaveRoomOfTheirOwn) {
  StaticRules rules(false, 1);
  StaticSnapshot now;
  for (std::uint64_t i = 0; i < 100; ++i) now.changed.push_back(RangeAt(0x4000 + 64 * i, 4));
  now.changed.push_back(RangeAt(0x8000, 4000));
  now.changed.push_back(RangeAt(0x9000, 5, true));
  Drafts drafts;
  for (WindowNumber i = 1; i <= 5; ++i) rules.Observe(i, now, &Nameless, drafts);
  EXPECT_EQ(rules.forgotten(), 5 * (100 - 4));
  EXPECT_FALSE(drafts.empty());
}

// Variables of 16 bytes each, at 0x4000 and so on, with holes of 16 bytes between.
DataName EveryOther(const StaticRange& range) {
  const std::uint64_t place = range.offset / 16;
  if (place % 2 != 0) return {"", range.offset, static_cast<std::int64_t>((place + 1) * 16 - range.offset)};
  return {"v" + std::to_string(place - 0x400), place * 16, 16};
}

std::vector<std::string> NamesOf(const std::vector<ChangedStatic>& changed) {
  std::vector<std::string> names;
  for (const ChangedStatic& each : changed) names.push_back(each.name);
  return names;
}

TEST(ChangedStatics, AreGroupedByVariableWithTextFirst) {
  const auto changed = ChangedStatics(
      {RangeAt(0x4000, 2), RangeAt(0x4008, 2), RangeAt(0x4024, 5, true), RangeAt(0x4042, 1)}, &EveryOther);
  EXPECT_THAT(NamesOf(changed), ElementsAre("v2", "v0", "v4"));
  EXPECT_TRUE(changed[0].text);
  EXPECT_EQ(changed[0].bytes, 16);
  EXPECT_EQ(changed[0].module, "libcart.so.1.2");
  EXPECT_EQ(changed[0].pattern, "libcart v2");
  EXPECT_FALSE(changed[1].text);
}

TEST(ChangedStatics, ARangeOverSeveralCountsForEachAndForNoHole) {
  EXPECT_THAT(NamesOf(ChangedStatics({RangeAt(0x4008, 64)}, &EveryOther)), ElementsAre("v0", "v2", "v4"));
  const auto hole = ChangedStatics({RangeAt(0x4018, 4)}, &EveryOther);
  EXPECT_THAT(NamesOf(hole), ElementsAre("libcart.so.1.2 data at 0x4018"));
  EXPECT_EQ(hole[0].bytes, 4);
  EXPECT_FALSE(hole[0].named);
}

TEST(ChangedStatics, AreBounded) {
  EXPECT_THAT(ChangedStatics({RangeAt(0x4000, 1 << 20)}, &EveryOther, 5), SizeIs(5));
  EXPECT_THAT(NamesOf(ChangedStatics({RangeAt(0x4000, 64), RangeAt(0x4060, 4, true)}, &EveryOther, 1)),
              ElementsAre("v6"));
  EXPECT_THAT(ChangedStatics({RangeAt(0x4000, 4), RangeAt(0x4020, 4)}, nullptr, 5), SizeIs(2));
}

}  // namespace
}  // namespace cleanslate
