# A room of src/ is one static library, cleanslate_<room>, with the rules of its kind.

add_library(cleanslate_warnings INTERFACE)
target_compile_options(cleanslate_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror)

# HOT code may run inside malloc: no exceptions, no RTTI, no guarded statics, no dynamic thread-local storage.
add_library(cleanslate_hot INTERFACE)
target_compile_options(cleanslate_hot INTERFACE
  -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-stack-protector -ftls-model=initial-exec
  -U_FORTIFY_SOURCE -fno-plt)

# cleanslate_room(NAME HOT|COLD SOURCES ... DEPENDS ...)
function(cleanslate_room name temperature)
  cmake_parse_arguments(ROOM "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(cleanslate_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(cleanslate_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(cleanslate_${name} PUBLIC ${ROOM_DEPENDS} PRIVATE cleanslate_warnings)
  if(temperature STREQUAL HOT)
    target_link_libraries(cleanslate_${name} PRIVATE cleanslate_hot)
  endif()
endfunction()

# cleanslate_unit_test(NAME SOURCES ... DEPENDS ...): a GoogleTest program that ctest runs, one entry a test case.
function(cleanslate_unit_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE ${TEST_DEPENDS} cleanslate_warnings GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name})
endfunction()
