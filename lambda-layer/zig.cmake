# Compiles for Lambda's platforms with zig's clang: for an old C library, whose symbols are bound to the files that such a
# one has them in (dlsym in libdl.so.2), with the C++ library inside, and for either architecture on any machine.
# CLEANSLATE_ZIG: the program; CLEANSLATE_LAYER_ARCHITECTURE: x86_64 or aarch64.
#
# 2.26 is Amazon Linux 2's, the oldest that Lambda runs on.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${CLEANSLATE_LAYER_ARCHITECTURE})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CLEANSLATE_ZIG CLEANSLATE_LAYER_ARCHITECTURE)
foreach(language C CXX)
  string(REPLACE CXX c++ driver ${language})
  string(REPLACE C cc driver ${driver})
  set(CMAKE_${language}_COMPILER ${CLEANSLATE_ZIG} ${driver} -target ${CLEANSLATE_LAYER_ARCHITECTURE}-linux-gnu.2.26)
  # zig switches a sanitizer on by itself where nothing is said.
  set(CMAKE_${language}_FLAGS_INIT "-fno-sanitize=all -ffunction-sections -fdata-sections -Wno-deprecated-literal-operator")
endforeach()
foreach(tool ar ranlib)
  string(TOUPPER ${tool} name)
  file(WRITE ${CMAKE_BINARY_DIR}/zig-${tool} "#!/bin/sh\nexec '${CLEANSLATE_ZIG}' ${tool} \"$@\"\n")
  file(CHMOD ${CMAKE_BINARY_DIR}/zig-${tool} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  set(CMAKE_${name} ${CMAKE_BINARY_DIR}/zig-${tool})
endforeach()
