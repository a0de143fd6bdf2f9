#!/usr/bin/env bash
# Measures masters of this tree against a real ZooKeeper on this host and prints a table.
#
# usage: scripts/bench/run.sh [--quick] [--runs N] [--out FILE] [--baseline FILE] [--report] [--no-build] [NAME...]
#   --quick          one short run of each: shows that it works, the numbers mean little
#   --runs N         runs of each figure, at least 5 for one that is quoted (default 5)
#   --out FILE       the result as JSON (default build/bench/result.json)
#   --baseline FILE  also print each figure as a ratio to an earlier result (see compare.py)
#   --report         put the tables and pictures into docs/performance.md and docs/pictures
#   --no-build       take what build/release and build/bench/dist hold
# NAME: submit read jobs_overview commit_beside_reads sigterm kill9 kill9_many_jobs kill9_ensemble kill9_local kill_both
# stopped guard guard_beside cold_start cli_start memory turns tasks simulation leader_kills worker_kill
# submit_to_running short_jobs worker_memory task_records crowd running_overview grow_jobs grow_workers grow_clients amplification; all
# if none is given (plot.py draws the growth). Builds the release preset. Everything it writes is in build/bench and a
# temporary directory; all processes that it starts end with it.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." || exit 1
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

[ $build = no ] || build_release bench bench_load bench_limits bench_tasks bench_watch bench_workers || exit 1
exec python3 scripts/bench/run.py "${arguments[@]}"
