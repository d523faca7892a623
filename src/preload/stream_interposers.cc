// Streams and folders: descriptors behind a pointer, which libc opens and closes without calling our open and
// close.

#include <cstring>

#include "preload/hooks.h"
#include "preload/real_functions.h"

namespace cleanslate {
namespace {

// fopen(3): every mode but a plain "r" may write.
FILE* OpenedForMode(FILE* stream, const char* mode) {
  hooks::Opened(stream);
  if (stream != nullptr && Watching() && (mode[0] != 'r' || std::strchr(mode, '+') != nullptr)) {
    hooks::Wrote(fileno(stream), 0);
  }
  return stream;
}

}  // namespace

#define OPENS_STREAM(name)                                                  \
  CLEANSLATE_INTERPOSE(FILE*, name, (const char* path, const char* mode)) { \
    return OpenedForMode(Real().name(path, mode), mode);                    \
  }
OPENS_STREAM(fopen)
OPENS_STREAM(fopen64)
OPENS_STREAM(_IO_fopen)
OPENS_STREAM(popen)
OPENS_STREAM(_IO_popen)
OPENS_STREAM(setmntent)

#define REOPENS_STREAM(name)                                                              \
  CLEANSLATE_INTERPOSE(FILE*, name, (const char* path, const char* mode, FILE* stream)) { \
    hooks::Closing(stream);                                                               \
    return OpenedForMode(Real().name(path, mode, stream), mode);                          \
  }
REOPENS_STREAM(freopen)
REOPENS_STREAM(freopen64)

CLEANSLATE_INTERPOSE(FILE*, tmpfile, ()) {
  return hooks::Opened(Real().tmpfile());
}
CLEANSLATE_INTERPOSE(FILE*, tmpfile64, ()) {
  return hooks::Opened(Real().tmpfile64());
}
CLEANSLATE_INTERPOSE(DIR*, opendir, (const char* path)) {
  return hooks::Opened(Real().opendir(path));
}

#define CLOSES_STREAM(name, type)                    \
  CLEANSLATE_INTERPOSE(int, name, (type * stream)) { \
    hooks::Closing(stream);                          \
    return Real().name(stream);                      \
  }
CLOSES_STREAM(fclose, FILE)
CLOSES_STREAM(_IO_fclose, FILE)
CLOSES_STREAM(pclose, FILE)
CLOSES_STREAM(endmntent, FILE)
CLOSES_STREAM(closedir, DIR)

// Which streams there are is libc's secret: what is really closed is seen in /proc/self/fd.
CLEANSLATE_INTERPOSE(int, fcloseall, ()) {
  return Real().fcloseall();
}

}  // namespace cleanslate
