# What the project is built from.
#
# Abseil and libunwind come from the prefix that tools/setup.d/third_party builds, position independent and hidden, so that they
# could go into the shared object. Today Abseil serves the command, and libunwind judges our unwinder in a test. All else is Debian's.

# cleanslate_find(PACKAGE ...): find_package, with an error that says what to do.
macro(cleanslate_find package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${package} was not found: run tools/setup")
  endif()
endmacro()

if(CLEANSLATE_LIBRARY_ONLY)
  # From the machine's headers, and none of those that lie beside them: this may be built for another machine.
  find_path(nlohmann_folder nlohmann/json.hpp PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH)
  if(NOT nlohmann_folder)
    message(FATAL_ERROR "nlohmann_json was not found: run tools/setup")
  endif()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include)
  file(CREATE_LINK ${nlohmann_folder}/nlohmann ${CMAKE_BINARY_DIR}/include/nlohmann SYMBOLIC)
  add_library(nlohmann_json::nlohmann_json INTERFACE IMPORTED)
  target_include_directories(nlohmann_json::nlohmann_json SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/include)
  cleanslate_find(Threads)
  return()
endif()

set(CLEANSLATE_THIRD_PARTY "$ENV{CLEANSLATE_THIRD_PARTY}" CACHE PATH "Folder of tools/setup.d/third_party")
if(NOT CLEANSLATE_THIRD_PARTY)
  set(CLEANSLATE_THIRD_PARTY ${CMAKE_SOURCE_DIR}/build/third_party)
endif()
set(third_party_prefix ${CLEANSLATE_THIRD_PARTY}/prefix)

if(NOT EXISTS ${third_party_prefix}/stamp)
  message(FATAL_ERROR "Abseil and libunwind are not built in ${third_party_prefix}: run tools/setup")
endif()
# A build folder of before may remember another Abseil.
if(NOT absl_DIR STREQUAL "${third_party_prefix}/lib/cmake/absl")
  unset(absl_DIR CACHE)
endif()
cleanslate_find(absl CONFIG PATHS ${third_party_prefix} NO_DEFAULT_PATH)

add_library(cleanslate_libunwind STATIC IMPORTED GLOBAL)
set_target_properties(cleanslate_libunwind PROPERTIES
  IMPORTED_LOCATION ${third_party_prefix}/lib/libunwind.a
  INTERFACE_INCLUDE_DIRECTORIES ${third_party_prefix}/include
  INTERFACE_COMPILE_DEFINITIONS UNW_LOCAL_ONLY)

# The command.
cleanslate_find(nlohmann_json)
cleanslate_find(CLI11)
cleanslate_find(Boost 1.74)
cleanslate_find(ZLIB)
cleanslate_find(Threads)
# elfutils, for source lines; it brings no CMake package.
find_path(ELFUTILS_INCLUDE_DIR elfutils/libdw.h)
find_library(LIBDW_LIBRARY dw)
find_library(LIBELF_LIBRARY elf)
if(NOT ELFUTILS_INCLUDE_DIR OR NOT LIBDW_LIBRARY OR NOT LIBELF_LIBRARY)
  message(FATAL_ERROR "elfutils was not found: run tools/setup")
endif()
add_library(cleanslate_elfutils INTERFACE)
target_include_directories(cleanslate_elfutils SYSTEM INTERFACE ${ELFUTILS_INCLUDE_DIR})
target_link_libraries(cleanslate_elfutils INTERFACE ${LIBDW_LIBRARY} ${LIBELF_LIBRARY})
# The C++ examples, and the victims of the tests.
cleanslate_find(CURL)

if(BUILD_TESTING)
  cleanslate_find(GTest)
  cleanslate_find(benchmark)
  cleanslate_find(Python3 COMPONENTS Interpreter)
  include(GoogleTest)
endif()
