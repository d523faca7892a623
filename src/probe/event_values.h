#pragma once

// The values of the window's events, to be found again in what variables hold: strings of 8 bytes or more in
// UTF-8, with their JSON escapes decoded, those of JSON inside strings too (an API's `body`, a queue's
// records); and numbers of 4 digits or more. Member names that may themselves be data are written as "*".
//
// COLD; one thread. Bounded: `kMost` values and the first `kMostBytes` of text. The texts are overwritten by
// Wipe, by the destructor and when moved from.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "probe/variable.h"

namespace cleanslate {

class EventValues {
 public:
  static constexpr std::size_t kShortest = 8;
  static constexpr std::size_t kMost = 4096;
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  EventValues();
  ~EventValues();
  EventValues(EventValues&&) noexcept;
  EventValues& operator=(EventValues&&) noexcept;

  // Takes in one event. What is no JSON is one string: "event".
  void Add(std::string_view json);

  // Appends the fields whose values are in the text or equal the number, each once. 2 GB/s where nothing is
  // found.
  void Find(std::string_view text, std::vector<HeldValue>& held) const;
  void Find(double number, std::vector<HeldValue>& held) const;
  // Whether the text is made of one of the event's values: a key that only this request would look up.
  bool Holds(std::string_view text) const;

  bool empty() const { return values_.empty() && numbers_.empty(); }
  std::int64_t left_out() const { return left_out_; }
  void Wipe();

 private:
  struct Value {
    std::string field;
    std::string text;
  };
  struct Number {
    double number;
    std::string field;
  };
  class Reader;

  void AddNested(const std::string& field, std::string_view text, std::size_t depth);
  void AddText(const std::string& field, std::string_view text);
  void AddNumber(const std::string& field, double number);
  template <typename Visitor>
  void ForEachMatch(std::string_view text, Visitor visit) const;

  std::vector<Value> values_;
  std::vector<Number> numbers_;
  std::unordered_map<std::uint16_t, std::vector<std::size_t>> heads_;  // texts by how they begin
  std::unique_ptr<std::uint64_t[]> filter_;                            // which heads there may be
  std::size_t bytes_ = 0;
  std::int64_t left_out_ = 0;
};

}  // namespace cleanslate
