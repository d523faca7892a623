#include "probe/event_values.h"

#include <string.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

namespace cleanslate {
namespace {

constexpr std::size_t kHeads = 1 << 16;
constexpr std::size_t kMostNumbers = 1024;
constexpr std::size_t kDeepest = 32;
constexpr double kLeastNumber = 1000;

// Of the first kShortest bytes: 16 bits, which nobody can compute them back from.
std::uint16_t HeadOf(const char* text) {
  std::uint64_t head;
  memcpy(&head, text, sizeof head);
  return static_cast<std::uint16_t>(head * 0x9e3779b97f4a7c15U >> 48U);
}

// A store that the compiler must make: what is overwritten is never read again.
void Overwrite(std::string& text) {
  volatile char* const bytes = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = 0;
  text.clear();
}

bool IsLetter(char each) {
  return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || each == '_';
}

bool IsDigit(char each) {
  return each >= '0' && each <= '9';
}

// A name that a program's author has chosen, and not somebody's id or address.
bool IsName(std::string_view key) {
  constexpr std::size_t kLongest = 40;
  constexpr std::ptrdiff_t kMostDigits = 4;
  if (key.empty() || key.size() > kLongest || !IsLetter(key.front())) return false;
  const bool plain = std::all_of(key.begin(), key.end(),
                                 [](char each) { return IsLetter(each) || IsDigit(each) || each == '-'; });
  return plain && std::count_if(key.begin(), key.end(), IsDigit) <= kMostDigits;
}

bool MayBeJson(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

void AddField(const std::string& field, bool number, std::vector<HeldValue>& held) {
  HeldValue value{field, number};
  if (std::find(held.begin(), held.end(), value) == held.end()) held.push_back(std::move(value));
}

}  // namespace

// The events of nlohmann's parser, with the path to where it is. Keeps no tree: an event may have megabytes.
class EventValues::Reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  Reader(EventValues& values, std::string root, std::size_t depth)
      : values_(values), root_(std::move(root)), depth_(depth) {}

  bool null() override { return Next(); }
  bool boolean(bool) override { return Next(); }
  bool number_integer(number_integer_t value) override { return Number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Number(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return Number(value); }
  bool binary(binary_t&) override { return Next(); }

  bool string(string_t& text) override {
    values_.AddNested(Path(), text, depth_);
    Overwrite(text);
    return Next();
  }

  bool start_object(std::size_t) override { return Open(false); }
  bool start_array(std::size_t) override { return Open(true); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    steps_.back().name = IsName(name) ? name : "*";
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  struct Step {
    bool list = false;
    std::size_t index = 0;
    std::string name;
  };

  std::string Path() const {
    std::string path = root_;
    for (const Step& step : steps_) {
      if (step.list)
        path.append("[").append(std::to_string(step.index)).append("]");
      else
        path.append(".").append(step.name);
    }
    return path;
  }

  bool Number(double value) {
    values_.AddNumber(Path(), value);
    return Next();
  }

  bool Next() {
    if (!steps_.empty() && steps_.back().list) ++steps_.back().index;
    return true;
  }

  bool Open(bool list) {
    if (steps_.size() + depth_ >= kDeepest) return false;
    steps_.push_back({list, 0, {}});
    return true;
  }

  bool Close() {
    steps_.pop_back();
    return Next();
  }

  EventValues& values_;
  std::string root_;
  std::size_t depth_;
  std::vector<Step> steps_;
};

EventValues::EventValues() = default;
EventValues::~EventValues() {
  Wipe();
}
EventValues::EventValues(EventValues&& other) noexcept {
  *this = std::move(other);
}
EventValues& EventValues::operator=(EventValues&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  values_ = std::exchange(other.values_, {});
  numbers_ = std::exchange(other.numbers_, {});
  heads_ = std::exchange(other.heads_, {});
  filter_ = std::move(other.filter_);
  bytes_ = std::exchange(other.bytes_, 0);
  left_out_ = std::exchange(other.left_out_, 0);
  return *this;
}

void EventValues::Add(std::string_view json) {
  AddNested("event", json, 0);
}

// What is JSON inside a text is looked into, and the text as a whole is a value too.
void EventValues::AddNested(const std::string& field, std::string_view text, std::size_t depth) {
  const bool json = depth == 0 || MayBeJson(text);
  bool understood = false;
  if (json && depth < kDeepest && text.size() <= kMostBytes) {
    Reader reader(*this, field, depth + 1);
    understood = nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  }
  if (depth > 0 || !understood) AddText(field, text);
}

void EventValues::AddText(const std::string& field, std::string_view text) {
  if (text.size() < kShortest) return;
  if (values_.size() >= kMost || bytes_ + text.size() > kMostBytes) {
    ++left_out_;
    return;
  }
  if (filter_ == nullptr) filter_ = std::make_unique<std::uint64_t[]>(kHeads / 64);
  const std::uint16_t head = HeadOf(text.data());
  filter_[head / 64] |= std::uint64_t{1} << head % 64;
  std::vector<std::size_t>& same_head = heads_[head];
  for (const std::size_t other : same_head)
    if (values_[other].text == text) return;
  same_head.push_back(values_.size());
  values_.push_back({field, std::string(text)});
  bytes_ += text.size();
}

void EventValues::AddNumber(const std::string& field, double number) {
  if (!std::isfinite(number) || std::abs(number) < kLeastNumber) return;
  if (numbers_.size() < kMostNumbers)
    numbers_.push_back({number, field});
  else
    ++left_out_;
}

template <typename Visitor>
void EventValues::ForEachMatch(std::string_view text, Visitor visit) const {
  if (filter_ == nullptr || text.size() < kShortest) return;
  const char* const last = text.data() + text.size() - kShortest;
  for (const char* at = text.data(); at <= last; ++at) {
    const std::uint16_t head = HeadOf(at);
    if ((filter_[head / 64] >> head % 64 & 1U) == 0) continue;
    const auto same_head = heads_.find(head);
    if (same_head == heads_.end()) continue;
    const std::string_view rest = text.substr(static_cast<std::size_t>(at - text.data()));
    for (const std::size_t each : same_head->second)
      if (rest.starts_with(values_[each].text)) visit(values_[each]);
  }
}

void EventValues::Find(std::string_view text, std::vector<HeldValue>& held) const {
  ForEachMatch(text, [&held](const Value& value) { AddField(value.field, false, held); });
}

void EventValues::Find(double number, std::vector<HeldValue>& held) const {
  for (const Number& each : numbers_)
    if (each.number == number) return AddField(each.field, true, held);
}

bool EventValues::Holds(std::string_view text) const {
  bool holds = false;
  ForEachMatch(text, [&holds](const Value&) { holds = true; });
  return holds;
}

void EventValues::Wipe() {
  for (Value& value : values_) Overwrite(value.text);
  for (Number& each : numbers_) const_cast<volatile double&>(each.number) = 0;
  values_.clear();
  heads_.clear();
  numbers_.clear();
  filter_.reset();
  bytes_ = 0;
}

}  // namespace cleanslate
