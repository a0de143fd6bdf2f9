#!/usr/bin/env bats
# docker-entrypoint.sh: which arguments start what, and what it makes of the environment.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016  # variables from support.bash; each test is its own shell
load support

setup() {
  common_setup
  unset FLINK_PROPERTIES STELLWERK_PROPERTIES STELLWERK_MASTERS JOB_MANAGER_RPC_ADDRESS TASK_MANAGER_NUMBER_OF_TASK_SLOTS POD_IP
  # Says how it was called, and ends.
  cat >"$bin/stellwerk" <<'PROGRAM'
#!/usr/bin/env bash
[ "$1" != config ] || exit 0
printf 'called: %s\n' "$*"
[ -z "${STELLWERK_PROPERTIES:-}" ] || printf 'property: %s\n' "${STELLWERK_PROPERTIES//$'\n'/ | }"
while [ $# -gt 0 ]; do
  [ "$1" != --configDir ] || sed 's/^/masters: /' "$2/masters"
  shift
done
PROGRAM
}

# run_entrypoint ARGUMENT...: sets status and called, its lines about the program.
run_entrypoint() {
  run_script docker-entrypoint.sh "$@"
  called=$(grep -E '^(called|property|masters): ' <<<"$stdout" || true)
}

@test "jobmanager runs a master that advertises the container's name" {
  run_entrypoint jobmanager -Drest.port=8090
  [ "$status" = 0 ]
  [ "${called%%$'\n'*}" = "called: master --configDir $home/conf --host $(uname -n) -Drest.port=8090 --entrypoint StandaloneSessionClusterEntrypoint" ]
}

@test "POD_IP is advertised, unless the arguments say otherwise" {
  export POD_IP=10.1.2.3
  run_entrypoint taskmanager
  [ "${called%%$'\n'*}" = "called: worker --configDir $home/conf --host 10.1.2.3 --entrypoint TaskManagerRunner" ]
  for words in "--host m1" "-Drest.address=m1" "m1 8081"; do
    # shellcheck disable=SC2086  # to be split
    run_entrypoint jobmanager $words
    [[ $called != *10.1.2.3* ]]
    [[ $called == *m1* ]]
  done
}

@test "properties of the environment reach the program, the more special ones later" {
  export FLINK_PROPERTIES=$'rest.port: 8090\nparallelism.default: 2' STELLWERK_PROPERTIES="rest.port: 8091"
  export JOB_MANAGER_RPC_ADDRESS=jm TASK_MANAGER_NUMBER_OF_TASK_SLOTS=3
  run_entrypoint worker
  [[ $called == *"property: jobmanager.rpc.address: jm | taskmanager.numberOfTaskSlots: 3 | rest.port: 8090 | parallelism.default: 2 | rest.port: 8091"* ]]
}

@test "STELLWERK_MASTERS becomes conf/masters" {
  export STELLWERK_MASTERS="m1:8081, m2:8081"
  run_entrypoint taskmanager
  [ "$(cat "$home/conf/masters")" = $'m1:8081\nm2:8081' ]
  [[ $called == *$'masters: m1:8081\nmasters: m2:8081'* ]]
}

@test "a configuration that may not be written is copied" {
  # A program that runs cannot be written, not even by root.
  cp "$(command -v sleep)" "$BATS_TEST_TMPDIR/runs"
  "$BATS_TEST_TMPDIR/runs" 60 3>&- &
  ln -sf "$BATS_TEST_TMPDIR/runs" "$home/conf/masters"
  export STELLWERK_MASTERS=m1:8081 TMPDIR=$BATS_TEST_TMPDIR/tmp
  mkdir "$TMPDIR"
  run_entrypoint taskmanager
  kill $!
  [ "$called" = "called: worker --configDir $TMPDIR/stellwerk-conf --host $(uname -n) --entrypoint TaskManagerRunner
masters: m1:8081" ]
  cmp "$home/conf/config.yaml" "$TMPDIR/stellwerk-conf/config.yaml"
}

@test "help, and no arguments, say how it is called" {
  run_script docker-entrypoint.sh help
  [ "$status" = 0 ]
  [[ $stdout == "Usage: docker-entrypoint.sh (jobmanager|taskmanager|standalone-job|help) [args]"* ]]
  run_script docker-entrypoint.sh
  [[ $stdout == "Usage: "* ]]
}

@test "other commands are run as they are, stellwerk from its own folder" {
  run_script docker-entrypoint.sh bash -c 'echo "$1"; exit 7' bash "a b"
  expect 7 "a b"
  run_script docker-entrypoint.sh stellwerk list -a
  expect 0 "called: list -a"
}

@test "standalone-job runs a master that advertises the container's name" {
  export POD_IP=10.1.2.3
  run_entrypoint standalone-job -Drest.port=8090 -- sh -c x
  [[ $called == "called: master --configDir $home/conf --host 10.1.2.3 -Drest.port=8090 --address-file "* ]]
  run_entrypoint standalone-job -- sh -c x --host none
  [[ $called == "called: master --configDir $home/conf --host 10.1.2.3 --address-file "* ]]
}

@test "what is not in this version says so" {
  run_script docker-entrypoint.sh history-server
  [ "$status" = 1 ]
  expect_error "There is no history server"
}
