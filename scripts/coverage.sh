#!/usr/bin/env bash
# Which lines and branches of the program simulated schedules run: a number of schedules says little without it.
#
# usage: scripts/coverage.sh [--schedules N] [--span SECONDS]
#   --schedules N   how many (default 300)
#   --span SECONDS  of virtual time in which there are faults (default 8)
# Prints a line for each folder of src/ that the simulator is linked with; lines that never ran are in build/coverage/uncovered.txt.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1
. scripts/lib/common.sh
. scripts/lib/packages.sh

schedules=300 span=8
while [ $# -gt 0 ]; do
  case $1 in
    --schedules | --span)
      if ! [[ ${2:-} =~ ^[1-9][0-9]{0,6}$ ]]; then
        echo "$1 takes a number from 1 to 9999999, not '${2:-}'." >&2
        exit 1
      fi
      [ "$1" = --span ] && span=$2 || schedules=$2
      shift
      ;;
    *)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      [ "$1" = --help ] && exit 0 || exit 1
      ;;
  esac
  shift
done

ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" gcovr || exit 1
mkdir -p build/logs
{ cmake --preset coverage && cmake --build --preset coverage --parallel "$(job_count)" --target simulate; } \
  >build/logs/coverage-build.log 2>&1 || {
  tail -n 40 build/logs/coverage-build.log
  echo "[ERROR] The build failed; all of it is in build/logs/coverage-build.log." >&2
  exit 1
}
find build/coverage -name '*.gcda' -delete
build/coverage/tests/simulation/simulate --count "$schedules" --span "$span" --threads "$(nproc)" --coverage 2>/dev/null || exit 1
exec python3 -B scripts/lib/coverage.py build/coverage
