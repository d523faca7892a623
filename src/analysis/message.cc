#include "analysis/message.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

std::string Number(double value) {
  char text[48];
  std::snprintf(text, sizeof text, value < 10 && value != static_cast<std::int64_t>(value) ? "%.1f" : "%.0f",
                value);
  return text;
}

std::string Step(const Growth& growth) {
  const auto amount = [&growth](std::int64_t value) {
    return growth.by_bytes ? Size(static_cast<double>(value)) : std::to_string(value);
  };
  return growth.least == growth.most ? amount(growth.least)
                                     : amount(growth.least) + " to " + amount(growth.most);
}

// ", 1 more in each of the last 4 invocations"
std::string Pace(const Growth& growth) {
  const std::string last = " of the last " + std::to_string(growth.over) + " invocations";
  if (growth.run > 0) return ", " + Step(growth) + " more in each" + last;
  if (growth.events > 0) return ", " + Step(growth) + " more in " + std::to_string(growth.events) + last;
  const double pace = growth.by_bytes ? growth.bytes_per_window : growth.count_per_window;
  return ", about " + (growth.by_bytes ? Size(pace) : Number(pace)) + " more an invocation over the last " +
         std::to_string(growth.over);
}

// ", in each of the last 4 invocations"
std::string Again(const Growth& growth) {
  if (growth.pattern != Pattern::kGrowing || growth.over == 0) return {};
  const std::string last = "of the last " + std::to_string(growth.over) + " invocations";
  if (growth.run > 0) return ", in each " + last;
  if (growth.events > 0) return ", in " + std::to_string(growth.events) + " " + last;
  return ", again and again in the course " + last;
}

// " grew by 1 entry in each of the last 4 invocations (now 5)"
std::string Grew(const Draft& draft) {
  const Growth& growth = draft.growth;
  const std::string last = " of the last " + std::to_string(growth.over) + " invocations";
  std::string text = " grew by ";
  if (growth.run > 0 || growth.events > 0) {
    const bool one = growth.most == 1;
    text += Step(growth) + (one ? " entry" : " entries");
    text += growth.run > 0 ? " in each" + last : " in " + std::to_string(growth.events) + last;
  } else {
    text += "about " + Number(growth.count_per_window) + " entries an invocation over the last " +
            std::to_string(growth.over);
  }
  return text + " (now " + std::to_string(draft.count) + ")";
}

std::string Sized(const Draft& draft) {
  std::string text = Counted(draft.count, draft.noun);
  if (draft.bytes > 0) text += " (" + Size(static_cast<double>(draft.bytes)) + ")";
  return text;
}

std::string Behind(std::string_view word, std::string_view name) {
  return name.empty() ? "" : std::string(word) + std::string(name);
}

}  // namespace

std::string Size(double bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"bytes", "KB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while ((bytes >= 1024 || bytes <= -1024) && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  char text[48];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes,
                unit == 0 && bytes == 1 ? "byte" : kUnits[unit]);
  return text;
}

std::string Counted(std::int64_t count, std::string_view noun) {
  std::string text = std::to_string(count) + " " + std::string(noun);
  if (count == 1) return text;
  // "files or folders"
  const std::size_t both = text.find(" or ");
  if (both != std::string::npos) text.insert(both, "s");
  return text + (text.back() == 's' ? "es" : "s");
}

std::string Sentence(const Draft& draft, std::string_view subject, std::string_view by) {
  if (draft.unit == "entries") return draft.fact + Grew(draft);
  if (!draft.fact.empty()) {
    const bool named = !draft.by.empty() && !by.empty() && by != subject;
    return draft.fact + (named ? " " + std::string(draft.by) + " " + std::string(by) : "") +
           Again(draft.growth);
  }
  const bool growing = draft.growth.pattern == Pattern::kGrowing;
  const std::string pace = growing ? Pace(draft.growth) : "";
  const bool one = draft.count == 1;
  if (draft.rule == kHeapGrowth || draft.rule == kMappingGrowth || draft.rule == kHeapRetained) {
    const std::string_view verb = draft.rule == kMappingGrowth ? " made by " : " allocated by ";
    const std::string what = Sized(draft) + std::string(verb) + std::string(subject);
    if (growing) return what + (one ? " stays" : " stay") + pace;
    if (draft.growth.pattern == Pattern::kReplaced)
      return what + (one ? " survives, in place of an earlier one" : " survive, in place of earlier ones");
    return what + (one ? " survives the invocation" : " survive the invocation");
  }
  if (draft.rule == kConnectionLeak || draft.rule == kDescriptorLeak) {
    const std::string_view to = draft.rule == kConnectionLeak ? " to " : " of ";
    return Counted(draft.count, draft.noun) + std::string(to) + std::string(subject) +
           Behind(" opened by ", by) + (one ? " stays open" : " stay open") + pace;
  }
  if (draft.rule == kThreadLeftRunning || draft.rule == kProcessLeftRunning) {
    return Counted(draft.count, draft.noun) + " " + std::string(subject) +
           Behind(" started by ", by == subject ? "" : by) + (one ? " is left behind" : " are left behind") +
           pace;
  }
  const std::string who = Behind(" written by ", by);
  if (growing && draft.growth.by_bytes && draft.count <= 1)
    return std::string(subject) + who + " grows" + pace + ", now " + Size(static_cast<double>(draft.bytes));
  if (growing) return Sized(draft) + " " + std::string(subject) + who + (one ? " stays" : " stay") + pace;
  if (one)
    return std::string(subject) + " (" + Size(static_cast<double>(draft.bytes)) + ")" + who +
           " is left behind";
  return Sized(draft) + " " + std::string(subject) + who + " are left behind";
}

}  // namespace cleanslate
