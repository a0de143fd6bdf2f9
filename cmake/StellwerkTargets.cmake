# One static library per folder. A folder may include only what its DEPS (transitively) offer:
# include paths are handed out by the link graph alone, so the graph is the layer rule.

# stellwerk_library(<folder> SOURCES <files...> [DEPS <folders...>] [LIBS <packages...>])
# makes the target stellwerk_<folder>. Its headers are included as "<folder>/<name>.h" by
# those who link it: each folder is reached through a directory that holds nothing but it.
function(stellwerk_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  set(target stellwerk_${folder})
  set(view "${PROJECT_BINARY_DIR}/layers/${folder}")
  file(MAKE_DIRECTORY "${view}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${view}/${folder}" SYMBOLIC)
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC "${view}")
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${target} PUBLIC stellwerk_${dep})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ARG_LIBS})
endfunction()

# What only calls the code under test may be compiled with less effort than it: that saves a third of the time.
set(STELLWERK_TEST_FLAGS "" CACHE STRING "Compiler flags of the test programs; the libraries keep their own")

# stellwerk_test(<name> SOURCES <files...> DEPS <folders...> [LABELS <labels...>] [TIMEOUT <seconds>])
# makes one GoogleTest program and registers it as one ctest.
function(stellwerk_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LIBS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_options(${name} PRIVATE ${STELLWERK_TEST_FLAGS})
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${name} PRIVATE stellwerk_${dep})
  endforeach()
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" COST ${ARG_TIMEOUT})
endfunction()
