# cmake -D OUT=<file> -P assemble.cmake <page.html> <page.css> <script.js>...
# Puts style and scripts into the page, and the page into a C++ source.
cmake_minimum_required(VERSION 3.25)

set(first 0)
while(NOT CMAKE_ARGV${first} MATCHES "\\.html$")
  math(EXPR first "${first} + 1")
endwhile()
math(EXPR second "${first} + 1")
math(EXPR third "${first} + 2")
math(EXPR last "${CMAKE_ARGC} - 1")

file(READ "${CMAKE_ARGV${first}}" page)
file(READ "${CMAKE_ARGV${second}}" style)
set(script "\"use strict\";\n")
foreach(index RANGE ${third} ${last})
  file(READ "${CMAKE_ARGV${index}}" part)
  string(APPEND script "${part}")
endforeach()
string(REPLACE "@style@" "\n${style}" page "${page}")
string(REPLACE "@script@" "\n{\n${script}}\n" page "${page}")
if(page MATCHES "\\)page\"")
  message(FATAL_ERROR "The page holds the end of its own string")
endif()
file(WRITE "${OUT}" "#include \"page/page.h\"\n\nnamespace stellwerk::page {\n\n"
  "std::string_view text() noexcept {\n  return R\"page(${page})page\";\n}\n\n}  // namespace stellwerk::page\n")
