#!/usr/bin/env bash
# From a clone to a highly available cluster of two masters on this host, and a takeover to watch.
#
# usage: scripts/quickstart.sh [--no-zookeeper] [--stop] [--dist DIR]
#   --no-zookeeper  high-availability.type local: the same without ZooKeeper and Java
#   --stop          end what an earlier run left running, and nothing else
#   --dist DIR      take the installed tree DIR instead of building dist/
# On Debian 12 it installs what it needs (apt-get, with sudo if not root). Everything it writes is in
# build/, dist/ and build/quickstart. The cluster keeps running at the end.
set -uo pipefail
called_in=$PWD
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." || exit 1
. scripts/lib/common.sh
. scripts/lib/packages.sh

WAIT_SECONDS_MAX=30
SESSION_SECONDS=4

type=zookeeper stop_only=no dist=$PWD/dist build=yes
while [ $# -gt 0 ]; do
  case $1 in
    --no-zookeeper) type="local" ;;
    --stop) stop_only=yes build=no ;;
    --dist)
      dist=$(readlink -m -- "${2:?--dist needs a directory}") build=no
      shift
      ;;
    *)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"
      [ "$1" = --help ] && exit 0 || exit 1
      ;;
  esac
  shift
done

work=$PWD/build/quickstart
export STELLWERK_CONF_DIR=$work/conf STELLWERK_LOG_DIR=$work/log STELLWERK_PID_DIR=$work/pid
export STELLWERK_IDENT_STRING=quickstart
unset STELLWERK_PROPERTIES
master_pids=$STELLWERK_PID_DIR/stellwerk-quickstart-standalonesession.pid

say() { printf '\n%s\n' "$*"; }

# show COMMAND...: prints it as one would type it in dist/, then runs it.
show() {
  printf '$ %s\n' "${*//$dist\//}"
  "$@"
}

stop_all() {
  local scripts=$dist/bin
  [ -d "$STELLWERK_PID_DIR" ] || return 0
  [ -x "$scripts/jobmanager.sh" ] || scripts=scripts/cluster
  "$scripts/taskmanager.sh" stop-all
  "$scripts/jobmanager.sh" stop-all
  "$scripts/zookeeper.sh" stop-all
}

# give_up SENTENCE: says it with what the logs end with, stops everything, ends with 1.
give_up() {
  local log
  echo "[ERROR] $*" >&2
  for log in "$STELLWERK_LOG_DIR"/*.log "$STELLWERK_LOG_DIR"/*.out; do
    [ ! -s "$log" ] || { echo "--- the end of $log" && tail -n 5 -- "$log"; } >&2
  done
  stop_all
  exit 1
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FIRST [SIZE]: the first port from there on that nobody listens on, with SIZE in a row.
free_port() {
  local port=$1 size=${2:-1} offset
  while :; do
    for ((offset = 0; offset < size; offset++)); do
      is_free $((port + offset)) || break
    done
    [ $offset -lt "$size" ] || break
    port=$((port + offset + 1))
  done
  echo "$port"
}

# answers PORT PATH: whether an HTTP GET is answered 200. Without a process of its own, to be quick.
answers() {
  local code
  { exec {http}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&"$http"
  read -r -t 2 -u "$http" _ code _
  exec {http}>&-
  [ "${code:-}" = 200 ]
}

# wait_for PORT PATH: until it answers 200.
wait_for() {
  local deadline=$((SECONDS + WAIT_SECONDS_MAX))
  until answers "$1" "$2"; do
    ((SECONDS < deadline)) || give_up "http://localhost:$1$2 did not answer 200 within $WAIT_SECONDS_MAX s."
    sleep 0.002
  done
}

microseconds() { echo "${EPOCHREALTIME//[.,]/}"; }

# status_field PORT NAME: a text field of /status.
status_field() {
  curl -s --max-time 5 "http://localhost:$1/status" | tr -d '\n' |
    sed -nE "s/.*[{,] *\"$2\" *: *\"(([^\"\\\\]|\\\\.)*)\".*/\1/p"
}

show_role() {
  printf '$ curl http://localhost:%s/status\n' "$1"
  echo "  role:    $(status_field "$1" role)"
  echo "  message: $(status_field "$1" message)"
}

