#include "report/rfc3339.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace cleanslate {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirst = std::chrono::sys_days{std::chrono::year{0} / 1 / 1}.time_since_epoch();
constexpr milliseconds kLast =
    milliseconds(std::chrono::sys_days{std::chrono::year{10000} / 1 / 1}.time_since_epoch()) -
    milliseconds{1};

// Takes `digits` digits off the front of `text`.
bool TakeNumber(std::string_view& text, int digits, int& number) {
  if (text.size() < static_cast<std::size_t>(digits)) return false;
  number = 0;
  for (int i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool TakeCharacter(std::string_view& text, std::string_view choices) {
  if (text.empty() || choices.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool TakeFraction(std::string_view& text, int& thousandths) {
  int digits = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits) {
    if (digits < 3) thousandths = thousandths * 10 + (text[0] - '0');
  }
  for (int i = digits; i < 3; ++i) thousandths *= 10;
  return digits > 0;
}

}  // namespace

std::string Rfc3339(std::int64_t milliseconds_since_epoch) {
  const std::int64_t shown =
      std::clamp<std::int64_t>(milliseconds_since_epoch, kFirst.count(), kLast.count());
  const std::chrono::sys_time<milliseconds> time{milliseconds{shown}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<milliseconds> clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::optional<std::int64_t> ParseRfc3339(std::string_view text) {
  int year, month, day, hour, minute, second, thousandths = 0;
  if (!TakeNumber(text, 4, year) || !TakeCharacter(text, "-") || !TakeNumber(text, 2, month) ||
      !TakeCharacter(text, "-") || !TakeNumber(text, 2, day) || !TakeCharacter(text, "Tt ") ||
      !TakeNumber(text, 2, hour) || !TakeCharacter(text, ":") || !TakeNumber(text, 2, minute) ||
      !TakeCharacter(text, ":") || !TakeNumber(text, 2, second)) {
    return std::nullopt;
  }
  if (TakeCharacter(text, ".,") && !TakeFraction(text, thousandths)) return std::nullopt;
  int offset_minutes = 0;
  if (!TakeCharacter(text, "Zz")) {
    if (text.empty()) return std::nullopt;
    const int sign = text[0] == '-' ? -1 : 1;
    int hours, minutes;
    if (!TakeCharacter(text, "+-") || !TakeNumber(text, 2, hours) || !TakeCharacter(text, ":") ||
        !TakeNumber(text, 2, minutes)) {
      return std::nullopt;
    }
    offset_minutes = sign * (hours * 60 + minutes);
  }
  const auto date = std::chrono::year{year} / static_cast<unsigned>(month) / static_cast<unsigned>(day);
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const milliseconds day_start = std::chrono::sys_days{date}.time_since_epoch();
  return day_start.count() + ((hour * 60 + minute - offset_minutes) * 60LL + second) * 1000 + thousandths;
}

}  // namespace cleanslate
