#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <sstream>

#include "native_case.h"

using corpus::Check;
using corpus::Event;

// The only other locale that each system has.
static const char kOther[] = "C.UTF-8";

// expect: locale-changed
HANDLER leaky_locale_of_the_user(const Event& event) {
  Check(std::setlocale(LC_ALL, kOther) != nullptr, "setlocale");
  return std::to_string(std::mblen(event.customer.c_str(), MB_CUR_MAX));
}

// expect: locale-changed
// also: heap-growth
HANDLER leaky_through_cpp(const Event& event) {
  std::locale::global(std::locale(kOther));
  std::ostringstream text;
  text << event.rows;
  return text.str();
}

// expect: locale-changed
HANDLER leaky_one_category(const Event& event) {
  Check(std::setlocale(LC_TIME, event.number % 2 == 0 ? kOther : "C") != nullptr, "setlocale");
  Check(std::setlocale(LC_CTYPE, kOther) != nullptr, "setlocale");
  return "done";
}

// expect: locale-changed
// with: n=40
HANDLER leaky_early_return(const Event& event) {
  Check(std::setlocale(LC_NUMERIC, kOther) != nullptr, "setlocale");
  if (event.number % 8 >= 4) return "nothing to do";
  Check(std::setlocale(LC_NUMERIC, "C") != nullptr, "setlocale");
  return "done";
}

INIT init_leaky_programs_own_locale_lost() {
  Check(std::setlocale(LC_ALL, kOther) != nullptr, "setlocale");
}

// "C", so that a number is written with a point; what was there before is lost.
// expect: locale-changed
HANDLER leaky_programs_own_locale_lost(const Event& event) {
  Check(std::setlocale(LC_ALL, "C") != nullptr, "setlocale");
  char number[32];
  std::snprintf(number, sizeof(number), "%.2f", event.rows / 3.0);
  return number;
}

// clean of: locale-changed
HANDLER clean_put_back(const Event& event) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  Check(std::setlocale(LC_ALL, kOther) != nullptr, "setlocale");
  const int length = std::mblen(event.customer.c_str(), MB_CUR_MAX);
  Check(std::setlocale(LC_ALL, before.c_str()) != nullptr, "setlocale");
  return std::to_string(length);
}

// clean of: locale-changed
// with: n=40
HANDLER clean_put_back_on_each_way(const Event& event) {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  Check(std::setlocale(LC_NUMERIC, kOther) != nullptr, "setlocale");
  const bool nothing = event.number % 4 == 3;
  Check(std::setlocale(LC_NUMERIC, before.c_str()) != nullptr, "setlocale");
  return nothing ? "nothing to do" : "done";
}

// Of this thread, for as long as it formats.
// clean of: locale-changed
HANDLER clean_of_the_thread_only(const Event& event) {
  const locale_t other = newlocale(LC_ALL_MASK, kOther, nullptr);
  const locale_t before = uselocale(other);
  char number[32];
  std::snprintf(number, sizeof(number), "%.2f", event.rows / 3.0);
  uselocale(before);
  freelocale(other);
  return number;
}

// clean of: locale-changed
HANDLER clean_of_one_stream(const Event& event) {
  std::ostringstream text;
  text.imbue(std::locale(kOther));
  text << event.rows / 3.0;
  return text.str();
}

INIT init_clean_set_before_the_first_call() {
  Check(std::setlocale(LC_ALL, kOther) != nullptr, "setlocale");
}

// clean of: locale-changed
HANDLER clean_set_before_the_first_call(const Event& event) {
  return std::to_string(std::mblen(event.customer.c_str(), MB_CUR_MAX));
}

// clean of: locale-changed
// with: kept=once
HANDLER clean_set_by_the_first_call(const Event& event) {
  if (event.number == 0) Check(std::setlocale(LC_CTYPE, kOther) != nullptr, "setlocale");
  return "done";
}

// clean of: locale-changed
HANDLER clean_only_asked_for(const Event&) {
  return std::string(std::setlocale(LC_ALL, nullptr)) + std::localeconv()->decimal_point;
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
