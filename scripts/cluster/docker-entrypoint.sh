#!/usr/bin/env bash
# What a container of the image runs, with the arguments that people know from Flink's image.
#   docker-entrypoint.sh jobmanager|taskmanager|standalone-job|help [args], or any other command
# Environment: FLINK_PROPERTIES or STELLWERK_PROPERTIES, lines `key: value` that come before the configuration's;
# STELLWERK_MASTERS, the masters as `host:port host:port`; JOB_MANAGER_RPC_ADDRESS; TASK_MANAGER_NUMBER_OF_TASK_SLOTS;
# POD_IP, the host that is advertised instead of the container's name.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
PATH=$bin:$PATH

# fail SENTENCE
fail() {
  echo "[ERROR] $*" >&2
  exit 1
}

usage() {
  echo "Usage: $(basename -- "$0") (jobmanager|taskmanager|standalone-job|help) [args]"
  echo "  jobmanager (or master), taskmanager (or worker): runs that in the foreground, with -Dkey=value and its other options"
  echo "  standalone-job: a master that runs one job, a file or the one in usrlib/, and ends with it"
  echo "  Everything else is run as a command, for example: stellwerk list"
}

# take_properties: what the environment says, as the lines that the program reads. The last of two equal keys counts.
take_properties() {
  local lines=""
  [ -z "${JOB_MANAGER_RPC_ADDRESS:-}" ] || lines+="jobmanager.rpc.address: $JOB_MANAGER_RPC_ADDRESS"$'\n'
  [ -z "${TASK_MANAGER_NUMBER_OF_TASK_SLOTS:-}" ] || lines+="taskmanager.numberOfTaskSlots: $TASK_MANAGER_NUMBER_OF_TASK_SLOTS"$'\n'
  [ -z "${FLINK_PROPERTIES:-}" ] || lines+="$FLINK_PROPERTIES"$'\n'
  lines+=${STELLWERK_PROPERTIES:-}
  [ -z "$lines" ] || export STELLWERK_PROPERTIES=$lines
}

# copy_conf FROM TO
copy_conf() { mkdir -p -- "$2" && cp -rL -- "$1/." "$2/" && chmod -R u+w -- "$2"; }

# take_masters: writes STELLWERK_MASTERS into conf/masters, or where that may not be written into a copy of conf.
take_masters() {
  local conf=${STELLWERK_CONF_DIR:-$(dirname -- "$bin")/conf} masters
  [ -n "${STELLWERK_MASTERS:-}" ] || return 0
  read -r -d '' -a masters <<<"${STELLWERK_MASTERS//,/ }"
  if ! { : >>"$conf/masters"; } 2>/dev/null; then
    export STELLWERK_CONF_DIR=${TMPDIR:-/tmp}/stellwerk-conf
    copy_conf "$conf" "$STELLWERK_CONF_DIR" ||
      fail "'$conf' cannot be written, and there is no room for a copy in '$STELLWERK_CONF_DIR'; mount it with the masters in it."
    conf=$STELLWERK_CONF_DIR
  fi
  printf '%s\n' "${masters[@]}" >"$conf/masters"
}

# names_host WORD...: whether these arguments say which host is advertised; what stands behind -- is a command's.
names_host() {
  local word
  for word in "$@"; do
    [ "$word" != -- ] || return 1
    case $word in --host | --host=* | -Drest.address=* | rest.address=* | -Dtaskmanager.host=* | taskmanager.host=*) return 0 ;; esac
  done
  return 1
}

# start SCRIPT ARGUMENT...: the container's first process becomes the daemon's guard, or the script itself.
start() {
  local script=$1
  shift
  take_properties
  take_masters
  # `jobmanager.sh start-foreground host port` has its host in front.
  if [[ $script == standalone-job.sh || ${1:--} == -* ]] && ! names_host "$@"; then set -- --host "${POD_IP:-$(uname -n)}" "$@"; fi
  exec "$bin/$script" start-foreground "$@"
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
  jobmanager | master) start jobmanager.sh "$@" ;;
  taskmanager | worker) start taskmanager.sh "$@" ;;
  standalone-job) start standalone-job.sh "$@" ;;
  history-server) fail "There is no history server: any master shows ended jobs, for jobstore.expiration-time." ;;
  help | --help | -h) usage ;;
  *)
    take_properties
    take_masters
    exec "$command" "$@"
    ;;
esac
