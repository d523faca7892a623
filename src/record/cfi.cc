#include "record/cfi.h"

#include <cstring>

namespace cleanslate {

namespace {

// Pointer encodings, LSB core, "DWARF Exception Header Encoding".
constexpr std::uint8_t kOmit = 0xff;
constexpr std::uint8_t kFormatMask = 0x0f;
constexpr std::uint8_t kApplyMask = 0x70;
constexpr std::uint8_t kPcRelative = 0x10;
constexpr std::uint8_t kDataRelative = 0x30;

class Reader {
 public:
  Reader(const std::uint8_t* start, const std::uint8_t* end) : at_(start), end_(end) {}

  const std::uint8_t* at() const { return at_; }
  const std::uint8_t* end() const { return end_; }
  bool good() const { return good_; }
  bool done() const { return at_ >= end_ || !good_; }

  template <typename Number>
  Number Fixed() {
    Number number{};
    if (static_cast<std::size_t>(end_ - at_) < sizeof(number)) {
      good_ = false;
      at_ = end_;
      return number;
    }
    std::memcpy(&number, at_, sizeof(number));
    at_ += sizeof(number);
    return number;
  }

  std::uint64_t Unsigned() {  // ULEB128
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = Fixed<std::uint8_t>();
      number |= std::uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return number;
    }
    good_ = false;
    return 0;
  }

  std::int64_t Signed() {  // SLEB128
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64;) {
      const auto byte = Fixed<std::uint8_t>();
      number |= std::uint64_t{byte & 0x7fu} << shift;
      shift += 7;
      if ((byte & 0x80) == 0) {
        if ((byte & 0x40) != 0 && shift < 64) number |= ~std::uint64_t{0} << shift;
        return static_cast<std::int64_t>(number);
      }
    }
    good_ = false;
    return 0;
  }

  std::uintptr_t Encoded(std::uint8_t encoding, std::uintptr_t data_base) {
    const auto place = reinterpret_cast<std::uintptr_t>(at_);
    std::uintptr_t value = 0;
    switch (encoding & kFormatMask) {
      case 0x00:
      case 0x04:
      case 0x0c:
        value = Fixed<std::uint64_t>();
        break;
      case 0x01:
        value = Unsigned();
        break;
      case 0x02:
        value = Fixed<std::uint16_t>();
        break;
      case 0x03:
        value = Fixed<std::uint32_t>();
        break;
      case 0x09:
        value = static_cast<std::uintptr_t>(Signed());
        break;
      case 0x0a:
        value = static_cast<std::uintptr_t>(std::int64_t{Fixed<std::int16_t>()});
        break;
      case 0x0b:
        value = static_cast<std::uintptr_t>(std::int64_t{Fixed<std::int32_t>()});
        break;
      default:
        good_ = false;
    }
    switch (encoding & kApplyMask) {
      case 0:
        return value;
      case kPcRelative:
        return value + place;
      case kDataRelative:
        return value + data_base;
      default:
        good_ = false;
        return 0;
    }
  }

  Reader Sub(std::uint64_t bytes) {
    if (bytes > static_cast<std::uint64_t>(end_ - at_)) {
      good_ = false;
      return {at_, at_};
    }
    Reader part(at_, at_ + bytes);
    at_ += bytes;
    return part;
  }

  void Skip(std::uint64_t bytes) { Sub(bytes); }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool good_ = true;
};

// The body of an entry: its length stands in front of it. Entries come from the object's own index, so that
// nothing beyond what the loader mapped is read.
Reader EntryAt(std::uintptr_t address) {
  const auto* start = reinterpret_cast<const std::uint8_t*>(address);
  std::uint32_t length = 0;
  std::memcpy(&length, start, sizeof(length));
  if (length != 0xffffffff) return {start + 4, start + 4 + length};
  std::uint64_t long_length = 0;
  std::memcpy(&long_length, start + 4, sizeof(long_length));
  return {start + 12, start + 12 + long_length};
}

struct CommonEntry {
  std::uint64_t code_unit = 1;
  std::int64_t data_unit = 1;
  std::uint64_t return_register = 0;
  std::uint8_t pointer_encoding = 0;
  bool has_augmentation = false;
  bool signal_frame = false;
  DwarfExpression program;
};

