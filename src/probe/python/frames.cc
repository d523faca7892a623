#include "probe/python/frames.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cleanslate {
namespace {

// How 3.13 and 3.14 describe themselves at the start of _PyRuntime: words, as counted from its beginning.
// Each group begins with a size.
struct Description {
  int thread_interpreter, thread_frame;
  int previous, executable, instruction;
  int code_file, code_name, code_first_line, code_start;
};
constexpr int kHead = 3, kRuntimeWords = 3, kThreadWords = 9;

constexpr Description DescriptionOf(int interpreter_words, int frame_words) {
  const int thread = kHead + kRuntimeWords + interpreter_words;
  const int frame = thread + kThreadWords;
  const int code = frame + frame_words;
  return {thread + 3, thread + 4, frame + 1, frame + 2, frame + 3, code + 1, code + 3, code + 5, code + 9};
}
constexpr Description k313 = DescriptionOf(13, 6);
constexpr Description k314 = DescriptionOf(16, 8);

constexpr std::uint64_t kMostOffset = 4096;
constexpr int kMostChecked = 8;                               // frames
constexpr std::size_t kFrameBytes = 104, kThreadBytes = 184;  // that are looked at

}  // namespace

bool PythonFrames::ReadDescription(const char* runtime, int minor) {
  constexpr char kCookie[] = "xdebugpy";
  if (std::memcmp(runtime, kCookie, 8) != 0) return false;
  const auto word = [runtime](int index) {
    std::uint64_t value = 0;
    std::memcpy(&value, runtime + 8 * index, 8);
    return value;
  };
  const std::uint64_t version = word(1);
  if (version >> 24 != 3 || static_cast<int>(version >> 16 & 0xff) != minor || word(2) != 0) return false;
  const Description& at = minor == 13 ? k313 : k314;
  const std::array<int, 9> indexes = {at.thread_interpreter, at.thread_frame,    at.previous,
                                      at.executable,         at.instruction,     at.code_file,
                                      at.code_name,          at.code_first_line, at.code_start};
  if (!std::all_of(indexes.begin(), indexes.end(), [&](int index) { return word(index) < kMostOffset; }))
    return false;
  const auto offset = [&](int index) { return static_cast<int>(word(index)); };
  layout_.interpreter = offset(at.thread_interpreter);
  layout_.thread_first = offset(at.thread_frame);
  layout_.first_frame = -1;
  layout_.previous = offset(at.previous);
  layout_.code = offset(at.executable);
  layout_.instruction = offset(at.instruction);
  layout_.code_start = offset(at.code_start);
  layout_.file = offset(at.code_file);
  layout_.name = offset(at.code_name);
  layout_.first_line = offset(at.code_first_line);
  // 3.14 marks references that aren't counted.
  layout_.tag = minor >= 14 ? 3 : 0;
  return true;
}

bool PythonFrames::Choose(const PythonApi& api, const PythonLineApi& lines, std::string& why) {
  layout_ = {};
  switch (api.minor) {
    case 10:
      layout_.thread_id = 176;
      layout_.thread_first = 24;
      layout_.previous = 24;
      layout_.code = 32;
      layout_.instruction = 96;
      layout_.file = 104;
      layout_.name = 112;
      layout_.first_line = 40;
      return true;
    case 11:
      layout_.thread_id = 152;
      layout_.thread_first = 56;
      layout_.first_frame = 8;
      layout_.previous = 48;
      layout_.code = 32;
      layout_.instruction = 56;
      layout_.code_start = 184;
      layout_.file = 112;
      layout_.name = 128;
      layout_.first_line = 72;
      return true;
    case 12:
      layout_.thread_first = 56;
      layout_.first_frame = 0;
      layout_.previous = 8;
      layout_.code = 0;
      layout_.instruction = 56;
      layout_.code_start = 192;
      layout_.file = 112;
      layout_.name = 128;
      layout_.first_line = 68;
      return true;
    default:
      if (ReadDescription(lines.runtime, api.minor)) return true;
      why = "this build of Python does not say where its frames are";
      return false;
  }
}

