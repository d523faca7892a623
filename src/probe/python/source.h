#pragma once

// What the text of a Python module says about its variables: the line where one is given its value, whether a
// name is imported, and whether the code that fills a container also bounds it. By the words and the
// indentation alone: nothing is compiled, and a text that isn't Python gives no answer, or a wrong line.
//
// COLD. About 40 bytes a word of source.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace cleanslate {

class PythonSource {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  explicit PythonSource(std::string text);
  PythonSource(const PythonSource&) = delete;
  PythonSource& operator=(const PythonSource&) = delete;

  // Lines, from 1; 0: not found. A variable of the module is given its value at the left margin, or below
  // `if` or `try` there, or by a function that declares it global.
  int LineOfGlobal(std::string_view name) const;
  int LineOfClassAttribute(std::string_view type, std::string_view name) const;
  int LineOfAttribute(std::string_view name) const;  // "self.NAME = ...", or another object's
  int LineOfLocal(std::string_view name, int function_line) const;

  bool Imports(std::string_view name) const;
  // Whether one function, or the methods of one class, take out of it and look at its size: what evicts.
  bool Evicts(std::string_view name) const { return evicted_.count(name) != 0; }

 private:
  struct Word {
    std::string_view text;  // an identifier, or one character
    std::uint32_t line;
    std::uint16_t indent;  // of its statement
    bool first;            // of its statement
  };
  struct Statement {
    std::size_t begin, end;  // words
  };

  void Split();
  void FindEvicted();
  void FindEvictedIn(std::size_t begin, std::size_t end);  // statements
  std::string_view At(std::size_t word) const { return word < words_.size() ? words_[word].text : ""; }
  bool Assigns(const Statement& statement, std::string_view name) const;
  std::size_t EndOfBlock(std::size_t statement) const;

  std::string text_;
  std::vector<Word> words_;
  std::vector<Statement> statements_;
  std::unordered_set<std::string_view> evicted_, imported_;
};

}  // namespace cleanslate
