#!/usr/bin/env bash
# One table, one run: what clusters of 3 and of 100 brokers cost on both engines, with the verdict
# on, beside the bare event loop and bare SimGrid on their workload of 3 brokers. Runs alternate,
# so that a machine that is busy or changes its speed disturbs all alike; each figure is the median
# of RUNS (default 5).
#   tests/bench/cluster.sh PEERS [BUILD]
# PEERS: folder with bare.cpp, sg.cpp and common.hpp. BUILD: a Release build (default: build).
# Needs jq. The clusters are 3-brokers.yaml and 100-brokers.yaml beside this file: 10,000 and
# 100,000 records/s, replication factor 3, acks=all, in batches of 10.
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=${1:?usage: tests/bench/cluster.sh PEERS [BUILD]}
build=${2:-build}
runs=${RUNS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

g++ -O2 -std=c++20 -I "$peers" -o "$work/bare" "$peers/bare.cpp"
g++ -O2 -std=c++20 -I "$peers" -o "$work/sg" "$peers/sg.cpp" -lsimgrid

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }

# measure ENGINE BROKERS: appends simulated seconds per second, us per event and MB.
measure() {
  local name="$work/$1-$2"
  /usr/bin/time -f %M -o "$name.kb" "$build/eventarium" run --json --engine "$1" \
    "tests/bench/$2-brokers.yaml" > "$name.json" 2> "$name.err" ||
    { cat "$name.err" >&2; jq .expectations "$name.json" >&2; exit 1; }
  jq '.simulated_s / .wall_s' "$name.json" >> "$name.speed"
  jq '1e6 * .wall_s / .events' "$name.json" >> "$name.us"
  awk '{ print $1 / 1024 }' "$name.kb" >> "$name.mb"
}
peer() { grep -o "$1=[0-9.]*" | cut -d= -f2; }

for _ in $(seq "$runs"); do
  "$work/bare" fn > "$work/bare.out"
  "$work/sg" cb --cfg=network/model:CM02 --cfg=network/crosstraffic:0 \
    --log=root.thres:critical > "$work/sg.out" 2> /dev/null
  for program in bare sg; do
    peer simX < "$work/$program.out" >> "$work/$program.speed"
    peer rssMB < "$work/$program.out" >> "$work/$program.mb"
    awk -v rate="$(peer xfer/s < "$work/$program.out")" 'BEGIN { print 1e6 / rate }' \
      >> "$work/$program.us"
  done
  for engine in lean simgrid; do
    measure $engine 3
    measure $engine 100
  done
done

row() {  # title, files, wanted speed, wanted MB
  echo "| $1 | $(calc %.2f "$(median "$work/$2.speed")") | $3 |" \
    "$(calc %.0f "$(median "$work/$2.mb")") | $4 | $(calc %.2f "$(median "$work/$2.us")") |"
}
ratio() { calc %.2f "$(median "$work/$1-100.us") / $(median "$work/$1-3.us")"; }

echo "| | simulated s/s | wanted | MB | wanted | us per event |"
echo "|---|---:|---:|---:|---:|---:|"
row "bare heap of std::function, 3 brokers (per transfer)" bare "" ""
row "SimGrid alone, callbacks, 3 brokers (per transfer)" sg "" ""
row "Eventarium, lean, 3 brokers" lean-3 "≥ 60" ""
row "Eventarium, SimGrid, 3 brokers" simgrid-3 "≥ 15" ""
row "Eventarium, lean, 100 brokers" lean-100 "≥ 0.7" "< 600"
row "Eventarium, SimGrid, 100 brokers" simgrid-100 "≥ 0.7" "< 600"
echo
echo "Cost of an event with 100 brokers over that with 3 (wanted ≤ 2.5):" \
  "lean $(ratio lean), SimGrid $(ratio simgrid)."
