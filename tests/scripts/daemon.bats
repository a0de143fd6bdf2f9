#!/usr/bin/env bats
# jobmanager.sh and the daemon script below it; taskmanager.sh.
# shellcheck disable=SC2154  # variables from support.bash
bats_require_minimum_version 1.5.0
load support

setup() { common_setup; }
teardown() { common_teardown; }

@test "usage lines" {
  run_script jobmanager.sh
  expect 1 "Usage: jobmanager.sh ((start|start-foreground) [args])|stop|stop-all"
  run_script taskmanager.sh
  expect 1 "Usage: taskmanager.sh (start|start-foreground|stop|stop-all)"
  run_script standalone-job.sh wrong
  expect 1 "Usage: standalone-job.sh ((start|start-foreground))|stop [args]"
  run_script stellwerk-daemon.sh start nothing
  [[ $status == 1 && $stdout == "Unknown daemon 'nothing'. Usage: stellwerk-daemon.sh "* ]]
  run_script stellwerk-daemon.sh restart standalonesession
  [[ $status == 1 && $stdout == "Unexpected argument 'restart'. Usage: stellwerk-daemon.sh "* ]]
}

@test "a third one" {
  run_script jobmanager.sh start localhost 8081
  run_script jobmanager.sh start localhost 8181
  expect 0 "[INFO] 1 instance(s) of standalonesession are already running on host1.
Starting standalonesession daemon on host host1."
}

