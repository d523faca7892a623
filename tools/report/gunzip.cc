#include "report/gunzip.h"

#include <zlib.h>

#include <array>
#include <new>

namespace cleanslate {
namespace {

constexpr int kGzipOnly = 15 + 16;  // window bits, as inflateInit2's documentation has it
constexpr unsigned char kMagic[] = {0x1f, 0x8b};

}  // namespace

bool IsGzip(std::string_view first_bytes) {
  return first_bytes.size() >= 2 && static_cast<unsigned char>(first_bytes[0]) == kMagic[0] &&
         static_cast<unsigned char>(first_bytes[1]) == kMagic[1];
}

struct Gunzip::Stream {
  z_stream z{};
  bool between_members = false;
  bool in_padding = false;
  std::array<unsigned char, 1 << 16> output;
};

Gunzip::Gunzip() : stream_(std::make_unique<Stream>()) {
  if (inflateInit2(&stream_->z, kGzipOnly) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() {
  inflateEnd(&stream_->z);
}

absl::Status Gunzip::Feed(std::string_view bytes, const std::function<void(std::string_view)>& write) {
  z_stream& z = stream_->z;
  z.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<unsigned>(bytes.size());
  bool more_output = false;
  while ((z.avail_in > 0 || more_output) && !stream_->in_padding) {
    if (stream_->between_members) {
      stream_->in_padding = *z.next_in != kMagic[0];
      if (stream_->in_padding) break;
      inflateReset(&z);
      stream_->between_members = false;
    }
    z.next_out = stream_->output.data();
    z.avail_out = static_cast<unsigned>(stream_->output.size());
    const int result = inflate(&z, Z_NO_FLUSH);
    const std::size_t written = stream_->output.size() - z.avail_out;
    if (written > 0) write({reinterpret_cast<const char*>(stream_->output.data()), written});
    stream_->between_members = result == Z_STREAM_END;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      return absl::DataLossError("the gzip data is damaged");
    }
    more_output = result == Z_OK && z.avail_out == 0;
  }
  return absl::OkStatus();
}

absl::Status Gunzip::Finish() const {
  if (stream_->between_members) return absl::OkStatus();
  return absl::DataLossError("the gzip data ends too early");
}

}  // namespace cleanslate
