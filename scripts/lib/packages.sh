# shellcheck shell=bash
# The Debian 12 packages that building, testing and the quickstart need, and how they get there.
# Source it, then: ensure_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"

# shellcheck disable=SC2034  # used by those who source this file
BUILD_PACKAGES=(g++ cmake ninja-build pkg-config ccache
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libboost-system1.81-dev
  libzookeeper-st-dev libyaml-cpp-dev libspdlog-dev libcli11-dev
  zlib1g-dev libarchive-dev libbz2-dev liblzma-dev libzstd-dev nettle-dev)
# shellcheck disable=SC2034
TEST_PACKAGES=(libgtest-dev libgmock-dev clang-format clang-tidy clang libclang-rt-14-dev shellcheck bats python3 python3-venv git curl procps iproute2
  debootstrap chromium chromium-driver dpkg-dev python3-yaml python3-jsonschema haproxy)
# What tests labelled `soak` need besides: Maven fetches Flink's dashboard, nginx serves it.
# shellcheck disable=SC2034
SOAK_PACKAGES=(maven nginx)
# shellcheck disable=SC2034
IMAGE_PACKAGES=(buildah)
# shellcheck disable=SC2034
ZOOKEEPER_PACKAGES=(libzookeeper-java openjdk-17-jre-headless)

APT_LOCK_WAIT_SECONDS=120

# missing_packages NAME...: prints those that are not installed, one per line.
missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done
}

# conflicting_packages MISSING...: prints installed packages that apt would take away for the missing ones.
conflicting_packages() {
  local pattern=""
  case " $* " in *" libboost"*) pattern="libboost*1.74-dev" ;; esac
  case " $* " in *" libzookeeper-st-dev "*) pattern+=" libzookeeper-mt-dev" ;; esac
  # shellcheck disable=SC2086  # patterns, to be split
  [ -z "$pattern" ] || dpkg-query -W -f '${db:Status-Status} ${Package}\n' $pattern 2>/dev/null |
    sed -n 's/^installed //p'
}

# as_root COMMAND...: runs it, with sudo if need be.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# ensure_packages NAME...: installs what is missing; says nothing when nothing is. Returns 1 with one
# sentence on stderr when it cannot. With a terminal it asks before apt takes other packages away.
ensure_packages() {
  local missing conflicts reply
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian, so nothing is installed; these Debian 12 packages name what is needed: $*" >&2
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "These packages are missing, and neither root nor sudo is at hand: apt-get install ${missing[*]}" >&2
    return 1
  fi
  mapfile -t conflicts < <(conflicting_packages "${missing[@]}")
  if [ ${#conflicts[@]} -gt 0 ]; then
    echo "apt removes ${conflicts[*]}, which cannot stand beside ${missing[*]}." >&2
    if [ -t 0 ]; then
      read -r -p "Go on? [y/N] " reply
      [[ $reply == [yY]* ]] || return 1
    fi
  fi
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o "DPkg::Lock::Timeout=$APT_LOCK_WAIT_SECONDS"
    -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  local log
  log=$(mktemp)
  if as_root "${apt[@]}" update >"$log" 2>&1 &&
    as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  cat "$log" >&2
  rm -f "$log"
  echo "apt-get could not install: ${missing[*]}" >&2
  return 1
}
