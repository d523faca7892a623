#pragma once

// A Lambda runtime for C++ in one header, on libcurl: ask for an event, call the handler, send back what it
// returns. lambda::Serve() returns only when the Runtime API can't be reached any more; its result is main's
// exit code.

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>

namespace lambda {

struct Invocation {
  std::string request_id;
  std::string event;  // JSON, as the caller sent it
};

// Returns the response's JSON. An exception becomes the invocation's error.
using Handler = std::function<std::string(const Invocation&)>;

enum class Connections { kKeepAlive, kOneARequest };

class RuntimeClient {
 public:
  RuntimeClient(std::string address, Connections connections)
      : root_("http://" + address + "/2018-06-01/runtime/invocation/"), curl_(curl_easy_init()) {
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &AppendBody);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &received_);
    curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &KeepRequestId);
    curl_easy_setopt(curl_, CURLOPT_HEADERDATA, &request_id_);
    curl_easy_setopt(curl_, CURLOPT_FORBID_REUSE, connections == Connections::kOneARequest ? 1L : 0L);
  }
  ~RuntimeClient() { curl_easy_cleanup(curl_); }
  RuntimeClient(const RuntimeClient&) = delete;
  RuntimeClient& operator=(const RuntimeClient&) = delete;

  bool Next(Invocation& invocation) {
    curl_easy_setopt(curl_, CURLOPT_HTTPGET, 1L);
    if (!Perform(root_ + "next", nullptr)) return false;
    invocation.request_id.swap(request_id_);
    invocation.event.swap(received_);
    return true;
  }

  bool Respond(const std::string& request_id, const std::string& body) {
    return Post(root_ + request_id + "/response", body, "Content-Type: application/json");
  }

  bool Fail(const std::string& request_id, const std::string& message) {
    return Post(root_ + request_id + "/error",
                R"({"errorType":"HandlerError","errorMessage":")" + message + "\"}",
                "Lambda-Runtime-Function-Error-Type: HandlerError");
  }

 private:
  bool Post(const std::string& url, const std::string& body, const char* header) {
    curl_easy_setopt(curl_, CURLOPT_POST, 1L);
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data());
    return Perform(url, header);
  }

  bool Perform(const std::string& url, const char* header) {
    received_.clear();
    request_id_.clear();
    curl_slist* headers = header != nullptr ? curl_slist_append(nullptr, header) : nullptr;
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
    CURLcode code = curl_easy_perform(curl_);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, nullptr);
    curl_slist_free_all(headers);
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status < 300) return true;
    if (code == CURLE_OK) {
      std::fprintf(stderr, "runtime: %s: status %ld\n", url.c_str(), status);
    } else {
      std::fprintf(stderr, "runtime: %s: %s\n", url.c_str(), curl_easy_strerror(code));
    }
    return false;
  }

  static std::size_t AppendBody(char* data, std::size_t, std::size_t size, void* body) {
    static_cast<std::string*>(body)->append(data, size);
    return size;
  }

  static std::size_t KeepRequestId(char* data, std::size_t, std::size_t size, void* request_id) {
    static const std::string kName = "lambda-runtime-aws-request-id:";
    std::string line(data, size);
    if (line.size() < kName.size()) return size;
    for (std::size_t i = 0; i < kName.size(); ++i) {
      char lower = line[i] >= 'A' && line[i] <= 'Z' ? static_cast<char>(line[i] + 32) : line[i];
      if (lower != kName[i]) return size;
    }
    std::size_t first = line.find_first_not_of(" \t", kName.size());
    std::size_t last = line.find_last_not_of(" \t\r\n");
    if (first <= last) static_cast<std::string*>(request_id)->assign(line, first, last - first + 1);
    return size;
  }

  std::string root_;
  CURL* curl_;
  std::string received_;
  std::string request_id_;
};

inline int Serve(const Handler& handler, Connections connections = Connections::kKeepAlive) {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (address == nullptr) {
    std::fputs("runtime: AWS_LAMBDA_RUNTIME_API is not set; start this program with `cleanslate run`\n",
               stderr);
    return 1;
  }
  RuntimeClient client(address, connections);
  for (Invocation invocation; client.Next(invocation);) {
    bool sent = false;
    try {
      sent = client.Respond(invocation.request_id, handler(invocation));
    } catch (const std::exception& error) {
      sent = client.Fail(invocation.request_id, error.what());
    }
    if (!sent) break;
  }
  return 1;
}

}  // namespace lambda
