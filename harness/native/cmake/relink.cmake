# Links what was built with layout.cmake once more, its functions in a drawn order, into a new folder:
#
#   cmake -DFOLDER=BUILD -DKEEP=NEW -DDRAWN=FILES -DSEED=N -P relink.cmake -- TARGET...
#
# The links of the build itself are repeated, as Ninja lists them, in a folder that looks like the build's and has its
# objects. Ninja executes nothing: a source file that was edited meanwhile is neither compiled nor linked.

cmake_policy(SET CMP0009 NEW)
file(STRINGS "${FOLDER}/CMakeCache.txt" known ENCODING UTF-8
  REGEX "^(HARNESS_LAYOUT_BY|CMAKE_MAKE_PROGRAM):")
foreach(line IN LISTS known)
  string(REGEX MATCH "^([^:]*):[^=]*=(.*)$" found "${line}")
  set(${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()
set(script "-Wl,-T,${DRAWN}/script.ld")
set(order "-Wl,--section-ordering-file,${DRAWN}/order.txt")
set(shuffle "-Wl,--shuffle-sections=${SEED}")
if(NOT HARNESS_LAYOUT_BY MATCHES "^(script|order|shuffle)$")
  message(FATAL_ERROR "${FOLDER} was not built for drawn code layouts")
endif()
message("code layout ${SEED}: ${${HARNESS_LAYOUT_BY}}")

set(targets)
set(past OFF)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(number RANGE ${last})
  if(past)
    list(APPEND targets "${CMAKE_ARGV${number}}")
  elseif(CMAKE_ARGV${number} STREQUAL "--")
    set(past ON)
  endif()
endforeach()

file(REMOVE_RECURSE "${KEEP}")
file(MAKE_DIRECTORY "${KEEP}")
# The name of the folder may hold what GLOB takes for a pattern.
string(REGEX REPLACE "([[*?])" "[\\1]" pattern "${FOLDER}")
file(GLOB_RECURSE there LIST_DIRECTORIES true RELATIVE "${FOLDER}" "${pattern}/*")
list(FILTER there EXCLUDE REGEX "^layouts(/|$)|^Testing(/|$)|^harness-layout|CMakeFiles/.")
set(borrowed)
foreach(one IN LISTS there)
  if(one MATCHES "(^|/)CMakeFiles$|\\.a$")
    list(APPEND borrowed "${KEEP}/${one}")
    get_filename_component(parent "${KEEP}/${one}" DIRECTORY)
    file(MAKE_DIRECTORY "${parent}")
    file(CREATE_LINK "${FOLDER}/${one}" "${KEEP}/${one}" SYMBOLIC)
  elseif(IS_DIRECTORY "${FOLDER}/${one}")
    file(MAKE_DIRECTORY "${KEEP}/${one}")
  endif()
endforeach()

file(WRITE "${KEEP}/harness-layout.rsp" "\"${${HARNESS_LAYOUT_BY}}\"\n")
execute_process(
  COMMAND "${CMAKE_MAKE_PROGRAM}" -t commands ${targets}
  WORKING_DIRECTORY "${FOLDER}"
  OUTPUT_FILE "${KEEP}/harness-links.txt"
  RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "Ninja does not list the links of ${targets}")
endif()
file(STRINGS "${KEEP}/harness-links.txt" links ENCODING UTF-8 REGEX "@harness-layout\\.rsp|cmake_symlink_")
foreach(line IN LISTS links)
  execute_process(
    COMMAND /bin/sh -c "${line}"
    WORKING_DIRECTORY "${KEEP}"
    OUTPUT_VARIABLE said ERROR_VARIABLE said
    RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    # In the form of Ninja, in which the harness looks for the cause.
    message("FAILED: [code=${code}]\n${line}\n${said}")
    message(FATAL_ERROR "linking with another order of functions failed")
  endif()
  if(said)
    message("${said}")
  endif()
endforeach()
file(REMOVE ${borrowed} "${KEEP}/harness-layout.rsp" "${KEEP}/harness-links.txt")

string(REGEX REPLACE "([[*?])" "[\\1]" pattern "${KEEP}")
file(GLOB_RECURSE made LIST_DIRECTORIES false "${pattern}/*")
if(NOT made)
  message(FATAL_ERROR "no library or program was linked in ${KEEP}")
endif()
