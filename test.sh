#!/bin/sh
# Builds everything and runs all tests, the fuzz targets for a minute each among them; ends with
# ctest's summary. --long: the address and undefined-behaviour sanitizers over all unit tests as
# well, ten minutes for each fuzz target, and 1,000 storms on the lean engine and 100 on SimGrid
# (see tests/storm) instead of a few.
# Other arguments go to ctest (-R scenario, ...).
set -eu

cd "$(dirname "$0")"
. .ci/setup.sh

fuzz_seconds=60
storms=10
simgrid_storms=2
peer_groups=200
long=no
if [ "${1:-}" = --long ]; then
  long=yes
  fuzz_seconds=600
  storms=1000
  simgrid_storms=100
  shift
fi

install_packages test
configure_once build release -DEVENTARIUM_TESTS=ON -DEVENTARIUM_BENCH=ON \
  -DEVENTARIUM_FUZZ_SECONDS=$fuzz_seconds \
  -DEVENTARIUM_STORM_SEEDS=$storms -DEVENTARIUM_STORM_SIMGRID_SEEDS=$simgrid_storms \
  -DEVENTARIUM_PEER_GROUPS=$peer_groups
build build

jobs=$(nproc)
if [ $long = yes ]; then
  configure_once build-asan asan
  build build-asan
  ctest --test-dir build-asan --output-on-failure --parallel "$jobs" --label-exclude 'fuzz|storm' "$@"
fi
ctest --test-dir build --output-on-failure --parallel "$jobs" "$@"
