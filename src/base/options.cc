#include "base/options.h"

#include <cstring>

namespace cleanslate {

namespace {

class Text {
 public:
  constexpr Text(const char* start, std::size_t size) : start_(start), size_(size) {}
  explicit Text(const char* text) : Text(text, std::strlen(text)) {}

  bool operator==(const char* other) const {
    return std::strlen(other) == size_ && std::memcmp(start_, other, size_) == 0;
  }
  const char* data() const { return start_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Takes what stands before the next comma off the front.
  Text TakeUntil(char separator) {
    const void* found = std::memchr(start_, separator, size_);
    const std::size_t length =
        found == nullptr ? size_ : static_cast<std::size_t>(static_cast<const char*>(found) - start_);
    const Text piece(start_, length);
    const std::size_t taken = found == nullptr ? length : length + 1;
    start_ += taken;
    size_ -= taken;
    return piece;
  }

 private:
  const char* start_;
  std::size_t size_;
};

// Says names only: a value may be anything, and nothing of an environment belongs into a log.
class Complaints {
 public:
  explicit Complaints(Options& options) : buffer_(options.complaints) {}

  void UnknownName(Text name) {
    const Text parts[] = {Text("cleanslate: "), name,
                          Text(" is not a variable of cleanslate; it is ignored\n")};
    AddLine(parts);
  }
  void BadValue(const char* name, const char* used) {
    const Text parts[] = {Text("cleanslate: "), Text(name), Text(" has a value that is not understood; "),
                          Text(used), Text(" is used\n")};
    AddLine(parts);
  }

 private:
  // A line that doesn't fit whole is left out.
  template <std::size_t N>
  void AddLine(const Text (&parts)[N]) {
    std::size_t length = 0;
    for (const Text& part : parts) length += part.size();
    if (used_ + length >= sizeof(Options::complaints)) return;
    for (const Text& part : parts) {
      std::memcpy(buffer_ + used_, part.data(), part.size());
      used_ += part.size();
    }
    buffer_[used_] = '\0';
  }

  char* buffer_;
  std::size_t used_ = 0;
};

template <typename Value>
struct Choice {
  const char* name;
  Value value;
};

template <typename Value, std::size_t N>
bool Choose(Text text, const Choice<Value> (&choices)[N], Value& out) {
  for (const Choice<Value>& choice : choices) {
    if (text == choice.name) {
      out = choice.value;
      return true;
    }
  }
  return false;
}

constexpr Choice<WatchMode> kModes[] = {
    {"on", WatchMode::kOn}, {"always", WatchMode::kAlways}, {"off", WatchMode::kOff}};
constexpr Choice<ReportMode> kReports[] = {
    {"findings", ReportMode::kFindings}, {"all", ReportMode::kAll}, {"off", ReportMode::kOff}};
constexpr Choice<StackMode> kStacks[] = {
    {"full", StackMode::kFull}, {"caller", StackMode::kCaller}, {"off", StackMode::kOff}};
constexpr Choice<bool> kSwitch[] = {{"on", true}, {"off", false}};
constexpr Choice<std::uint32_t> kKinds[] = {{"all", kAllState},           {"heap", kHeapState},
                                            {"mappings", kMappingState},  {"descriptors", kDescriptorState},
                                            {"tmp", kTmpState},           {"threads", kThreadState},
                                            {"processes", kProcessState}, {"environment", kEnvironmentState},
                                            {"process", kAttributeState}, {"variables", kVariableState},
                                            {"static", kStaticState}};

constexpr Choice<std::uint32_t> kProbes[] = {{"python", kPythonProbe}, {"node", kNodeProbe}};

// A list of choices, as the sum of their bits.
template <std::size_t kCount>
bool ChooseSome(Text text, const Choice<std::uint32_t> (&choices)[kCount], std::uint32_t& out) {
  std::uint32_t chosen = 0;
  while (!text.empty()) {
    std::uint32_t one = 0;
    if (!Choose(text.TakeUntil(','), choices, one)) return false;
    chosen |= one;
  }
  if (chosen == 0) return false;
  out = chosen;
  return true;
}

template <typename Number>
bool ParseNumber(Text text, std::int64_t least, std::int64_t most, Number& out) {
  std::int64_t number = 0;
  if (text.empty() || text.size() > 9) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.data()[i] < '0' || text.data()[i] > '9') return false;
    number = number * 10 + (text.data()[i] - '0');
  }
  if (number < least || number > most) return false;
  out = static_cast<Number>(number);
  return true;
}

bool Copy(Text text, char (&out)[Options::kPathBytes]) {
  if (text.size() >= sizeof(out)) return false;
  std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
  return true;
}

bool ParseOutput(Text text, char (&out)[Options::kPathBytes]) {
  constexpr std::size_t kPrefix = sizeof("file:") - 1;
  const bool file = text.size() > kPrefix && std::memcmp(text.data(), "file:", kPrefix) == 0;
  return (file || text == "stderr" || text == "stdout") && Copy(text, out);
}

bool ParseProbes(Text text, std::uint32_t& out) {
  if (text == "off" || text == "auto") {
    out = text == "auto" ? std::uint32_t{kAllProbes} : 0;
    return true;
  }
  return ChooseSome(text, kProbes, out);
}

bool ParseOne(const char* name, Text value, Options& options) {
  const Text wanted(name);
  if (wanted == "CLEANSLATE") return Choose(value, kModes, options.mode);
  if (wanted == "CLEANSLATE_OUTPUT") return ParseOutput(value, options.output);
  if (wanted == "CLEANSLATE_REPORT") return Choose(value, kReports, options.report);
  if (wanted == "CLEANSLATE_MAX_LINE") return ParseNumber(value, 512, 1 << 20, options.max_line);
  if (wanted == "CLEANSLATE_STATE") return ChooseSome(value, kKinds, options.state);
  if (wanted == "CLEANSLATE_STACKS") return Choose(value, kStacks, options.stacks);
  if (wanted == "CLEANSLATE_PROBES") return ParseProbes(value, options.probes);
  if (wanted == "CLEANSLATE_RESIDUE") return Choose(value, kSwitch, options.residue);
  if (wanted == "CLEANSLATE_TMP") return Copy(value, options.tmp);
  if (wanted == "CLEANSLATE_BUDGET_MS") return ParseNumber(value, 1, 10'000, options.budget_ms);
  if (wanted == "CLEANSLATE_SUPPRESSIONS") return Copy(value, options.suppressions);
  return true;
}

struct Known {
  const char* name;
  const char* fallback;
};
constexpr Known kKnown[] = {
#define OPTION(name, fallback, meaning) {name, fallback},
#include "base/options.inc"
#undef OPTION
};

}  // namespace

Options ParseOptions(const char* const* environment) {
  constexpr std::size_t kPrefix = sizeof("CLEANSLATE") - 1;
  Options options;
  Complaints complaints(options);
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    Text value(*environment);
    if (value.size() < kPrefix || std::memcmp(value.data(), "CLEANSLATE", kPrefix) != 0) continue;
    const Text name = value.TakeUntil('=');
    if (!(name == "CLEANSLATE") && name.data()[kPrefix] != '_') continue;
    const Known* known = nullptr;
    for (const Known& candidate : kKnown) {
      if (name == candidate.name) known = &candidate;
    }
    if (known == nullptr) {
      complaints.UnknownName(name);
    } else if (!value.empty() && !ParseOne(known->name, value, options)) {
      complaints.BadValue(known->name, *known->fallback != '\0' ? known->fallback : "the default");
    }
  }
  return options;
}

}  // namespace cleanslate
