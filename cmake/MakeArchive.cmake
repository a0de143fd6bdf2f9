# Run by cpack when the tree is staged. The same tree gives the same bytes: names sorted, nobody's ids, the time of the
# commit (or SOURCE_DATE_EPOCH), modes that do not depend on a umask, no name or time in gzip's header.

set(name "${CPACK_PACKAGE_FILE_NAME}")
set(archive "${CPACK_PACKAGE_DIRECTORY}/${name}.tgz")
get_filename_component(above "${CPACK_TEMPORARY_DIRECTORY}" DIRECTORY)
get_filename_component(staged "${CPACK_TEMPORARY_DIRECTORY}" NAME)

set(seconds "$ENV{SOURCE_DATE_EPOCH}")
if(NOT seconds)
  set(seconds "${CPACK_STELLWERK_SECONDS}")
endif()
if(NOT seconds MATCHES "^[0-9]+$")
  string(TIMESTAMP seconds %s UTC)
endif()

execute_process(
  COMMAND tar --create --format=gnu --sort=name "--mtime=@${seconds}" --owner=0 --group=0 --numeric-owner
    --mode=u=rwX,go=rX "--transform=flags=r;s,^${staged},${name}," --directory=${above} ${staged}
  COMMAND gzip --no-name -6
  OUTPUT_FILE "${archive}" RESULTS_VARIABLE results)
if(NOT results STREQUAL "0;0")
  file(REMOVE "${archive}")
  message(FATAL_ERROR "tar and gzip ended with ${results}; no archive was made.")
endif()
set(CPACK_EXTERNAL_BUILT_PACKAGES "${archive}")
