# Links what was built with layout.cmake once more, its functions in a drawn order, and keeps the libraries and programs:
#
#   cmake -DFOLDER=BUILD -DKEEP=COPY -DDRAWN=FILES -DSEED=N -DJOBS=N -P relink.cmake -- TARGET...

file(STRINGS "${FOLDER}/CMakeCache.txt" by REGEX "^HARNESS_LAYOUT_BY:")
string(REGEX REPLACE "^[^=]*=" "" by "${by}")
set(script "-Wl,-T,${DRAWN}/script.ld")
set(order "-Wl,--section-ordering-file,${DRAWN}/order.txt")
set(shuffle "-Wl,--shuffle-sections=${SEED}")
if(NOT by MATCHES "^(script|order|shuffle)$")
  message(FATAL_ERROR "${FOLDER} was not built for drawn code layouts")
endif()
message("code layout ${SEED}: ${${by}}")

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

file(WRITE "${FOLDER}/harness-layout.rsp" "\"${${by}}\"\n")
execute_process(
  COMMAND "${CMAKE_COMMAND}" --build "${FOLDER}" --parallel ${JOBS} --target ${targets}
  RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "linking with another order of functions failed")
endif()

file(REMOVE_RECURSE "${KEEP}")
file(GLOB_RECURSE made LIST_DIRECTORIES false RELATIVE "${FOLDER}"
  "${FOLDER}/*.so" "${FOLDER}/*.so.*" "${FOLDER}/bin/*")
list(FILTER made EXCLUDE REGEX "^layouts/|CMakeFiles/|harness-layout")
if(NOT made)
  message(FATAL_ERROR "no library or program was linked in ${FOLDER}")
endif()
foreach(one IN LISTS made)
  get_filename_component(folder "${one}" DIRECTORY)
  file(COPY "${FOLDER}/${one}" DESTINATION "${KEEP}/${folder}")
endforeach()