@test "arguments go through" {
  run_script jobmanager.sh start -Drest.port=9000 -D a.b=c
  run_script jobmanager.sh start myhost 8082 -Dx=y
  [ "$(calls)" = "master --configDir $home/conf -Drest.port=9000 -D a.b=c --entrypoint StandaloneSessionClusterEntrypoint
master --configDir $home/conf --host myhost --webui-port 8082 -Dx=y --entrypoint StandaloneSessionClusterEntrypoint" ]
  [ "$(grep -e --check "$STAND_IN_RECORD/config-calls")" = "\
config --check --configDir $home/conf --storage -Drest.port=9000 -D a.b=c
config --check --configDir $home/conf --storage --host myhost --webui-port 8082 -Dx=y" ]
}

@test "stop, stop-all and nothing to stop" {
  run_script jobmanager.sh stop
  expect 0 "No standalonesession daemon to stop on host host1."
  run_script jobmanager.sh stop-all
  expect 0 ""
  run_script jobmanager.sh start
  run_script jobmanager.sh start
  run_script jobmanager.sh start
  first=$(pid_at 1) second=$(pid_at 2) third=$(pid_at 3)
  run_script jobmanager.sh stop
  expect 0 "Stopping standalonesession daemon (pid: $third) on host host1."
  kill -9 "$first"
  run_script jobmanager.sh stop-all
  expect 0 "Skipping standalonesession daemon (pid: $first), because it is not running anymore on host1.
Stopping standalonesession daemon (pid: $second) on host host1."
  [ ! -e "$pid_file" ]
}

@test "a pid that now belongs to another program is not touched" {
  mkdir -p "$STELLWERK_PID_DIR"
  sleep 60 3>&- &
  other=$!
  printf '%s\n' $other >"$pid_file"
  run_script jobmanager.sh start
  expect 0 "Starting standalonesession daemon on host host1."
  master=$(pid_at 2)
  run_script jobmanager.sh stop
  expect 0 "Stopping standalonesession daemon (pid: $master) on host host1."
  run_script jobmanager.sh stop
  expect 0 "No standalonesession daemon (pid: $other) is running anymore on host1."
  kill -0 $other
  kill $other
}

@test "a damaged pid file harms nobody" {
  mkdir -p "$STELLWERK_PID_DIR"
  printf '%s\n' "-1" "abc" "" >"$pid_file"
  run_script jobmanager.sh stop-all
  [ "$status" = 0 ]
  [ ! -e "$pid_file" ]
}

@test "a pid directory that cannot be written" {
  : >"$BATS_TEST_TMPDIR/file"
  STELLWERK_PID_DIR=$BATS_TEST_TMPDIR/file/pids run_script jobmanager.sh start
  expect 1 ""
  expect_error "The pid directory '$BATS_TEST_TMPDIR/file/pids' cannot be written by user"
  expect_error "STELLWERK_PID_DIR"
  STELLWERK_LOG_DIR=$BATS_TEST_TMPDIR/file/logs run_script jobmanager.sh start
  expect 1 ""
  expect_error "The log directory"
  [ ! -e "$STAND_IN_RECORD/calls" ]
}

@test "storage that is not there stops the start before the fork" {
  config "stand-in: no-storage"
  run_script jobmanager.sh start
  expect 1 ""
  expect_error "'/mnt/none' is not there"
}

@test "a daemon that dies at once shows its last error and leaves no pid" {
  run_script jobmanager.sh start
  config "stand-in: dies"
  run_script jobmanager.sh start
  expect 1 "[INFO] 1 instance(s) of standalonesession are already running on host1.
Starting standalonesession daemon on host host1.
Error starting standalonesession daemon."
  expect_error "ERROR the port 8081 is taken"
  expect_error "ended with exit code 1; its log is '$home/log/stellwerk-tester-standalonesession-1-host1.log'"
  [ "$(wc -l <"$pid_file")" = 1 ]
}

@test "a daemon that says nothing for a while counts as started" {
  config "stand-in: silent"
  run_script jobmanager.sh start
  expect 0 "Starting standalonesession daemon on host host1."
}

@test "one that ignores SIGTERM is killed after 10 seconds" {
  config "stand-in: stubborn"
  run_script jobmanager.sh start
  pid=$(pid_at 1)
  run_script jobmanager.sh stop
  expect 0 "Stopping standalonesession daemon (pid: $pid) on host host1.
Daemon standalonesession didn't stop within 10 seconds. Killing it."
  [ ! -e "$pid_file" ]
  run_script jobmanager.sh stop
  expect 0 "No standalonesession daemon to stop on host host1."
}

@test "a worker that ignores SIGTERM has 20 seconds: 10 of them are its tasks'" {
  config "stand-in: stubborn"
  run_script taskmanager.sh start
  pid=$(worker_pid_at 1)
  run_script taskmanager.sh stop
  expect 0 "Stopping taskexecutor daemon (pid: $pid) on host host1.
Daemon taskexecutor didn't stop within 20 seconds. Killing it."
}

@test "log files: names, rotation, limit" {
  config "env.log.max: 2"
  for _ in 1 2 3 4; do
    run_script jobmanager.sh start
    run_script jobmanager.sh stop
  done
  cd "$home/log"
  [ "$(printf '%s ' *)" = "stellwerk-tester-standalonesession-0-host1.log \
stellwerk-tester-standalonesession-0-host1.log.1 stellwerk-tester-standalonesession-0-host1.log.2 \
stellwerk-tester-standalonesession-0-host1.out stellwerk-tester-standalonesession-0-host1.out.1 \
stellwerk-tester-standalonesession-0-host1.out.2 " ]
  [ "$(cat stellwerk-tester-standalonesession-0-host1.out)" = "to the out file" ]
}

@test "directories from the configuration" {
  unset STELLWERK_PID_DIR
  config "env.pid.dir: $BATS_TEST_TMPDIR/p q" "env.log.dir: $BATS_TEST_TMPDIR/l"
  run_script jobmanager.sh start
  [ -s "$BATS_TEST_TMPDIR/p q/stellwerk-tester-standalonesession.pid" ]
  [ -s "$BATS_TEST_TMPDIR/l/stellwerk-tester-standalonesession-0-host1.log" ]
}

@test "a daemon has no descriptor of its caller and a session of its own" {
  exec 7<"$root/LICENSE"
  run_script jobmanager.sh start
  pid=$(pid_at 1)
  run ! grep -x 7 "$STAND_IN_RECORD/descriptors"
  [[ $(readlink "/proc/$pid/fd"/*) != *"$STELLWERK_PID_DIR"* ]]
  [ "$(cut -d' ' -f6 "/proc/$pid/stat" 2>/dev/null)" = "$pid" ] || [ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ]
}

@test "many starts at once take turns" {
  for _ in 1 2 3 4; do "$bin/jobmanager.sh" start >/dev/null 2>&1 3>&- & done
  wait
  [ "$(sort -u "$pid_file" | wc -l)" = 4 ]
  logs=("$home/log"/*.log)
  [ ${#logs[@]} = 4 ]
}

@test "whoever holds the pid directory holds up nobody" {
  mkdir -p "$STELLWERK_PID_DIR"
  exec 8<"$STELLWERK_PID_DIR"
  flock 8
  run_script jobmanager.sh start
  expect 0 "Starting standalonesession daemon on host host1."
  run_script jobmanager.sh stop
  [ "$status" = 0 ]
  exec 8<&-
}

@test "the lock is a file of our own that no link leads away from" {
  run_script jobmanager.sh start
  [ "$(stat -c '%a %s' "$pid_file.lock")" = "600 0" ]
  run_script jobmanager.sh stop
  echo precious >"$BATS_TEST_TMPDIR/precious"
  for name in "$pid_file" "$pid_file.lock"; do
    rm -f "$name"
    ln -s "$BATS_TEST_TMPDIR/precious" "$name"
    run_script jobmanager.sh start
    expect 1 ""
    expect_error "'$name' is "
    rm "$name"
  done
  ln -s "$BATS_TEST_TMPDIR/new" "$pid_file.lock"
  run_script jobmanager.sh stop
  expect_error "'$pid_file.lock' is not a file of user '$(id -un)'"
  [ "$(<"$BATS_TEST_TMPDIR/precious")" = precious ] && [ ! -e "$BATS_TEST_TMPDIR/new" ]
}

@test "another user's lock file is not waited for" {
  [ "$EUID" = 0 ] || skip "needs root to make one"
  mkdir -p "$STELLWERK_PID_DIR"
  : >"$pid_file.lock"
  chown nobody "$pid_file.lock"
  run_script jobmanager.sh start
  expect 1 ""
  expect_error "env.pid.dir"
}

@test "a start that is killed leaves a master that stop finds" {
  # In its place just before the program: is the pid known, and then the end of the start.
  cat >"$BATS_TEST_TMPDIR/path/setsid" <<END
#!/usr/bin/env bash
grep -cx \$\$ "$pid_file" >"$STAND_IN_RECORD/known"
kill -9 \$PPID
exec "$(command -v setsid)" "\$@"
END
  chmod +x "$BATS_TEST_TMPDIR/path/setsid"
  run_script jobmanager.sh start
  [ "$status" = 137 ]
  [ "$(<"$STAND_IN_RECORD/known")" = 1 ]
  pid=$(pid_at 1)
  for _ in $(seq 100); do
    [ ! -s "$STAND_IN_RECORD/pids" ] || break
    sleep 0.05
  done
  run_script jobmanager.sh stop
  expect 0 "Stopping standalonesession daemon (pid: $pid) on host host1."
}

@test "start-foreground runs in this process" {
  "$bin/jobmanager.sh" start-foreground localhost 8081 >"$BATS_TEST_TMPDIR/console" 3>&- &
  pid=$!
  for _ in $(seq 100); do
    ! grep -q "listening at localhost:8081" "$BATS_TEST_TMPDIR/console" || break
    sleep 0.05
  done
  grep -qx "Starting standalonesession as a console application on host host1." "$BATS_TEST_TMPDIR/console"
  [ "$(<"$STAND_IN_RECORD/pids")" = $pid ]
  kill $pid
}

@test "workers: any number of them, arguments go through, stop ends the last one" {
  run_script taskmanager.sh stop
  expect 0 "No taskexecutor daemon to stop on host host1."
  run_script taskmanager.sh stop-all
  expect 0 ""
  run_script taskmanager.sh start
  expect 0 "Starting taskexecutor daemon on host host1."
  run_script taskmanager.sh start
  run_script taskmanager.sh start -D taskmanager.numberOfTaskSlots=4 --host h1
  expect 0 "[INFO] 2 instance(s) of taskexecutor are already running on host1.
Starting taskexecutor daemon on host host1."
  [ "$(calls | tail -n 1)" = "worker --configDir $home/conf -D taskmanager.numberOfTaskSlots=4 --host h1 \
--entrypoint TaskManagerRunner" ]
  first=$(worker_pid_at 1) second=$(worker_pid_at 2) third=$(worker_pid_at 3)
  run_script taskmanager.sh stop
  expect 0 "Stopping taskexecutor daemon (pid: $third) on host host1."
  kill -9 "$first"
  run_script taskmanager.sh stop-all
  expect 0 "Skipping taskexecutor daemon (pid: $first), because it is not running anymore on host1.
Stopping taskexecutor daemon (pid: $second) on host host1."
  [ ! -e "$worker_pid_file" ]
}

@test "masters and workers are counted and stopped apart" {
  run_script jobmanager.sh start
  run_script taskmanager.sh start
  expect 0 "Starting taskexecutor daemon on host host1."
  run_script taskmanager.sh stop-all
  kill -0 "$(pid_at 1)"
}

@test "a worker that dies at once shows its last error" {
  config "stand-in: dies"
  run_script taskmanager.sh start
  expect 1 "Starting taskexecutor daemon on host host1.
Error starting taskexecutor daemon."
  expect_error "ERROR the port 8081 is taken"
  expect_error "The taskexecutor ended with exit code 1; its log is '$home/log/stellwerk-tester-taskexecutor-0-host1.log'"
}

@test "a worker in the foreground runs in this process" {
  "$bin/taskmanager.sh" start-foreground -Da=b >"$BATS_TEST_TMPDIR/console" 3>&- &
  pid=$!
  for _ in $(seq 100); do
    ! grep -q "ResourceID" "$BATS_TEST_TMPDIR/console" || break
    sleep 0.05
  done
  grep -qx "Starting taskexecutor as a console application on host host1." "$BATS_TEST_TMPDIR/console"
  [ "$(<"$STAND_IN_RECORD/pids")" = $pid ]
  [ "$(calls)" = "worker --configDir $home/conf -Da=b --entrypoint TaskManagerRunner" ]
  kill $pid
}

@test "no standalone job to stop" {
  run_script standalone-job.sh stop
  expect 0 "No standalonejob daemon to stop on host host1."
}

@test "scripts without their program say where they belong" {
  rm "$bin/stellwerk"
  run_script jobmanager.sh start
  expect 1 ""
  expect_error "There is no program at '$bin/stellwerk'"
}
