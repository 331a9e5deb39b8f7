#!/bin/sh
# Builds everything and runs all tests, the fuzz targets for a minute each among them; ends with
# ctest's summary. --long: the address and undefined-behaviour sanitizers over all unit tests as
# well, and ten minutes for each fuzz target. Other arguments go to ctest (-R scenario, ...).
set -eu

cd "$(dirname "$0")"
. .ci/setup.sh

fuzz_seconds=60
long=no
if [ "${1:-}" = --long ]; then
  long=yes
  fuzz_seconds=600
  shift
fi

install_packages test
configure_once build release -DEVENTARIUM_TESTS=ON -DEVENTARIUM_BENCH=ON \
  -DEVENTARIUM_FUZZ_SECONDS=$fuzz_seconds
build build

jobs=$(nproc)
if [ $long = yes ]; then
  configure_once build-asan asan
  build build-asan
  ctest --test-dir build-asan --output-on-failure --parallel "$jobs" --label-exclude fuzz "$@"
fi
ctest --test-dir build --output-on-failure --parallel "$jobs" "$@"
