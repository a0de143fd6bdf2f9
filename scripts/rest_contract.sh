#!/usr/bin/env bash
# Holds the REST API against its OpenAPI document: schemathesis asks a leader and a follower of a cluster of its own, with
# ZooKeeper, a worker and jobs of several kinds. What it runs with is fetched by pip, once, into build/rest-contract.
#
# usage: scripts/rest_contract.sh [--all] [--program FILE] [leader|follower]...
#   --all           more than 10,000 requests to each of them instead of some 2,500
#   --program FILE  the `stellwerk` to test; else build/check/src/app/stellwerk
# A failure is shown in schemathesis' own words, each with a curl command. The last line is
# `rest contract: N passed, M failed`.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1

EXAMPLES_QUICK=3
EXAMPLES_ALL=140
REQUIREMENTS=tests/rest/requirements.txt

examples=$EXAMPLES_QUICK program=build/check/src/app/stellwerk roles=()
while [ $# -gt 0 ]; do
  case $1 in
    --all) examples=$EXAMPLES_ALL ;;
    --program)
      program=${2:?--program needs a file}
      shift
      ;;
    leader | follower) roles+=("$1") ;;
    *)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      [ "$1" = --help ] && exit 0 || exit 1
      ;;
  esac
  shift
done
[ ${#roles[@]} -gt 0 ] || roles=(leader follower)
if [ ! -x "$program" ]; then
  echo "There is no $program: build it first, or name another with --program." >&2
  exit 1
fi

# environment: prints the folder of a virtual environment with exactly what is pinned, made on the first call.
environment() {
  local made
  made=$PWD/build/rest-contract/$(sha256sum $REQUIREMENTS | cut -c 1-16)
  if [ ! -e "$made/complete" ]; then
    rm -rf "$made"
    if ! { python3 -m venv "$made" &&
      "$made/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $REQUIREMENTS; } >&2; then
      echo "The environment of schemathesis could not be made." >&2
      return 1
    fi
    touch "$made/complete"
  fi
  echo "$made"
}

made=$(environment) || exit 1
export STELLWERK_SCHEMATHESIS=$made/bin/schemathesis STELLWERK_REST_EXAMPLES=$examples
STELLWERK_PROGRAM=$(readlink -f -- "$program")
export STELLWERK_PROGRAM
passed=0 failed=0
for role in "${roles[@]}"; do
  if PYTHONPATH=tests/drills:tests/rest python3 -B -m unittest "contract_test.RestContract.test_$role"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "rest contract: $passed passed, $failed failed"
[ $failed = 0 ]
