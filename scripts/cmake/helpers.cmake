include_guard(GLOBAL)

add_custom_target(programs)

# Sets `out` to the .cc files below the calling folder, mains (*_main.cc) left out.
function(arbees_library_sources out)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  list(FILTER sources EXCLUDE REGEX "_main\\.cc$")
  set(${out} "${sources}" PARENT_SCOPE)
endfunction()

# Files of one folder are compiled as one unit, at most `batch` at a time, where CMAKE_UNITY_BUILD is set: reading the same
# headers and making the same templates again for each file is most of what a build costs. By folder, so that a new file
# moves no other folder's files into another unit; within a folder, names of anonymous namespaces are distinct.
function(arbees_units target)
  set(batch 12)
  get_target_property(sources ${target} SOURCES)
  list(SORT sources)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
    string(MAKE_C_IDENTIFIER "${folder}" id)
    math(EXPR count_${id} "${count_${id}}+1")
    math(EXPR unit "(${count_${id}}-1)/${batch}")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${id}_${unit}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()

# arbees_library(NAME SOURCES ... PUBLIC targets... PRIVATE targets...)
# A layer without a source yet is a library of headers.
function(arbees_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC arbees_options ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    arbees_units(${name})
    if(ARBEES_PRECOMPILE)
      target_precompile_headers(${name} PRIVATE <algorithm> <chrono> <deque> <functional> <map> <memory> <optional>
                                                <ranges> <set> <string> <variant> <vector>)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE arbees_options ${arg_PUBLIC})
  endif()
endfunction()

# arbees_program(NAME MAIN targets...)
# A program whose main is not written yet does not exist.
function(arbees_program name main)
  file(GLOB present CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${main}")
  if(present)
    add_executable(${name} ${main})
    target_link_libraries(${name} PRIVATE ${ARGN})
    add_dependencies(programs ${name})
  endif()
endfunction()
