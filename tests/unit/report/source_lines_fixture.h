#pragma once

// Calls of the victim library, as reports tell them, and a folder to put files in. The library that is loaded
// is the stripped one.

#include <gtest/gtest.h>

#include <string>

#include "analysis/frame.h"

namespace cleanslate {

struct VictimCall {
  Frame frame;  // as the symbolizer of the preloaded library names it
  int line = 0;
  int outer_line = 0;
};

class SourceLinesTest : public ::testing::Test {
 protected:
  SourceLinesTest();
  ~SourceLinesTest() override;

  // The call in the function of this name, see source_lines_victim.h.
  static VictimCall CallIn(const char* function);

  // A copy of the file in the test's folder, under this name; folders are made.
  std::string Copy(const std::string& file, const std::string& name);
  std::string Write(const std::string& name, const std::string& bytes);

  static std::string ReadAll(const std::string& path);

  std::string folder_;
};

}  // namespace cleanslate
