# cmake --install build/release makes dist/: one folder that runs wherever it is copied.
# Included at the end of CMakeLists.txt, when all targets are known.

if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX "${PROJECT_SOURCE_DIR}/dist" CACHE PATH "Where cmake --install goes" FORCE)
endif()

# The program finds what it brings along in lib/; glibc alone is the host's. The guard is static.
set(glibc "(ld-linux[^/]*|libc|libm|libdl|librt|libpthread|libresolv|libutil)\\.so\\..*")
if(TARGET stellwerk)
  set_target_properties(stellwerk PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
  # The old kind of run path, because only that one counts for the libraries of libraries too.
  target_link_options(stellwerk PRIVATE -Wl,--disable-new-dtags)
  install(TARGETS stellwerk RUNTIME_DEPENDENCY_SET stellwerk_libraries DESTINATION bin)
  install(RUNTIME_DEPENDENCY_SET stellwerk_libraries
    PRE_EXCLUDE_REGEXES "^${glibc}$" "^lib([atu]|ub)san\\.so.*"
    POST_EXCLUDE_REGEXES ".*/${glibc}$"
    LIBRARY DESTINATION lib)
endif()
if(TARGET stellwerk-guard)
  install(TARGETS stellwerk-guard DESTINATION libexec)
endif()

file(GLOB cluster_scripts CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/scripts/cluster/*.sh")
set(sourced_scripts ${cluster_scripts})
list(FILTER sourced_scripts INCLUDE REGEX "config\\.sh$")
list(FILTER cluster_scripts EXCLUDE REGEX "config\\.sh$")
install(PROGRAMS ${cluster_scripts} DESTINATION bin)
install(FILES ${sourced_scripts} DESTINATION bin)

install(DIRECTORY DESTINATION log)
install(DIRECTORY examples/ DESTINATION examples USE_SOURCE_PERMISSIONS)
foreach(text LICENSE README.md README.zh-CN.md CHANGELOG.md)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${text}")
    install(FILES "${text}" DESTINATION .)
  endif()
endforeach()

# A configuration that somebody may have edited is never written over: the new one stands beside it.
file(GLOB conf_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/conf/*")
install(CODE "set(conf_files \"${conf_files}\")")
install(CODE [[
  set(conf "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/conf")
  foreach(from IN LISTS conf_files)
    get_filename_component(name "${from}" NAME)
    if(EXISTS "${conf}/${name}")
      file(SHA256 "${from}" new)
      file(SHA256 "${conf}/${name}" old)
      if(NOT new STREQUAL old)
        message(STATUS "Kept: ${conf}/${name}; what is shipped stands beside it as ${name}.new")
        configure_file("${from}" "${conf}/${name}.new" COPYONLY)
      endif()
    else()
      file(INSTALL "${from}" DESTINATION "${conf}")
    endif()
  endforeach()
]])

set(CPACK_GENERATOR TGZ)
set(CPACK_ARCHIVE_FILE_EXTENSION tgz)
set(CPACK_PACKAGE_FILE_NAME "stellwerk-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
