// A guard removes the file at the end of the call, also when it fails.

#include <filesystem>
#include <fstream>
#include <string>

#include "runtime.h"

namespace {

struct TemporaryFile {
  std::filesystem::path path;
  ~TemporaryFile() { std::filesystem::remove(path); }
};

std::string WriteReport(const lambda::Invocation& invocation) {
  TemporaryFile page{std::filesystem::temp_directory_path() / ("report-" + invocation.request_id + ".html")};
  std::ofstream(page.path) << "<p>report</p>";
  return "{\"bytes\":" + std::to_string(std::filesystem::file_size(page.path)) + "}";
}

}  // namespace

int main() {
  return lambda::Serve(WriteReport);
}
