#!/usr/bin/env bash
# Will run one job on a cluster of its own; this version has session clusters only and says so.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

case ${1:-} in
  start | start-foreground)
    fail "A cluster for one job (standalonejob) is planned, not in this version; use bin/start-cluster.sh and bin/stellwerk run."
    ;;
  stop | stop-all)
    exec "$bin/stellwerk-daemon.sh" "$1" standalonejob
    ;;
  *)
    echo "Usage: standalone-job.sh ((start|start-foreground))|stop [args]"
    exit 1
    ;;
esac
