#include "probe/python/source.h"

#include <gtest/gtest.h>

namespace cleanslate {
namespace {

TEST(PythonSourceTest, FindsAGlobalWhereItIsAssigned) {
  const PythonSource source(
      "\"\"\"cache = 1\n\"\"\"\n"
      "import json  # cache = 2\n"
      "if True:\n"
      "    limit: int = 3\n"
      "cache = {\n"
      "  'a': 1,\n"
      "}\n"
      "one, two = 1, 2\n"
      "def use(cache=None):\n"
      "    global made\n"
      "    made = cache\n"
      "    other = 1\n");
  EXPECT_EQ(source.LineOfGlobal("cache"), 6);
  EXPECT_EQ(source.LineOfGlobal("limit"), 5);
  EXPECT_EQ(source.LineOfGlobal("two"), 9);
  EXPECT_EQ(source.LineOfGlobal("made"), 12);
  EXPECT_EQ(source.LineOfGlobal("use"), 10);
  EXPECT_EQ(source.LineOfGlobal("absent"), 0);
  EXPECT_TRUE(source.Imports("json"));
  EXPECT_FALSE(source.Imports("cache"));
}

TEST(PythonSourceTest, FindsAttributes) {
  const PythonSource source(
      "class Cart:\n"
      "    items = []\n"
      "    def __init__(self):\n"
      "        self.last = None\n"
      "        self.seen: dict = {}\n"
      "    def add(self, item):\n"
      "        if self.last == item: return\n"
      "        self.total += 1\n"
      "class Other:\n"
      "    items = 1\n");
  EXPECT_EQ(source.LineOfClassAttribute("Cart", "items"), 2);
  EXPECT_EQ(source.LineOfClassAttribute("Other", "items"), 10);
  EXPECT_EQ(source.LineOfAttribute("last"), 4);
  EXPECT_EQ(source.LineOfAttribute("seen"), 5);
  EXPECT_EQ(source.LineOfAttribute("total"), 8);
}

TEST(PythonSourceTest, FindsALocalOfTheFunctionAround) {
  const PythonSource source(
      "cache = 1\n"
      "def make(store):\n"
      "    cache = []\n"
      "    def inner(event):\n"
      "        cache.append(event)\n"
      "    return inner\n");
  EXPECT_EQ(source.LineOfLocal("cache", 4), 3);
  EXPECT_EQ(source.LineOfLocal("store", 4), 2);
}

TEST(PythonSourceTest, KnowsWhatTheCodeBounds) {
  const PythonSource source(
      "def put(key, value):\n"
      "    CACHE[key] = value\n"
      "    while len(CACHE) > 10:\n"
      "        CACHE.popitem(last=False)\n"
      "def grow(value):\n"
      "    LEAK.append(value)\n"
      "    return len(LEAK)\n"
      "def take():\n"
      "    return LEAK2.pop()\n"
      "class Store:\n"
      "    def put(self, key):\n"
      "        self._rows[key] = 1\n"
      "        if len(self._rows) > 5: self.trim()\n"
      "    def trim(self):\n"
      "        del self._rows[next(iter(self._rows))]\n"
      "def keep(value):\n"
      "    LAST.append(value)\n"
      "    del LAST[:-10]\n");
  EXPECT_TRUE(source.Evicts("CACHE"));
  EXPECT_FALSE(source.Evicts("LEAK"));
  EXPECT_FALSE(source.Evicts("LEAK2"));
  EXPECT_TRUE(source.Evicts("_rows"));
  EXPECT_TRUE(source.Evicts("LAST"));
}

}  // namespace
}  // namespace cleanslate
