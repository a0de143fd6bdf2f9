#!/usr/bin/env bash
# Builds Stellwerk and runs everything that must pass before a change lands; continuous integration
# calls this and nothing else. On Debian 12 it installs what it needs (apt-get, with sudo if not root).
#
# usage: scripts/test.sh [--no-install] [--quick] [--all] [--fail-fast]
#   --no-install  trust what is there
#   --quick       no sanitizers, no model, no quickstart: a minute or two when little changed
#   --all         also the long ones: the complete model, the static analyzer, tests labelled `soak`, the archive built
#                 twice, the second time in a Debian of its own, and the image
#   --fail-fast   end at the first step that fails
# One line per step; a failed one shows the end of its log (all logs: build/logs). It can be run again
# and reuses what is built. Called by another user than root it leaves out what needs root, and says so. The last line is `N passed, M failed`, counting test cases and checks.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1
. scripts/lib/common.sh
. scripts/lib/packages.sh

STEP_MINUTES_MAX=30
ROOT_SUITE=tests/scripts/as_root.bats
SHOWN_LINES=80

install=yes quick=no all=no fail_fast=no
for argument in "$@"; do
  case $argument in
    --no-install) install=no ;;
    --quick) quick=yes ;;
    --all) all=yes ;;
    --fail-fast) fail_fast=yes ;;
    *)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      [ "$argument" = --help ] && exit 0 || exit 1
      ;;
  esac
done

logs=build/logs
mkdir -p $logs
failures=$PWD/$logs/failures.log # of all steps: what is shown last, for readers of the end alone
: >"$failures"
passed=0 failed=0 step_log="" step_rc=0
began=$SECONDS
unset MAKEFLAGS CTEST_PARALLEL_LEVEL

finish() {
  if [ -s "$failures" ]; then
    echo "What failed:"
    head -n $SHOWN_LINES "$failures" | sed 's/^/    /'
  fi
  echo "Took $((SECONDS - began)) s in all; logs are in $logs."
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && exit 0 || exit 1
}

# count PASSED FAILED: adds to the totals.
count() {
  passed=$((passed + $1))
  failed=$((failed + $2))
}

