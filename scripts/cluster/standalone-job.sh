#!/usr/bin/env bash
# Runs one job on masters of its own ("application mode"): each starts a master, submits the same job under the same id, and ends as
# the job does; whichever leads. Workers are started as for any cluster.
#   standalone-job.sh start|start-foreground [options] FILE [ARGUMENTS...]
#   standalone-job.sh start|start-foreground [options] -- COMMAND [ARGUMENTS...]
# FILE is what `stellwerk run` takes; without it, or with --job-classname, it is the one file in usrlib/.
#   -jid, --job-id ID          32 hexadecimal digits (default: zeros). A job that has ended is not run again under its id
#   -j, --job-classname CLASS  of a jar: the class to run
#   --jars FILE                another way to name FILE
#   --parallelism N, --name NAME   as those of `stellwerk run`
#   --host H, --webui-port P, -Dkey=value   as those of `jobmanager.sh`
# Exit code: 0 finished, 5 failed, 6 cancelled; 0 after SIGTERM, which leaves the job to other masters; 1 or 4 if it is not
# accepted; else the master's.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

ENTRY_POINT=StandaloneApplicationClusterEntryPoint
FIXED_ID=00000000000000000000000000000000
REST_SECONDS_MAX=60
AGAIN_SECONDS=1

# take_file NAME
take_file() {
  [ -n "$1" ] || fail "The name of the file to run is empty."
  file=$1
  [[ $file != -* ]] || file=./$file
}

# take_words WORD...: sets master_words, run_words, overrides (-Dkey=value), file, class and rest, what follows the file or --.
take_words() {
  local id=$FIXED_ID
  master_words=() run_words=() overrides=() rest=() file="" class="" command=no
  while [ $# -gt 0 ]; do
    case $1 in
      --host | --webui-port | -D | -jid | --job-id | -j | --job-classname | --jars | --parallelism | -p | --name | -s | --fromSavepoint | \
        --entrypoint | --configDir | -c)
        [ $# -gt 1 ] || fail "Missing argument for option: $1"
        ;;
    esac
    case $1 in
      --host | --webui-port) master_words+=("$1" "$2") && shift ;;
      -D) overrides+=("-D$2") && shift ;;
      -D?*) overrides+=("$1") ;;
      -jid | --job-id) id=$2 && shift ;;
      -j | --job-classname) class=$2 && shift ;;
      --jars) take_file "$2" && shift ;;
      -p | --parallelism | --name) run_words+=("$1" "$2") && shift ;;
      --configDir | -c) export STELLWERK_CONF_DIR=$2 && shift ;;
      --entrypoint) shift ;;
      -s | --fromSavepoint) fail "'$1': there are no savepoints in this version; the job begins from its newest checkpoint, if it is still known." ;;
      -n | --allowNonRestoredState) echo "[WARN] '$1' has no effect: there are no savepoints in this version." >&2 ;;
      --) command=yes && shift && rest=("$@") && break ;;
      -*) fail "'$1' is no option of $(basename -- "$0"); see docs/deployment.md." ;;
      *)
        if [ -z "$file$class" ]; then take_file "$1" && shift; fi
        rest=("$@")
        break
        ;;
    esac
    shift
  done
  [[ $id =~ ^[0-9A-Fa-f]{32}$ ]] || fail "--job-id: '$id' is not 32 hexadecimal digits."
  master_words+=("${overrides[@]}")
  run_words+=("${overrides[@]}" --job-id "${id,,}")
}

