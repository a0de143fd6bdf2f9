# shellcheck shell=bash
# What check.sh, test.sh and quickstart.sh share. Source it from bash with the repository as cwd.

MEMORY_PER_JOB_MB=1600 # what the compiler takes at its worst, with sanitizers

# job_count: as many compile jobs as processors, fewer where memory is short.
job_count() {
  local processors memory_mb jobs
  processors=$(nproc)
  memory_mb=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
  jobs=$((memory_mb / MEMORY_PER_JOB_MB))
  ((jobs < processors)) || jobs=$processors
  echo $((jobs > 0 ? jobs : 1))
}

# use_ccache: lets the presets compile through ccache where it is installed, so that all work trees of
# a repository share what was compiled.
use_ccache() {
  export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
  if [ -z "${STELLWERK_COMPILER_LAUNCHER:-}" ] && command -v ccache >/dev/null; then
    export STELLWERK_COMPILER_LAUNCHER=ccache
  fi
}

# source_files ENDING...: the repository's files with these endings, one per line, without build trees.
source_files() {
  local patterns=() ending
  if git rev-parse --git-dir >/dev/null 2>&1; then
    for ending in "$@"; do patterns+=("*$ending"); done
    git ls-files -co --exclude-standard -- "${patterns[@]}"
  else
    for ending in "$@"; do patterns+=(-o -name "*$ending"); done
    find . \( -path ./build -o -path ./dist -o -path ./.git \) -prune -o -type f \( "${patterns[@]:1}" \) -print |
      sed 's|^\./||'
  fi | sort -u | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
}

# changed_files: what differs from main, committed or not, one per line.
changed_files() {
  local base
  base=$(git merge-base HEAD main 2>/dev/null || git rev-parse HEAD)
  { git diff --name-only "$base" && git ls-files -o --exclude-standard; } | sort -u
}

# hand_over PATH...: what root made for who called it by sudo belongs to that user; each path that is there, not
# what is in it.
hand_over() {
  local path
  [ "$(id -u)" = 0 ] && [[ ${SUDO_UID:-} =~ ^[0-9]+$ ]] && [[ ${SUDO_GID:-} =~ ^[0-9]+$ ]] || return 0
  for path in "$@"; do
    [ ! -e "$path" ] || chown -h -- "$SUDO_UID:$SUDO_GID" "$path"
  done
}

# hand_over_tree DIRECTORY...: the same with all that is in them.
hand_over_tree() {
  local path
  [ "$(id -u)" = 0 ] && [[ ${SUDO_UID:-} =~ ^[0-9]+$ ]] && [[ ${SUDO_GID:-} =~ ^[0-9]+$ ]] || return 0
  for path in "$@"; do
    [ ! -d "$path" ] || chown -hR -- "$SUDO_UID:$SUDO_GID" "$path"
  done
}
