# What the harness changes in whisper.cpp's build: how much of it there is and in what order, never how the timed part
# is compiled.
# Included by CMake after each project() call of whisper.cpp (CMAKE_PROJECT_INCLUDE).

# Live comparisons measure copies of the libraries, which have to find each other, not those in the build's folder. A
# program of a build with loadable variants is started from another folder of the build.
if(NOT HARNESS_LOADABLE)
  set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
endif()

# A build with loadable CPU variants (HARNESS_LOADABLE): ggml's library does not need the variants, but depends on all
# of them, a dozen and more. Only those are compiled that are asked for by name.
if(HARNESS_LOADABLE AND NOT COMMAND _add_dependencies)
  function(add_dependencies target)
    if(NOT (target STREQUAL "ggml" AND "${ARGN}" MATCHES "^ggml-cpu-"))
      _add_dependencies(${target} ${ARGN})
    endif()
  endfunction()
endif()

# The tests need whisper-cli and its audio code, which nobody times, and whose one file takes a third of the whole
# build to optimise. Compile just those targets with -O0; the library and the bench program keep their flags.
# The deferred call runs at the end of the top-level project, when all targets exist.
if(PROJECT_IS_TOP_LEVEL AND NOT MSVC AND NOT HARNESS_UNTIMED)
  set(HARNESS_UNTIMED ON)

  function(harness_compile_untimed_targets_quickly)
    foreach(target IN ITEMS common whisper-cli main test-vad whisper-quantize quantize)
      if(TARGET ${target})
        get_target_property(imported ${target} IMPORTED)
        get_target_property(aliased ${target} ALIASED_TARGET)
        get_target_property(type ${target} TYPE)
        if(NOT imported AND NOT aliased AND NOT type STREQUAL "INTERFACE_LIBRARY")
          target_compile_options(${target} PRIVATE -O0)
        endif()
      endif()
    endforeach()
  endfunction()

  cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL harness_compile_untimed_targets_quickly)
endif()

# Ninja begins with what has the most steps still to come, and does not know how long each takes. So whisper.cpp's one
# file, a fifth of the library, came last, and was compiled while all other CPUs had nothing to do. Where the first
# library waits for it, it is as urgent as that library's own files. Only links wait, and those take moments.
if(PROJECT_IS_TOP_LEVEL AND CMAKE_GENERATOR MATCHES "Ninja" AND NOT HARNESS_ORDER)
  set(HARNESS_ORDER ON)

  function(harness_compile_the_longest_file_early)
    if(TARGET whisper AND TARGET ggml-base)
      set_property(TARGET ggml-base APPEND PROPERTY LINK_DEPENDS "$<TARGET_OBJECTS:whisper>")
    endif()
  endfunction()

  cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL harness_compile_the_longest_file_early)
endif()
