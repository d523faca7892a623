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
  target_include_directories(cleanslate_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(cleanslate_${name} PUBLIC ${ROOM_DEPENDS} PRIVATE cleanslate_warnings)
  if(temperature STREQUAL HOT)
    target_link_libraries(cleanslate_${name} PRIVATE cleanslate_hot)
  endif()
endfunction()