bool ReadCommonEntry(std::uintptr_t address, CommonEntry& entry) {
  Reader reader = EntryAt(address);
  if (reader.Fixed<std::uint32_t>() != 0) return false;
  const auto version = reader.Fixed<std::uint8_t>();
  if (version != 1 && version != 3) return false;
  char augmentation[8] = {};
  std::size_t length = 0;
  for (char letter; (letter = static_cast<char>(reader.Fixed<std::uint8_t>())) != '\0';) {
    if (!reader.good() || length + 1 >= sizeof(augmentation)) return false;
    augmentation[length++] = letter;
  }
  entry.code_unit = reader.Unsigned();
  entry.data_unit = reader.Signed();
  entry.return_register = version == 1 ? reader.Fixed<std::uint8_t>() : reader.Unsigned();
  if (augmentation[0] == 'z') {
    entry.has_augmentation = true;
    Reader data = reader.Sub(reader.Unsigned());
    for (const char* letter = augmentation + 1; *letter != '\0'; ++letter) {
      if (*letter == 'R') {
        entry.pointer_encoding = data.Fixed<std::uint8_t>();
      } else if (*letter == 'P') {
        const auto encoding = data.Fixed<std::uint8_t>();
        data.Encoded(static_cast<std::uint8_t>(encoding & 0x7f), 0);
      } else if (*letter == 'L') {
        data.Fixed<std::uint8_t>();
      } else if (*letter == 'S') {
        entry.signal_frame = true;
      } else if (*letter != 'B') {  // 'B': return addresses are signed with the other key
        return false;
      }
    }
    if (!data.good()) return false;
  } else if (augmentation[0] != '\0') {
    return false;
  }
  entry.program = {reader.at(), reader.end()};
  return reader.good();
}

