#include "probe/python/source.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace cleanslate {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Where a string that begins at a quotation mark ends; counts the lines in it.
std::size_t EndOfString(std::string_view text, std::size_t at, std::uint32_t& line) {
  const char quote = text[at];
  const bool triple = text.substr(at, 3) == std::string(3, quote);
  for (at += triple ? 3 : 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      if (++at < text.size() && text[at] == '\n') ++line;
    } else if (text[at] == '\n') {
      if (!triple) return at;
      ++line;
    } else if (text[at] == quote) {
      if (!triple) return at + 1;
      if (text.substr(at, 3) == std::string(3, quote)) return at + 3;
    }
  }
  return text.size();
}

}  // namespace

PythonSource::PythonSource(std::string text) : text_(std::move(text)) {
  Split();
  FindEvicted();
}

void PythonSource::Split() {
  const std::string_view text = text_;
  std::uint32_t line = 1;
  std::uint16_t indent = 0;
  int depth = 0;  // of brackets
  bool fresh = true, at_margin = true;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (at_margin && depth == 0) {
      std::size_t end = at;
      while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
      indent = static_cast<std::uint16_t>(std::min<std::size_t>(end - at, 0xffff));
      at = end;
      at_margin = false;
      continue;
    }
    at_margin = false;
    if (c == '\n') {
      ++line;
      ++at;
      if (depth == 0) fresh = true;
      at_margin = true;
    } else if (c == '\\' && at + 1 < text.size() && text[at + 1] == '\n') {
      ++line;
      at += 2;
    } else if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '"' || c == '\'') {
      fresh = false;
      at = EndOfString(text, at, line);
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
      ++at;
    } else {
      std::size_t end = at + 1;
      if (IsNameCharacter(c))
        while (end < text.size() && IsNameCharacter(text[end])) ++end;
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') depth = std::max(0, depth - 1);
      if (fresh) {
        if (!statements_.empty()) statements_.back().end = words_.size();
        statements_.push_back({words_.size(), words_.size()});
      }
      words_.push_back({text.substr(at, end - at), line, indent, fresh});
      fresh = c == ';' && depth == 0;
      at = end;
    }
  }
  if (!statements_.empty()) statements_.back().end = words_.size();
  for (const Statement& statement : statements_) {
    if (!IsOneOf(At(statement.begin), {"import", "from"})) continue;
    for (std::size_t word = statement.begin + 1; word < statement.end; ++word) imported_.insert(At(word));
  }
}

bool PythonSource::Imports(std::string_view name) const {
  if (imported_.count(name) == 0) return false;
  return std::none_of(statements_.begin(), statements_.end(), [&](const Statement& statement) {
    return words_[statement.begin].indent == 0 && Assigns(statement, name);
  });
}

// "NAME =", "NAME: T =", "NAME +=", "NAME, other =", "with x as NAME:", "for NAME in"
bool PythonSource::Assigns(const Statement& statement, std::string_view name) const {
  const std::string_view first = At(statement.begin);
  int depth = 0;
  bool met = false;
  for (std::size_t word = statement.begin; word < statement.end; ++word) {
    const std::string_view here = At(word);
    if (IsOneOf(here, {"(", "[", "{"})) ++depth;
    if (IsOneOf(here, {")", "]", "}"})) --depth;
    if (here == name && At(word + 1) != "." && At(word + 1) != "[" && At(word + 1) != "(" &&
        (word == statement.begin || At(word - 1) != "."))
      met = met || (depth == 0 && (word == statement.begin || first != "return"));
    if (here == "=" && depth == 0) return met && At(word + 1) != "=";
    if (here == ":" && depth == 0 && word == statement.begin + 1) return met;
    if (IsOneOf(first, {"for", "with", "async"}) && here == ":" && depth == 0) return met;
    if (IsOneOf(here, {"if", "else", "return", "while", "lambda"}) && word == statement.begin) return false;
  }
  return false;
}

int PythonSource::LineOfGlobal(std::string_view name) const {
  int declared = 0;
  bool below_definition = false;
  for (const Statement& statement : statements_) {
    const Word& first = words_[statement.begin];
    if (first.indent == 0) below_definition = IsOneOf(first.text, {"def", "class", "async"});
    if (!below_definition && Assigns(statement, name)) return static_cast<int>(first.line);
    if (first.text == "global")
      for (std::size_t word = statement.begin + 1; word < statement.end; ++word)
        if (At(word) == name && declared == 0) declared = static_cast<int>(first.line);
    // The function that declares it gives it its value further below.
    if (declared != 0 && below_definition && Assigns(statement, name)) return static_cast<int>(first.line);
  }
  if (declared != 0) return declared;
  const auto mention = std::find_if(words_.begin(), words_.end(),
                                    [&](const Word& word) { return word.text == name && word.indent == 0; });
  return mention == words_.end() ? 0 : static_cast<int>(mention->line);
}

