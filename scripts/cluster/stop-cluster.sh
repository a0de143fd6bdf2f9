#!/usr/bin/env bash
# Stops a worker for each line of conf/workers, then a master for each line of conf/masters. What the
# cluster knows stays in its storageDir; the next start-cluster.sh goes on with it.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

read_masters
read_workers
HOSTS=("${WORKER_HOSTS[@]}") CALLS=()
for _ in "${HOSTS[@]}"; do CALLS+=("taskmanager.sh stop"); done
on_hosts "Stopping a worker"
code=$?
# A configuration that cannot be read must not keep masters running.
type=$(setting high-availability.type zookeeper)
HOSTS=("${MASTER_HOSTS[@]}") CALLS=()
[ "${type,,}" != none ] || HOSTS=(localhost)
for _ in "${HOSTS[@]}"; do CALLS+=("jobmanager.sh stop"); done
on_hosts "Stopping a master"
exit $((code ? code : $?))
