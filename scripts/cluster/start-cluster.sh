#!/usr/bin/env bash
# Starts the masters that conf/masters names, then the workers of conf/workers: here directly, on other
# hosts through ssh. A host that stands there twice gets two. Every host is tried; the exit code is that
# of the first that failed.
#   start-cluster.sh [-Dkey=value ...]      settings for all of them; they come before conf/config.yaml
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

# only_settings WORD...: whether these are -Dkey=value and -D key=value alone.
only_settings() {
  while [ $# -gt 0 ]; do
    [[ $1 == -D* ]] || return 1
    [ "$1" != -D ] || shift
    shift || return 1
  done
}

if ! only_settings "$@"; then
  echo "Usage: start-cluster.sh [-Dkey=value ...]"
  exit 1
fi
need_program
check_configuration "$@"
read_masters
read_workers
type=$(setting high-availability.type NONE "$@")

# one_master: without high availability a single master starts here, as in Flink. Which line of
# conf/masters it takes its name and port from: the first that names this host.
one_master() {
  local index
  HOSTS=(localhost) CALLS=("jobmanager.sh start")
  for index in "${!MASTER_HOSTS[@]}"; do
    if is_local "${MASTER_HOSTS[index]}"; then
      CALLS=("jobmanager.sh start ${MASTER_HOSTS[index]} ${MASTER_PORTS[index]}")
      break
    fi
  done
  if [ ${#MASTER_HOSTS[@]} -gt 1 ]; then
    echo "[WARN] conf/masters names ${#MASTER_HOSTS[@]} masters, but high-availability.type is NONE: one is started, here. Set it to 'zookeeper' (or 'local' for several on this host)." >&2
  fi
}

if [ "${type,,}" = none ]; then
  echo "Starting cluster."
  one_master
else
  echo "Starting HA cluster with ${#MASTER_HOSTS[@]} masters."
  HOSTS=("${MASTER_HOSTS[@]}") CALLS=()
  for index in "${!HOSTS[@]}"; do CALLS+=("jobmanager.sh start ${HOSTS[index]} ${MASTER_PORTS[index]}"); done
fi
on_hosts "Starting a master" "$@"
code=$?
HOSTS=("${WORKER_HOSTS[@]}") CALLS=()
for _ in "${HOSTS[@]}"; do CALLS+=("taskmanager.sh start"); done
on_hosts "Starting a worker" "$@"
exit $((code ? code : $?))
