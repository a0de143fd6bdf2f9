# Installs licenses/: what Debian says about each package of which something is shipped, the licences that these
# texts refer to, and the packages' versions. Elsewhere than on Debian there is nothing to copy, and it says so.
# In: shipped_packages

set(licenses "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/licenses")
set(versions "")
foreach(package IN LISTS shipped_packages)
  set(from "/usr/share/doc/${package}/copyright")
  if(NOT EXISTS "${from}")
    message(WARNING "There is no ${from}, so licenses/ lacks the text for ${package}: ship this tree to nobody.")
    continue()
  endif()
  configure_file("${from}" "${licenses}/${package}.txt" COPYONLY)
  execute_process(COMMAND dpkg-query -W -f "\${source:Package} \${source:Version} \${Package} \${Version}\n" "${package}"
    OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
  string(APPEND versions "${version}")
  file(STRINGS "${from}" lines REGEX "/usr/share/common-licenses/")
  string(REGEX MATCHALL "common-licenses/[A-Za-z]+-[0-9.]*[0-9]" named "${lines}")
  list(APPEND common ${named})
endforeach()
list(REMOVE_DUPLICATES common)
foreach(name IN LISTS common)
  if(EXISTS "/usr/share/${name}")
    file(REAL_PATH "/usr/share/${name}" from)
    configure_file("${from}" "${licenses}/${name}" COPYONLY)
  endif()
endforeach()
file(WRITE "${licenses}/packages.txt" "# Debian source and package, each with its version, of what is in lib/ or linked in.\n${versions}")
