#!/usr/bin/env bats
# standalone-job.sh: what it makes of its arguments, and of how the job and the master end.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016  # variables from support.bash; each test is its own shell
load support

setup() {
  common_setup
  # `run` writes down how it was called and ends with the next of the codes; `master` lives until it is told to end.
  cat >"$bin/stellwerk" <<'PROGRAM'
#!/usr/bin/env bash
record=$STAND_IN_RECORD
case $1 in
  config) for word in "$@"; do [[ $word != -Dexecution.shutdown-on-application-finish=* ]] || echo "${word#*=}"; done ;;
  info) [ "${2##*/}" != bad.yaml ] || { echo "bad.yaml: has 3 faults" >&2; exit 1; } ;;
  master)
    printf '[%s]' "$@" >>"$record/master"
    echo $$ >>"$record/pids"
    while [ "$1" != --address-file ]; do shift; done
    echo http://127.0.0.1:8090/x >"$2"
    echo "$2" >"$record/address"
    trap 'echo told >>"$record/told"; exit 0' TERM
    exec {forever}<> <(:)
    while [ ! -e "$record/master-code" ]; do read -t 0.05 -r -u "$forever" _; done
    exit "$(<"$record/master-code")"
    ;;
  run)
    printf '[%s]' "$@" >>"$record/run"
    echo >>"$record/run"
    code=$(sed -n "$(wc -l <"$record/run")p" "$record/codes")
    if [ "$code" = stays ]; then trap 'exit 130' TERM; while :; do sleep 0.05; done; fi
    exit "$code"
    ;;
esac
PROGRAM
  : >"$home/job.yaml"
  codes 0
}
teardown() { common_teardown; }

codes() { printf '%s\n' "$@" >"$STAND_IN_RECORD/codes"; }
runs() { cat "$STAND_IN_RECORD/run"; }
job() { run_script standalone-job.sh start-foreground "$@"; }
ID=00000000000000000000000000000000

@test "a file: the master ends with the job, and so does the script" {
  for code in 0 5 6; do
    rm -f "$STAND_IN_RECORD"/{run,told,master}
    codes $code
    job "$home/job.yaml"
    expect $code "Starting standalonejob as a console application on host host1."
    [ "$(runs)" = "[run][--job-id][$ID][-m][http://127.0.0.1:8090/x][$home/job.yaml]" ]
    [ "$(<"$STAND_IN_RECORD/told")" = told ]
  done
}

@test "help tells all options" {
  run_script standalone-job.sh --help
  [ "$status" = 0 ]
  for option in --job-id --job-classname --jars --parallelism --name --host --webui-port -Dkey=value; do
    [[ $stdout == *"$option"* ]]
  done
  [[ $stdout != *bin=* ]]
}

@test "options go where they belong" {
  job --host m1 --webui-port 8090 -Drest.port=1 -D a.b=c --parallelism 3 --name n --job-id ABCDEF00000000000000000000000000 -- sh -c x
  [ "$status" = 0 ]
  [ "$(<"$STAND_IN_RECORD/master")" = "[master][--configDir][$home/conf][--host][m1][--webui-port][8090][-Drest.port=1][-Da.b=c]\
[--address-file][$(<"$STAND_IN_RECORD/address")][--entrypoint][StandaloneApplicationClusterEntryPoint]" ]
  [ ! -e "$(<"$STAND_IN_RECORD/address")" ]
  [ "$(runs)" = "[run][--parallelism][3][--name][n][-Drest.port=1][-Da.b=c][--job-id][abcdef00000000000000000000000000]\
[-m][http://127.0.0.1:8090/x][--][sh][-c][x]" ]
}

@test "a jar, as Flink's image has it" {
  mkdir "$home/usrlib"
  : >"$home/usrlib/count words.jar"
  mkdir "$home/usrlib/..data"
  job --job-classname org.Count --input /in
  [ "$status" = 1 ]
  expect_error "'--input' is no option"
  job --job-classname org.Count in --output /out
  [ "$(runs)" = "[run][--job-id][$ID][-m][http://127.0.0.1:8090/x][-c][org.Count][$home/usrlib/count words.jar][in][--output][/out]" ]
  rm "$STAND_IN_RECORD/run"
  job --jars "$home/usrlib/count words.jar" -n in
  [ "$(runs)" = "[run][--job-id][$ID][-m][http://127.0.0.1:8090/x][$home/usrlib/count words.jar][in]" ]
  expect_error "'-n' has no effect"
}

