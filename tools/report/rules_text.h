#pragma once

// What each rule means, in prose: the text behind `cleanslate explain`.

#include <span>
#include <string>
#include <string_view>

namespace cleanslate {

struct RuleText {
  std::string_view name;
  std::string_view summary;         // what it fires on, one line
  std::string_view when;            // when exactly
  std::string_view why;             // why it matters
  std::string_view fix;             // what usually helps
  std::string_view how_often = {};  // what makes it a warning; empty where `when` says all
};

// In the order of rule_names.h, which has the same names.
std::span<const RuleText> RuleTexts();

const RuleText* FindRule(std::string_view name);  // null when there is none

// The known rule that `name` is most like, or empty when it is like none.
std::string_view NearestRule(std::string_view name);

// Aligned columns, and one rule's page; both end in a newline.
std::string RuleTable();
std::string RulePage(const RuleText& rule);

}  // namespace cleanslate
