#!/usr/bin/env bash
# Starts and stops one daemon on this host; the other scripts call it.
#
# Pid file: <pid dir>/stellwerk-<ident>-<daemon>.pid, one pid a line; `stop` takes the last. The empty
#           file <pid file>.lock beside it stays; it is what starts and stops lock.
# Logs:     <log dir>/stellwerk-<ident>-<daemon>-<number>-<host>.log and .out, older ones .1, .2, ...
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

LOCK_SECONDS_MAX=60
STOP_SECONDS_MAX=10
# A worker gives its tasks 10 s of their own, and ends 5 s after that whatever hangs.
WORKER_STOP_SECONDS_MAX=20
USAGE="Usage: stellwerk-daemon.sh (start|stop|stop-all) (standalonesession|taskexecutor|standalonejob|zookeeper) [args]"

action=${1:-} daemon=${2:-}
shift $(($# < 2 ? $# : 2))

# A process is ours if its command line has this word: a pid may long belong to somebody else.
case $daemon in
  standalonesession) mark=StandaloneSessionClusterEntrypoint ready="Rest endpoint listening at" ready_seconds=1 ;;
  taskexecutor) mark=TaskManagerRunner ready="Starting TaskManager with ResourceID" ready_seconds=1 ;;
  standalonejob) mark=StandaloneApplicationClusterEntryPoint ready="Rest endpoint listening at" ready_seconds=1 ;;
  zookeeper) mark=org.apache.zookeeper.server.quorum.QuorumPeerMain ready="binding to port" ready_seconds=3 ;;
  *)
    echo "Unknown daemon '$daemon'. $USAGE"
    exit 1
    ;;
esac

stop_seconds=$STOP_SECONDS_MAX
[ "$daemon" != taskexecutor ] || stop_seconds=$WORKER_STOP_SECONDS_MAX

# command_line PID: its words, one per line; nothing for a process that is gone or a zombie.
command_line() {
  tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline"
}

# is_running PID: whether it lives and is this daemon.
is_running() {
  [[ $1 =~ ^[0-9]+$ ]] && command_line "$1" | grep -qxF -- "$mark"
}

# drop_last_pid: takes the last line off the pid file and the file away with its last line.
drop_last_pid() {
  sed -i '$d' "$pid_file"
  [ -s "$pid_file" ] || rm -f -- "$pid_file"
}

# drop_own_pid PID: the same for the line of a daemon that did not start, if it got that far.
drop_own_pid() {
  [ "$(tail -n 1 -- "$pid_file" 2>/dev/null)" != "$1" ] || drop_last_pid
}

# rotate FILE: FILE becomes FILE.1, FILE.1 becomes FILE.2, ... and the oldest goes.
rotate() {
  local number
  for ((number = STELLWERK_LOG_MAX; number > 1; number--)); do
    [ ! -f "$1.$((number - 1))" ] || mv -f -- "$1.$((number - 1))" "$1.$number"
  done
  if [ "$STELLWERK_LOG_MAX" -gt 0 ]; then
    [ ! -f "$1" ] || mv -f -- "$1" "$1.1"
  else
    rm -f -- "$1"
  fi
}

# launch: runs "${command[@]}" apart from this terminal and without any descriptor of the caller. Sets pid.
# The child notes its pid itself, under our lock: should this script be killed, stop still finds the daemon.
# Its output is appended to, so that whoever cuts that file short, as logrotate does, leaves no hole in it.
launch() {
  (
    echo "$BASHPID" >>"$pid_file" || exit 1
    for descriptor in "/proc/$BASHPID/fd"/*; do
      descriptor=${descriptor##*/}
      ((descriptor <= 2 || descriptor == lock)) || eval "exec $descriptor>&-" 2>/dev/null
    done
    ((lock == 0)) || exec {lock}>&-
    [ "$daemon" = standalonejob ] || trap '' HUP # until the daemon listens to it; a script could not then
    exec setsid -- "${command[@]}"
  ) </dev/null >>"$out" 2>&1 &
  pid=$!
}

# last_words: what a daemon said before it died, for people.
last_words() {
  if [ -s "$out" ]; then
    tail -n 5 -- "$out"
  elif [ -s "$log" ]; then
    grep -iE '\b(error|critical|fatal)\b|exception' -- "$log" | tail -n 3 | grep . || tail -n 1 -- "$log"
  fi
}

# await_ready: returns 0 once the daemon says that it listens, or lives on quietly; else its exit code.
await_ready() {
  local turn
  for ((turn = 0; turn < ready_seconds * 20; turn++)); do
    sleep 0.05
    if [ -z "$(command_line "$pid")" ]; then
      wait "$pid"
      return $(($? ? $? : 1))
    fi
    if [ -n "$ready" ] && grep -qsF -- "$ready" "$log" "$out"; then return 0; fi
  done
}

