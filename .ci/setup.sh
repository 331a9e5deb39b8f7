# Shared by run.sh and test.sh (sourced; POSIX sh): packages and builds, silent when all is well.
# Expects the caller to stand in the root of the checkout.

say() { printf '%s\n' "$*" >&2; }

# Runs a command and shows its output only when it fails.
quietly() {
  quiet_log=$(mktemp)
  if "$@" >"$quiet_log" 2>&1; then
    rm -f "$quiet_log"
  else
    quiet_status=$?
    cat "$quiet_log" >&2
    rm -f "$quiet_log"
    say "failed: $*"
    return $quiet_status
  fi
}

# packages_wanted run|test: names from packages.txt, one per line.
packages_wanted() {
  if [ "$1" = run ]; then
    sed -e '/^# --- only for/,$d' -e '/^#/d' -e '/^[[:space:]]*$/d' packages.txt
  else
    sed -e '/^#/d' -e '/^[[:space:]]*$/d' packages.txt
  fi
}

packages_missing() {
  command -v dpkg-query >/dev/null 2>&1 || return 0
  for package in $(packages_wanted "$1"); do
    state=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | head -n 1)
    [ "$state" = installed ] || printf '%s ' "$package"
  done
}

# install_packages run|test: nothing happens when all is there.
install_packages() {
  missing=$(packages_missing "$1")
  [ -n "$missing" ] || return 0
  root=
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      say "These packages are missing and there is no sudo: $missing"
      say "As root: apt-get install $missing"
      return 1
    fi
    root=sudo
  fi
  say "Installing: $missing"
  quietly $root apt-get update -q || return
  # shellcheck disable=SC2086  # a list of package names
  quietly $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends $missing
}

# configure_once DIRECTORY PRESET [cmake options]: an existing build tree configures itself again
# when needed, so a second start costs nothing.
configure_once() {
  tree=$1 preset=$2
  shift 2
  if [ $# -eq 0 ] && [ -f "$tree/build.ninja" ]; then return 0; fi
  say "Configuring $tree ..."
  quietly cmake --preset "$preset" "$@"
}

# build DIRECTORY [targets]: says that it builds only when it does, counting up on a terminal; the
# compiler's words only when it fails.
build() {
  tree=$1
  shift
  build_log=$(mktemp)
  { ninja -C "$tree" "$@" 2>&1 && echo "exit status 0" || echo "exit status 1"; } | {
    status=1 said=no
    while IFS= read -r line; do
      case $line in
        "exit status "*) status=${line#exit status } ;;
        *"Re-checking globbed"* | *"Re-running CMake"*) ;;
        "["*)
          if [ -t 2 ]; then
            printf '\rBuilding %s \033[K' "${line%%]*}]" >&2
          elif [ $said = no ]; then
            say "Building ${*:-everything} in $tree ..."
          fi
          said=yes
          ;;
      esac
      printf '%s\n' "$line" >>"$build_log"
    done
    if [ -t 2 ] && [ $said = yes ]; then printf '\r\033[K' >&2; fi
    if [ "$status" -ne 0 ]; then cat "$build_log" >&2; fi
    rm -f "$build_log"
    return "$status"
  }
}
