#!/usr/bin/env bats
# start-cluster.sh and stop-cluster.sh: lines and exit codes as Flink's.
# shellcheck disable=SC2154  # variables from support.bash
load support

setup() { common_setup; }
teardown() { common_teardown; }

@test "two masters on one host start by port and stop last first" {
  run_script start-cluster.sh
  expect 0 "Starting HA cluster with 2 masters.
Starting standalonesession daemon on host host1.
[INFO] 1 instance(s) of standalonesession are already running on host1.
Starting standalonesession daemon on host host1."
  [ "$(calls)" = "master --configDir $home/conf --host localhost --webui-port 8081 --entrypoint StandaloneSessionClusterEntrypoint
master --configDir $home/conf --host localhost --webui-port 8082 --entrypoint StandaloneSessionClusterEntrypoint" ]
  first=$(pid_at 1) second=$(pid_at 2)
  run_script stop-cluster.sh
  expect 0 "Stopping standalonesession daemon (pid: $second) on host host1.
Stopping standalonesession daemon (pid: $first) on host host1."
  [ ! -e "$pid_file" ]
  [ -z "$(tr -d "\\0" 2>/dev/null <"/proc/$first/cmdline")" ]
}

@test "stopping twice" {
  run_script stop-cluster.sh
  expect 0 "No standalonesession daemon to stop on host host1.
No standalonesession daemon to stop on host host1."
}

@test "stopping when one of two was killed" {
  run_script start-cluster.sh
  first=$(pid_at 1) second=$(pid_at 2)
  kill -9 "$second"
  run_script stop-cluster.sh
  expect 0 "No standalonesession daemon (pid: $second) is running anymore on host1.
Stopping standalonesession daemon (pid: $first) on host host1."
}

@test "starting again while it runs" {
  run_script start-cluster.sh
  run_script start-cluster.sh
  expect 0 "Starting HA cluster with 2 masters.
[INFO] 2 instance(s) of standalonesession are already running on host1.
Starting standalonesession daemon on host host1.
[INFO] 3 instance(s) of standalonesession are already running on host1.
Starting standalonesession daemon on host host1."
}

@test "a master without a port gets none; comments, blanks, network prefixes and a missing last newline" {
  printf '# masters\n\n  rack/1/localhost   # first\r\n[::1]:8083' >"$home/conf/masters"
  run_script start-cluster.sh
  [ "$status" = 0 ]
  [ "$(calls)" = "master --configDir $home/conf --host localhost --entrypoint StandaloneSessionClusterEntrypoint
master --configDir $home/conf --host ::1 --webui-port 8083 --entrypoint StandaloneSessionClusterEntrypoint" ]
}

@test "several hosts go through ssh, this host's own name does not" {
  masters host1:8081 other:8082
  STELLWERK_SSH_OPTS="-p 2222" run_script start-cluster.sh
  expect 0 "Starting HA cluster with 2 masters.
Starting standalonesession daemon on host host1."
  line=$(<"$STAND_IN_RECORD/ssh")
  [[ $line == "[-n][-p][2222]"*"[other][--][nohup /usr/bin/env "*"/bin/bash -l '$bin/jobmanager.sh' start other 8082]" ]]
  [[ $line == *"'STELLWERK_PID_DIR=$STELLWERK_PID_DIR'"* ]]
  [[ $line != *STELLWERK_CONF_DIR* ]]
}

@test "ssh without settings of the caller, options from the configuration, stop through ssh" {
  config "high-availability.type: zookeeper" "env.ssh.opts: -i key"
  masters other
  unset STELLWERK_PID_DIR STELLWERK_IDENT_STRING
  run_script stop-cluster.sh
  expect 0 ""
  [[ $(<"$STAND_IN_RECORD/ssh") == "[-n][-i][key]"*"[other][--][nohup /bin/bash -l '$bin/jobmanager.sh' stop]" ]]
}

@test "a host that cannot be reached does not keep the others from starting" {
  masters down1:8081 fails:8082 localhost:8083
  run_script start-cluster.sh
  [ "$status" = 255 ]
  expect_error "Starting a master failed on 2 of 3 entries: down1 (exit code 255), fails (exit code 7)."
  [ "$(calls | wc -l)" = 1 ]
}

@test "a master that dies at once fails the start, the other entries are tried" {
  config "high-availability.type: zookeeper" "stand-in: dies"
  run_script start-cluster.sh
  expect 1 "Starting HA cluster with 2 masters.
Starting standalonesession daemon on host host1.
Error starting standalonesession daemon.
Starting standalonesession daemon on host host1.
Error starting standalonesession daemon."
  expect_error "ERROR the port 8081 is taken"
  expect_error "2 of 2 entries"
  [ ! -e "$pid_file" ]
}

@test "type NONE starts one master here, by its line, and warns when there are several" {
  config "high-availability.type: NONE"
  masters elsewhere:8081 localhost:8082
  run_script start-cluster.sh
  expect 0 "Starting cluster.
Starting standalonesession daemon on host host1."
  expect_error "names 2 masters, but high-availability.type is NONE"
  [[ $(calls) == *"--host localhost --webui-port 8082"* ]]
  pid=$(pid_at 1)
  run_script stop-cluster.sh
  expect 0 "Stopping standalonesession daemon (pid: $pid) on host host1."
}

@test "type NONE without a line for this host" {
  config "high-availability.type: NONE"
  masters elsewhere:8081
  run_script start-cluster.sh
  [ "$status" = 0 ]
  [ "$(calls)" = "master --configDir $home/conf --entrypoint StandaloneSessionClusterEntrypoint" ]
}

@test "bad lines in masters: all are named and nothing starts" {
  masters "localhost:8081 localhost:8082" "host:eighty" "host:70000" "-oProxyCommand=x" "::1" "a:1" "a:1"
  run_script start-cluster.sh
  expect 1 ""
  expect_error "conf/masters:1: 'localhost:8081 localhost:8082' has more than one entry"
  expect_error "conf/masters:2: 'host:eighty' has the port 'eighty'"
  expect_error "conf/masters:3: 'host:70000' has the port '70000'"
  expect_error "conf/masters:4: '-oProxyCommand=x' is no host[:port]"
  expect_error "conf/masters:5: '::1' is no host[:port]; an IPv6 address is written [address]:port"
  expect_error "conf/masters:7: 'a:1' stands there twice"
  [ ! -e "$STAND_IN_RECORD/calls" ] && [ ! -e "$STAND_IN_RECORD/ssh" ]
}

@test "missing files" {
  rm "$home/conf/masters"
  run_script start-cluster.sh
  expect 1 "No masters file. Please specify masters in 'conf/masters'."
  run_script stop-cluster.sh
  expect 1 "No masters file. Please specify masters in 'conf/masters'."
  masters "# nobody"
  run_script start-cluster.sh
  expect 1 ""
  expect_error "conf/masters names no master; write one host[:port] per line."
}

@test "settings go to every master, here and through ssh" {
  masters localhost:8081 other:8082
  run_script start-cluster.sh "-Dstellwerk.cluster-name=it's mine; \$x" -D a.b=c
  [ "$status" = 0 ]
  [ "$(calls)" = "master --configDir $home/conf --host localhost --webui-port 8081 -Dstellwerk.cluster-name=it's mine; \$x \
-D a.b=c --entrypoint StandaloneSessionClusterEntrypoint" ]
  line=$(<"$STAND_IN_RECORD/ssh")
  line=${line##*"[other][--]["}
  # As the shell over there reads it.
  eval "words=(${line%]})"
  [ "${words[-3]}" = "-Dstellwerk.cluster-name=it's mine; \$x" ] && [ "${words[-2]} ${words[-1]}" = "-D a.b=c" ]
}

@test "settings decide how many masters start" {
  config "high-availability.type: NONE"
  run_script start-cluster.sh -Dhigh-availability.type=local
  [[ $stdout == "Starting HA cluster with 2 masters."* ]]
  [ "$(calls | wc -l)" = 2 ]
}

@test "other arguments start nothing" {
  for words in localhost "-D" "-Da=b --json"; do
    # shellcheck disable=SC2086  # words
    run_script start-cluster.sh $words
    expect 1 "Usage: start-cluster.sh [-Dkey=value ...]"
  done
  [ ! -e "$STAND_IN_RECORD/calls" ]
}

@test "without conf/workers the masters start all the same" {
  rm "$home/conf/workers"
  run_script start-cluster.sh
  [ "$status" = 0 ] && [[ $stdout != *taskexecutor* ]]
  [ "$(calls | wc -l)" = 2 ]
}

@test "two masters and two workers on one host, and all of them stopped" {
  workers localhost localhost
  run_script start-cluster.sh
  expect 0 "Starting HA cluster with 2 masters.
Starting standalonesession daemon on host host1.
[INFO] 1 instance(s) of standalonesession are already running on host1.
Starting standalonesession daemon on host host1.
Starting taskexecutor daemon on host host1.
[INFO] 1 instance(s) of taskexecutor are already running on host1.
Starting taskexecutor daemon on host host1."
  [ "$(calls | tail -n 2)" = "worker --configDir $home/conf --entrypoint TaskManagerRunner
worker --configDir $home/conf --entrypoint TaskManagerRunner" ]
  [ -s "$home/log/stellwerk-tester-taskexecutor-1-host1.log" ]
  stopped="Stopping taskexecutor daemon (pid: $(worker_pid_at 2)) on host host1.
Stopping taskexecutor daemon (pid: $(worker_pid_at 1)) on host host1.
Stopping standalonesession daemon (pid: $(pid_at 2)) on host host1.
Stopping standalonesession daemon (pid: $(pid_at 1)) on host host1."
  run_script stop-cluster.sh
  expect 0 "$stopped"
  run_script stop-cluster.sh
  expect 0 "No taskexecutor daemon to stop on host host1.
No taskexecutor daemon to stop on host host1.
No standalonesession daemon to stop on host host1.
No standalonesession daemon to stop on host host1."
}

@test "workers of other hosts go through ssh, with the settings for all" {
  masters localhost:8081
  workers other localhost down1
  run_script start-cluster.sh -Da.b=c
  [ "$status" = 255 ]
  expect_error "Starting a worker failed on 1 of 3 entries: down1 (exit code 255)."
  [[ $(sed -n 1p "$STAND_IN_RECORD/ssh") == *"[other][--][nohup "*" /bin/bash -l '$bin/taskmanager.sh' start -Da.b=c]" ]]
  [ "$(calls | tail -n 1)" = "worker --configDir $home/conf -Da.b=c --entrypoint TaskManagerRunner" ]
  : >"$STAND_IN_RECORD/ssh"
  workers other localhost
  run_script stop-cluster.sh
  [ "$status" = 0 ]
  [[ $(<"$STAND_IN_RECORD/ssh") == *"[other][--][nohup "*" /bin/bash -l '$bin/taskmanager.sh' stop]" ]]
}

@test "a master that fails does not keep the workers from starting" {
  masters down1:8081 localhost:8082
  workers localhost
  run_script start-cluster.sh
  [ "$status" = 255 ]
  [[ $stdout == *"
Starting taskexecutor daemon on host host1." ]]
}

@test "conf/slaves is read when workers is missing; no workers, no line" {
  rm "$home/conf/workers"
  echo localhost >"$home/conf/slaves"
  masters localhost:8084
  run_script start-cluster.sh
  [[ $stdout == *"
Starting taskexecutor daemon on host host1." ]]
  : >"$home/conf/slaves"
  masters localhost:8085
  run_script start-cluster.sh
  [[ $stdout != *taskexecutor* ]]
}

@test "bad lines in workers: all are named and nothing starts" {
  workers "localhost localhost" "localhost" "-x"
  run_script start-cluster.sh
  expect 1 ""
  expect_error "conf/workers:1: 'localhost localhost' has more than one entry"
  expect_error "conf/workers:3: '-x' is no host[:port]"
  [ ! -e "$STAND_IN_RECORD/calls" ]
}

@test "a bad configuration stops the start before anything is printed, but not the stop" {
  run_script start-cluster.sh
  config "broken: yes"
  run_script start-cluster.sh
  expect 1 ""
  expect_error "'broken' is no key"
  second=$(pid_at 2) first=$(pid_at 1)
  run_script stop-cluster.sh
  expect 0 "Stopping standalonesession daemon (pid: $second) on host host1.
Stopping standalonesession daemon (pid: $first) on host host1."
}

@test "another configuration directory, through a symbolic link, from any directory" {
  mkdir "$BATS_TEST_TMPDIR/my conf"
  mv "$home/conf"/* "$BATS_TEST_TMPDIR/my conf"
  ln -s "$bin/start-cluster.sh" "$BATS_TEST_TMPDIR/start"
  cd "$BATS_TEST_TMPDIR"
  STELLWERK_CONF_DIR="my conf" STELLWERK_LOG_DIR="my log" ./start
  [[ $(calls) == "master --configDir $BATS_TEST_TMPDIR/my conf "* ]]
  [ -s "$BATS_TEST_TMPDIR/my log/stellwerk-tester-standalonesession-0-host1.log" ]
}
