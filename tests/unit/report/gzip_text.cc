#include "gzip_text.h"

#include <zlib.h>

#include <stdexcept>

namespace cleanslate {

std::string GzipText(std::string_view text) {
  z_stream z{};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string bytes(deflateBound(&z, text.size()) + 32, '\0');
  z.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<unsigned>(text.size());
  z.next_out = reinterpret_cast<unsigned char*>(bytes.data());
  z.avail_out = static_cast<unsigned>(bytes.size());
  if (deflate(&z, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  bytes.resize(z.total_out);
  deflateEnd(&z);
  return bytes;
}

}  // namespace cleanslate
