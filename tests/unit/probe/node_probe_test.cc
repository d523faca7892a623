#include "probe/node_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string OneVariable(const std::string& name, int entries, int before, const std::string& more = "") {
  return R"({"name":")" + name +
         R"(","kind":"Array","file":"app.js","line":3,"role":"variable","bound":"none","size":1,)" +
         R"("entries":)" + std::to_string(entries) + R"(,"texts":0,"rest":0,"object":1,"before":)" +
         std::to_string(before) + R"(,"holds":[)" + more + "]}";
}

std::string OneLook(int look, const std::string& seen, const std::string& gone = "") {
  return R"({"look":)" + std::to_string(look) +
         R"(,"tookUs":40,"watched":7,"leftOut":2,"workers":1,"off":"","seen":[)" + seen + R"(],"gone":[)" +
         gone + "]}";
}

ProbeRequest At(WindowNumber window) {
  ProbeRequest request;
  request.window = window;
  return request;
}

// What waits is the process's, not the probe's.
class NodeProbeTest : public ::testing::Test {
 protected:
  NodeProbeTest() { NodeProbe().Look(At(0)); }
  NodeProbe probe_;
};

TEST_F(NodeProbeTest, WithoutAWordThereIsNothing) {
  const VariableSnapshot snapshot = probe_.Look(At(1));
  EXPECT_THAT(snapshot.changed, IsEmpty());
  EXPECT_EQ(snapshot.watched, 0);
  EXPECT_EQ(probe_.off(), "");
}

TEST_F(NodeProbeTest, TellsWhatHasChanged) {
  ASSERT_TRUE(
      NodeProbe::Deliver(OneLook(1, OneVariable("app.list", 0, 0) + "," + OneVariable("app.b", 1, 0))));
  VariableSnapshot snapshot = probe_.Look(At(0));
  ASSERT_THAT(snapshot.changed, SizeIs(2));
  EXPECT_EQ(snapshot.changed[0].now.name, "app.b");
  EXPECT_EQ(snapshot.changed[1].change, VariableChange::kAssigned);
  EXPECT_EQ(snapshot.watched, 7);
  EXPECT_EQ(snapshot.left_out, 2);
  EXPECT_EQ(snapshot.interpreters, 1);

  const std::string held = R"({"field":"event.token","number":false},{"field":"event.id","number":true})";
  ASSERT_TRUE(NodeProbe::Deliver(OneLook(2, OneVariable("app.list", 4, 1, held))));
  snapshot = probe_.Look(At(1));
  ASSERT_THAT(snapshot.changed, SizeIs(1));
  const VariableUpdate& update = snapshot.changed[0];
  EXPECT_EQ(update.change, VariableChange::kGrown);
  EXPECT_EQ(update.entries_before, 0);
  EXPECT_EQ(update.since, 1u);
  EXPECT_EQ(update.now.file, "app.js");
  EXPECT_EQ(update.now.line, 3);
  EXPECT_THAT(update.now.holds, ElementsAre(HeldValue{"event.id", true}, HeldValue{"event.token", false}));
}

TEST_F(NodeProbeTest, SinceTheLookBeforeAndNotSinceTheChangeBefore) {
  ASSERT_TRUE(NodeProbe::Deliver(OneLook(1, OneVariable("app.list", 0, 0))));
  probe_.Look(At(0));
  for (int window = 1; window <= 8; ++window) {
    ASSERT_TRUE(NodeProbe::Deliver(OneLook(window + 1, "")));
    EXPECT_THAT(probe_.Look(At(static_cast<WindowNumber>(window))).changed, IsEmpty());
  }
  ASSERT_TRUE(NodeProbe::Deliver(OneLook(10, OneVariable("app.list", 1, 7))));
  EXPECT_EQ(probe_.Look(At(9)).changed.at(0).since, 7u);
}

TEST_F(NodeProbeTest, WhatIsGone) {
  ASSERT_TRUE(NodeProbe::Deliver(OneLook(1, OneVariable("app.list", 3, 0))));
  probe_.Look(At(0));
  ASSERT_TRUE(NodeProbe::Deliver(
      OneLook(2, "", R"({"name":"app.list","before":1},{"name":"app.never","before":1})")));
  const VariableSnapshot snapshot = probe_.Look(At(1));
  ASSERT_THAT(snapshot.changed, SizeIs(1));
  EXPECT_EQ(snapshot.changed[0].change, VariableChange::kRemoved);
  EXPECT_EQ(snapshot.changed[0].entries_before, 3);
}

