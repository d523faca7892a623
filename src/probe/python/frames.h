#pragma once

// Where CPython 3.10 to 3.14 keeps the frames that a thread is in, so that the innermost one is a few loads
// away: 3.10 in its frame objects, 3.11 and 3.12 at places known here, later ones where the runtime's own
// description says. Nothing is believed before Check has compared it with what the interpreter says of
// itself.
//
// With the interpreter's lock. First, Code, At and Previous: HOT.

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "probe/python/api.h"
#include "probe/python/careful_reader.h"
#include "probe/python/line_api.h"

namespace cleanslate {

struct PythonFrame;

class PythonFrames {
 public:
  enum class Verdict : std::uint8_t {
    kKnown,
    kUnknown,   // the layout isn't as expected
    kNotTried,  // no thread is in a frame just now
  };

  // False, and why: there is no layout for this version.
  bool Choose(const PythonApi& api, const PythonLineApi& lines, std::string& why);
  // May make frame objects of one thread's frames, as a traceback would.
  Verdict Check(const PythonApi& api, const PythonLineApi& lines) const;

  // The innermost frame of a thread, or null.
  const PythonFrame* First(const PythonThread* thread) const {
    const char* const first = Load<const char*>(thread, layout_.thread_first);
    if (first == nullptr || layout_.first_frame < 0) return reinterpret_cast<const PythonFrame*>(first);
    return Load<const PythonFrame*>(first, layout_.first_frame);
  }
  const PythonFrame* Previous(const PythonFrame* frame) const {
    return Load<const PythonFrame*>(frame, layout_.previous);
  }
  // What the frame runs: a code object, in some versions now and then something else.
  const PythonObject* Code(const PythonFrame* frame) const {
    return reinterpret_cast<const PythonObject*>(Load<std::uintptr_t>(frame, layout_.code) & ~layout_.tag);
  }
  // Which of its instructions, as a number that is only comparable.
  std::uintptr_t At(const PythonFrame* frame) const {
    if (layout_.code_start < 0) return Load<std::uint32_t>(frame, layout_.instruction);
    return Load<std::uintptr_t>(frame, layout_.instruction);
  }
  const void* Interpreter(const PythonThread* thread) const {
    return Load<const void*>(thread, layout_.interpreter);
  }
  // Whether the thread that is running is this one. 3.10 and 3.11 tell everybody of the same; later ones tell
  // a thread that has no lock, though CPython forbids to be asked without, that there is none.
  bool IsHere(const PythonThread* thread) const {
    return layout_.thread_id < 0 || Load<pthread_t>(thread, layout_.thread_id) == pthread_self();
  }

  // COLD. Of a code object.
  int Line(const PythonLineApi& lines, const PythonObject* code, std::uintptr_t at) const;
  const PythonObject* FileOf(const PythonObject* code) const {
    return Load<const PythonObject*>(code, layout_.file);
  }
  const PythonObject* NameOf(const PythonObject* code) const {
    return Load<const PythonObject*>(code, layout_.name);
  }

 private:
  struct Layout {
    int thread_first = 0;
    int first_frame = -1;  // from there; -1: that is the frame
    int interpreter = 16;
    int thread_id = -1;
    int previous = 0;
    int code = 0;
    int instruction = 0;
    int code_start = -1;  // -1: `instruction` is the index of an instruction, not its place
    int file = 0;
    int name = 0;
    int first_line = 0;
    std::uintptr_t tag = 0;
  };

  template <typename Value>
  static Value Load(const void* object, int offset) {
    return *reinterpret_cast<const Value*>(static_cast<const char*>(object) + offset);
  }
  bool ReadDescription(const char* runtime, int minor);
  const PythonFrame* FirstIfReadable(CarefulReader& reader, const PythonThread* thread) const;
  bool Agrees(const PythonApi& api, const PythonLineApi& lines, const PythonFrame* frame,
              PythonObject* object) const;

  Layout layout_;
};

}  // namespace cleanslate
