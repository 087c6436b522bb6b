#!/usr/bin/env bash
# fuzz/keep.sh TARGET: of what fuzz/run.sh found, the inputs that reach something new, into the committed corpus: at most 1 KiB
# each and 24 of them, from the smallest to the largest. The test suite mutates them, the fuzzer starts from them.
set -euo pipefail
cd "$(dirname "$0")"
target=$1
host=$(rustc -vV | sed -n 's/host: //p')
kept=../crates/lab/tests/hostile/corpus/$target
fresh=$(mktemp -d)
trap 'rm -r "$fresh"' EXIT
FUZZ_TARGET=$target "target/$host/release/hostile" -merge=1 -max_len=1024 "$fresh" "corpus/$target" 2>/dev/null
rm -rf "$kept"
mkdir -p "$kept"
find "$fresh" -type f -size -1025c -printf '%s %f\n' | sort -n | awk '{name[NR] = $2} END {n = NR < 24 ? NR : 24;
  for (i = 1; i <= n; i++) print name[int((i - 0.5) * NR / n) + 1]}' | while read -r name; do cp "$fresh/$name" "$kept"; done