std::size_t PythonSource::EndOfBlock(std::size_t statement) const {
  const std::uint16_t indent = words_[statements_[statement].begin].indent;
  std::size_t end = statement + 1;
  while (end < statements_.size() && words_[statements_[end].begin].indent > indent) ++end;
  return end;
}

int PythonSource::LineOfClassAttribute(std::string_view type, std::string_view name) const {
  for (std::size_t at = 0; at < statements_.size(); ++at) {
    const std::size_t begin = statements_[at].begin;
    if (At(begin) != "class" || At(begin + 1) != type) continue;
    const std::size_t end = EndOfBlock(at);
    for (std::size_t inner = at + 1; inner < end; ++inner)
      if (words_[statements_[inner].begin].indent == words_[statements_[at + 1].begin].indent &&
          Assigns(statements_[inner], name))
        return static_cast<int>(words_[statements_[inner].begin].line);
    // "Cart.items = ...", "cls.items = ..."
    if (const int line = LineOfAttribute(name); line != 0) return line;
    return static_cast<int>(words_[begin].line);
  }
  return LineOfAttribute(name);
}

int PythonSource::LineOfAttribute(std::string_view name) const {
  int field = 0;
  for (const Statement& statement : statements_) {
    if (field == 0 && At(statement.begin) == name && At(statement.begin + 1) == ":")
      field = static_cast<int>(words_[statement.begin].line);  // of a dataclass
    for (std::size_t word = statement.begin; word + 3 < statement.end; ++word) {
      if (At(word + 1) != "." || At(word + 2) != name) continue;
      const std::string_view next = At(word + 3);
      if ((next == "=" && At(word + 4) != "=") || next == ":" || next == ",")
        return static_cast<int>(words_[word].line);
      if (IsOneOf(next, {"+", "-", "|", "*"}) && At(word + 4) == "=")
        return static_cast<int>(words_[word].line);
    }
  }
  if (field != 0) return field;
  // A cached property is given its value by the method of that name.
  for (const Statement& statement : statements_)
    if (At(statement.begin) == "def" && At(statement.begin + 1) == name)
      return static_cast<int>(words_[statement.begin].line);
  return 0;
}

int PythonSource::LineOfLocal(std::string_view name, int function_line) const {
  int line = 0;
  for (const Statement& statement : statements_) {
    const Word& first = words_[statement.begin];
    if (static_cast<int>(first.line) >= function_line && line != 0) break;
    if (first.indent > 0 && Assigns(statement, name)) line = static_cast<int>(first.line);
    // A parameter of the function around.
    if (IsOneOf(first.text, {"def", "async"}) && static_cast<int>(first.line) < function_line)
      for (std::size_t word = statement.begin + 2; word < statement.end; ++word)
        if (At(word) == name) line = static_cast<int>(first.line);
  }
  return line != 0 ? line : function_line;
}

void PythonSource::FindEvicted() {
  for (std::size_t at = 0; at < statements_.size();) {
    const Word& first = words_[statements_[at].begin];
    const std::size_t end = IsOneOf(first.text, {"def", "class", "async"}) ? EndOfBlock(at) : at + 1;
    FindEvictedIn(at, end);
    at = end;
  }
}

void PythonSource::FindEvictedIn(std::size_t begin, std::size_t end) {
  std::unordered_set<std::string_view> measured, taken;
  const std::size_t first = statements_[begin].begin, last = statements_[end - 1].end;
  for (std::size_t word = first; word < last; ++word) {
    // len(NAME), len(self.NAME)
    if (At(word) == "len" && At(word + 1) == "(")
      for (std::size_t inner = word + 2; inner < std::min(last, word + 7) && At(inner) != ")"; ++inner)
        measured.insert(At(inner));
    const bool called = At(word + 1) == "." && At(word + 3) == "(";
    if (called && IsOneOf(At(word + 2), {"pop", "popitem", "popleft", "clear", "remove", "discard"}))
      taken.insert(At(word));
    // NAME = NAME[-100:]
    if (At(word) == "[" && word > first + 1 && At(word - 2) == "=" && word > first + 2 &&
        At(word - 3) == At(word - 1))
      measured.insert(At(word - 1)), taken.insert(At(word - 1));
    if (At(word) != "del") continue;
    // del NAME[key], del self.NAME[:-100]
    for (std::size_t inner = word + 1; inner < std::min(last, word + 8) && !words_[inner].first; ++inner)
      if (At(inner + 1) == "[") {
        taken.insert(At(inner));
        for (std::size_t index = inner + 2; index < std::min(last, inner + 8) && At(index) != "]"; ++index)
          if (At(index) == ":") measured.insert(At(inner));  // what is left has a size
        break;
      }
  }
  for (const std::string_view name : taken)
    if (measured.count(name) != 0) evicted_.insert(name);
}

}  // namespace cleanslate
