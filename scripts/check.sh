#!/usr/bin/env bash
# Checks what needs no test: layers and purity, format, shell scripts, clang-tidy.
#
# usage: scripts/check.sh [--fast] [--tidy] [--light] [--changed] [--fix]
#   --fast     all but clang-tidy (no build needed)
#   --tidy     only clang-tidy (needs build/dev: cmake --preset dev)
#   --light    clang-tidy without its static analyzer, on several files at once (needs build/check), in a
#              sixth of the time
#   --changed  look only at files that differ from main
#   --fix      let clang-format rewrite what it does not like
# Prints `ok <check>` or `FAIL <check>` with the findings; exit code 1 if one failed.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1
. scripts/lib/common.sh

fast=yes tidy=yes light=no changed=no fix=no
for argument in "$@"; do
  case $argument in
    --fast) tidy=no ;;
    --tidy) fast=no ;;
    --light) light=yes ;;
    --changed) changed=yes ;;
    --fix) fix=yes ;;
    *)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      [ "$argument" = --help ] && exit 0 || exit 1
      ;;
  esac
done

failed=0

# report NAME STATUS [OUTPUT]: one line for the check, its findings below a failed one.
report() {
  if [ "$2" = 0 ]; then
    echo "ok   $1"
  else
    echo "FAIL $1"
    printf '%s\n' "${3:-}" | sed 's/^/  /'
    failed=1
  fi
}

# candidates ENDING...: the files to look at, as a NUL-separated list.
candidates() {
  if [ $changed = yes ]; then
    comm -12 <(changed_files | sort -u) <(source_files "$@" | sort -u)
  else
    source_files "$@"
  fi | tr '\n' '\0'
}

check_format() {
  if [ $fix = yes ]; then candidates .cc .h | xargs -0 -r clang-format -i; fi
  local output
  output=$(candidates .cc .h | xargs -0 -r clang-format --dry-run --Werror --ferror-limit=3 2>&1)
  report "clang-format" $? "$output"
}

check_shell() {
  local output
  output=$({ candidates .sh .bash .bats stand-in/java stand-in/ssh stand-in/stellwerk && [ ! -f .ci/run ] || printf '.ci/run\0'; } |
    xargs -0 -r shellcheck --external-sources --severity=style 2>&1)
  report "shellcheck" $? "$output"
}

check_tidy() {
  local output files=() options=()
  [ $light = no ] || options+=(--light --build build/check)
  if [ $changed = yes ]; then
    mapfile -d '' -t files < <(candidates .cc)
    [ ${#files[@]} -gt 0 ] || return 0
  fi
  output=$(python3 scripts/lib/tidy.py --jobs "$(job_count)" "${options[@]}" "${files[@]}" 2>&1)
  report "clang-tidy" $? "$output"
}

if [ $fast = yes ]; then
  python3 scripts/lib/structure.py || failed=1
  check_format
  check_shell
fi
if [ $tidy = yes ]; then check_tidy; fi
exit $failed