int PythonFrames::Line(const PythonLineApi& lines, const PythonObject* code, std::uintptr_t at) const {
  constexpr std::intptr_t kMostBytes = std::intptr_t{1} << 30;
  const int first_line = Load<int>(code, layout_.first_line);
  std::intptr_t offset = 0;
  if (layout_.code_start < 0)
    offset = static_cast<std::intptr_t>(static_cast<std::int32_t>(at)) * 2;
  else
    offset = static_cast<std::intptr_t>(at) - (reinterpret_cast<std::intptr_t>(code) + layout_.code_start);
  if (offset < 0 || offset > kMostBytes) return first_line;  // it has not begun yet
  const int line = lines.PyCode_Addr2Line(const_cast<PythonObject*>(code), static_cast<int>(offset));
  return line > 0 ? line : first_line;
}

// What we read against what the interpreter says of the same frame.
bool PythonFrames::Agrees(const PythonApi& api, const PythonLineApi& lines, const PythonFrame* frame,
                          PythonObject* object) const {
  PythonObject* const code = lines.PyFrame_GetCode(object);
  bool agrees = code != nullptr && code == Code(frame) && code->type == api.PyCode_Type;
  if (agrees) {
    const auto same = [&](const char* name, const PythonObject* here) {
      PythonObject* const there = api.PyObject_GetAttrString(code, name);
      if (there == nullptr) {
        api.PyErr_Clear();
        return false;
      }
      api.Py_DecRef(there);  // the code object keeps it
      return there == here;
    };
    agrees = same("co_filename", FileOf(code)) &&
             same(api.minor == 10 ? "co_name" : "co_qualname", NameOf(code)) &&
             Line(lines, code, At(frame)) == lines.PyFrame_GetLineNumber(object);
  }
  if (code != nullptr) api.Py_DecRef(code);
  return agrees;
}

// Where the layout is another one, what stands there may be no address.
const PythonFrame* PythonFrames::FirstIfReadable(CarefulReader& reader, const PythonThread* thread) const {
  if (!reader.IsReadable(thread, kThreadBytes)) return nullptr;
  if (layout_.first_frame >= 0 &&
      !reader.IsReadable(Load<const void*>(thread, layout_.thread_first), 2 * sizeof(void*)))
    return nullptr;
  const PythonFrame* const first = First(thread);
  return reader.IsReadable(first, kFrameBytes) ? first : nullptr;
}

PythonFrames::Verdict PythonFrames::Check(const PythonApi& api, const PythonLineApi& lines) const {
  CarefulReader reader;
  PythonInterpreter* const main = api.PyInterpreterState_Main();
  for (PythonThread* thread = api.PyInterpreterState_ThreadHead(main); thread != nullptr;
       thread = api.PyThreadState_Next(thread)) {
    if (Interpreter(thread) != main) return Verdict::kUnknown;
    PythonObject* object = lines.PyThreadState_GetFrame(thread);
    if (object == nullptr) continue;
    const PythonFrame* frame = FirstIfReadable(reader, thread);
    const auto out = [&] {
      frame = Previous(frame);
      if (!reader.IsReadable(frame, kFrameBytes)) frame = nullptr;
    };
    bool agrees = true;
    for (int checked = 0; agrees && object != nullptr && checked < kMostChecked; ++checked) {
      // Between two of Python's there may be one of the interpreter's own.
      for (int skipped = 0; skipped < 2 && frame != nullptr; ++skipped) {
        PythonObject* const code = lines.PyFrame_GetCode(object);
        const bool is_it = Code(frame) == code;
        api.Py_DecRef(code);
        if (is_it) break;
        out();
      }
      agrees = frame != nullptr && Agrees(api, lines, frame, object);
      if (!agrees) break;
      PythonObject* const outer = lines.PyFrame_GetBack(object);
      api.Py_DecRef(object);
      object = outer;
      out();
    }
    if (object != nullptr) api.Py_DecRef(object);
    return agrees ? Verdict::kKnown : Verdict::kUnknown;
  }
  return Verdict::kNotTried;
}

}  // namespace cleanslate
