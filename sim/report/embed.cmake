# Makes sim/report/page/* into constants of the program (timeline_page.h), so that the page travels with it.
#
#   in a CMakeLists:  include(report/embed.cmake)
#                     arbees_embed_page(page_source)     # a generated .cc to add to the library
#   as a script:      cmake -DPAGE=<folder> -DOUTPUT=<file.cc> -P embed.cmake

if(CMAKE_SCRIPT_MODE_FILE)
  function(embed_constant out name)
    set(text "")
    foreach(file IN LISTS ARGN)
      file(READ "${PAGE}/${file}" part)
      string(APPEND text "${part}")
    endforeach()
    set(${out} "const std::string_view ${name} = R\"page(${text})page\";\n" PARENT_SCOPE)
  endfunction()

  embed_constant(html timeline_html timeline.html)
  embed_constant(css timeline_css timeline.css)
  embed_constant(js timeline_js data.js canvas.js panes.js main.js)
  file(WRITE "${OUTPUT}" "// Made from sim/report/page by embed.cmake.\n"
    "#include \"sim/report/timeline_page.h\"\n\nnamespace arbees::sim {\n\n" "${html}" "${css}" "${js}"
    "\n}  // namespace arbees::sim\n")
  return()
endif()

set(ARBEES_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(arbees_embed_page out)
  get_filename_component(folder "${ARBEES_EMBED_SCRIPT}" DIRECTORY)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/timeline_page.cc")
  file(GLOB parts CONFIGURE_DEPENDS "${folder}/page/*")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DPAGE=${folder}/page" "-DOUTPUT=${output}" -P "${ARBEES_EMBED_SCRIPT}"
    DEPENDS ${parts} "${ARBEES_EMBED_SCRIPT}"
    COMMENT "Timeline page"
    VERBATIM)
  set(${out} "${output}" PARENT_SCOPE)
endfunction()
