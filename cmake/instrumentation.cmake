# Builds that watch themselves, one kind a build folder. See CMakePresets.json.

set(CLEANSLATE_SANITIZE "" CACHE STRING "Sanitizers of the whole build: address,undefined or thread")
option(CLEANSLATE_COVERAGE "Count which lines the tests run" OFF)
option(CLEANSLATE_FUZZ "Build the fuzzers (clang only)" OFF)

set(CLEANSLATE_INSTRUMENTED OFF)
if(CLEANSLATE_SANITIZE OR CLEANSLATE_COVERAGE OR CLEANSLATE_FUZZ)
  set(CLEANSLATE_INSTRUMENTED ON)
endif()

if(CLEANSLATE_SANITIZE)
  add_compile_options(-fsanitize=${CLEANSLATE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CLEANSLATE_SANITIZE})
endif()
if(CLEANSLATE_SANITIZE MATCHES undefined)
  # It asks for type information, which HOT code is built without.
  add_compile_options(-fno-sanitize=vptr)
  # g++ takes what the sanitizer inserts for reads of the uninitialized, in the standard library's own headers too.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()
if(CLEANSLATE_SANITIZE STREQUAL thread)
  # Kernels that randomise more address bits than ThreadSanitizer's shadow leaves free stop it at its start.
  execute_process(COMMAND setarch -R true RESULT_VARIABLE fixed_addresses ERROR_QUIET OUTPUT_QUIET)
  if(fixed_addresses EQUAL 0)
    set(CMAKE_CROSSCOMPILING_EMULATOR setarch -R)
  endif()
  # g++ warns of each fence, which ThreadSanitizer doesn't model: what hangs on one alone would be reported by the tests.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(CLEANSLATE_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
if(CLEANSLATE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "fuzzers need clang++: use the preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