// The address of the entry that covers `pc`, from the sorted table of .eh_frame_hdr; 0 when there is none.
std::uintptr_t FindEntry(std::uintptr_t header, std::uintptr_t pc) {
  constexpr std::uint8_t kSortedTable = 0x3b;  // data-relative, signed 4 bytes
  const auto* start = reinterpret_cast<const std::uint8_t*>(header);
  if (start[0] != 1 || start[2] == kOmit || start[3] != kSortedTable) return 0;
  Reader reader(start + 4, start + 32);
  reader.Encoded(start[1], header);
  const std::uint64_t count = reader.Encoded(start[2], header);
  if (!reader.good() || count == 0) return 0;
  struct Row {
    std::int32_t first;
    std::int32_t entry;
  };
  const auto* rows = reader.at();
  const auto row_at = [&](std::uint64_t index) {
    Row row;
    std::memcpy(&row, rows + index * sizeof(Row), sizeof(row));
    return row;
  };
  const auto wanted = static_cast<std::int64_t>(pc - header);
  std::uint64_t low = 0;
  std::uint64_t high = count;
  while (high - low > 1) {
    const std::uint64_t middle = (low + high) / 2;
    if (row_at(middle).first <= wanted) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const Row row = row_at(low);
  if (row.first > wanted) return 0;
  return header + static_cast<std::uintptr_t>(static_cast<std::int64_t>(row.entry));
}

// Runs a call frame program.
class Interpreter {
 public:
  Interpreter(const CommonEntry& entry, FrameRule& rule) : entry_(entry), rule_(rule) {}

  void KeepInitial() { initial_ = rule_; }

  // Up to the row that covers `pc`.
  bool Run(const DwarfExpression& program, std::uintptr_t location, std::uintptr_t pc) {
    Reader reader(program.start, program.end);
    while (!reader.done() && location <= pc) {
      if (!Step(reader, location)) return false;
    }
    return reader.good();
  }

 private:
  static constexpr int kRemembered = 8;

  bool Step(Reader& reader, std::uintptr_t& location) {
    const auto opcode = reader.Fixed<std::uint8_t>();
    const unsigned low = opcode & 0x3f;
    switch (opcode >> 6) {
      case 1:  // advance_loc
        location += low * entry_.code_unit;
        return true;
      case 2:  // offset
        SetOffset(low, static_cast<std::int64_t>(reader.Unsigned()) * entry_.data_unit);
        return true;
      case 3:  // restore
        Restore(low);
        return true;
      default:
        return StepExtended(opcode, reader, location);
    }
  }

  bool StepExtended(std::uint8_t opcode, Reader& reader, std::uintptr_t& location) {
    switch (opcode) {
      case 0x00:  // nop
        return true;
      case 0x01:  // set_loc
        location = reader.Encoded(entry_.pointer_encoding, 0);
        return true;
      case 0x02:
        location += reader.Fixed<std::uint8_t>() * entry_.code_unit;
        return true;
      case 0x03:
        location += reader.Fixed<std::uint16_t>() * entry_.code_unit;
        return true;
      case 0x04:
        location += reader.Fixed<std::uint32_t>() * entry_.code_unit;
        return true;
      case 0x05: {  // offset_extended
        const auto number = reader.Unsigned();
        SetOffset(number, static_cast<std::int64_t>(reader.Unsigned()) * entry_.data_unit);
        return true;
      }
      case 0x06:  // restore_extended
        Restore(reader.Unsigned());
        return true;
      case 0x07:  // undefined
        Set(reader.Unsigned(), FrameRule::Saved::kUndefined);
        return true;
      case 0x08:  // same_value
        Set(reader.Unsigned(), FrameRule::Saved::kSame);
        return true;
      case 0x09: {  // register: kept in another one, which we don't follow
        const auto number = reader.Unsigned();
        reader.Unsigned();
        Set(number, FrameRule::Saved::kUndefined);
        return true;
      }
      case 0x0a:  // remember_state
        if (remembered_ == kRemembered) return false;
        states_[remembered_++] = rule_;
        return true;
      case 0x0b:  // restore_state
        if (remembered_ == 0) return false;
        rule_ = states_[--remembered_];
        return true;
      case 0x0c: {  // def_cfa
        const auto number = reader.Unsigned();
        return SetCfa(number, static_cast<std::int64_t>(reader.Unsigned()));
      }
      case 0x0d:  // def_cfa_register
        return SetCfa(reader.Unsigned(), rule_.cfa_offset);
      case 0x0e:  // def_cfa_offset
        rule_.cfa_offset = static_cast<std::int64_t>(reader.Unsigned());
        return true;
      case 0x0f:  // def_cfa_expression
        rule_.cfa_is_expression = true;
        rule_.cfa_expression = Block(reader);
        return true;
      case 0x10: {  // expression
        const int index = SavedIndex(static_cast<unsigned>(reader.Unsigned()));
        const DwarfExpression block = Block(reader);
        if (index >= 0 && index < kSavedRegisters) {
          rule_.saved[index] = FrameRule::Saved::kExpression;
          rule_.expression[index] = block;
        }
        return true;
      }
      case 0x11: {  // offset_extended_sf
        const auto number = reader.Unsigned();
        SetOffset(number, reader.Signed() * entry_.data_unit);
        return true;
      }
      case 0x12: {  // def_cfa_sf
        const auto number = reader.Unsigned();
        return SetCfa(number, reader.Signed() * entry_.data_unit);
      }
      case 0x13:  // def_cfa_offset_sf
        rule_.cfa_offset = reader.Signed() * entry_.data_unit;
        return true;
      case 0x14:    // val_offset
      case 0x15: {  // val_offset_sf
        const auto number = reader.Unsigned();
        reader.Unsigned();
        Set(number, FrameRule::Saved::kUndefined);
        return true;
      }
      case 0x16: {  // val_expression
        const auto number = reader.Unsigned();
        Block(reader);
        Set(number, FrameRule::Saved::kUndefined);
        return true;
      }
      case 0x2d:  // AARCH64_negate_ra_state: the signature is stripped from every return address
        return true;
      case 0x2e:  // GNU_args_size
        reader.Unsigned();
        return true;
      default:
        return false;
    }
  }

  static DwarfExpression Block(Reader& reader) {
    const Reader block = reader.Sub(reader.Unsigned());
    return {block.at(), block.end()};
  }

  bool SetCfa(std::uint64_t number, std::int64_t offset) {
    rule_.cfa_register = static_cast<std::int8_t>(SavedIndex(static_cast<unsigned>(number)));
    rule_.cfa_offset = offset;
    rule_.cfa_is_expression = false;
    return true;
  }
  void SetOffset(std::uint64_t number, std::int64_t offset) {
    const int index = SavedIndex(static_cast<unsigned>(number));
    if (index < 0 || index >= kSavedRegisters) return;
    rule_.saved[index] = FrameRule::Saved::kAtCfa;
    rule_.offset[index] = offset;
  }
  void Set(std::uint64_t number, FrameRule::Saved how) {
    const int index = SavedIndex(static_cast<unsigned>(number));
    if (index >= 0 && index < kSavedRegisters) rule_.saved[index] = how;
  }
  void Restore(std::uint64_t number) {
    const int index = SavedIndex(static_cast<unsigned>(number));
    if (index < 0 || index >= kSavedRegisters) return;
    rule_.saved[index] = initial_.saved[index];
    rule_.offset[index] = initial_.offset[index];
    rule_.expression[index] = initial_.expression[index];
  }

  const CommonEntry& entry_;
  FrameRule& rule_;
  FrameRule initial_;
  FrameRule states_[kRemembered];
  int remembered_ = 0;
};

}  // namespace