build_dist() {
  local packages=("${BUILD_PACKAGES[@]}" curl)
  if [ $type = zookeeper ]; then packages+=("${ZOOKEEPER_PACKAGES[@]}"); fi
  ensure_packages "${packages[@]}" || exit 1
  if [ -x "$dist/bin/stellwerk" ]; then
    say "Building what changed."
  else
    say "Building: about 5 minutes on two processors, once. What follows takes less than one."
  fi
  use_ccache
  mkdir -p build/logs
  { cmake --preset release -DSTELLWERK_TESTS=OFF &&
    cmake --build --preset release --parallel "$(job_count)" &&
    cmake --install build/release --prefix "$dist" --strip; } >build/logs/quickstart-build.log 2>&1 || {
    tail -n 40 build/logs/quickstart-build.log
    echo "[ERROR] The build failed; all of it is in build/logs/quickstart-build.log." >&2
    exit 1
  }
}

choose_ports() {
  local wanted
  first=$(free_port 8081 2)
  second=$((first + 1))
  [ "$first" = 8081 ] || echo "Port 8081 or 8082 is taken; the masters use $first and $second."
  zookeeper_port=$(free_port 2181)
  wanted="Port 2181 is taken; this ZooKeeper uses $zookeeper_port."
  [ "$zookeeper_port" = 2181 ] || [ $type = local ] || echo "$wanted"
}

write_configuration() {
  rm -rf "$work"
  mkdir -p "$STELLWERK_CONF_DIR" "$STELLWERK_LOG_DIR" "$STELLWERK_PID_DIR" "$work/storage"
  cat >"$STELLWERK_CONF_DIR/config.yaml" <<END
high-availability.type: $type
high-availability.storageDir: file://$work/storage
high-availability.cluster-id: /quickstart
taskmanager.numberOfTaskSlots: 4
process.working-dir: $work/worker
env.log.dir: $STELLWERK_LOG_DIR
env.pid.dir: $STELLWERK_PID_DIR
END
  if [ $type = zookeeper ]; then
    cat >>"$STELLWERK_CONF_DIR/config.yaml" <<END
high-availability.zookeeper.quorum: 127.0.0.1:$zookeeper_port
high-availability.zookeeper.client.session-timeout: $SESSION_SECONDS s
END
    cat >"$STELLWERK_CONF_DIR/zoo.cfg" <<END
tickTime=2000
dataDir=$work/zookeeper
clientPort=$zookeeper_port
clientPortAddress=127.0.0.1
END
  fi
  printf 'localhost:%s\nlocalhost:%s\n' "$first" "$second" >"$STELLWERK_CONF_DIR/masters"
  echo localhost >"$STELLWERK_CONF_DIR/workers"
}

start_zookeeper() {
  local deadline=$((SECONDS + WAIT_SECONDS_MAX))
  say "A ZooKeeper server on port $zookeeper_port. Its zoo.cfg and the configuration here use a session of
$SESSION_SECONDS s; Stellwerk asks for 60 s unless told otherwise, and a stock server grants 40 s at most."
  show "$dist/bin/zookeeper.sh" start 1 || give_up "ZooKeeper did not start."
  while is_free "$zookeeper_port"; do
    ((SECONDS < deadline)) || give_up "ZooKeeper did not listen within $WAIT_SECONDS_MAX s."
    sleep 0.05
  done
}

start_masters() {
  local deadline
  say "Two masters and a worker, as conf/masters and conf/workers name them:"
  show "$dist/bin/start-cluster.sh" || give_up "The cluster did not start."
  deadline=$((SECONDS + WAIT_SECONDS_MAX))
  until if answers "$first" /leader; then leader=$first follower=$second; else
    answers "$second" /leader && leader=$second follower=$first
  fi; do
    ((SECONDS < deadline)) || give_up "Nobody led within $WAIT_SECONDS_MAX s."
    sleep 0.05
  done
  wait_for "$follower" /follower
  say "One leads, the other follows, and both say so:"
  show_role "$leader"
  show_role "$follower"
}

submit() {
  local output
  say "A job of two processes, sent to the follower (it passes it on):"
  printf '$ bin/stellwerk run -d -m localhost:%s examples/service/job.yaml\n' "$follower"
  output=$("$dist/bin/stellwerk" run -d -m "localhost:$follower" "$dist/examples/service/job.yaml" 2>&1)
  code=$?
  printf '%s\n' "$output"
  [ $code = 0 ] || give_up "The submission ended with exit code $code."
  job=$(grep -oE '[0-9a-f]{32}' <<<"$output" | tail -n 1)
  [ -n "$job" ] || give_up "The submission named no job id."
  has_job "$follower" || give_up "Job $job is not in http://localhost:$follower/jobs/overview."
  wait_for_tasks
  echo "Its processes: ${tasks}."
}

