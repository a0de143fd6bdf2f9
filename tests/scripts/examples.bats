#!/usr/bin/env bats
# The examples' programs do what their job says, run by hand as a worker would.

setup() {
  cd "$BATS_TEST_DIRNAME/../../examples/word-count" || return 1
  export WORD_COUNT_DIR="$BATS_TEST_TMPDIR/words here" STELLWERK_JOB_ID=00000000000000000000000000000001
}

task() { STELLWERK_SUBTASK=$1 STELLWERK_PARALLELISM=$2 "${@:3}"; }

@test "word-count counts every word once, however often a source runs" {
  export COUNTERS=4
  for subtask in 0 1 0; do task $subtask 2 sh ./source.sh ./text.txt; done
  for subtask in 0 1 2 3; do task $subtask 4 python3 ./count.py; done >"$BATS_TEST_TMPDIR/counts"
  tr '[:upper:]' '[:lower:]' <text.txt | tr -cs '[:lower:]' '\n' | sort | uniq -c | sed -E 's/ *([0-9]+) (.*)/(\2,\1)/' |
    sort >"$BATS_TEST_TMPDIR/expected"
  grep -qx '(one,6)' "$BATS_TEST_TMPDIR/expected"
  diff <(sort "$BATS_TEST_TMPDIR/counts") "$BATS_TEST_TMPDIR/expected"
}