# find_file: in usrlib, where Flink has the job's jar, if no other is named.
find_file() {
  local found=()
  if [ $command = yes ]; then
    [ -z "$file$class" ] || fail "Either a file to run or a command behind --, not both."
    [ ${#rest[@]} -gt 0 ] || fail "There is no command behind --."
    return
  fi
  if [ -z "$file" ]; then
    [ ! -d "$STELLWERK_HOME/usrlib" ] || mapfile -d '' -t found < <(find "$STELLWERK_HOME/usrlib" -mindepth 1 -maxdepth 1 ! -name '.*' ! -name lost+found -print0 | sort -z)
    case ${#found[@]} in
      0) fail "There is nothing to run: name a file that 'stellwerk run' takes, or put one into '$STELLWERK_HOME/usrlib'." ;;
      1) file=${found[0]} ;;
      *) fail "There are ${#found[@]} files in '$STELLWERK_HOME/usrlib': name the one to run with --jars." ;;
    esac
  fi
  [[ $file != *,* || -e $file ]] || fail "--jars: '$file' names several files; a job is one bundle or jar with all that it needs."
  [ -e "$file" ] || fail "File does not exist: $file"
  if [[ $file != *.jar ]]; then
    [ -z "$class" ] || fail "--job-classname names the class to run in a jar, and '$file' is none."
    [ ${#rest[@]} = 0 ] || fail "'${rest[0]}': only a jar and a command take arguments; those of '$file' stand in its job.yaml."
    "$STELLWERK_PROGRAM" info "$file" >/dev/null || exit 1
  fi
}

# with_us COMMAND...: in the background, in a session of its own (a terminal's Ctrl-C is for this script alone), and ended should
# this script be killed. Sets pid.
with_us() {
  local tied=()
  if setpriv --pdeathsig TERM true 2>/dev/null; then tied=(setpriv --pdeathsig TERM); fi
  TERM=dumb "${tied[@]}" setsid "$@" </dev/null &
  pid=$!
}

# open_output: what `run` writes goes through a process that takes it also where it cannot be written any more, or a full disk
# would end the job's masters.
open_output() {
  exec {output}> >(trap '' TERM INT HUP PIPE; cat 2>/dev/null; cat >/dev/null)
  writer=$!
}

# tell_all: from the moment on in which we are told to end, whatever we are at.
tell_all() {
  told=yes
  [ -z "$job" ] || kill -TERM "$job" 2>/dev/null
  [ -z "$master" ] || kill -TERM "$master" 2>/dev/null
}

# wait_for PID...: until one of them has ended, which sets ended and code, or a signal has come: ended is empty then.
wait_for() {
  local pid
  ended=""
  wait -n -p ended "$@" 2>/dev/null
  code=$?
  ended=${ended:-}
  # One that had ended before may be unknown to `wait -n`, not to `wait`.
  for pid in "$@"; do
    if [ -z "$ended" ] && ! kill -0 "$pid" 2>/dev/null; then
      wait "$pid" 2>/dev/null
      code=$? ended=$pid
    fi
  done
  [ "$ended" != "$master" ] || master_code=$code
}

# leave CODE: ends the master, and this script with CODE. The children bound their own end.
leave() {
  [ -n "$told" ] || tell_all
  while [ -n "$job" ]; do
    wait_for "$job"
    [ "$ended" != "$job" ] || job=""
  done
  while [ -z "$master_code" ]; do wait_for "$master"; done
  exec {output}>&-
  wait "$writer" 2>/dev/null
  rm -f -- "$address"
  exit "$1"
}

# go_on: ends the script where we were told to, or the master has ended.
go_on() {
  [ -z "$told" ] || leave 0
  [ -n "$master_code" ] || kill -0 "$master" 2>/dev/null || wait_for "$master"
  [ -z "$master_code" ] || leave "$master_code"
}

# pause SECONDS: less, if we are told to end or the master ends.
pause() {
  local timer
  sleep "$1" &
  timer=$!
  wait_for "$timer" "$master"
  kill "$timer" 2>/dev/null
  go_on
}

# await_rest: sets url, where our own master answers on this host: what it tells others may lead elsewhere.
await_rest() {
  local end=$((SECONDS + REST_SECONDS_MAX))
  until url=$(<"$address") && [ -n "$url" ]; do
    if [ $SECONDS -ge $end ]; then
      echo "[ERROR] The master has not opened its REST port within $REST_SECONDS_MAX s." >&2
      leave 1
    fi
    pause 0.1
  done
}

# run_once WORD...: `stellwerk run`, to its end. Sets code.
run_once() {
  with_us "$STELLWERK_PROGRAM" run "$@" >&"$output" 2>&1
  job=$pid
  [ -z "$told" ] || tell_all # before it was known
  while [ -n "$job" ]; do
    wait_for "$master" "$job"
    [ "$ended" != "$job" ] || job=""
    go_on
  done
}

# follow_job: submits it, or finds that another master has, and waits for its end. Sets code.
follow_job() {
  local what=("${run_words[@]}" -m "$url")
  [ -z "$class" ] || what+=(-c "$class")
  if [ $command = yes ]; then what+=(--); else what+=("$file"); fi
  while :; do
    run_once "${what[@]}" "${rest[@]}"
    case $code in
      0 | 5 | 6) return ;;
      1 | 4) leave "$code" ;;
    esac
    pause $AGAIN_SECONDS
  done
}

run_foreground() {
  local ends
  ends=$(setting execution.shutdown-on-application-finish true "${overrides[@]}")
  address=$(mktemp) || fail "There is no place for a temporary file; set TMPDIR."
  told="" job="" master="" master_code=""
  trap tell_all TERM INT
  trap : PIPE # ours alone: who reads no more does not end the job's masters
  echo "Starting standalonejob as a console application on host $HOSTNAME." 2>/dev/null
  with_us "$STELLWERK_PROGRAM" master --configDir "$STELLWERK_CONF_DIR" "${master_words[@]}" --address-file "$address" \
    --entrypoint $ENTRY_POINT
  master=$pid
  [ -z "$told" ] || tell_all # before it was known
  # A terminal that is closed, or a log that is to be opened anew.
  if [ -t 0 ]; then trap tell_all HUP; else trap 'kill -HUP "$master" 2>/dev/null' HUP; fi
  open_output
  await_rest
  follow_job
  [ "${ends,,}" = false ] || leave "$code"
  while :; do
    wait_for "$master"
    go_on
  done
}

action=${1:-}
[ $# = 0 ] || shift
case $action in
  start | start-foreground)
    ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) || fail "This needs bash 5.1 or newer; here is $BASH_VERSION."
    take_words "$@"
    need_program
    check_configuration --storage "${master_words[@]}"
    find_file
    [ "$action" = start-foreground ] || exec "$bin/stellwerk-daemon.sh" start standalonejob "$@"
    run_foreground
    ;;
  stop | stop-all) exec "$bin/stellwerk-daemon.sh" "$action" standalonejob ;;
  -h | --help | help) sed -n '2,/^bin=/{/^bin=/d;s/^# \{0,1\}//p}' "$0" ;;
  *)
    echo "Usage: standalone-job.sh ((start|start-foreground))|stop [args]"
    exit 1
    ;;
esac
