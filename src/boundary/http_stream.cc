#include "boundary/http_stream.h"

#include <new>

#include "boundary/http_characters.h"
#include "boundary/http_framing.h"

namespace cleanslate {
namespace {

// RFC 9110, 5.6.2
bool IsToken(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const char lower = Lower(c);
  return (lower >= 'a' && lower <= 'z') || IsDigit(c) || kOthers.find(c) != std::string_view::npos;
}

// Neither a line end nor NUL, which no recipient lets pass in a head.
bool IsText(char c) {
  return c != '\r' && c != '\n' && c != '\0';
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// "HTTP/1.x"
bool IsVersion(std::string_view text) {
  return text.size() == 8 && First(text, 7) == "HTTP/1." && IsDigit(text[7]);
}

}  // namespace

void HttpStream::Start(Direction direction) {
  new (this) HttpStream();  // in place: no temporary on the host's stack
  direction_ = direction;
}

bool HttpStream::in_message() const {
  return state_ != State::kMessageStart && state_ != State::kLost;
}

std::size_t HttpStream::Next(std::string_view bytes, HttpEvent& event) {
  event = HttpEvent();
  for (std::size_t taken = 0;;) {
    const std::string_view rest = After(bytes, taken);
    switch (state_) {
      case State::kMessageDone:
        state_ = State::kMessageStart;
        event.kind = HttpEvent::kMessageEnd;
        return taken;
      case State::kLost:
        event.kind = lost_said_ ? HttpEvent::kNone : HttpEvent::kLost;
        lost_said_ = true;
        return bytes.size();
      case State::kBody:
      case State::kChunkData:
      case State::kBodyUntilClose: {
        if (rest.empty()) return taken;
        event.kind = HttpEvent::kBody;
        event.body = rest;
        if (state_ != State::kBodyUntilClose) {
          event.body = First(rest, body_left_);
          body_left_ -= event.body.size();
          if (body_left_ == 0) {
            state_ = state_ == State::kBody ? State::kMessageDone : State::kChunkDataEnd;
          }
        }
        return taken + event.body.size();
      }
      default:
        if (rest.empty()) return taken;
        if (state_ == State::kValue && field_ == Field::kIgnored) {
          std::size_t skipped = 0;
          while (skipped < rest.size() && IsText(rest[skipped])) ++skipped;
          taken += skipped;
          if (skipped == rest.size()) return taken;
        }
        if (TakeByte(bytes[taken++])) {
          event.kind = HttpEvent::kHead;
          return taken;
        }
    }
  }
}

bool HttpStream::TakeByte(char byte) {
  switch (state_) {
    case State::kMessageStart:
      if (byte == '\r' || byte == '\n') return false;  // empty lines before a message: RFC 9112, 2.2
      new (&head_) HttpHead();
      in_trailers_ = false;
      field_seen_ = false;
      state_ = State::kStartLine;
      [[fallthrough]];
    case State::kStartLine:
      if (byte == '\r') {
        state_ = State::kStartLineLf;
      } else if (byte == '\n') {
        StartLineEnded();
      } else if (static_cast<unsigned char>(byte) < ' ') {
        Lose();
      } else {
        head_.start_line.Append(byte);
      }
      return false;
    case State::kStartLineLf:
      byte == '\n' ? StartLineEnded() : Lose();
      return false;
    case State::kLineStart:
    case State::kName:
    case State::kValueStart:
    case State::kValue:
      TakeFieldByte(byte);
      return head_due_ && HeadEnded();
    case State::kValueLf:
      byte == '\n' ? FieldLineEnded() : Lose();
      return false;
    case State::kHeadLf:
      if (byte != '\n') {
        Lose();
        return false;
      }
      return HeadEnded();
    default:
      TakeChunkByte(byte);
      return false;
  }
}

void HttpStream::StartLineEnded() {
  state_ = State::kLineStart;
  const std::string_view line = head_.start_line.view();
  if (direction_ == Direction::kReplies) {
    // "HTTP/1.1 200 OK"; the reason may be missing.
    const bool valid = line.size() >= 12 && IsVersion(First(line, 8)) && line[8] == ' ' && line[9] >= '1' &&
                       IsDigit(line[9]) && IsDigit(line[10]) && IsDigit(line[11]) &&
                       (line.size() == 12 || line[12] == ' ');
    if (!valid) return Lose();
    head_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    old_version_ = line[7] == '0';
    return;
  }
  const std::size_t method_end = line.find(' ');
  if (method_end == 0 || method_end == std::string_view::npos) return Lose();
  for (const char c : First(line, method_end)) {
    if (!IsToken(c)) return Lose();
  }
  old_version_ = false;
  if (head_.start_line.truncated()) return;  // a long target; the version is out of sight
  const std::size_t target_end = line.rfind(' ');
  const std::string_view target = head_.target();
  if (target.empty() || target.find(' ') != std::string_view::npos ||
      !IsVersion(After(line, target_end + 1))) {
    return Lose();
  }
  old_version_ = line.back() == '0';
}

void HttpStream::TakeFieldByte(char byte) {
  switch (state_) {
    case State::kLineStart:
      if (byte == '\r') {
        state_ = State::kHeadLf;
      } else if (byte == '\n') {
        head_due_ = true;
      } else if (IsBlank(byte)) {  // obsolete folding: the line before goes on
        if (!field_seen_) return Lose();
        UseValue([](auto& value) {
          if (!value.empty()) value.Append(' ');
        });
        state_ = State::kValueStart;
      } else {
        name_.Clear();
        state_ = State::kName;
        TakeNameByte(byte);
      }
      return;
    case State::kName:
      return TakeNameByte(byte);
    case State::kValueStart:
      if (IsBlank(byte)) return;
      state_ = State::kValue;
      [[fallthrough]];
    default:
      if (byte == '\r') {
        state_ = State::kValueLf;
      } else if (byte == '\n') {
        FieldLineEnded();
      } else if (byte == '\0') {
        Lose();
      } else {
        UseValue([byte](auto& value) { value.Append(byte); });
      }
  }
}

void HttpStream::TakeNameByte(char byte) {
  if (IsToken(byte)) {
    name_.Append(Lower(byte));
  } else if (byte == ':' && !name_.empty()) {
    NameEnded();
  } else {
    Lose();  // also a blank before the colon: clients disagree on what that means
  }
}

void HttpStream::NameEnded() {
  struct Known {
    std::string_view name;
    Field field;
  };
  static constexpr Known kKnown[] = {
      {"content-length", Field::kContentLength},
      {"transfer-encoding", Field::kTransferEncoding},
      {"lambda-runtime-aws-request-id", Field::kRequestId},
      {"lambda-runtime-deadline-ms", Field::kDeadline},
      {"lambda-runtime-trace-id", Field::kTraceId},
      {"lambda-runtime-invoked-function-arn", Field::kFunctionArn},
      {"lambda-runtime-aws-tenant-id", Field::kTenantId},
      {"lambda-runtime-function-response-mode", Field::kResponseMode},
      {"lambda-runtime-function-error-type", Field::kErrorType},
  };
  field_ = Field::kIgnored;
  for (const Known& known : kKnown) {
    if (!name_.truncated() && name_.view() == known.name) field_ = known.field;
  }
  if (in_trailers_ && field_ != Field::kErrorType) field_ = Field::kIgnored;
  head_.has_trace_id = head_.has_trace_id || field_ == Field::kTraceId;

  const bool list = field_ == Field::kContentLength || field_ == Field::kTransferEncoding;
  if (field_ == Field::kContentLength) head_.has_content_length = true;
  if (field_ == Field::kTransferEncoding) head_.has_transfer_encoding = true;
  UseValue([list](auto& value) {
    if (!list) value.Clear();
    if (!value.empty()) value.Append(',');
  });
  field_seen_ = true;
  state_ = State::kValueStart;
}

void HttpStream::FieldLineEnded() {
  UseValue([](auto& value) { value.RemoveTrailingBlanks(); });
  state_ = State::kLineStart;
}

bool HttpStream::HeadEnded() {
  head_due_ = false;
  if (in_trailers_) {
    state_ = State::kMessageDone;
    return false;
  }
  if (head_.status >= 100 && head_.status < 200) {
    // An interim reply; the final one follows. After 101 comes another protocol.
    head_.status == 101 ? Lose() : void(state_ = State::kMessageStart);
    return false;
  }
  state_ = StateAfterHead();
  return state_ != State::kLost;
}

HttpStream::State HttpStream::StateAfterHead() {
  const bool reply = direction_ == Direction::kReplies;
  if (head_.status == 204 || head_.status == 304) return State::kMessageDone;
  if (head_.has_transfer_encoding) {
    if (head_.transfer_encoding.truncated() || old_version_) return State::kLost;
    switch (ParseTransferEncoding(head_.transfer_encoding.view())) {
      case TransferCoding::kChunked:
        state_ = State::kChunkSizeFirst;
        return state_;
      case TransferCoding::kOther:
        return reply ? State::kBodyUntilClose : State::kLost;
      case TransferCoding::kBad:
        return State::kLost;
      case TransferCoding::kNone:
        break;
    }
  }
  if (head_.has_content_length) {
    if (head_.content_length.truncated()) return State::kLost;
    if (!ParseContentLength(head_.content_length.view(), body_left_)) return State::kLost;
    return body_left_ == 0 ? State::kMessageDone : State::kBody;
  }
  return reply ? State::kBodyUntilClose : State::kMessageDone;
}

void HttpStream::TakeChunkByte(char byte) {
  constexpr int kDigits = 15;  // fits 63 bits
  const int digit = HexDigit(byte);
  switch (state_) {
    case State::kChunkSizeFirst:
      if (digit < 0) return Lose();
      body_left_ = 0;
      chunk_digits_ = 0;
      state_ = State::kChunkSize;
      [[fallthrough]];
    case State::kChunkSize:
      if (digit >= 0) {
        if (++chunk_digits_ > kDigits) return Lose();
        body_left_ = body_left_ << 4 | static_cast<std::uint64_t>(digit);
        return;
      }
      [[fallthrough]];
    case State::kChunkSizeBlank:
      if (IsBlank(byte)) {
        state_ = State::kChunkSizeBlank;
      } else if (byte == ';') {
        state_ = State::kChunkExtension;
      } else if (byte == '\r') {
        state_ = State::kChunkSizeLf;
      } else if (byte == '\n') {
        ChunkSizeEnded();
      } else {
        Lose();
      }
      return;
    case State::kChunkExtension:
      // A bare line feed here ends the line for some readers and not for others.
      if (byte == '\n') return Lose();
      if (byte == '\r') state_ = State::kChunkSizeLf;
      return;
    case State::kChunkSizeLf:
      byte == '\n' ? ChunkSizeEnded() : Lose();
      return;
    case State::kChunkDataEnd:
      if (byte == '\r') {
        state_ = State::kChunkDataLf;
        return;
      }
      [[fallthrough]];
    default:
      byte == '\n' ? void(state_ = State::kChunkSizeFirst) : Lose();
  }
}

void HttpStream::ChunkSizeEnded() {
  if (body_left_ > 0) {
    state_ = State::kChunkData;
    return;
  }
  in_trailers_ = true;
  field_seen_ = false;
  state_ = State::kLineStart;
}

void HttpStream::SkipBody() {
  if (!lost()) state_ = State::kMessageDone;
}

bool HttpStream::EndOfStream() {
  if (state_ != State::kBodyUntilClose) return false;
  state_ = State::kMessageStart;
  return true;
}

}  // namespace cleanslate
