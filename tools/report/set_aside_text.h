#pragma once

// What a summary says of findings that are not shown: those that suppressions kept out, those that are known
// and harmless, and suppressions that kept nothing out.

#include <string>
#include <vector>

#include "report/aggregate.h"

namespace cleanslate {

// "2 findings suppressed (tmp-growth:/tmp/cache/* 2x), 3 known harmless (python-re-cache 3x: `cleanslate
// explain python-re-cache`)"; empty when nothing was set aside.
std::string SetAsideSentence(const Totals& totals);

// "cleanslate.supp:4: heap-growth:foo never matched: remove it?"
std::vector<std::string> UnusedSuppressionLines(const Summary& summary);

}  // namespace cleanslate
