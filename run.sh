#!/bin/sh
# Builds Eventarium and starts it: ./run.sh plays the newsletter, in the window where there is a
# display, as narrated text where there is none; ./run.sh --help shows everything else.
# Arguments go to `eventarium` and relative paths in them are the caller's.
set -eu

root=$(cd "$(dirname "$0")" && pwd)
here=$(pwd)
cd "$root"
. .ci/setup.sh

install_packages run
if [ ! -f build/build.ninja ]; then
  configure_once build release -DEVENTARIUM_TESTS=OFF -DEVENTARIUM_BENCH=OFF
fi
build build programs

# A display that answers: a local X server has a socket, a forwarded one (host:n) is believed.
# Wayland alone will do when GLFW was installed for it.
display_usable() {
  if [ -S "${XDG_RUNTIME_DIR:-/nowhere}/${WAYLAND_DISPLAY:-none}" ] &&
    dpkg-query -W libglfw3-wayland >/dev/null 2>&1; then
    return 0
  fi
  case ${DISPLAY:-} in
    '') return 1 ;;
    :*)
      number=${DISPLAY#:}
      [ -S "/tmp/.X11-unix/X${number%%.*}" ]
      ;;
    *) return 0 ;;
  esac
}

cd "$here"
if [ $# -gt 0 ]; then
  exec "$root/build/eventarium" "$@"
elif [ -x "$root/build/eventarium-view" ] && display_usable; then
  exec "$root/build/eventarium" view "$root/scenarios/newsletter.yaml"
else
  exec "$root/build/eventarium" run "$root/scenarios/newsletter.yaml"
fi
