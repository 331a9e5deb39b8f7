#!/usr/bin/env bash
# One table, one run: our engines beside the bare event loop and bare SimGrid on the same workload,
# the trace writer and the drawing of messages. Runs alternate, so that a machine that is busy or
# changes its speed disturbs both sides alike; each figure is the median of RUNS (default 5).
#   tests/bench/compare.sh PEERS [BUILD]
# PEERS: folder with bare.cpp, sg.cpp and common.hpp. BUILD: a Release build (default: build).
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=${1:?usage: tests/bench/compare.sh PEERS [BUILD]}
build=${2:-build}
runs=${RUNS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

g++ -O2 -std=c++20 -I "$peers" -o "$work/bare" "$peers/bare.cpp"
g++ -O2 -std=c++20 -I "$peers" -o "$work/sg" "$peers/sg.cpp" -lsimgrid

rate() { grep -o 'msg/s=[0-9]*' | cut -d= -f2; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

for _ in $(seq "$runs"); do
  "$work/sg" cb --cfg=network/model:CM02 --cfg=network/crosstraffic:0 \
    --log=root.thres:critical 2>/dev/null | rate >> "$work/sg.txt"
  "$build/tests/bench_engine" simgrid | rate >> "$work/simgrid.txt"
  "$work/bare" fn | rate >> "$work/bare.txt"
  "$build/tests/bench_engine" lean | rate >> "$work/lean.txt"
done
sg=$(median "$work/sg.txt"); simgrid=$(median "$work/simgrid.txt")
bare=$(median "$work/bare.txt"); lean=$(median "$work/lean.txt")
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

echo "| workload of 100,000 messages, 900,000 transfers | messages/s | ratio | wanted |"
echo "|---|---:|---:|---:|"
echo "| SimGrid alone, callbacks | $sg | 1 | |"
echo "| Eventarium, SimGrid engine | $simgrid | $(ratio "$simgrid" "$sg") | ≥ 0.8 |"
echo "| bare heap of std::function | $bare | 1 | |"
echo "| Eventarium, lean engine | $lean | $(ratio "$lean" "$bare") | ≥ 0.5 |"
echo
"$build/tests/bench_trace" 2>/dev/null
[ ! -x "$build/tests/bench_moving" ] || "$build/tests/bench_moving" 2>/dev/null
