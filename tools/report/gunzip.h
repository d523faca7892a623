#pragma once

// Gzip as a stream, several members in a row included (RFC 1952, 2.2).

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"

namespace cleanslate {

bool IsGzip(std::string_view first_bytes);

class Gunzip {
 public:
  Gunzip();
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  // Hands on what `bytes` add. DataLoss where they are damaged: what came before was handed on. Bytes after a
  // member that are not another are padding, and skipped.
  absl::Status Feed(std::string_view bytes, const std::function<void(std::string_view)>& write);

  // DataLoss when a member has not ended.
  absl::Status Finish() const;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace cleanslate
