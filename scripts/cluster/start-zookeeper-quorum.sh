#!/usr/bin/env bash
# Starts a ZooKeeper server for each line server.N=host of conf/zoo.cfg, on its host.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"
. "$bin/zookeeper-config.sh"

read_servers
CALLS=()
for id in "${SERVER_IDS[@]}"; do CALLS+=("zookeeper.sh start $id"); done
on_hosts "Starting a ZooKeeper server"
