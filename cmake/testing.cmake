# Kinds of tests. `unit_tests` and `fuzzers` build all of a kind: the instrumented presets build nothing else.

add_custom_target(unit_tests)
add_custom_target(fuzzers)

# cleanslate_unit_test(NAME [UNOPTIMIZED] SOURCES ... DEPENDS ...): a GoogleTest program that ctest runs, one entry a test case.
# UNOPTIMIZED: its own sources take half the time to compile; not where the test looks at frames or code of its own.
function(cleanslate_unit_test name)
  cmake_parse_arguments(TEST "UNOPTIMIZED" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  if(TEST_UNOPTIMIZED)
    target_compile_options(${name} PRIVATE -O0)
  endif()
  target_link_libraries(${name} PRIVATE ${TEST_DEPENDS} cleanslate_warnings GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES LABELS unit TIMEOUT 300)
  add_dependencies(unit_tests ${name})
endfunction()

# cleanslate_fuzzer(NAME SOURCES ... DEPENDS ... [RUNS N]): a libFuzzer program; ctest runs it for N inputs, from the seed corpus
# in tests/fuzz/corpus/NAME and with NAME.dict beside the sources, where there are such. The preset fuzz builds it; others know nothing of it.
function(cleanslate_fuzzer name)
  if(NOT CLEANSLATE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(FUZZER "" "RUNS" "SOURCES;DEPENDS" ${ARGN})
  if(NOT FUZZER_RUNS)
    set(FUZZER_RUNS 100000)
  endif()
  add_executable(${name} ${FUZZER_SOURCES})
  target_link_libraries(${name} PRIVATE ${FUZZER_DEPENDS} cleanslate_warnings -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})

  # What it finds goes to the first folder, so that the corpus in the checkout stays as it is.
  set(found ${CMAKE_CURRENT_BINARY_DIR}/found/${name})
  file(MAKE_DIRECTORY ${found})
  set(arguments -runs=${FUZZER_RUNS} -seed=1 -timeout=30 -print_final_stats=1 -artifact_prefix=${found}/ ${found})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.dict)
    list(PREPEND arguments -dict=${CMAKE_CURRENT_SOURCE_DIR}/${name}.dict)
  endif()
  if(EXISTS ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    list(APPEND arguments ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  endif()
  add_test(NAME fuzz.${name} COMMAND ${name} ${arguments})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 600)
endfunction()
