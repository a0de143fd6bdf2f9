# shellcheck shell=bash
# A Debian 12 of one's own in a folder, by debootstrap, and commands in it. Source it from bash.
# What runs there has its own mounts and its own processes: when the command ends, or we are killed, both are gone.

ROOT_RELEASE=bookworm
ROOT_LOCK_SECONDS_MAX=900

contained_pid=""

# contained [--root=DIR] COMMAND...: runs it so. It reads nothing, and is killed by end_contained.
contained() {
  local code
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc "$@" </dev/null &
  contained_pid=$!
  wait "$contained_pid"
  code=$?
  contained_pid=""
  return $code
}

# end_contained: for a trap.
end_contained() { [ -z "$contained_pid" ] || kill -9 "$contained_pid"; }

# in_root DIR COMMAND...: runs it there with nothing of this environment.
in_root() {
  local root=$1
  shift
  cp -L -- /etc/resolv.conf "$root/etc/resolv.conf" || return 1
  contained --root="$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# can_make_roots: says in one sentence what is missing, if anything is.
can_make_roots() {
  local tool
  if [ "$(id -u)" != 0 ]; then
    echo "Only root can make a Debian root; run this with sudo." >&2
    return 1
  fi
  for tool in debootstrap unshare setpriv flock; do
    command -v "$tool" >/dev/null && continue
    echo "There is no '$tool'; install the packages debootstrap, util-linux and debian-archive-keyring." >&2
    return 1
  done
}

# host_sources: this host's own Debian 12 archives, `<address> <suite>` per line; nothing elsewhere.
host_sources() {
  command -v apt-get >/dev/null || return 0
  # shellcheck disable=SC2016  # apt fills them in
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Component: main' 2>/dev/null |
    grep -E " $ROOT_RELEASE(-updates|-security)?\$" | sort -u
}

# root_mirror: which mirror debootstrap is told; nothing for its own default.
root_mirror() {
  if [ -n "${STELLWERK_DEBIAN_MIRROR:-}" ]; then
    echo "$STELLWERK_DEBIAN_MIRROR"
  else
    host_sources | sed -n "s/ $ROOT_RELEASE\$//p" | head -n 1
  fi
}

# make_root DIR: a bare Debian 12 (variant minbase) in DIR, unless one that this made is there already.
make_root() {
  local root=$1 mirror lock arguments=(--variant=minbase --force-check-gpg)
  can_make_roots || return 1
  mkdir -p -- "$(dirname -- "$root")"
  exec {lock}>"$root.lock"
  flock -w "$ROOT_LOCK_SECONDS_MAX" "$lock" || return 1
  if [ ! -e "$root/.stellwerk-root" ]; then
    if [ -n "$(ls -A -- "$root" 2>/dev/null)" ]; then
      echo "'$root' is not empty, and not a root that this script made; name another folder." >&2
      return 1
    fi
    rm -rf -- "$root.part"
    mirror=$(root_mirror)
    contained debootstrap "${arguments[@]}" "$ROOT_RELEASE" "$root.part" ${mirror:+"$mirror"} || return 1
    # Every installed host and every container has this file; debootstrap leaves it to whoever installs.
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$root.part/etc/hosts"
    : >"$root.part/.stellwerk-root"
    [ ! -d "$root" ] || rmdir -- "$root"
    mv -- "$root.part" "$root" || return 1
  fi
  exec {lock}>&-
}

# root_sources ROOT: lines for its sources.list: the host's own where these are Debian 12's, otherwise what
# debootstrap used with the updates and, by the name that mirrors mostly give it, the security archive beside it.
root_sources() {
  local mirror
  if [ -z "${STELLWERK_DEBIAN_MIRROR:-}" ] && [ -n "$(root_mirror)" ]; then
    host_sources | sed 's/.*/deb & main/'
    return
  fi
  mirror=${STELLWERK_DEBIAN_MIRROR:-$(sed -n "s/^deb \([^ ]*\) $ROOT_RELEASE main.*/\1/p" "$1/etc/apt/sources.list" | head -n 1)}
  mirror=${mirror%/}
  printf 'deb %s main\n' "$mirror $ROOT_RELEASE" "$mirror $ROOT_RELEASE-updates" \
    "${STELLWERK_DEBIAN_SECURITY_MIRROR:-$mirror-security} $ROOT_RELEASE-security"
}

# point_apt ROOT: its apt asks this host's archives. Proxies and leniency are the host's.
point_apt() {
  local root=$1 sources
  sources=$(root_sources "$root")
  printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
  ! command -v apt-config >/dev/null ||
    apt-config dump | grep -E '^Acquire::(http|https)::Proxy |^Acquire::Check-' >"$root/etc/apt/apt.conf.d/90stellwerk"
  return 0
}

# update_root ROOT: what Debian has corrected since.
update_root() {
  local root=$1
  point_apt "$root"
  in_root "$root" apt-get -qq -o Acquire::Retries=3 -o APT::Update::Error-Mode=any update &&
    in_root "$root" apt-get -qq -y -o Dpkg::Use-Pty=0 upgrade && in_root "$root" apt-get clean
}
