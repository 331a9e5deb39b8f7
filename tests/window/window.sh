#!/usr/bin/env bash
# The real window, on a virtual screen: pictures of the right size that show something, from a
# scenario and from a trace; and a window that outlives its simulation.
#   window.sh EVENTARIUM EVENTARIUM_VIEW SCENARIOS
set -euo pipefail
eventarium=$1; view=$2; scenarios=$3
work=$(mktemp -d)
export LIBGL_ALWAYS_SOFTWARE=1 XDG_CONFIG_HOME="$work/config"
screen=(xvfb-run -a -s "-screen 0 1920x1080x24")
trap 'kill $(jobs -p) 2>/dev/null || :; rm -rf "$work"' EXIT

fail() { echo "window.sh: $*" >&2; exit 1; }

# Width and height stand at byte 16 of a PNG, big-endian.
size_of() { od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'; }

picture() {  # name size arguments...
  local file="$work/$1.png" size=$2
  shift 2
  "${screen[@]}" "$view" "$@" --screenshot "$file" --size "$size" || fail "no picture of $*"
  [ "$(size_of "$file")" = "$size" ] || fail "$file is $(size_of "$file"), not $size"
  # One colour alone compresses to next to nothing.
  [ "$(stat -c %s "$file")" -gt 15000 ] || fail "$file shows nothing"
}

picture dark 1280x720 "$scenarios/newsletter.yaml" --at 8s
picture projector 1920x1080 "$scenarios/newsletter.yaml" --at 8s --profile projector
cmp -s "$work/dark.png" "$work/projector.png" && fail "the profiles look the same"
picture again 1280x720 "$scenarios/newsletter.yaml" --at 8s
cmp -s "$work/dark.png" "$work/again.png" || fail "the same moment looks different twice"
picture later 1280x720 "$scenarios/newsletter.yaml" --at 9s
cmp -s "$work/dark.png" "$work/later.png" && fail "nothing has happened in a second"
"$eventarium" run "$scenarios/newsletter.yaml" --quiet --trace "$work/run.jsonl" > /dev/null
picture trace 1280x720 "$work/run.jsonl" --at 8s

# A simulation that is killed leaves the window alive.
"${screen[@]}" "$view" "$scenarios/newsletter.yaml" 2> "$work/window.err" &
child=
for _ in $(seq 100); do
  child=$(pgrep -f "run .*$scenarios/newsletter.yaml.*--serve" | head -n 1 || :)
  [ -z "$child" ] || break
  sleep 0.1
done
[ -n "$child" ] || fail "the window started no simulation: $(cat "$work/window.err")"
window=$(ps -o ppid= -p "$child" | tr -d ' ')
sleep 1
kill -9 "$child"
sleep 1
[ -d "/proc/$window" ] || fail "the window died with its simulation: $(cat "$work/window.err")"
! grep -q '^State:.Z' "/proc/$child/status" 2>/dev/null || fail "the dead simulation is a zombie"
kill "$window"
echo "window.sh: fine"
