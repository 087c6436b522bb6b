#!/usr/bin/env bash
# The library's unsafe code (crates/sim/src/math, listed in ARCHITECTURE.md) under AddressSanitizer: every read and write
# outside of what was allocated stops the tests. tools/sanitize.sh [filter of test names]; stable toolchain, Linux, minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
host=$(rustc -vV | sed -n 's/host: //p')
# With --target the flag does not reach build scripts and procedural macros. Leaks at exit are those of thread pools.
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" ASAN_OPTIONS=detect_leaks=0 \
  cargo test --release --locked --target "$host" --target-dir target/sanitizer -p featurescope-sim --lib -- "$@"
