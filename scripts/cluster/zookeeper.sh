#!/usr/bin/env bash
# Starts or stops a ZooKeeper server on this host, as conf/zoo.cfg describes it.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"
. "$bin/zookeeper-config.sh"

USAGE="Usage: zookeeper.sh ((start|start-foreground) peer-id)|stop|stop-all"
action=${1:-} peer=${2:-}

case $action in
  start | start-foreground)
    need_zookeeper_config
    if [ -z "$peer" ]; then
      echo "[ERROR] Missing peer id argument. $USAGE."
      exit 1
    fi
    [[ $peer =~ ^[0-9]{1,3}$ ]] || fail "The peer id '$peer' is no number from 1 to 255, the N of a line server.N=host."
    if [ "$action" = start ]; then exec "$bin/stellwerk-daemon.sh" start zookeeper "$peer"; fi
    zookeeper_command "$peer"
    echo "Starting zookeeper as a console application on host $HOSTNAME."
    exec "${command[@]}"
    ;;
  stop | stop-all)
    exec "$bin/stellwerk-daemon.sh" "$action" zookeeper
    ;;
  *)
    echo "$USAGE"
    exit 1
    ;;
esac
