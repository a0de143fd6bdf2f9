#!/usr/bin/env bats
# Where a Debian root of one's own gets its packages from; making one is for tests/install.

setup() {
  . "$BATS_TEST_DIRNAME/../../scripts/lib/root.sh"
  unset STELLWERK_DEBIAN_MIRROR STELLWERK_DEBIAN_SECURITY_MIRROR
  root=$BATS_TEST_TMPDIR/root
  mkdir -p "$root/etc/apt"
  echo "deb http://default.example/debian bookworm main" >"$root/etc/apt/sources.list"
}

# A host whose apt knows these, `<address> <suite>` each.
host_with() {
  sources=("$@")
  apt-get() { printf '%s\n' "${sources[@]}"; }
}

@test "a Debian 12 host: its own archives, all of them" {
  host_with "http://near.example/debian/ bookworm" "http://near.example/debian/ bookworm-updates" \
    "http://near.example/security/ bookworm-security" "http://other.example/debian/ trixie"
  [ "$(root_mirror)" = "http://near.example/debian/" ]
  [ "$(root_sources "$root")" = "deb http://near.example/debian/ bookworm main
deb http://near.example/debian/ bookworm-updates main
deb http://near.example/security/ bookworm-security main" ]
}

@test "another host: what debootstrap takes by itself, with its corrections" {
  host_with "http://near.example/ubuntu/ noble"
  [ -z "$(root_mirror)" ]
  [ "$(root_sources "$root")" = "deb http://default.example/debian bookworm main
deb http://default.example/debian bookworm-updates main
deb http://default.example/debian-security bookworm-security main" ]
}

@test "the mirror of the environment comes first" {
  host_with "http://near.example/debian/ bookworm"
  STELLWERK_DEBIAN_MIRROR=http://given.example/debian/
  [ "$(root_mirror)" = "http://given.example/debian/" ]
  [[ $(root_sources "$root") == *"deb http://given.example/debian-security bookworm-security main" ]]
  STELLWERK_DEBIAN_SECURITY_MIRROR=http://safe.example/updates
  [[ $(root_sources "$root") == *"deb http://safe.example/updates bookworm-security main" ]]
}

@test "a folder with something else in it is not touched" {
  can_make_roots() { :; }
  contained() { echo "$*" >"$BATS_TEST_TMPDIR/ran"; }
  run make_root "$root"
  [ "$status" = 1 ]
  [[ $output == *"not empty, and not a root that this script made"* ]]
  [ ! -e "$BATS_TEST_TMPDIR/ran" ]
  [ -f "$root/etc/apt/sources.list" ]
}
