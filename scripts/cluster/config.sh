# shellcheck shell=bash
# What the scripts in bin/ share: where things are, settings, hosts, ssh. To be sourced, not run:
#   bin=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")"); . "$bin/config.sh"
# Lines that Flink's scripts print go to stdout, as there; what only these say goes to stderr.

SSH_CONNECT_SECONDS_MAX=10

STELLWERK_HOME=$(dirname -- "${bin:?the directory of this script}")
STELLWERK_PROGRAM=$bin/stellwerk
HOSTNAME=${HOSTNAME:-$(uname -n)}

# What the caller set travels to other hosts too; what follows from it does not.
declare -A GIVEN
for name in STELLWERK_CONF_DIR STELLWERK_LOG_DIR STELLWERK_PID_DIR STELLWERK_IDENT_STRING; do
  if [ -n "${!name:-}" ]; then GIVEN[$name]=${!name}; fi
done

STELLWERK_CONF_DIR=$(readlink -m -- "${STELLWERK_CONF_DIR:-$STELLWERK_HOME/conf}")
STELLWERK_IDENT_STRING=${STELLWERK_IDENT_STRING:-${USER:-$(id -un 2>/dev/null)}}
export STELLWERK_CONF_DIR STELLWERK_IDENT_STRING

# fail SENTENCE: says it and ends the script with 1.
fail() {
  echo "[ERROR] $*" >&2
  exit 1
}

# need_program: ends the script unless the program and its configuration are where they belong.
need_program() {
  [ -x "$STELLWERK_PROGRAM" ] || fail "There is no program at '$STELLWERK_PROGRAM'; these scripts belong in the bin directory of an installed Stellwerk."
  [ -d "$STELLWERK_CONF_DIR" ] || fail "There is no configuration directory at '$STELLWERK_CONF_DIR'; set STELLWERK_CONF_DIR to the one to use."
}

# setting KEY DEFAULT [-Dkey=value ...]: prints the configured value. When the configuration cannot be
# read it says so and prints the default, so that stopping works whatever stands there.
setting() {
  local value key=$1 default=$2
  shift 2
  if value=$("$STELLWERK_PROGRAM" config --get "$key" --configDir "$STELLWERK_CONF_DIR" "$@" 2>/dev/null); then
    printf '%s\n' "${value:-$default}"
  else
    echo "[WARN] '$key' cannot be read from '$STELLWERK_CONF_DIR'; taking '$default'. See: '$STELLWERK_PROGRAM' config --check" >&2
    printf '%s\n' "$default"
  fi
}

# check_configuration ARGUMENT...: the program names every mistake itself.
check_configuration() {
  "$STELLWERK_PROGRAM" config --check --configDir "$STELLWERK_CONF_DIR" "$@" >/dev/null || exit 1
}

# writable_directory WHAT DIRECTORY VARIABLE KEY: makes it if need be, ends the script if it cannot be written.
writable_directory() {
  mkdir -p -- "$2" 2>/dev/null
  if [ ! -d "$2" ] || [ ! -w "$2" ]; then
    fail "The $1 directory '$2' cannot be written by user '$(id -un)'; set $3 or '$4' to one that can."
  fi
}

# load_directories: sets STELLWERK_PID_DIR, STELLWERK_LOG_DIR and STELLWERK_LOG_MAX.
load_directories() {
  STELLWERK_PID_DIR=$(readlink -m -- "${STELLWERK_PID_DIR:-$(setting env.pid.dir /tmp)}")
  STELLWERK_LOG_DIR=$(readlink -m -- "${STELLWERK_LOG_DIR:-$(setting env.log.dir "$STELLWERK_HOME/log")}")
  # shellcheck disable=SC2034  # for stellwerk-daemon.sh
  STELLWERK_LOG_MAX=$(setting env.log.max 10)
  export STELLWERK_PID_DIR STELLWERK_LOG_DIR
}