@test "what cannot be run starts no master" {
  refused() {
    local text=$1
    shift
    job "$@"
    [ "$status" = 1 ] || return 1
    expect_error "$text" || return 1
    [ ! -e "$STAND_IN_RECORD/master" ]
  }
  : >"$home/bad.yaml"
  refused "There is nothing to run"
  refused "The name of the file to run is empty" ""
  refused "File does not exist: $home/none.yaml" "$home/none.yaml"
  refused "bad.yaml: has 3 faults" "$home/bad.yaml"
  refused "'x': only a jar and a command take arguments" "$home/job.yaml" x
  refused "names the class to run in a jar" -j C --jars "$home/job.yaml"
  refused "'a.jar,b.jar' names several files" --jars a.jar,b.jar
  refused "--job-id: '12' is not 32 hexadecimal digits" --job-id 12 "$home/job.yaml"
  refused "Missing argument for option: --job-id" --job-id
  refused "there are no savepoints" -s s3://b "$home/job.yaml"
  refused "There is no command behind --" --
  refused "not both" --jars "$home/job.yaml" -- sh
  mkdir "$home/usrlib"
  : >"$home/usrlib/a"
  : >"$home/usrlib/b"
  refused "There are 2 files in '$home/usrlib'"
}

@test "what nobody could answer is asked again, what was refused is not" {
  codes 2 3 0
  job "$home/job.yaml"
  [ "$status" = 0 ]
  [ "$(runs | wc -l)" = 3 ]
  rm "$STAND_IN_RECORD/run"
  codes 4
  job "$home/job.yaml"
  [ "$status" = 4 ]
  [ "$(runs | wc -l)" = 1 ]
}

@test "output that nobody takes changes nothing" {
  codes 0
  sed -i 's/^  run)$/  run)\n    echo talks || exit 1/' "$bin/stellwerk"
  "$bin/standalone-job.sh" start-foreground "$home/job.yaml" >/dev/full 2>/dev/null
  rm "$STAND_IN_RECORD/run"
  "$bin/standalone-job.sh" start-foreground "$home/job.yaml" | true
  [ "${PIPESTATUS[0]}" = 0 ]
}

@test "SIGTERM at any moment of the start" {
  codes stays
  for wait in 0 0.02 0.05 0.1 0.15 0.2 0.3; do
    rm -f "$STAND_IN_RECORD"/{run,told,master}
    "$bin/standalone-job.sh" start-foreground "$home/job.yaml" 3>&- &
    pid=$!
    until [ -e "$STAND_IN_RECORD/master" ]; do sleep 0.01; done
    read -r -t "$wait" _ <> <(:) || true
    kill $pid
    wait $pid
  done
}

@test "a master that ends takes the script along" {
  codes stays
  "$bin/standalone-job.sh" start-foreground "$home/job.yaml" 3>&- &
  pid=$!
  until [ -e "$STAND_IN_RECORD/run" ]; do sleep 0.05; done
  echo 9 >"$STAND_IN_RECORD/master-code"
  code=0
  wait $pid || code=$?
  [ $code = 9 ]
}

@test "a master that cannot start ends it with its own code, at whatever moment" {
  sed -i 's/^  master)$/  master)\n    read -r -t "${LATE:-0.01}" _ <> <(:); exit 3/' "$bin/stellwerk"
  for LATE in 0.01 0.05 0.1 0.11 0.2; do
    export LATE
    job "$home/job.yaml"
    [ "$status" = 3 ]
  done
}

@test "SIGTERM leaves the job to others, and ends the master" {
  codes stays
  "$bin/standalone-job.sh" start-foreground "$home/job.yaml" 3>&- &
  pid=$!
  until [ -e "$STAND_IN_RECORD/run" ]; do sleep 0.05; done
  kill $pid
  wait $pid
  [ "$(<"$STAND_IN_RECORD/told")" = told ]
}

@test "the master can stay when the job has ended" {
  "$bin/standalone-job.sh" start-foreground -Dexecution.shutdown-on-application-finish=False "$home/job.yaml" 3>&- &
  pid=$!
  until [ -e "$STAND_IN_RECORD/run" ]; do sleep 0.05; done
  echo killed >>"$STAND_IN_RECORD/told"
  kill $pid
  wait $pid
  [ "$(<"$STAND_IN_RECORD/told")" = $'killed\ntold' ]
}
