# shellcheck shell=bash
# The build that is measured and drilled. Source it from bash with the repository as cwd, after common.sh and packages.sh.

# build_release NAME [TARGET...]: installs what it needs, builds the release preset with these targets besides, and installs
# that in build/bench/dist. Its output is in build/logs/NAME-build.log.
build_release() {
  local log=build/logs/$1-build.log
  shift
  ensure_packages "${BUILD_PACKAGES[@]}" "${ZOOKEEPER_PACKAGES[@]}" || return 1
  use_ccache
  mkdir -p build/logs
  { cmake --preset release &&
    cmake --build --preset release --parallel "$(job_count)" \
      --target stellwerk stellwerk-completion stellwerk-guard simulate example-control-channel "$@" &&
    cmake --install build/release --prefix "$PWD/build/bench/dist" --strip; } >"$log" 2>&1 && return
  tail -n 40 "$log"
  echo "[ERROR] The build failed; all of it is in $log." >&2
  return 1
}