# entry_lines FILE: its entries as `<line number> <text>`, without comments, blank lines and carriage returns.
entry_lines() {
  local line number=0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    line=${line%%#*}
    line=${line//$'\r'/}
    read -r line <<<"$line"
    [ -z "$line" ] || printf '%s %s\n' "$number" "$line"
  done <"$1"
}

# entry_error FILE NUMBER TEXT WHY
entry_error() {
  echo "[ERROR] $1:$2: '$3' $4" >&2
}

# parse_entry FILE NUMBER TEXT: sets entry_host and entry_port (empty if none is given).
# `a/b/host` is the host with a network prefix, which is dropped.
parse_entry() {
  local text=$3
  if [[ $text == *[[:space:],\;]* ]]; then
    entry_error "$1" "$2" "$text" "has more than one entry; write one host[:port] per line"
    return 1
  fi
  text=${text##*/}
  if [[ $text =~ ^\[([0-9A-Fa-f:.]+)\](:(.*))?$ || $text =~ ^([A-Za-z0-9_][A-Za-z0-9._-]*)(:([^:]*))?$ ]]; then
    entry_host=${BASH_REMATCH[1]}
    entry_port=${BASH_REMATCH[3]}
  else
    entry_error "$1" "$2" "$3" "is no host[:port]; an IPv6 address is written [address]:port"
    return 1
  fi
  if [ -n "$entry_port" ] && { [[ ! $entry_port =~ ^[0-9]{1,5}$ ]] || ((10#$entry_port > 65535)); }; then
    entry_error "$1" "$2" "$3" "has the port '$entry_port'; a port is a number from 0 (any free one) to 65535"
    return 1
  fi
}

# read_masters: sets MASTER_HOSTS and MASTER_PORTS from conf/masters; ends the script on a bad line.
read_masters() {
  local file=$STELLWERK_CONF_DIR/masters number text bad=0
  local -A seen=()
  MASTER_HOSTS=() MASTER_PORTS=()
  if [ ! -f "$file" ]; then
    echo "No masters file. Please specify masters in 'conf/masters'."
    exit 1
  fi
  while read -r number text; do
    parse_entry "$file" "$number" "$text" || { bad=1 && continue; }
    if [ "$entry_port" != 0 ] && [ -n "${seen["$entry_host:$entry_port"]:-}" ]; then
      entry_error "$file" "$number" "$text" "stands there twice; two masters on a host need two ports"
      bad=1
    fi
    seen["$entry_host:$entry_port"]=yes
    MASTER_HOSTS+=("$entry_host")
    MASTER_PORTS+=("$entry_port")
  done < <(entry_lines "$file")
  [ $bad = 0 ] || exit 1
  [ ${#MASTER_HOSTS[@]} -gt 0 ] || fail "$file names no master; write one host[:port] per line."
}

# read_workers: sets WORKER_HOSTS from conf/workers or, where that is missing, conf/slaves; none without both.
read_workers() {
  local file=$STELLWERK_CONF_DIR/workers number text bad=0
  WORKER_HOSTS=()
  [ -f "$file" ] || file=$STELLWERK_CONF_DIR/slaves
  [ -f "$file" ] || return 0
  while read -r number text; do
    if parse_entry "$file" "$number" "$text"; then WORKER_HOSTS+=("$entry_host"); else bad=1; fi
  done < <(entry_lines "$file")
  [ $bad = 0 ] || exit 1
}

# is_local HOST: whether it is this one. Unlike Flink's scripts, its own name and addresses count
# too, so that nobody needs an ssh server to start what is here.
is_local() {
  local own
  case $1 in
    localhost | 127.* | ::1 | "$HOSTNAME" | "${HOSTNAME%%.*}") return 0 ;;
  esac
  for own in $(timeout 2 hostname -I 2>/dev/null) $(timeout 2 hostname -f 2>/dev/null); do
    [ "$own" != "$1" ] || return 0
  done
  return 1
}

# quoted WORD...: the words as one line for a remote shell.
quoted() {
  local word line=""
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9_./:=@%+,-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
    line+=" $word"
  done
  printf '%s' "${line# }"
}

# on_host HOST SCRIPT ARGUMENT...: runs bin/SCRIPT there, directly or through ssh, and returns its exit
# code (255 = ssh itself failed). The same path is expected on every host.
on_host() {
  local host=$1 script=$2 name environment=() options=()
  shift 2
  if is_local "$host"; then
    "$bin/$script" "$@"
    return
  fi
  for name in "${!GIVEN[@]}"; do environment+=("$name=${GIVEN[$name]}"); done
  [ ${#environment[@]} = 0 ] || environment=(/usr/bin/env "${environment[@]}")
  read -r -a options <<<"${STELLWERK_SSH_OPTS-$(setting env.ssh.opts "")}"
  ssh -n "${options[@]}" -o "ConnectTimeout=$SSH_CONNECT_SECONDS_MAX" -o ServerAliveInterval=5 \
    -o ServerAliveCountMax=3 "$host" -- "nohup $(quoted "${environment[@]}" /bin/bash -l "$bin/$script" "$@")"
}

# on_hosts WHAT [ARGUMENT...]: reads `<host> <script> <arguments>` from the arrays HOSTS and CALLS, adds
# the arguments to each, tries every host, and returns the first failure's code after naming all that failed.
on_hosts() {
  local what=$1 index code first=0 failed=() call
  shift
  for index in "${!HOSTS[@]}"; do
    read -r -a call <<<"${CALLS[index]}"
    on_host "${HOSTS[index]}" "${call[@]}" "$@"
    code=$?
    if [ $code != 0 ]; then
      [ $first != 0 ] || first=$code
      failed+=("${HOSTS[index]} (exit code $code)")
    fi
  done
  if [ $first != 0 ]; then
    echo "[ERROR] $what failed on ${#failed[@]} of ${#HOSTS[@]} entries: $(printf '%s, ' "${failed[@]}" | sed 's/, $//')." >&2
  fi
  return $first
}
