# The commands that people type. https://just.systems; each line also works by itself.

# all of them
default:
    @just --list

# formatting and lints, in a minute
check:
    find crates theories examples fuzz -name '*.rs' -not -path '*/target/*' -print0 | xargs -0 rustfmt --edition 2024
    cargo clippy --workspace --all-targets --release --locked -- -D warnings

# all tests
test:
    cargo test --workspace --release

# the documentation of the libraries, opened in a browser
doc:
    cargo doc --workspace --no-deps --release --open

# what a training step costs on this machine
bench:
    cargo run --release -- bench

# everything that a change must pass, on Linux
ci:
    .ci/run

# the site, into target/site/html; docs/build.md says what it needs
site:
    cargo build --release --locked -p featurescope
    python3 site/build.py
