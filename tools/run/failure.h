#pragma once

// Why a run can't begin: one line for the user, and the exit code.

#include <string>
#include <utility>
#include <variant>

#include "report/output_options.h"

namespace cleanslate {

struct Failure {
  ExitCode code = kExitUsage;
  std::string message;
};

// A value, or why there is none.
template <typename Value>
class OrFailure {
 public:
  OrFailure(Value value) : content_(std::move(value)) {}
  OrFailure(Failure failure) : content_(std::move(failure)) {}

  explicit operator bool() const { return std::holds_alternative<Value>(content_); }
  Value& operator*() { return std::get<Value>(content_); }
  Value* operator->() { return &std::get<Value>(content_); }
  const Failure& failure() const { return std::get<Failure>(content_); }

 private:
  std::variant<Value, Failure> content_;
};

}  // namespace cleanslate