# name_logs: sets log, out and running, the number of live daemons in the pid file.
name_logs() {
  local line prefix number=0
  running=0
  if [ -f "$pid_file" ]; then
    while read -r line; do
      number=$((number + 1))
      if is_running "$line"; then running=$((running + 1)); fi
    done <"$pid_file"
  fi
  prefix=$STELLWERK_LOG_DIR/stellwerk-$STELLWERK_IDENT_STRING-$daemon-$number-$HOSTNAME
  log=$prefix.log out=$prefix.out
}

start() {
  local code
  rotate "$log"
  rotate "$out"
  [ $running = 0 ] || echo "[INFO] $running instance(s) of $daemon are already running on $HOSTNAME."
  echo "Starting $daemon daemon on host $HOSTNAME."
  STELLWERK_LOG_FILE=$log launch
  await_ready
  code=$?
  [ $code != 0 ] || return 0
  drop_own_pid "$pid"
  last_words >&2
  echo "[ERROR] The $daemon ended with exit code $code; its log is '$log'." >&2
  echo "Error starting $daemon daemon."
  return 1
}

# end_process PID: asks it to end, waits, and kills what does not.
end_process() {
  local turn
  kill "$1" || return 1
  for ((turn = 0; turn < stop_seconds * 20; turn++)); do
    is_running "$1" || return 0
    sleep 0.05
  done
  echo "Daemon $daemon didn't stop within $stop_seconds seconds. Killing it."
  kill -9 "$1"
}

stop() {
  local last
  [ ! -f "$pid_file" ] || last=$(tail -n 1 -- "$pid_file")
  if [ -z "${last:-}" ]; then
    rm -f -- "$pid_file"
    echo "No $daemon daemon to stop on host $HOSTNAME."
  elif is_running "$last"; then
    echo "Stopping $daemon daemon (pid: $last) on host $HOSTNAME."
    end_process "$last" && drop_last_pid
  else
    drop_last_pid
    echo "No $daemon daemon (pid: $last) is running anymore on $HOSTNAME."
  fi
}

stop_all() {
  local all line code=0
  [ -f "$pid_file" ] || return 0
  mapfile -t all <"$pid_file"
  for line in "${all[@]}"; do
    if is_running "$line"; then
      echo "Stopping $daemon daemon (pid: $line) on host $HOSTNAME."
      end_process "$line" || code=1
    else
      echo "Skipping $daemon daemon (pid: $line), because it is not running anymore on $HOSTNAME."
    fi
  done
  [ $code != 0 ] || rm -f -- "$pid_file"
  return $code
}

# take_lock: starts and stops of this daemon on this host take turns. Where anyone may write, as in
# /tmp, nobody else's file or link is used, and nobody else can open ours and hold it.
take_lock() {
  local file=$pid_file.lock
  lock=0
  command -v flock >/dev/null || return 0
  (umask 077 && set -o noclobber && : >"$file") 2>/dev/null
  if [ -L "$file" ] || [ ! -f "$file" ] || [ ! -O "$file" ]; then
    fail "'$file' is not a file of user '$(id -un)'; set STELLWERK_PID_DIR or 'env.pid.dir' to a directory that only this user can write."
  fi
  chmod 600 -- "$file"
  exec {lock}<"$file"
  flock -w "$LOCK_SECONDS_MAX" "$lock" || fail "Another start or stop has held '$file' for $LOCK_SECONDS_MAX s."
}

# prepare: directories, the pid file's name and the lock.
prepare() {
  load_directories
  writable_directory pid "$STELLWERK_PID_DIR" STELLWERK_PID_DIR env.pid.dir
  pid_file=$STELLWERK_PID_DIR/stellwerk-$STELLWERK_IDENT_STRING-$daemon.pid
  [ ! -L "$pid_file" ] || fail "'$pid_file' is a symbolic link; remove it."
  take_lock
}

case $action in
  start)
    need_program
    prepare
    writable_directory log "$STELLWERK_LOG_DIR" STELLWERK_LOG_DIR env.log.dir
    name_logs
    case $daemon in
      zookeeper)
        . "$bin/zookeeper-config.sh"
        zookeeper_command "${1:?peer id}" "$log"
        ;;
      taskexecutor) command=("$STELLWERK_PROGRAM" worker --configDir "$STELLWERK_CONF_DIR" "$@" --entrypoint "$mark") ;;
      standalonejob) command=(bash "$bin/standalone-job.sh" start-foreground --entrypoint "$mark" "$@") ;;
      *) command=("$STELLWERK_PROGRAM" master --configDir "$STELLWERK_CONF_DIR" "$@" --entrypoint "$mark") ;;
    esac
    start
    ;;
  stop)
    prepare
    stop
    ;;
  stop-all)
    prepare
    stop_all
    ;;
  *)
    echo "Unexpected argument '$action'. $USAGE"
    exit 1
    ;;
esac
