#pragma once

// Everything that `run` shows while it works: the function's output, its own remarks, progress. Each in whole
// lines; the progress line, on a terminal only, makes way for them.

#include <string>
#include <string_view>

namespace cleanslate {

enum class OutputStream { kOut, kError };

class Console {
 public:
  struct Style {
    bool color_out = false;  // dim the function's lines
    bool color_error = false;
    bool progress = false;  // standard error is a terminal
    bool terminal_out =
        false;  // a carriage return inside a line, which the official clients write for a line break,
    bool terminal_error = false;  // would make the line overwrite itself
    bool all_to_error = false;    // standard output is for a program
  };

  explicit Console(Style style) : style_(style) {}
  ~Console() { ClearProgress(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // A line of the function, marked as such.
  void FunctionLine(OutputStream stream, std::string_view line);
  // A remark of ours on standard error: "cleanslate: ...".
  void Say(std::string_view text);
  // Replaces the progress line.
  void Progress(std::string text);
  void ClearProgress();

 private:
  void DrawProgress();

  Style style_;
  std::string progress_;
  bool drawn_ = false;
};

}  // namespace cleanslate
