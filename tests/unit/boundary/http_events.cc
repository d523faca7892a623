#include "http_events.h"

namespace cleanslate {
namespace {

class EventLog {
 public:
  explicit EventLog(HttpStream::Direction direction) : direction_(direction) { stream_.Start(direction); }

  void Feed(std::string_view piece) {
    // A block of its own, so that a read beyond its end is seen.
    const std::vector<char> block(piece.begin(), piece.end());
    std::string_view bytes(block.data(), block.size());
    HttpEvent event;
    do {
      bytes.remove_prefix(stream_.Next(bytes, event));
      Add(event);
    } while (event.kind != HttpEvent::kNone);
  }
  std::vector<std::string> Take() { return std::move(events_); }

 private:
  void Add(const HttpEvent& event) {
    const HttpHead& head = stream_.head();
    switch (event.kind) {
      case HttpEvent::kNone:
        return;
      case HttpEvent::kHead:
        events_.push_back("head " + (direction_ == HttpStream::Direction::kReplies
                                         ? std::to_string(head.status)
                                         : std::string(head.method()) + " " + std::string(head.target())));
        if (!head.request_id.empty()) events_.back() += " id=" + std::string(head.request_id.view());
        return;
      case HttpEvent::kBody:
        if (events_.back().substr(0, 5) != "body ") events_.push_back("body ");
        events_.back() += event.body;
        return;
      case HttpEvent::kMessageEnd:
        events_.push_back("end");
        if (!head.error_type.empty()) events_.back() += " error=" + std::string(head.error_type.view());
        return;
      case HttpEvent::kLost:
        events_.push_back("lost");
        return;
    }
  }

  HttpStream::Direction direction_;
  HttpStream stream_;
  std::vector<std::string> events_;
};

}  // namespace

std::vector<std::string> HttpEvents(HttpStream::Direction direction, std::string_view bytes,
                                    std::size_t piece) {
  if (piece == 0) piece = bytes.size();
  EventLog log(direction);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) log.Feed(bytes.substr(0, piece));
  return log.Take();
}

std::vector<std::string> HttpEventsCutAt(HttpStream::Direction direction, std::string_view bytes,
                                         std::size_t cut) {
  EventLog log(direction);
  log.Feed(bytes.substr(0, cut));
  log.Feed(bytes.substr(cut));
  return log.Take();
}

}  // namespace cleanslate
