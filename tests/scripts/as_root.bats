#!/usr/bin/env bats
# What only root can do; scripts/test.sh leaves it out for others.

setup() {
  [ "$(id -u)" = 0 ]
}

@test "what runs in a root dies with who started it" {
  mkfifo "$BATS_TEST_TMPDIR/started"
  bash -c '. "$1"; contained bash -c "echo \$\$ >\"$2\"; exec sleep 600"' bash \
    "$BATS_TEST_DIRNAME/../../scripts/lib/root.sh" "$BATS_TEST_TMPDIR/started" 3>&- &
  starter=$!
  [ "$(cat "$BATS_TEST_TMPDIR/started")" = 1 ]
  contained=$(cat "/proc/$starter/task/$starter/children")
  kill -9 "$starter"
  wait "$starter" || true
  deadline=$((SECONDS + 30))
  while [ -e "/proc/${contained% }" ] && [ "$(cut -d ' ' -f 3 "/proc/${contained% }/stat" 2>/dev/null)" != Z ]; do
    ((SECONDS < deadline))
  done
}

@test "what root made belongs to who called sudo, as deep as it was asked for" {
  . "$BATS_TEST_DIRNAME/../../scripts/lib/common.sh"
  mkdir -p "$BATS_TEST_TMPDIR/flat" "$BATS_TEST_TMPDIR/tree"
  touch "$BATS_TEST_TMPDIR/flat/file" "$BATS_TEST_TMPDIR/tree/file"
  unset SUDO_UID SUDO_GID
  hand_over "$BATS_TEST_TMPDIR/flat"
  [ "$(stat -c %u:%g "$BATS_TEST_TMPDIR/flat")" = "$(id -u):$(id -g)" ]
  SUDO_UID=1234 SUDO_GID=2345
  hand_over "$BATS_TEST_TMPDIR/flat" "$BATS_TEST_TMPDIR/missing"
  hand_over_tree "$BATS_TEST_TMPDIR/tree" "$BATS_TEST_TMPDIR/missing"
  [ "$(stat -c %u:%g "$BATS_TEST_TMPDIR/flat")" = 1234:2345 ]
  [ "$(stat -c %u "$BATS_TEST_TMPDIR/flat/file")" = "$(id -u)" ]
  [ "$(stat -c %u:%g "$BATS_TEST_TMPDIR/tree/file")" = 1234:2345 ]
}