# step NAME COMMAND...: runs it into its log and says in one line how it went. Sets step_rc, step_log.
step() {
  local name=$1 start=$SECONDS
  shift
  step_log=$logs/${name//[^a-z0-9]/-}.log
  printf '%-34s' "$name"
  timeout --kill-after=10 "${STEP_MINUTES_MAX}m" "$@" >"$step_log" 2>&1 </dev/null
  step_rc=$?
  if [ $step_rc = 0 ]; then
    echo "ok    $((SECONDS - start)) s"
    return 0
  fi
  [ $step_rc != 124 ] || echo "stopped after $STEP_MINUTES_MAX minutes" >>"$step_log"
  echo "FAIL  $((SECONDS - start)) s"
  tail -n $SHOWN_LINES "$step_log" | sed 's/^/    /'
  { echo "$name:" && grep -E '^(FAIL|not ok) ' "$step_log" | head -n 20 | sed 's/^/  /'; } >>"$failures"
}

# after_step PASSED FAILED: adds a step's own counts; one that failed without naming a failure counts as one.
after_step() {
  local bad=$2
  if [ $step_rc != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
  count "$1" "$bad"
  if [ "$bad" != 0 ] && [ $fail_fast = yes ]; then finish; fi
}

# lines PATTERN: how many lines of the last step's log match.
lines() { grep -cE -- "$1" "$step_log" || true; }

checks() {
  step "$@"
  after_step "$(lines '^ok ')" "$(lines '^FAIL ')"
}

# build PRESET [TARGET...]: configures and compiles; not counted unless it fails.
build() {
  local preset=$1 targets=()
  shift
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  step "configure $preset" cmake --preset "$preset"
  [ $step_rc = 0 ] && step "build $preset" cmake --build --preset "$preset" --parallel "$(job_count)" "${targets[@]}"
  after_step 0 0
  return $step_rc
}

# run_tests PRESET CTEST_ARGUMENT...: the tests of a build, by test case; some more than there are cores,
# since those with servers mostly wait.
run_tests() {
  local preset=$1 totals
  shift
  local junit=$PWD/$logs/ctest-$preset.xml reports=$PWD/$logs/gtest-$preset
  rm -rf "$junit" "$reports"
  mkdir -p "$reports"
  step "test $preset" env "GTEST_OUTPUT=xml:$reports/" \
    ctest --preset "$preset" -j "$(($(nproc) + 2))" --output-junit "$junit" "$@"
  [ $step_rc = 0 ] || python3 scripts/lib/summary.py --failures "$junit" "$reports" 2>&1 | sed 's/^/  /' >>"$failures"
  totals=$(python3 scripts/lib/summary.py "$junit" "$reports" 2>/dev/null) || totals="0 0"
  # shellcheck disable=SC2086  # two numbers
  after_step $totals
}

# tests_labelled PRESET LABEL: the programs with that label, which need not be built yet, one per line.
tests_labelled() {
  ctest --preset "$1" -L "$2" --show-only=json-v1 2>/dev/null | python3 -c '
import json, sys
print("\n".join(sorted({t["name"] for t in json.load(sys.stdin)["tests"]})))'
}

shell_tests() {
  ls tests/scripts/*.bats >/dev/null 2>&1 || return 0
  local suites=() suite
  for suite in tests/scripts/*.bats; do
    [ $root = no ] && [ "$suite" = $ROOT_SUITE ] || suites+=("$suite")
  done
  step "test scripts" bats --formatter tap "${suites[@]}"
  after_step "$(lines '^ok ')" "$(lines '^not ok ')"
}

thread_sanitizer() {
  local programs
  step "configure tsan" cmake --preset tsan
  after_step 0 0
  [ $step_rc = 0 ] || return 0
  mapfile -t programs < <(tests_labelled tsan threads)
  [ -n "${programs[*]}" ] || return 0
  build tsan "${programs[@]}" && run_tests tsan -L threads
}

# The protocol's model; its last line counts its configurations.
model() {
  local options=() totals
  [ $install = yes ] || options+=(--no-install)
  [ $all = no ] || options+=(--complete)
  step "model" scripts/model.sh "${options[@]}"
  totals=$(sed -nE 's/^model: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$step_log" | tail -n 1)
  # shellcheck disable=SC2086  # two numbers
  after_step ${totals:-0 0}
}

# The archive as others get it: built here and in a root, its contents, and that both are the same.
packages() {
  local out=$PWD/build/package here built
  rm -rf "$out/here" "$out/in-root"
  step "package here" scripts/package.sh --here --out "$out/here"
  after_step $((step_rc == 0)) 0
  here=("$out"/here/*.tgz)
  [ -f "${here[0]}" ] || return 0
  step "check package" env "STELLWERK_ARCHIVE=${here[0]}" "STELLWERK_SOURCE=$PWD" PYTHONPATH=tests/install \
    python3 -B -m unittest archive_test.ArchiveTest.test_what_is_in_the_archive
  after_step $((step_rc == 0)) 0
  [ $root = yes ] || return 0
  step "package in a root" scripts/package.sh --out "$out/in-root"
  after_step $((step_rc == 0)) 0
  built=("$out"/in-root/*.tgz)
  [ -f "${built[0]}" ] || return 0
  checks "compare packages" tests/install/compare.py "${here[0]}" "${built[0]}"
}

# The image as people build it, and containers of it.
image() {
  step "image" ctest --preset check -L image --output-on-failure
  after_step $((step_rc == 0)) 0
}

# The REST API against its document, by schemathesis; its last line counts the masters that were asked.
rest_contract() {
  local options=() totals
  [ $all = no ] || options+=(--all)
  step "rest contract" scripts/rest_contract.sh "${options[@]}"
  totals=$(sed -nE 's/^rest contract: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$step_log" | tail -n 1)
  # shellcheck disable=SC2086  # two numbers
  after_step ${totals:-0 0}
}

fuzz() {
  if build fuzz; then run_tests fuzz; fi
}

# The README's other command, on what was just built: with ZooKeeper and without.
quickstart() {
  step "install" cmake --install build/check --prefix "$PWD/build/check-dist"
  after_step 0 0
  [ -x build/check-dist/bin/stellwerk ] || return 0
  step "quickstart" scripts/quickstart.sh --dist build/check-dist
  after_step $((step_rc == 0)) 0
  step "quickstart without zookeeper" scripts/quickstart.sh --dist build/check-dist --no-zookeeper
  after_step $((step_rc == 0)) 0
  step "quickstart stop" scripts/quickstart.sh --dist build/check-dist --stop
  after_step 0 0
}

if [ $install = yes ]; then
  wanted=("${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${ZOOKEEPER_PACKAGES[@]}")
  [ $all = no ] || wanted+=("${IMAGE_PACKAGES[@]}" "${SOAK_PACKAGES[@]}")
  ensure_packages "${wanted[@]}" || exit 1
fi
use_ccache
exclude='bats|image' # they run by themselves: the one counted one by one, the other with a limit of its own
tidy=(--tidy)
root=yes
if [ "$(id -u)" != 0 ]; then
  root=no
  exclude+='|install'
  echo "Not root: left out are tests/install, what documents tell to type, $ROOT_SUITE and the archive built in a Debian of its own."
fi
if [ $all = no ]; then
  exclude+='|soak'
  tidy+=(--light)
fi

# What fails fast comes first.
checks "check structure format shell" scripts/check.sh --fast
if build check; then
  run_tests check -LE "$exclude"
  shell_tests
  [ $quick = yes ] || quickstart
  [ $quick = yes ] || rest_contract
  if [ $quick = no ]; then
    # The static analyzer looks at one file at a time; what is built there does not matter.
    [ $all = no ] || step "configure dev" cmake --preset dev
    checks "check clang-tidy" scripts/check.sh "${tidy[@]}"
  fi
fi
if [ $quick = no ]; then
  if [ -x scripts/model.sh ]; then model; fi
  # Whether checkers notice says nothing about memory; fewer schedules do (CMakePresets.json). Its allocator is another
  # one: what is measured with it, or without any memory, means nothing.
  if build asan; then run_tests asan -LE "$exclude|scripts|checkers|browser|memory"; fi
  thread_sanitizer
  fuzz
  [ $all = no ] || packages
  [ $all = no ] || [ $root = no ] || image
fi
finish
