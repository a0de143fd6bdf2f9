#!/usr/bin/env bats
# zookeeper.sh and the quorum scripts, with a stand-in for Java and a release directory.
# shellcheck disable=SC2154  # variables from support.bash
bats_require_minimum_version 1.5.0
load support

setup() {
  common_setup
  data="$BATS_TEST_TMPDIR/zookeeper data"
  cp "$root/tests/scripts/stand-in/java" "$BATS_TEST_TMPDIR/path"
  unset JAVA_HOME SERVER_JVMFLAGS
  export ZOOKEEPER_HOME=$BATS_TEST_TMPDIR/zookeeper
  mkdir -p "$ZOOKEEPER_HOME/lib"
  : >"$ZOOKEEPER_HOME/lib/zookeeper-3.8.0.jar"
  zoo "dataDir=$data" "clientPort=2182" "server.1=localhost"
}
teardown() { common_teardown; }

zoo() { printf '%s\n' "$@" >"$home/conf/zoo.cfg"; }

@test "usage, missing configuration, missing peer id" {
  run_script zookeeper.sh
  expect 1 "Usage: zookeeper.sh ((start|start-foreground) peer-id)|stop|stop-all"
  run_script zookeeper.sh start
  expect 1 "[ERROR] Missing peer id argument. Usage: zookeeper.sh ((start|start-foreground) peer-id)|stop|stop-all."
  rm "$home/conf/zoo.cfg"
  run_script zookeeper.sh start 1
  expect 1 "[ERROR] No ZooKeeper configuration file found in '$home/conf/zoo.cfg'."
  run_script start-zookeeper-quorum.sh
  expect 1 "[ERROR] No ZooKeeper configuration file found in '$home/conf/zoo.cfg'."
}

@test "start and stop: myid, a whole configuration, class path" {
  SERVER_JVMFLAGS="-Xmx64m -Da=b" run_script zookeeper.sh start 1
  expect 0 "Starting zookeeper daemon on host host1."
  [ "$(<"$data/myid")" = 1 ]
  for line in "dataDir=$data" "clientPort=2182" "initLimit=10" "syncLimit=5" \
    "admin.enableServer=false"; do
    grep -qxF "$line" "$data/zoo.cfg"
  done
  run ! grep "server\." "$data/zoo.cfg" # one server is no quorum
  log="$home/log/stellwerk-tester-zookeeper-0-host1.log"
  [ "$(<"$STAND_IN_RECORD/java")" = "[-Xmx64m][-Da=b][-Dstellwerk.appender=file][-Dstellwerk.log=$log][-cp]\
[$ZOOKEEPER_HOME/conf:$ZOOKEEPER_HOME/*:$ZOOKEEPER_HOME/lib/*]\
[org.apache.zookeeper.server.quorum.QuorumPeerMain][$data/zoo.cfg]" ]
  pid=$(<"$STELLWERK_PID_DIR/stellwerk-tester-zookeeper.pid")
  run_script zookeeper.sh stop
  expect 0 "Stopping zookeeper daemon (pid: $pid) on host host1."
  run_script zookeeper.sh stop
  expect 0 "No zookeeper daemon to stop on host host1."
}

@test "what zoo.cfg says is kept" {
  zoo "dataDir = $data" "initLimit=3" "syncLimit=2" "admin.enableServer=true" "server.1=a:1:2;2181" "server.2=b:7"
  run_script zookeeper.sh start 1
  [ "$status" = 0 ]
  [ "$(grep -vE '^#' "$data/zoo.cfg")" = "initLimit=3
syncLimit=2
admin.enableServer=true
server.1=a:1:2;2181
server.2=b:7:3888
dataDir=$data" ]
}

@test "a data directory of another server, a peer that is not in zoo.cfg, a peer that is no number" {
  run_script zookeeper.sh start 2
  expect 1 ""
  expect_error "has no line server.2=host."
  mkdir -p "$data" && echo 3 >"$data/myid"
  run_script zookeeper.sh start 1
  expect 1 ""
  expect_error "'$data' holds the data of ZooKeeper server 3; server 1 needs another dataDir"
  run_script zookeeper.sh start one
  expect 1 ""
  expect_error "The peer id 'one' is no number"
}

@test "a server that dies at once" {
  zoo "dataDir=$data" "stand-in=dies"
  run_script zookeeper.sh start 1
  expect 1 "Starting zookeeper daemon on host host1.
Error starting zookeeper daemon."
  expect_error "java.net.BindException: Address already in use"
}

@test "without ZooKeeper or Java: how to get it, or do without" {
  rm "$ZOOKEEPER_HOME/lib/zookeeper-3.8.0.jar"
  run_script zookeeper.sh start 1
  expect 1 ""
  expect_error "no zookeeper-*.jar is there"
  expect_error "apt-get install libzookeeper-java openjdk-17-jre-headless"
  expect_error "'high-availability.type: local'"
  JAVA_HOME=/nowhere run_script zookeeper.sh start 1
  expect 1 ""
  expect_error "There is no Java to run ZooKeeper with ('/nowhere/bin/java')"
}

@test "a quorum: here directly, elsewhere through ssh, bad lines skipped" {
  zoo "dataDir=$data" "server.1=localhost:2888:3888" "server.2=other:2888:3888:observer" "server.x=bad" "server.3=down3"
  run_script start-zookeeper-quorum.sh
  expect 255 "[WARN] Parse error. Skipping config entry 'server.x=bad'.
Starting zookeeper daemon on host host1."
  expect_error "Starting a ZooKeeper server failed on 1 of 3 entries: down3 (exit code 255)."
  grep -qF "[other][--][nohup /usr/bin/env " "$STAND_IN_RECORD/ssh"
  grep -qF "'$bin/zookeeper.sh' start 2]" "$STAND_IN_RECORD/ssh"
  pid=$(<"$STELLWERK_PID_DIR/stellwerk-tester-zookeeper.pid")
  run_script stop-zookeeper-quorum.sh
  expect 255 "[WARN] Parse error. Skipping config entry 'server.x=bad'.
Stopping zookeeper daemon (pid: $pid) on host host1."
  grep -qF "'$bin/zookeeper.sh' stop]" "$STAND_IN_RECORD/ssh"
}
