# Run by `cpack -G DEB` when the tree is staged and before it is packed: moves what Debian has elsewhere.
set(root "${CPACK_TEMPORARY_DIRECTORY}")
set(tree "${root}/opt/stellwerk")
set(deploy "${tree}/deploy")

# dpkg-shlibdeps names the packages of these instead.
file(REMOVE_RECURSE "${tree}/lib" "${tree}/log")

file(MAKE_DIRECTORY "${root}/etc/default" "${root}/etc/logrotate.d" "${root}/lib/systemd/system" "${root}/usr/bin"
  "${root}/usr/share/bash-completion" "${root}/usr/share/doc/stellwerk")
file(RENAME "${tree}/conf" "${root}/etc/stellwerk")
file(CREATE_LINK /etc/stellwerk "${tree}/conf" SYMBOLIC)
file(CREATE_LINK /var/log/stellwerk "${tree}/log" SYMBOLIC)
file(CREATE_LINK /opt/stellwerk/bin/stellwerk "${root}/usr/bin/stellwerk" SYMBOLIC)
file(RENAME "${tree}/share/bash-completion/completions" "${root}/usr/share/bash-completion/completions")
file(REMOVE_RECURSE "${tree}/share")
configure_file("${deploy}/systemd/default" "${root}/etc/default/stellwerk" COPYONLY)
configure_file("${deploy}/debian/logrotate" "${root}/etc/logrotate.d/stellwerk" COPYONLY)
foreach(unit master worker)
  configure_file("${deploy}/systemd/stellwerk-${unit}.service" "${root}/lib/systemd/system/" COPYONLY)
endforeach()
configure_file("${tree}/LICENSE" "${root}/usr/share/doc/stellwerk/copyright" COPYONLY)

file(REMOVE_RECURSE "${deploy}/debian")
