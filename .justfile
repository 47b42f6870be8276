# Lists the recipes.
default:
    @just --list

# Runs every test.
test:
    cargo test --workspace --locked

# Checks the formatting and the lints, with every set of features.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --workspace --all-targets --locked --no-default-features -- -D warnings
    cargo clippy --workspace --all-targets --locked --no-default-features --features cli -- -D warnings

# Builds the Python package into the active virtual environment and runs its tests.
python *ARGS:
    MATURIN_PEP517_ARGS='--profile dev' pip install './python[test]'
    cd python && pytest {{ARGS}}

# Builds the documentation; a broken link fails.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked

# Runs what has to pass before a merge.
ci:
    .ci/run

# Runs the demo line of the README.
demo:
    .ci/readme-line demo | bash -euo pipefail

# Measures the primitives on this machine, then the verbs against cp; `just bench --quick` takes small files.
bench *ARGS:
    cargo run --release --locked -- bench
    cargo bench --locked --bench against_cp -- {{ARGS}}
