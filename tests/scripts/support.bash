# shellcheck shell=bash
# An installed tree with a stand-in for the program, in a path with blanks, for each test.

common_setup() {
  root=$(cd -- "$BATS_TEST_DIRNAME/../.." && pwd)
  home="$BATS_TEST_TMPDIR/a home/stellwerk"
  bin=$home/bin
  mkdir -p "$bin" "$home/conf" "$BATS_TEST_TMPDIR/record" "$BATS_TEST_TMPDIR/path"
  cp "$root"/scripts/cluster/*.sh "$root/tests/scripts/stand-in/stellwerk" "$bin"
  cp "$root/tests/scripts/stand-in/ssh" "$BATS_TEST_TMPDIR/path"
  export PATH=$BATS_TEST_TMPDIR/path:$PATH
  export STAND_IN_RECORD=$BATS_TEST_TMPDIR/record
  export STELLWERK_PID_DIR="$BATS_TEST_TMPDIR/pid dir" STELLWERK_IDENT_STRING=tester HOSTNAME=host1
  unset STELLWERK_CONF_DIR STELLWERK_LOG_DIR STELLWERK_SSH_OPTS ZOOKEEPER_HOME
  pid_file=$STELLWERK_PID_DIR/stellwerk-tester-standalonesession.pid
  worker_pid_file=$STELLWERK_PID_DIR/stellwerk-tester-taskexecutor.pid
  config "high-availability.type: zookeeper"
  masters localhost:8081 localhost:8082
  : >"$home/conf/workers"
}

# Ends what a test left running: only pids that the stand-in wrote down, and only while they are it.
common_teardown() {
  local pid
  [ -f "$STAND_IN_RECORD/pids" ] || return 0
  while read -r pid; do
    if grep -qsE -- "--entrypoint|QuorumPeerMain" "/proc/$pid/cmdline"; then kill -9 "$pid"; fi
  done <"$STAND_IN_RECORD/pids"
}

config() { printf '%s\n' "$@" >"$home/conf/config.yaml"; }
masters() { printf '%s\n' "$@" >"$home/conf/masters"; }
workers() { printf '%s\n' "$@" >"$home/conf/workers"; }
calls() { cat "$STAND_IN_RECORD/calls" 2>/dev/null; }

# run_script SCRIPT ARGUMENT...: sets status, stdout and stderr.
run_script() {
  local script=$1
  shift
  status=0
  "$bin/$script" "$@" >"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
  stdout=$(<"$BATS_TEST_TMPDIR/stdout")
  stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

# expect STATUS STDOUT: with what was there instead when it differs.
expect() {
  if [ "$status" != "$1" ] || [ "$stdout" != "$2" ]; then
    printf 'exit code %s, expected %s\n--- stdout\n%s\n--- expected\n%s\n--- stderr\n%s\n' \
      "$status" "$1" "$stdout" "$2" "$stderr"
    return 1
  fi
}

# expect_error TEXT: somewhere on stderr.
expect_error() {
  if [[ $stderr != *"$1"* ]]; then
    printf 'stderr:\n%s\nhas no: %s\n' "$stderr" "$1"
    return 1
  fi
}

# pid_at NUMBER: a line of the masters' pid file, counted from 1.
pid_at() { sed -n "$1p" "$pid_file"; }
worker_pid_at() { sed -n "$1p" "$worker_pid_file"; }
