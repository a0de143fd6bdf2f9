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
# Exit code: 0 finished, 5 failed, 6 cancelled; 0 after SIGTERM, which leaves the job to other masters; else the master's.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

ENTRY_POINT=StandaloneApplicationClusterEntryPoint
FIXED_ID=00000000000000000000000000000000
REST_SECONDS_MAX=60
AGAIN_SECONDS=1

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
      --jars) file=$2 && shift ;;
      -p | --parallelism | --name) run_words+=("$1" "$2") && shift ;;
      --configDir | -c) export STELLWERK_CONF_DIR=$2 && shift ;;
      --entrypoint) shift ;;
      -s | --fromSavepoint) fail "'$1': there are no savepoints in this version; the job begins from its newest checkpoint, if it is still known." ;;
      -n | --allowNonRestoredState) echo "[WARN] '$1' has no effect: there are no savepoints in this version." >&2 ;;
      --) command=yes && shift && rest=("$@") && break ;;
      -*) fail "'$1' is no option of $(basename -- "$0"); see docs/cli.md." ;;
      *)
        if [ -z "$file$class" ]; then file=$1 && shift; fi
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
    [ ! -d "$STELLWERK_HOME/usrlib" ] || mapfile -d '' -t found < <(find "$STELLWERK_HOME/usrlib" -mindepth 1 -maxdepth 1 -print0 | sort -z)
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

# with_us COMMAND...: in the background, and ended should this script be killed. Sets pid.
with_us() {
  local tied=()
  if command -v setpriv >/dev/null; then tied=(setpriv --pdeathsig TERM --); fi
  TERM=dumb "${tied[@]}" "$@" </dev/null &
  pid=$!
}

# end_child PID: asks it to end, and waits, whatever we are told meanwhile. It bounds its own end.
end_child() {
  kill -TERM "$1" 2>/dev/null
  while wait "$1" || [ $? -gt 128 ]; do kill -0 "$1" 2>/dev/null || return; done
}

# leave CODE: ends the master, and this script with CODE.
leave() {
  [ -z "$job" ] || end_child "$job"
  end_child "$master"
  exit "$1"
}

# rest_url: where our own master answers, as soon as it listens; another cluster may have the port that is configured.
rest_url() { "$STELLWERK_PROGRAM" ps 2>/dev/null | awk -v pid="$master" '$1 == pid && $3 ~ /^http/ { print $3 }'; }

# pause SECONDS: less, if we are told to end or the master ends.
pause() {
  local timer
  sleep "$1" &
  timer=$!
  wait -n "$timer" "$master"
  kill "$timer" 2>/dev/null
}

# master_ended CODE
master_ended() {
  [ -z "$job" ] || end_child "$job"
  exit "$1"
}

# await_rest: sets url.
await_rest() {
  local end=$((SECONDS + REST_SECONDS_MAX))
  url=""
  while [ -z "$url" ]; do
    [ -z "$told" ] || leave 0
    kill -0 "$master" 2>/dev/null || { wait "$master"; master_ended $?; }
    [ $SECONDS -lt $end ] || { echo "[ERROR] The master has not opened its REST port within $REST_SECONDS_MAX s." >&2 && leave 1; }
    pause 0.2
    url=$(rest_url)
  done
}

# follow_job: submits it, or finds that another master has, and waits for its end. Sets code.
follow_job() {
  local ended what=("${run_words[@]}" -m "$url")
  [ -z "$class" ] || what+=(-c "$class")
  if [ $command = yes ]; then what+=(--); else what+=("$file"); fi
  while :; do
    with_us "$STELLWERK_PROGRAM" run "${what[@]}" "${rest[@]}"
    job=$pid ended=""
    while [ -z "$ended" ]; do
      wait -n -p ended "$master" "$job"
      code=$?
      [ -z "$told" ] || leave 0
    done
    [ "$ended" = "$job" ] || master_ended "$code"
    job=""
    case $code in
      0 | 5 | 6) return ;;
      1 | 4) leave "$code" ;;
    esac
    pause $AGAIN_SECONDS
    [ -z "$told" ] || leave 0
    kill -0 "$master" 2>/dev/null || { wait "$master"; master_ended $?; }
  done
}

run_foreground() {
  local stays
  stays=$(setting execution.shutdown-on-application-finish true "${overrides[@]}")
  echo "Starting standalonejob as a console application on host $HOSTNAME."
  told="" job=""
  trap 'told=yes' TERM INT
  with_us "$STELLWERK_PROGRAM" master --configDir "$STELLWERK_CONF_DIR" "${master_words[@]}" --entrypoint $ENTRY_POINT
  master=$pid
  trap 'kill -HUP "$master"' HUP # opens its log anew
  await_rest
  follow_job
  [ "$stays" = false ] || leave "$code"
  while [ -z "$told" ]; do
    wait "$master"
    code=$?
    kill -0 "$master" 2>/dev/null || exit $code
  done
  leave 0
}

action=${1:-}
[ $# = 0 ] || shift
case $action in
  start | start-foreground)
    need_program
    take_words "$@"
    check_configuration --storage "${master_words[@]}"
    find_file
    [ "$action" = start-foreground ] || exec "$bin/stellwerk-daemon.sh" start standalonejob "$@"
    run_foreground
    ;;
  stop | stop-all) exec "$bin/stellwerk-daemon.sh" "$action" standalonejob ;;
  *)
    echo "Usage: standalone-job.sh ((start|start-foreground))|stop [args]"
    exit 1
    ;;
esac
