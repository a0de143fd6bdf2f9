# shellcheck shell=bash
# How a ZooKeeper server is run for development and small set-ups: from $ZOOKEEPER_HOME (an unpacked
# release) or else from Debian's package. To be sourced after config.sh.

ZOOKEEPER_CONFIG=$STELLWERK_CONF_DIR/zoo.cfg
DEBIAN_JARS=/usr/share/java
DEBIAN_JAR_NAMES=(zookeeper zookeeper-jute slf4j-api slf4j-log4j12 log4j-1.2 netty-common netty-handler
  netty-transport netty-buffer netty-codec netty-resolver netty-transport-native-epoll
  netty-transport-native-unix-common metrics-core snappy-java commons-cli)

need_zookeeper_config() {
  if [ ! -f "$ZOOKEEPER_CONFIG" ]; then
    echo "[ERROR] No ZooKeeper configuration file found in '$ZOOKEEPER_CONFIG'."
    exit 1
  fi
}

# zookeeper_setting KEY: its last value in zoo.cfg, nothing if it is not there.
zookeeper_setting() {
  sed -n "s/^[[:space:]]*${1//./\\.}[[:space:]]*=[[:space:]]*\(.*[^[:space:]]\)[[:space:]]*$/\1/p" -- "$ZOOKEEPER_CONFIG" | tail -n 1
}

# zookeeper_advice WHAT: ends the script with how to get what is missing.
zookeeper_advice() {
  fail "$1 Either 'apt-get install libzookeeper-java openjdk-17-jre-headless', or set ZOOKEEPER_HOME to an unpacked release of Apache ZooKeeper; or do without: 'high-availability.type: local'."
}

# find_java: sets java.
find_java() {
  java=${JAVA_HOME:+$JAVA_HOME/bin/}java
  command -v "$java" >/dev/null || zookeeper_advice "There is no Java to run ZooKeeper with ('$java')."
}

# find_class_path: sets class_path.
find_class_path() {
  local name
  if [ -n "${ZOOKEEPER_HOME:-}" ]; then
    if ! compgen -G "$ZOOKEEPER_HOME/lib/zookeeper-*.jar" >/dev/null && ! compgen -G "$ZOOKEEPER_HOME/zookeeper-*.jar" >/dev/null; then
      zookeeper_advice "ZOOKEEPER_HOME is '$ZOOKEEPER_HOME', but no zookeeper-*.jar is there or in its lib."
    fi
    class_path="$ZOOKEEPER_HOME/conf:$ZOOKEEPER_HOME/*:$ZOOKEEPER_HOME/lib/*"
    return
  fi
  [ -f "$DEBIAN_JARS/zookeeper.jar" ] || zookeeper_advice "There is no ZooKeeper here."
  class_path=$data
  for name in "${DEBIAN_JAR_NAMES[@]}"; do class_path+=:$DEBIAN_JARS/$name.jar; done
}

# prepare_data PEER: sets data, and writes there what this server is started with: its number and its
# configuration, which is zoo.cfg with what it leaves out.
prepare_data() {
  local peer=$1 owner
  data=$(zookeeper_setting dataDir)
  data=${data:-zookeeper-data}
  [[ $data == /* ]] || data=$STELLWERK_HOME/$data
  writable_directory "ZooKeeper data" "$data" "dataDir in $ZOOKEEPER_CONFIG" "mount it"
  owner=$(cat -- "$data/myid" 2>/dev/null)
  if [ -n "$owner" ] && [ "$owner" != "$peer" ]; then
    fail "'$data' holds the data of ZooKeeper server $owner; server $peer needs another dataDir (or remove '$data/myid' if it shall take it over)."
  fi
  echo "$peer" >"$data/myid"
  write_server_config >"$data/zoo.cfg"
  write_log_config >"$data/log4j.properties"
}

write_server_config() {
  local lonely='$^'
  # A single server is no quorum; ZooKeeper would call its line an error and ignore it.
  if [ "$(grep -cE '^[[:space:]]*server\.' -- "$ZOOKEEPER_CONFIG")" = 1 ]; then
    lonely='^[[:space:]]*server\.[^;]*$'
  fi
  echo "# Written at each start from $ZOOKEEPER_CONFIG; edit that one."
  # A server line may leave its ports out.
  sed -E -e '/^[[:space:]]*dataDir[[:space:]]*=/d' -e "/$lonely/d" \
    -e 's/^([[:space:]]*server\.[0-9]+[[:space:]]*=[[:space:]]*[^:;[:space:]]+)[[:space:]]*$/\1:2888:3888/' \
    -e 's/^([[:space:]]*server\.[0-9]+[[:space:]]*=[[:space:]]*[^:;[:space:]]+:[0-9]+)[[:space:]]*$/\1:3888/' \
    -- "$ZOOKEEPER_CONFIG"
  echo "dataDir=$data"
  [ -n "$(zookeeper_setting clientPort)$(zookeeper_setting secureClientPort)" ] ||
    grep -qE '^[[:space:]]*server\..*;' -- "$ZOOKEEPER_CONFIG" || echo "clientPort=2181"
  [ -n "$(zookeeper_setting initLimit)" ] || echo "initLimit=10"
  [ -n "$(zookeeper_setting syncLimit)" ] || echo "syncLimit=5"
  # Its admin server would take port 8080, and needs jars that Debian's package does without.
  [ -n "$(zookeeper_setting admin.enableServer)" ] || echo "admin.enableServer=false"
}

write_log_config() {
  cat <<'END'
log4j.rootLogger=INFO, ${stellwerk.appender}
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %-5p %c{2} - %m%n
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.File=${stellwerk.log}
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d{ISO8601} %-5p %c{2} - %m%n
END
}

# zookeeper_command PEER [LOG]: sets command, which logs to the console or to LOG.
zookeeper_command() {
  local peer=$1 log=${2:-} logging=(-Dstellwerk.appender=console) flags=()
  need_zookeeper_config
  if grep -qE '^[[:space:]]*server\.' -- "$ZOOKEEPER_CONFIG" && [ -z "$(zookeeper_setting "server.$peer")" ]; then
    fail "'$ZOOKEEPER_CONFIG' has no line server.$peer=host."
  fi
  find_java
  prepare_data "$peer"
  find_class_path
  [ -z "$log" ] || logging=(-Dstellwerk.appender=file "-Dstellwerk.log=$log")
  read -r -a flags <<<"${SERVER_JVMFLAGS:-}"
  # shellcheck disable=SC2034  # for those who source this file
  command=("$java" "${flags[@]}" "${logging[@]}" -cp "$class_path"
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$data/zoo.cfg")
}

# read_servers: sets HOSTS and SERVER_IDS from the server.N lines of zoo.cfg.
read_servers() {
  local line
  need_zookeeper_config
  HOSTS=() SERVER_IDS=()
  while IFS= read -r line; do
    if [[ $line =~ ^[[:space:]]*server\.([0-9]+)[[:space:]]*=[[:space:]]*([A-Za-z0-9_][A-Za-z0-9._-]*)(:[0-9]+)?(:[0-9]+)?(:(participant|observer))?([\;].*)?[[:space:]]*$ ]]; then
      SERVER_IDS+=("${BASH_REMATCH[1]}")
      HOSTS+=("${BASH_REMATCH[2]}")
    else
      echo "[WARN] Parse error. Skipping config entry '$line'."
    fi
  done < <(grep -E '^[[:space:]]*server\.' -- "$ZOOKEEPER_CONFIG")
  [ ${#HOSTS[@]} -gt 0 ] || fail "'$ZOOKEEPER_CONFIG' has no line server.N=host."
}
