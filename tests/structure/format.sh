#!/bin/sh
# format.sh SOURCE_DIR: is every source formatted as .clang-format says? Names those that aren't.
cd "$1" || exit 1
find sim viz tests -name '*.h' -o -name '*.cpp' | LC_ALL=C sort |
  xargs clang-format-14 --dry-run --Werror 2>&1 | grep 'error:' | cut -d: -f1 | uniq |
  (
    status=0
    while read -r file; do
      echo "not formatted: $file (clang-format-14 -i $file)"
      status=1
    done
    exit $status
  )
