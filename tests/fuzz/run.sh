#!/bin/sh
# run.sh SOURCE_DIR TREE TARGET SECONDS [EVENTARIUM]: runs a fuzz target over the shipped scenarios
# or over the trace of a short run as seeds. What makes it crash is left in TREE/TARGET.found.
set -eu
source=$1
tree=$2
target=$3
seconds=$4
eventarium=${5:-}

corpus=$tree/$target.corpus
seeds=$tree/$target.seeds
found=$tree/$target.found
rm -rf "$seeds" "$found"
mkdir -p "$corpus" "$seeds" "$found"
set --
case $target in
  fuzz_scenario_loader)
    cp "$source"/scenarios/*.yaml "$seeds"
    set -- "-dict=$source/tests/fuzz/scenario.dict"
    ;;
  fuzz_trace_reader)
    for scenario in letter newsletter radio; do
      "$eventarium" run "$source/scenarios/$scenario.yaml" --engine lean --until 3s --quiet \
        --trace "$seeds/$scenario.jsonl" >/dev/null
      head -n 60 "$seeds/$scenario.jsonl" >"$seeds/$scenario-head.jsonl"
    done
    ;;
esac
export UBSAN_OPTIONS=print_stacktrace=1
exec "$tree/tests/$target" "$@" -max_total_time="$seconds" -timeout=20 -max_len=16384 \
  -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 -artifact_prefix="$found/" \
  "$corpus" "$seeds"
