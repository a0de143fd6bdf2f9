#!/usr/bin/env bash
# Will start or stop a worker on this host; this version has no workers yet and says so.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

case ${1:-} in
  start | start-foreground)
    fail "Workers (taskexecutor) are planned, not in this version: masters keep jobs, nothing runs their tasks yet."
    ;;
  stop | stop-all)
    exec "$bin/stellwerk-daemon.sh" "$1" taskexecutor
    ;;
  *)
    echo "Usage: taskmanager.sh (start|start-foreground|stop|stop-all)"
    exit 1
    ;;
esac
