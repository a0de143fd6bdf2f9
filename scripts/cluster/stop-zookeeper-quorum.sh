#!/usr/bin/env bash
# Stops a ZooKeeper server for each line server.N=host of conf/zoo.cfg, on its host.
bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
. "$bin/config.sh"
. "$bin/zookeeper-config.sh"

read_servers
CALLS=()
for _ in "${SERVER_IDS[@]}"; do CALLS+=("zookeeper.sh stop"); done
on_hosts "Stopping a ZooKeeper server"
