#!/usr/bin/env bash
# Fuzzes the parsers for as long as you like; continuous integration runs each for some seconds only.
#
# usage: scripts/fuzz.sh [--minutes N] [--jobs N] [--keep] [TARGET...]
#   --minutes N  for each target, 1 to 10080; 5 without it
#   --jobs N     targets at the same time, 1 to 64; as many as there are processors without it
#   --keep       puts into tests/fuzz/kept.tgz what reached code that nothing there reaches
#   TARGET       all without one: candidate, config, folder, guard_message, head, hosts, ...
# A line per target: runs, inputs found, edges reached. An input that fails is kept in
# build/fuzz/failures/, and the exit code is 1.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1
. scripts/lib/common.sh

MINUTES_MAX=10080 # a week
JOBS_MAX=64

# number OPTION VALUE MAX: the value, or says in one sentence what is accepted and ends.
number() {
  if [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] && (($2 <= $3)); then
    echo "$2"
  else
    echo "$1 takes a number from 1 to $3, not '$2'." >&2
    return 1
  fi
}

minutes=5 jobs=$(nproc) keep=no targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --minutes)
      minutes=$(number "$1" "${2:-}" $MINUTES_MAX) || exit 1
      shift
      ;;
    --jobs)
      jobs=$(number "$1" "${2:-}" $JOBS_MAX) || exit 1
      shift
      ;;
    --keep) keep=yes ;;
    -*)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      [ "$1" = --help ] && exit 0 || exit 1
      ;;
    *) targets+=("$1") ;;
  esac
  shift
done
if [ ${#targets[@]} = 0 ]; then
  mapfile -t targets < <(cd tests/fuzz && printf '%s\n' *_fuzz.cc | sed 's/_fuzz\.cc$//')
fi

use_ccache
log=build/fuzz/build.log
mkdir -p build/fuzz/failures
echo "Building"
if ! { cmake --preset fuzz && cmake --build --preset fuzz --parallel "$(job_count)"; } >$log 2>&1; then
  tail -n 40 $log >&2
  exit 1
fi

# one TARGET: fuzzes it, and says in one line how it went.
one() {
  local target=$1 found=build/fuzz/corpus/$1 out=build/fuzz/$1.log rc=0
  mkdir -p "$found"
  build/fuzz/tests/fuzz/"${target}_fuzz" -max_total_time=$((minutes * 60)) -max_len=4096 -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="build/fuzz/failures/$target-" \
    "$found" "tests/fuzz/corpus/$target" "build/fuzz/tests/fuzz/kept/$target" >"$out" 2>&1 || rc=$?
  local runs edges
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out")
  edges=$(grep -oE 'cov: [0-9]+' "$out" | tail -n 1 | cut -d' ' -f2)
  printf '%-16s %12s runs %8s inputs %8s edges  %s\n' "$target" "${runs:-?}" "$(find "$found" -type f | wc -l)" \
    "${edges:-?}" "$([ $rc = 0 ] && echo ok || echo "FAILED, see $out")"
  return $rc
}

# keep_new TARGET: of all inputs the smallest set that reaches what all reach, without those that people wrote.
keep_new() {
  local all=build/fuzz/kept/$1 input
  rm -rf "$all" && mkdir -p "$all" || return
  build/fuzz/tests/fuzz/"$1_fuzz" -merge=1 -max_len=4096 "$all" "tests/fuzz/corpus/$1" "build/fuzz/tests/fuzz/kept/$1" \
    "build/fuzz/corpus/$1" >"build/fuzz/$1.merge.log" 2>&1 || return
  for input in "tests/fuzz/corpus/$1"/*; do rm -f "$all/$(sha1sum "$input" | cut -d' ' -f1)"; done
}

# pack_kept: those of the targets that did not run stay as they were.
pack_kept() {
  local folder
  for folder in build/fuzz/tests/fuzz/kept/*; do
    [ -d "build/fuzz/kept/${folder##*/}" ] || cp -r "$folder" build/fuzz/kept/
  done
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C build/fuzz/kept -cf - . | gzip -9n >tests/fuzz/kept.tgz
}

failed=0 not_kept=()
pids=()
for target in "${targets[@]}"; do
  while [ ${#pids[@]} -ge "$jobs" ]; do
    wait -n -p ended "${pids[@]}" || failed=$((failed + 1))
    left=()
    for pid in "${pids[@]}"; do [ "$pid" = "$ended" ] || left+=("$pid"); done
    pids=("${left[@]}")
  done
  one "$target" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || failed=$((failed + 1)); done
if [ $keep = yes ]; then
  rm -rf build/fuzz/kept
  for target in "${targets[@]}"; do keep_new "$target" || not_kept+=("$target"); done
  if [ ${#not_kept[@]} = 0 ]; then pack_kept; fi
  [ ${#not_kept[@]} = 0 ] || echo "Not kept, see build/fuzz/*.merge.log: ${not_kept[*]}" >&2
fi
echo "fuzz: $((${#targets[@]} - failed)) passed, $failed failed"
[ $failed = 0 ] && [ ${#not_kept[@]} = 0 ]
