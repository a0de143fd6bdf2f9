#!/usr/bin/env bash
# Makes the archive that is installed elsewhere: stellwerk-<version>-linux-<arch>.tgz and its .sha256.
#
# usage: scripts/package.sh [--root DIR | --here] [--out DIR]
#   --root DIR  build in a Debian 12 in DIR, which debootstrap makes the first time (default:
#               build/package/root); for any Linux, needs root
#   --here      build with this host's own compiler and libraries: Debian 12
#   --out DIR   where the archive goes (default: build/package)
# In a clone the last commit is packed, and nothing that is not committed; elsewhere the folder as it is. The same commit
# and the same packages give the same bytes. Environment: STELLWERK_DEBIAN_MIRROR instead of the one of this host's apt
# (or debootstrap's own), STELLWERK_DEBIAN_SECURITY_MIRROR where it is not named as the mirror with `-security` behind.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1
. scripts/lib/common.sh
. scripts/lib/packages.sh
. scripts/lib/root.sh

BUILD_MINUTES_MAX=60
SHOWN_LINES=60

work=$PWD/build/package
root=$work/root here=no out=$work
while [ $# -gt 0 ]; do
  case $1 in
    --here) here=yes ;;
    --root | --out)
      [ -n "${2:-}" ] || { echo "$1 needs a directory" >&2 && exit 1; }
      value=$(readlink -m -- "$2")
      if [ "$1" = --root ]; then root=$value here=no; else out=$value; fi
      shift
      ;;
    *)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      [ "$1" = --help ] && exit 0 || exit 1
      ;;
  esac
  shift
done

made=()
[ -d "$out" ] || made+=("$out")

finish() {
  end_contained
  # Not the Debian root, whose files have owners of their own.
  hand_over "${made[@]}" build "$logs" "$work" "$root.lock" "$logs"/package-*.log
  hand_over_tree "$work/source" "$work/packed"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

logs=$PWD/build/logs
mkdir -p "$logs" "$work" "$out" || exit 1

# step WHAT COMMAND...: runs it into a log, says how long it took; shows the end of the log and gives up when it fails.
step() {
  local what=$1 log=$logs/package-${1//[^a-z0-9]/-}.log start=$SECONDS
  shift
  if "$@" >"$log" 2>&1; then
    echo "$what: $((SECONDS - start)) s"
    return 0
  fi
  tail -n $SHOWN_LINES "$log" >&2
  echo "[ERROR] This failed: $what. All of it is in $log." >&2
  exit 1
}

# name_commit: which commit this is and of when, for the program and the archive. Without git, who calls may know.
name_commit() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    STELLWERK_COMMIT=$(git log -1 --abbrev=10 --format=%h)
    STELLWERK_COMMIT_DATE=$(git log -1 --format=%cI)
    STELLWERK_COMMIT_SECONDS=$(git log -1 --format=%ct)
    [ -z "$(git status --porcelain)" ] || echo "[WARN] What is not committed is not packed; this is commit $STELLWERK_COMMIT."
  elif [ -e .git ]; then
    echo "[WARN] git cannot read this clone, so the folder is packed as it is, without a commit's name."
  fi
  commit=("STELLWERK_COMMIT=${STELLWERK_COMMIT:-unknown}" "STELLWERK_COMMIT_DATE=${STELLWERK_COMMIT_DATE:-unknown}"
    "STELLWERK_COMMIT_SECONDS=${STELLWERK_COMMIT_SECONDS:-${SOURCE_DATE_EPOCH:-$(date +%s)}}")
}

# copy_sources DIR: what is packed, and nothing that an earlier build left there.
copy_sources() {
  rm -rf -- "$1"
  mkdir -p -- "$1"
  if git rev-parse --git-dir >/dev/null 2>&1; then git archive HEAD; else tar --create --exclude=./build --exclude=./dist .; fi |
    tar --extract --directory="$1"
}

# compile: in a shell of its own, since it goes where the sources are.
compile() (
  cd -- "$work/source" || return 1
  use_ccache
  cmake --preset release -DSTELLWERK_TESTS=OFF "${commit[@]/#/-D}" &&
    timeout --kill-after=10 "${BUILD_MINUTES_MAX}m" nice cmake --build --preset release --parallel "$(job_count)"
)

pack() {
  rm -rf -- "$work/packed"
  SOURCE_DATE_EPOCH=${commit[2]#*=} cpack --config "$work/source/build/release/CPackConfig.cmake" -B "$work/packed"
}

build_here() {
  ensure_packages "${BUILD_PACKAGES[@]}" || exit 1
  step "copy the sources" copy_sources "$work/source"
  step "compile" compile
  step "pack" pack
  take_archive "$work/packed"
}

build_in_root() {
  can_make_roots || exit 1
  step "make a Debian root" make_root "$root"
  step "update it" update_root "$root"
  step "copy the sources" copy_sources "$root/stellwerk"
  rm -rf -- "$root/packed"
  in_root "$root" "${commit[@]}" /bin/bash /stellwerk/scripts/package.sh --here --out /packed ||
    { echo "[ERROR] The build in $root failed; its logs are in $root/stellwerk/build/logs." >&2 && exit 1; }
  take_archive "$root/packed"
}

# take_archive DIR: moves the archive from there to where it is wanted, and names it.
take_archive() {
  local archives=("$1"/stellwerk-*.tgz) name
  [ -f "${archives[0]}" ] || { echo "[ERROR] No archive was made in $1." >&2 && exit 1; }
  name=$(basename -- "${archives[0]}")
  mv -f -- "${archives[0]}" "${archives[0]}.sha256" "$out/" || exit 1
  made+=("$out/$name" "$out/$name.sha256")
  echo "$out/$name ($(stat -c %s -- "$out/$name") bytes, sha256 $(cut -c 1-64 "$out/$name.sha256"))"
}

name_commit
if [ $here = yes ]; then build_here; else build_in_root; fi