int SavedIndex(unsigned dwarf_number) {
#if defined(__x86_64__)
  switch (dwarf_number) {
    case 3:
      return 0;
    case 6:
      return kFramePointer;
    case 7:
      return kStackPointer;
    case 12:
    case 13:
    case 14:
    case 15:
      return static_cast<int>(dwarf_number) - 10;
    case 16:
      return kReturnAddress;
    default:
      return kUntracked;
  }
#elif defined(__aarch64__)
  if (dwarf_number >= 19 && dwarf_number <= 30) return static_cast<int>(dwarf_number) - 19;
  return dwarf_number == 31 ? kStackPointer : kUntracked;
#endif
}

bool ReadFrameRule(const CodeModule& module, std::uintptr_t pc, FrameRule& rule) {
  if (module.eh_frame_hdr == 0) return false;
  const std::uintptr_t address = FindEntry(module.eh_frame_hdr, pc);
  if (address == 0) return false;
  Reader reader = EntryAt(address);
  const auto place = reinterpret_cast<std::uintptr_t>(reader.at());
  const auto back = reader.Fixed<std::uint32_t>();
  CommonEntry common;
  if (back == 0 || !ReadCommonEntry(place - back, common)) return false;
  const std::uintptr_t first = reader.Encoded(common.pointer_encoding, module.eh_frame_hdr);
  const std::uintptr_t bytes = reader.Encoded(common.pointer_encoding & kFormatMask, 0);
  if (pc < first || pc >= first + bytes) return false;
  if (common.has_augmentation) reader.Skip(reader.Unsigned());
  if (!reader.good()) return false;

  rule = FrameRule{};
  rule.signal_frame = common.signal_frame;
  Interpreter interpreter(common, rule);
  // The common program has no rows of its own: it all holds at the entry.
  if (!interpreter.Run(common.program, 0, 0)) return false;
  interpreter.KeepInitial();
  return interpreter.Run({reader.at(), reader.end()}, first, pc);
}

bool Evaluate(const DwarfExpression& expression, const ExpressionInput& input, const std::uintptr_t* initial,
              std::uintptr_t& result) {
  constexpr int kDepth = 16;
  std::uintptr_t stack[kDepth];
  int depth = 0;
  if (initial != nullptr) stack[depth++] = *initial;
  Reader reader(expression.start, expression.end);
  const auto push = [&](std::uintptr_t value) {
    if (depth == kDepth) return false;
    stack[depth++] = value;
    return true;
  };
  while (!reader.done()) {
    const auto opcode = reader.Fixed<std::uint8_t>();
    bool good = true;
    if (opcode >= 0x30 && opcode <= 0x4f) {  // lit0-lit31
      good = push(opcode - 0x30u);
    } else if (opcode >= 0x70 && opcode <= 0x8f) {  // breg0-breg31
      std::uintptr_t value = 0;
      const std::int64_t offset = reader.Signed();
      good = input.read_register(input.context, opcode - 0x70u, value) &&
             push(value + static_cast<std::uintptr_t>(offset));
    } else if (opcode == 0x06) {  // deref
      good = depth > 0 && input.read_word(input.context, stack[depth - 1], stack[depth - 1]);
    } else if (opcode == 0x08) {
      good = push(reader.Fixed<std::uint8_t>());
    } else if (opcode == 0x09) {
      good = push(static_cast<std::uintptr_t>(std::int64_t{reader.Fixed<std::int8_t>()}));
    } else if (opcode == 0x0a) {
      good = push(reader.Fixed<std::uint16_t>());
    } else if (opcode == 0x0b) {
      good = push(static_cast<std::uintptr_t>(std::int64_t{reader.Fixed<std::int16_t>()}));
    } else if (opcode == 0x0c) {
      good = push(reader.Fixed<std::uint32_t>());
    } else if (opcode == 0x10) {
      good = push(reader.Unsigned());
    } else if (opcode == 0x11) {
      good = push(static_cast<std::uintptr_t>(reader.Signed()));
    } else if (opcode == 0x23) {  // plus_uconst
      good = depth > 0;
      const std::uint64_t amount = reader.Unsigned();
      if (good) stack[depth - 1] += amount;
    } else {
      if (depth < 2) return false;
      const std::uintptr_t right = stack[--depth];
      std::uintptr_t& left = stack[depth - 1];
      switch (opcode) {
        case 0x1a:
          left &= right;
          break;
        case 0x1c:
          left -= right;
          break;
        case 0x22:
          left += right;
          break;
        case 0x24:
          left = right < 64 ? left << right : 0;
          break;
        case 0x2a:  // ge, signed
          left = static_cast<std::intptr_t>(left) >= static_cast<std::intptr_t>(right) ? 1 : 0;
          break;
        default:
          return false;
      }
    }
    if (!good) return false;
  }
  if (!reader.good() || depth == 0) return false;
  result = stack[depth - 1];
  return true;
}

}  // namespace cleanslate
