# For `cpack -G DEB`; read by cpack for each kind of package. The same tree as in the archive, in /opt/stellwerk, but
# with the host's own libraries, and configuration, logs and units where Debian has them.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()

set(CPACK_PACKAGING_INSTALL_PREFIX "/opt/stellwerk")
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/StageDebian.cmake")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "Stellwerk's developers <stellwerk@localhost>")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "highly available job coordinator, operated like a Flink standalone cluster")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION_SUMMARY}
Masters of which one leads and the others follow, and workers that run jobs as processes. This package has both, their
guards, and the command stellwerk.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, bash, procps, util-linux")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "logrotate")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "haproxy, libzookeeper-java, prometheus, zookeeperd")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(control "${CMAKE_CURRENT_LIST_DIR}/../deploy/debian")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${control}/conffiles;${control}/postinst;${control}/prerm;${control}/postrm")
