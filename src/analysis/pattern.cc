#include "analysis/pattern.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace cleanslate {
namespace {

// Linux draws ephemeral ports from here (ip_local_port_range, ip(7)).
constexpr int kFirstEphemeralPort = 32768;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool IsWord(char c) {
  return IsDigit(c) || IsLower(c) || IsUpper(c);
}
bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Length of the UUID that begins here, else 0.
std::size_t UuidAt(std::string_view text) {
  static constexpr std::array<std::size_t, 5> kGroups = {8, 4, 4, 4, 12};
  std::size_t at = 0;
  for (std::size_t group = 0; group < kGroups.size(); ++group) {
    if (group > 0 && (at >= text.size() || text[at++] != '-')) return 0;
    for (std::size_t i = 0; i < kGroups[group]; ++i, ++at)
      if (at >= text.size() || !IsHex(text[at])) return 0;
  }
  return at < text.size() && IsWord(text[at]) ? 0 : at;
}

// Python's tempfile: "tmp" and eight of [a-z0-9_]. They may by chance all be letters.
std::size_t PythonTemporaryAt(std::string_view component) {
  constexpr std::string_view kPrefix = "tmp";
  constexpr std::size_t kLength = 11;
  if (!component.starts_with(kPrefix) || component.size() < kLength) return 0;
  for (std::size_t i = kPrefix.size(); i < kLength; ++i)
    if (!IsLower(component[i]) && !IsDigit(component[i]) && component[i] != '_') return 0;
  return component.size() == kLength || component[kLength] == '.' ? kLength : 0;
}

bool LooksDrawn(std::string_view word) {
  std::size_t digits = 0, hex = 0, digit_changes = 0, case_changes = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    digits += IsDigit(c);
    hex += IsHex(c);
    if (i == 0) continue;
    digit_changes += IsDigit(c) != IsDigit(word[i - 1]);
    case_changes += (IsUpper(c) && IsLower(word[i - 1])) || (IsLower(c) && IsUpper(word[i - 1]));
  }
  if (digits == word.size()) return true;
  if (word.size() >= 8 && hex == word.size() && digits > 0) return true;
  if (word.size() < 6) return false;
  if (digits > 0) return digit_changes >= 2 || case_changes >= 3;
  // Letters alone: "aBcDeF" is drawn; in CamelCase the same case lasts longer.
  return 2 * case_changes > word.size();
}

// The XXXXXX of mkdtemp(3) and mkstemp(3), where chance has drawn letters alone: "axcXsN". A word that begins
// with a capital has fewer changes of case.
bool IsMadeTemporary(std::string_view word) {
  int changes = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (!IsUpper(word[i]) && !IsLower(word[i])) return false;
    changes += i > 0 && IsUpper(word[i]) != IsUpper(word[i - 1]);
  }
  return word.size() == 6 && changes >= 2;
}

// Puts one `*` for neighbours that only a separator parts: "2026-11-23" is one thing.
void AddStar(std::string& out) {
  if (!out.empty() && out.back() == '*') return;
  const std::size_t size = out.size();
  const bool joined = size >= 2 && out[size - 2] == '*' &&
                      std::string_view("-_.~+:,@").find(out.back()) != std::string_view::npos;
  if (joined)
    out.pop_back();
  else
    out += '*';
}

void AddWord(std::string_view word, std::string& out) {
  if (LooksDrawn(word)) {
    AddStar(out);
    return;
  }
  for (const char c : word) {
    if (IsDigit(c))
      AddStar(out);
    else
      out += c;
  }
}

std::string ComponentPattern(std::string_view component) {
  std::string out;
  if (const std::size_t length = PythonTemporaryAt(component); length > 0) {
    out = "tmp*";
    component.remove_prefix(length);
  }
  while (!component.empty()) {
    const bool at_word_start = out.empty() || !IsWord(out.back());
    if (const std::size_t length = at_word_start ? UuidAt(component) : 0; length > 0) {
      AddStar(out);
      component.remove_prefix(length);
      continue;
    }
    std::size_t end = 0;
    while (end < component.size() && IsWord(component[end])) ++end;
    if (end == 0) {
      out += component.front();
      component.remove_prefix(1);
    } else {
      const std::string_view word = component.substr(0, end);
      const bool suffix = at_word_start && !out.empty();
      if (suffix && IsMadeTemporary(word))
        AddStar(out);
      else
        AddWord(word, out);
      component.remove_prefix(end);
    }
  }
  return out;
}

int PortOf(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return -1;
  const std::string_view digits = address.substr(colon + 1);
  int port = -1;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() ? port : -1;
}

std::string SocketPattern(const Descriptor& socket) {
  constexpr std::string_view kUnix = "unix ";
  const auto named = [kUnix](std::string_view end) {
    return end.starts_with(kUnix) ? std::string(kUnix) + PathPattern(end.substr(kUnix.size()))
                                  : std::string(end);
  };
  if (socket.peer.empty()) {
    if (socket.state == "LISTEN" || socket.local.starts_with(kUnix))
      return named(socket.local) + " (listening)";
    const std::size_t blank = socket.local.find(' ');
    return socket.local.empty() ? "socket" : socket.local.substr(0, blank) + " (unconnected)";
  }
  if (PortOf(socket.peer) >= kFirstEphemeralPort && PortOf(socket.local) >= 0 &&
      PortOf(socket.local) < kFirstEphemeralPort)
    return socket.local + " (accepted)";
  return named(socket.peer);
}

}  // namespace

std::string PathPattern(std::string_view path) {
  std::string out;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    out += ComponentPattern(path.substr(begin, end - begin));
    if (end == path.size()) return out;
    out += '/';
    begin = end + 1;
  }
}

std::string FolderPattern(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::string folder = slash == std::string_view::npos ? "" : PathPattern(path.substr(0, slash)) + "/";
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return folder + "*";
  const std::string extension = ComponentPattern(name.substr(dot));
  return folder + "*" + (extension.find('*') == std::string::npos ? extension : "");
}

std::string DescriptorPattern(const Descriptor& descriptor) {
  if (descriptor.kind == DescriptorKind::kSocket) return SocketPattern(descriptor);
  if (descriptor.kind == DescriptorKind::kPipe && descriptor.target.starts_with("pipe:")) return "pipe";
  if (descriptor.target.starts_with("/")) return PathPattern(descriptor.target);
  return descriptor.target;
}

std::string CommonPattern(std::string_view a, std::string_view b) {
  if (a == b) return std::string(a);
  const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  std::size_t common = static_cast<std::size_t>(end - a.begin());
  // Not in the midst of a word: what two unrelated words begin with by chance says nothing.
  while (common > 0 && IsWord(a[common - 1])) --common;
  std::string out(a.substr(0, common));
  if (out.empty() || out.back() != '*') out += '*';
  const int port = PortOf(a);
  const bool paths = a.starts_with("/") || b.starts_with("/");
  if (port > 0 && port == PortOf(b) && !paths) {
    const std::size_t blank = out.find(' ');
    if (blank != std::string::npos) out.resize(blank + 1);
    return (blank != std::string::npos ? out : "") + "*:" + std::to_string(port);
  }
  return out;
}

}  // namespace cleanslate
