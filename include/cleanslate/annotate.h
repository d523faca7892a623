/* What a program may tell cleanslate about itself.
 *
 * Every function is a weak symbol: a program that calls them needs no library to link with, and the calls do
 * nothing when cleanslate isn't preloaded. C and C++; any thread; nothing is allocated in the program's heap;
 * errno is kept.
 */
#ifndef CLEANSLATE_ANNOTATE_H
#define CLEANSLATE_ANNOTATE_H

#ifdef __cplusplus
extern "C" {
#endif

/* For code that is not a Lambda function: a window of its own, from begin to end. `id` stands in the report
 * where an invocation's request id would; it is copied, at most 127 bytes of it; a null pointer leaves it
 * out. The first begin takes the baseline. Windows don't nest and don't overlap: a begin inside a window, and
 * an end outside of one, do nothing. In a process that speaks to the Runtime API itself both do nothing. */
__attribute__((weak)) void cleanslate_window_begin(const char* id);
__attribute__((weak)) void cleanslate_window_end(void);

/* What the calling thread allocates, opens or maps between these two is left out of every report: a cache
 * that is meant to stay. They nest. What it frees or closes is still seen. */
__attribute__((weak)) void cleanslate_ignore_begin(void);
__attribute__((weak)) void cleanslate_ignore_end(void);

#ifdef __cplusplus
}
#endif

/* cleanslate_ignore_begin() and the others, where the library may not be there. */
#define CLEANSLATE_WINDOW_BEGIN(id)                           \
  do {                                                        \
    if (cleanslate_window_begin) cleanslate_window_begin(id); \
  } while (0)
#define CLEANSLATE_WINDOW_END()                         \
  do {                                                  \
    if (cleanslate_window_end) cleanslate_window_end(); \
  } while (0)
#define CLEANSLATE_IGNORE_BEGIN()                           \
  do {                                                      \
    if (cleanslate_ignore_begin) cleanslate_ignore_begin(); \
  } while (0)
#define CLEANSLATE_IGNORE_END()                         \
  do {                                                  \
    if (cleanslate_ignore_end) cleanslate_ignore_end(); \
  } while (0)

#endif
