#!/usr/bin/env bats
# scripts/fuzz.sh refuses what it cannot do before it builds anything.

@test "numbers out of bounds are refused with what is accepted" {
  for wrong in 0 -1 65 08 many ""; do
    run "$BATS_TEST_DIRNAME/../../scripts/fuzz.sh" --jobs "$wrong"
    [ "$status" = 1 ]
    [ "$output" = "--jobs takes a number from 1 to 64, not '$wrong'." ]
  done
  run "$BATS_TEST_DIRNAME/../../scripts/fuzz.sh" --minutes 10081
  [ "$status" = 1 ]
  [ "$output" = "--minutes takes a number from 1 to 10080, not '10081'." ]
  run "$BATS_TEST_DIRNAME/../../scripts/fuzz.sh" --minutes
  [ "$status" = 1 ]
}
