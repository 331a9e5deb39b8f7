#!/bin/sh
# build.sh SOURCE_DIR TREE: builds the fuzz targets with clang in a tree of their own.
set -eu
source=$1
tree=$2
cmake -S "$source" -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_COMPILER=clang++-14 -DEVENTARIUM_FUZZ=ON -DEVENTARIUM_TESTS=OFF \
  -DEVENTARIUM_BENCH=OFF -DEVENTARIUM_WINDOW=OFF
exec ninja -C "$tree" fuzz_targets
