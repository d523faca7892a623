// A C++ function on libcurl that does as its event says. `curl_runtime` keeps one connection alive,
// `curl_runtime one-a-request` opens one for each request.

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include "runtime.h"

namespace {

// The request ids that the function saw, in order, in the file that REQUEST_LOG names.
void Log(const std::string& request_id) {
  const char* path = std::getenv("REQUEST_LOG");
  if (path == nullptr) return;
  std::FILE* log = std::fopen(path, "ae");
  if (log == nullptr) throw std::runtime_error("can't open the request log");
  std::fprintf(log, "%s\n", request_id.c_str());
  std::fclose(log);
}

std::string Obey(const lambda::Invocation& invocation) {
  Log(invocation.request_id);
  if (invocation.event == "\"fail\"") throw std::runtime_error("as asked");
  if (invocation.event == "\"poll\"") {
    return "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n" + invocation.event;
  }
  return invocation.event;
}

}  // namespace

int main(int argc, char** argv) {
  bool one_a_request = argc == 2 && std::strcmp(argv[1], "one-a-request") == 0;
  return lambda::Serve(Obey,
                       one_a_request ? lambda::Connections::kOneARequest : lambda::Connections::kKeepAlive);
}
