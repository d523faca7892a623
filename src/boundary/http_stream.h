#pragma once

// A streaming parser of one direction of an HTTP/1.1 connection (RFC 9112): requests or replies. Fed the
// connection's bytes in order, in any split, it says where heads, bodies and messages end. It stores the few
// fields of HttpHead and nothing else, so that a head may be of any length.
//
//   HttpEvent event;
//   do {
//     bytes.remove_prefix(stream.Next(bytes, event));
//     ... event ...
//   } while (event.kind != HttpEvent::kNone);
//
// Bodies are skipped by Content-Length, by chunks (with extensions and trailers) or, replies only, until the
// connection closes. Interim replies (1xx) pass without an event. Bytes that are not HTTP/1.x, or whose
// framing two readers could take differently, make the stream lost: it then swallows everything and says
// nothing.
//
// Trivially copyable on purpose: a copy peeks at what bytes would do.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "boundary/http_head.h"

namespace cleanslate {

struct HttpEvent {
  enum Kind : std::uint8_t {
    kNone,  // all bytes were taken, nothing more to say
    kHead,  // a head is complete: head()
    kBody,  // `body` is a piece of the message's content, without its framing; pieces depend on the split
    kMessageEnd,  // the message is complete; head() still holds, with what the trailers added
    kLost,        // said once
  };
  Kind kind = kNone;
  std::string_view body;
};

class HttpStream {
 public:
  enum class Direction : std::uint8_t { kRequests, kReplies };

  constexpr HttpStream() = default;
  void Start(Direction direction);

  // Takes bytes up to the next event and returns how many.
  std::size_t Next(std::string_view bytes, HttpEvent& event);

  // Directly after kHead of a reply to HEAD: no body follows, whatever the head says.
  void SkipBody();

  // The connection has ended. True when that completes a message: a reply that was read until close.
  bool EndOfStream();

  const HttpHead& head() const { return head_; }
  bool lost() const { return state_ == State::kLost; }
  // True in the middle of a message.
  bool in_message() const;
  // Bytes of body that are certain to follow before anything else: a peek need not look at them.
  std::uint64_t certain_body_bytes() const { return state_ == State::kBody ? body_left_ : 0; }

 private:
  enum class State : std::uint8_t {
    kMessageStart,
    kStartLine,
    kStartLineLf,
    kLineStart,  // of a header field, a folded line or the empty line
    kName,
    kValueStart,
    kValue,
    kValueLf,
    kHeadLf,
    kBody,
    kBodyUntilClose,
    kChunkSizeFirst,
    kChunkSize,
    kChunkSizeBlank,
    kChunkExtension,
    kChunkSizeLf,
    kChunkData,
    kChunkDataEnd,
    kChunkDataLf,
    kMessageDone,
    kLost,
  };
  enum class Field : std::uint8_t {
    kIgnored,
    kContentLength,
    kTransferEncoding,
    kRequestId,
    kDeadline,
    kTraceId,
    kFunctionArn,
    kTenantId,
    kResponseMode,
    kErrorType,
  };

  // True when a head is complete.
  bool TakeByte(char byte);
  void StartLineEnded();
  void TakeFieldByte(char byte);
  void TakeNameByte(char byte);
  void NameEnded();
  void FieldLineEnded();
  bool HeadEnded();
  State StateAfterHead();
  void TakeChunkByte(char byte);
  void ChunkSizeEnded();
  void Lose() { state_ = State::kLost; }

  // Calls `use` with the text that the current field's value goes to, if it is one we keep.
  template <typename Use>
  void UseValue(Use use) {
    switch (field_) {
      case Field::kContentLength:
        return use(head_.content_length);
      case Field::kTransferEncoding:
        return use(head_.transfer_encoding);
      case Field::kRequestId:
        return use(head_.request_id);
      case Field::kDeadline:
        return use(head_.deadline);
      case Field::kFunctionArn:
        return use(head_.function_arn);
      case Field::kTenantId:
        return use(head_.tenant_id);
      case Field::kResponseMode:
        return use(head_.response_mode);
      case Field::kErrorType:
        return use(head_.error_type);
      case Field::kTraceId:
      case Field::kIgnored:
        return;
    }
  }

  Direction direction_ = Direction::kRequests;
  State state_ = State::kMessageStart;
  Field field_ = Field::kIgnored;
  bool in_trailers_ = false;
  bool field_seen_ = false;   // a field line precedes: the next line may be folded
  bool head_due_ = false;     // the empty line was a bare line feed
  bool old_version_ = false;  // HTTP/1.0, which has no chunks
  bool lost_said_ = false;
  std::uint8_t chunk_digits_ = 0;
  std::uint64_t body_left_ = 0;  // of the body, or of the chunk
  BoundedText<48> name_;         // in lower case
  HttpHead head_;
};

}  // namespace cleanslate
