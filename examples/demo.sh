#!/usr/bin/env bash
# The main job on the sample model, in a temporary directory: a key, encrypt, status, verify, decrypt, and
# the proof that every byte came back. Run it from anywhere, after `cargo build --release --locked`.
set -eu
repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$repository"
programs=$(cd "${CARGO_TARGET_DIR:-target}/release" && pwd)
export PATH="$programs:$PATH"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Shows a command, then runs it.
run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

cp -R "$repository/fixtures/tiny-llama" models
run modelcrypt keygen -o prod.key
run modelcrypt encrypt models --key-file prod.key
run ls models
run modelcrypt status models --key-file prod.key
run modelcrypt verify models --key-file prod.key
run modelcrypt decrypt models --key-file prod.key
run diff -r "$repository/fixtures/tiny-llama" models
printf '\nevery byte came back\n'
