# cmake --install build/release makes dist/: one folder that runs wherever it is copied; cpack makes the archive of it.
# Included at the end of CMakeLists.txt, when all targets are known.

if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX "${PROJECT_SOURCE_DIR}/dist" CACHE PATH "Where cmake --install goes" FORCE)
endif()

# The program finds what it brings along in lib/; glibc alone is the host's. The guard is static.
set(glibc "(ld-linux[^/]*|libc|libm|libdl|librt|libpthread|libresolv|libutil)\\.so\\..*")
if(TARGET stellwerk)
  set_target_properties(stellwerk PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
  # The old kind of run path, because only that one counts for the libraries of libraries too. No build id: it is
  # made of what is stripped too, and so would differ where the same program is built at another place.
  target_link_options(stellwerk PRIVATE -Wl,--disable-new-dtags "$<$<CONFIG:Release>:-Wl,--build-id=none>")
  install(TARGETS stellwerk RUNTIME_DEPENDENCY_SET stellwerk_libraries DESTINATION bin)
  install(RUNTIME_DEPENDENCY_SET stellwerk_libraries
    PRE_EXCLUDE_REGEXES "^${glibc}$" "^lib([atu]|ub)san\\.so.*"
    POST_EXCLUDE_REGEXES ".*/${glibc}$"
    LIBRARY DESTINATION lib)

  # Asked of the program that was built, which knows its verbs and options.
  set(completion "${CMAKE_CURRENT_BINARY_DIR}/completion/stellwerk")
  add_custom_command(OUTPUT "${completion}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/completion"
    COMMAND stellwerk completion bash > "${completion}"
    DEPENDS stellwerk VERBATIM)
  add_custom_target(stellwerk-completion ALL DEPENDS "${completion}")
  install(FILES "${completion}" DESTINATION share/bash-completion/completions)
endif()
if(TARGET stellwerk-guard)
  target_link_options(stellwerk-guard PRIVATE "$<$<CONFIG:Release>:-Wl,--build-id=none>")
  install(TARGETS stellwerk-guard DESTINATION libexec)
endif()

file(GLOB cluster_scripts CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/scripts/cluster/*.sh")
set(sourced_scripts ${cluster_scripts})
list(FILTER sourced_scripts INCLUDE REGEX "config\\.sh$")
list(FILTER cluster_scripts EXCLUDE REGEX "config\\.sh$")
install(PROGRAMS ${cluster_scripts} DESTINATION bin)
install(FILES ${sourced_scripts} DESTINATION bin)

install(DIRECTORY DESTINATION log)
install(DIRECTORY examples/ DESTINATION examples USE_SOURCE_PERMISSIONS PATTERN CMakeLists.txt EXCLUDE)
target_link_options(example-control-channel PRIVATE "$<$<CONFIG:Release>:-Wl,--build-id=none>")
install(TARGETS example-control-channel DESTINATION examples/control-channel)
install(DIRECTORY deploy/ DESTINATION deploy USE_SOURCE_PERMISSIONS)
install(FILES LICENSE README.md README.zh-CN.md CHANGELOG.md CONTRIBUTING.md DESTINATION .)
install(DIRECTORY docs/ DESTINATION docs PATTERN model EXCLUDE)

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
      file(INSTALL "${from}" DESTINATION "${CMAKE_INSTALL_PREFIX}/conf")  # puts DESTDIR before it itself
    endif()
  endforeach()
]])

# What stands in lib/ or is linked in, by Debian package.
set(shipped_packages libarchive-dev libboost-json1.81.0 libbz2-dev libc6 libcli11-dev libfmt9 libgcc-s1 liblzma-dev
  libnettle8 libspdlog1.10 libstdc++6 libyaml-cpp0.7 libzookeeper-st-dev libzstd-dev zlib1g)
install(CODE "set(shipped_packages \"${shipped_packages}\")")
install(SCRIPT "${CMAKE_CURRENT_LIST_DIR}/InstallLicenses.cmake")

# CPack's own archives hold times, owners and an order that differ from build to build; so it stages the tree, and
# a script of ours makes the archive of it.
set(CPACK_GENERATOR External)
set(CPACK_EXTERNAL_ENABLE_STAGING ON)
set(CPACK_EXTERNAL_PACKAGE_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/MakeArchive.cmake")
set(CPACK_PACKAGE_FILE_NAME "stellwerk-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STELLWERK_SECONDS "${STELLWERK_COMMIT_SECONDS}")
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
# cpack -G DEB, and cpack -G TGZ for a plain archive.
set(CPACK_PROJECT_CONFIG_FILE "${CMAKE_CURRENT_LIST_DIR}/CPackDebian.cmake")
include(CPack)
