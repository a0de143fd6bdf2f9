#!/usr/bin/env bash
# Starts or stops a master on this host.
#   jobmanager.sh start [host [webui-port]] [-Dkey=value ...]
# The host is what it advertises (and, for localhost, where it listens); port 0 takes any free one.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"

action=${1:-}
[ $# = 0 ] || shift

# master_arguments WORD...: sets arguments, with the two leading words as Flink's scripts have them.
master_arguments() {
  arguments=()
  if [ $# -gt 0 ] && [[ $1 != -* ]]; then
    arguments+=(--host "$1")
    shift
    if [ $# -gt 0 ] && [[ $1 != -* ]]; then
      arguments+=(--webui-port "$1")
      shift
    fi
  fi
  arguments+=("$@")
}

case $action in
  start | start-foreground)
    need_program
    master_arguments "$@"
    # As the master will see it, before anything is started.
    checked=() before=""
    for word in "${arguments[@]}"; do
      case $before in -D | --host | --webui-port) checked+=("$before" "$word") ;; esac
      [[ $word != -D?* ]] || checked+=("$word")
      before=$word
    done
    check_configuration --storage "${checked[@]}"
    if [ "$action" = start ]; then exec "$bin/stellwerk-daemon.sh" start standalonesession "${arguments[@]}"; fi
    echo "Starting standalonesession as a console application on host $HOSTNAME."
    exec "$STELLWERK_PROGRAM" master --configDir "$STELLWERK_CONF_DIR" "${arguments[@]}" \
      --entrypoint StandaloneSessionClusterEntrypoint
    ;;
  stop | stop-all)
    exec "$bin/stellwerk-daemon.sh" "$action" standalonesession
    ;;
  *)
    echo "Usage: jobmanager.sh ((start|start-foreground) [args])|stop|stop-all"
    exit 1
    ;;
esac