TEST_F(NodeProbeTest, SeveralLooksAtOneBoundaryAreOne) {
  ASSERT_TRUE(NodeProbe::Deliver(OneLook(1, OneVariable("app.list", 1, 0))));
  probe_.Look(At(0));
  const std::string held = R"({"field":"event.token","number":false})";
  ASSERT_TRUE(NodeProbe::Deliver(OneLook(2, OneVariable("app.list", 2, 1, held))));
  ASSERT_TRUE(NodeProbe::Deliver(OneLook(3, OneVariable("app.list", 3, 2))));
  const VariableSnapshot snapshot = probe_.Look(At(1));
  ASSERT_THAT(snapshot.changed, SizeIs(1));
  EXPECT_EQ(snapshot.changed[0].entries_before, 1);
  EXPECT_EQ(snapshot.changed[0].now.entries, 3);
  EXPECT_EQ(snapshot.changed[0].since, 1u);
  EXPECT_THAT(snapshot.changed[0].now.holds, SizeIs(1));
}

TEST_F(NodeProbeTest, TakesOnlySoMuch) {
  EXPECT_FALSE(NodeProbe::Deliver(std::string(NodeProbe::kMostText + 1, ' ')));
  for (std::size_t i = 0; i < NodeProbe::kMostWaiting; ++i) EXPECT_TRUE(NodeProbe::Deliver(OneLook(1, "")));
  EXPECT_FALSE(NodeProbe::Deliver(OneLook(1, "")));
  probe_.Look(At(0));
  EXPECT_TRUE(NodeProbe::Deliver(OneLook(1, "")));
  probe_.Look(At(1));
}

TEST_F(NodeProbeTest, WhatIsNoLookIsLeft) {
  const std::string good = OneVariable("app.list", 1, 0);
  auto without = [&](const std::string& what, const std::string& instead) {
    std::string text = OneLook(1, good);
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), instead);
  };
  const std::vector<std::string> bad = {
      "",
      "null",
      "[]",
      "{}",
      "{\"look\":1",
      std::string(100000, '['),
      without("\"look\":1", "\"look\":-1"),
      without("\"look\":1", "\"look\":1.5"),
      without("\"look\":1", "\"look\":1e300"),
      without("\"look\":1", "\"look\":18446744073709551615"),
      without("\"watched\":7,", ""),
      without("\"off\":\"\"", "\"off\":null"),
      without("\"seen\":[", "\"seen\":{},\"x\":["),
      without("\"gone\":[]", "\"gone\":[1]"),
      without("\"gone\":[]", R"("gone":[{"name":"app.list","before":1}])"),
      without("\"app.list\"", "\"\""),
      without("\"app.list\"", "17"),
      without("\"app.list\"", "\"" + std::string(1000, 'n') + "\""),
      without("\"role\":\"variable\"", "\"role\":\"default\""),
      without("\"bound\":\"none\"", "\"bound\":\"maybe\""),
      without("\"entries\":1", "\"entries\":-1"),
      without("\"line\":3", "\"line\":4294967296"),
      without("\"holds\":[]", "\"holds\":[{}]"),
      without("\"holds\":[]", R"("holds":[{"field":"x","number":1}])"),
      OneLook(1, good + "," + good),
      OneLook(1, "\xff\xfe"),
  };
  for (const std::string& text : bad) {
    NodeProbe probe;
    ASSERT_TRUE(NodeProbe::Deliver(text));
    EXPECT_THAT(probe.Look(At(1)).changed, IsEmpty()) << text;
    EXPECT_NE(probe.off(), "") << text;
  }
}

TEST_F(NodeProbeTest, SaysWhyItIsOff) {
  ASSERT_TRUE(NodeProbe::Deliver(
      R"({"look":1,"tookUs":40,"watched":0,"leftOut":0,"workers":0,"off":"a debugger may be attached","seen":[],"gone":[]})"));
  probe_.Look(At(1));
  EXPECT_EQ(probe_.off(), "a debugger may be attached");
}

void TwoEvents(NodeProbe::TakeEvent take, void* state) {
  take(state, "{\"a\":1}");
  take(state, "[]");
}

TEST_F(NodeProbeTest, HandsTheEventsOn) {
  std::vector<std::string> seen;
  const auto take = [](void* state, std::string_view json) {
    static_cast<std::vector<std::string>*>(state)->emplace_back(json);
  };
  NodeProbe::VisitEvents(take, &seen);
  EXPECT_THAT(seen, IsEmpty());
  NodeProbe::SetEventSource(TwoEvents);
  NodeProbe::VisitEvents(take, &seen);
  NodeProbe::SetEventSource(nullptr);
  EXPECT_THAT(seen, ElementsAre("{\"a\":1}", "[]"));
}

}  // namespace
}  // namespace cleanslate
