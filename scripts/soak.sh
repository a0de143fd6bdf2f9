#!/usr/bin/env bash
# The long form of what CI does in minutes: `stellwerk drill mixed` and each fault by itself, on clusters of their own with a real
# ZooKeeper, and simulated schedules beside them; then a report.
#
# usage: scripts/soak.sh [--rounds N] [--each N] [--schedules N] [--beside N] [--seed N] [--out DIR] [--report FILE] [--no-build]
#   --rounds N     of mixed (default 1000; 0: none)
#   --each N       of each fault (default 100; 0: none)
#   --schedules N  simulated (default 1000000; 0: none); they take what processors the drills leave
#   --beside N     drills at a time (default 1)
#   --seed N       of the drills and the first schedule (default 1)
#   --out DIR      where each part's result goes (default build/soak); a part that is there already, of the same build, is not
#                  run again, so an end by Ctrl-C costs the parts that have not ended
#   --report FILE  the report, with the picture beside the others (default DIR/report.md)
#   --no-build     take what build/release and build/bench/dist hold
# As root, because some faults take namespaces. Ends with 1 if anything that was promised did not hold.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1
. scripts/lib/common.sh
. scripts/lib/packages.sh
. scripts/lib/release.sh

build=yes arguments=()
for argument in "$@"; do
  case $argument in
    --no-build) build=no ;;
    -h | --help)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    *) arguments+=("$argument") ;;
  esac
done

[ $build = no ] || build_release soak || exit 1
exec python3 -B scripts/bench/soak.py "${arguments[@]}"