# The worker's own, while it is the last that was started.
worker_pid() { tail -n 1 "$STELLWERK_PID_DIR/stellwerk-quickstart-taskexecutor.pid"; }

# children PID: its processes but its guard, in one line.
children() {
  local child
  for child in $(<"/proc/$1/task/$1/children"); do
    [ "$(cat "/proc/$child/comm" 2>/dev/null)" = taskguard ] || printf '%s ' "$child"
  done
}

# wait_for_tasks: until two processes run for the worker; their ids are in `tasks`.
wait_for_tasks() {
  local deadline=$((SECONDS + WAIT_SECONDS_MAX)) worker
  worker=$(worker_pid) || give_up "The worker did not start."
  until tasks=$(children "$worker") && [ "$(wc -w <<<"$tasks")" = 2 ]; do
    ((SECONDS < deadline)) || give_up "The job's processes did not run within $WAIT_SECONDS_MAX s."
    sleep 0.05
  done
  tasks=${tasks% }
}

# has_job PORT: whether that master lists the job.
has_job() { curl -s --max-time 5 "http://localhost:$1/jobs/overview" | grep -q "$job"; }

kill_leader() {
  local victim began took line before
  line=1
  [ "$leader" = "$first" ] || line=2
  victim=$(sed -n "${line}p" "$master_pids")
  survivor=$(sed -n "$((3 - line))p" "$master_pids")
  say "Now the leader dies:"
  printf '$ kill -9 %s\n' "$victim"
  began=$(microseconds)
  kill -9 "$victim" || give_up "The leader's process $victim is not there."
  wait_for "$follower" /leader
  took=$((($(microseconds) - began + 500) / 1000))
  echo "http://localhost:$follower leads after $took ms."
  [ $type != zookeeper ] || echo "(Its guard ended its ZooKeeper session, which would have lived for $SESSION_SECONDS s more.)"
  show_role "$follower"
  has_job "$follower" || give_up "Job $job is gone."
  before=$tasks
  wait_for_tasks
  [ "$tasks" = "$before" ] || give_up "The job's processes were ${before} and are ${tasks}."
  echo "The job is still there, and its processes are the same, ${tasks}:"
  show "$dist/bin/stellwerk" list -a -m "localhost:$follower"
}

start_again() {
  say "The killed master comes back, as a follower:"
  show "$dist/bin/jobmanager.sh" start localhost "$leader" || give_up "The master did not start again."
  wait_for "$leader" /follower
  show_role "$leader"
}

# say_what_next: commands that work as printed, where this was called or after the cd.
say_what_next() {
  local here=STELLWERK_CONF_DIR=build/quickstart/conf nc=""
  local stellwerk="$here ${dist#"$PWD"/}/bin/stellwerk"
  command -v nc >/dev/null || nc="  sudo apt-get install netcat-openbsd  # for nc"$'\n'
  say "To try next, besides a browser at http://localhost:$first/:"
  [ "$(readlink -f -- "$called_in")" = "$PWD" ] || printf '  cd %q\n' "$PWD"
  echo "  $stellwerk status  # or list, or fsck
  curl http://localhost:$first/status
$nc  nc -lk 8888  # in another terminal: type words, of which this prints counts:
  $stellwerk run -d ${dist#"$PWD"/}/examples/socket-word-count/job.yaml; tail -f build/quickstart/log/*taskexecutor*.out
  ${dist#"$PWD"/}/bin/stellwerk drill mixed  # more of this, in a cluster of its own, with every promise checked
  kill -9 $survivor  # the leader; the other one leads then. This brings it back, as a follower:
  $here STELLWERK_IDENT_STRING=quickstart ${dist#"$PWD"/}/bin/jobmanager.sh start localhost $follower
  scripts/quickstart.sh --stop  # the end"
}

if [ $stop_only = yes ]; then
  stop_all
  exit
fi
if [ $build = yes ]; then build_dist; fi
[ -x "$dist/bin/stellwerk" ] || {
  echo "[ERROR] There is no program at '$dist/bin/stellwerk'; build it without --dist." >&2
  exit 1
}
began_at=$SECONDS
if [ -s "$master_pids" ]; then
  say "Stopping what an earlier run left:"
  stop_all
fi
choose_ports
write_configuration
[ $type = local ] || start_zookeeper
start_masters
submit
kill_leader
start_again
say "That took $((SECONDS - began_at)) s. The cluster runs on: http://localhost:$first and http://localhost:$second
Its configuration, logs and storage are in build/quickstart."
say_what_next
