#!/usr/bin/env bash
# Coverage-guided fuzzing on the stable toolchain: fuzz/run.sh TARGET SECONDS [libFuzzer options].
# Starts from crates/lab/tests/hostile/corpus and the seeds; keeps what it finds in fuzz/corpus (not committed). Inputs that
# crash, hang for 20 s or take 256 MB at once stop it and are left in fuzz/artifacts. Targets: see crates/lab/tests/hostile/targets.rs.
set -euo pipefail
cd "$(dirname "$0")"
target=$1 seconds=$2
shift 2
passes="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
passes="$passes -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg fuzzing"
host=$(rustc -vV | sed -n 's/host: //p')
# With --target the flags do not reach build scripts and procedural macros, which have no fuzzer to link with.
RUSTC_BOOTSTRAP=1 RUSTFLAGS="$passes" cargo build --release --target "$host" --quiet
mkdir -p "corpus/$target" artifacts
FUZZ_CORPUS="$PWD/corpus" cargo test --manifest-path ../Cargo.toml --release --quiet -p featurescope-lab --test hostile \
    the_seeds_are_written_down -- --ignored >/dev/null
FUZZ_TARGET=$target exec "target/$host/release/hostile" "corpus/$target" -max_total_time="$seconds" -timeout=20 \
    -malloc_limit_mb=256 -rss_limit_mb=4096 -max_len=65536 -artifact_prefix="artifacts/$target-" -print_final_stats=1 "$@"
