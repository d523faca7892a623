// A file in /tmp stays when the call is over: the next caller can read it, and one day the disk is full.

#include <filesystem>
#include <fstream>
#include <string>

#include "runtime.h"

namespace {

std::string WriteReport(const lambda::Invocation& invocation) {
  auto page = std::filesystem::temp_directory_path() / ("report-" + invocation.request_id + ".html");
  std::ofstream(page) << "<p>report</p>";
  return "{\"bytes\":" + std::to_string(std::filesystem::file_size(page)) + "}";
}

}  // namespace

int main() {
  return lambda::Serve(WriteReport);
}
