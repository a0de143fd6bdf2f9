#!/usr/bin/env bash
# Starts or stops a worker on this host. As many as one likes may run here; stop ends the last one that was started.
#   taskmanager.sh start [--host host] [-Dkey=value ...]
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

action=${1:-}
[ $# = 0 ] || shift

case $action in
  start)
    exec "$bin/stellwerk-daemon.sh" start taskexecutor "$@"
    ;;
  start-foreground)
    need_program
    echo "Starting taskexecutor as a console application on host $HOSTNAME."
    exec "$STELLWERK_PROGRAM" worker --configDir "$STELLWERK_CONF_DIR" "$@" --entrypoint TaskManagerRunner
    ;;
  stop | stop-all)
    exec "$bin/stellwerk-daemon.sh" "$action" taskexecutor
    ;;
  *)
    echo "Usage: taskmanager.sh (start|start-foreground|stop|stop-all)"
    exit 1
    ;;
esac
