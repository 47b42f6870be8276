#!/usr/bin/env python3
"""Checks what `modelcrypt scan --format sarif` prints against the schema of SARIF 2.1.0.

    python tests/python/check_sarif.py target/debug/modelcrypt        needs `jsonschema`, and cargo

The schema is the one that the crate `serde-sarif` carries; cargo fetches it. Ends with a line `N passed, 0 failed`; exit 1
otherwise.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

CRATE = ("serde-sarif", "0.8.0")
SECRET = "Zq9xLw3Kp8vT"


def schema(work):
    """The schema out of the crate, as cargo has unpacked it."""
    project = Path(work, "schema")
    (project / "src").mkdir(parents=True)
    (project / "src/lib.rs").touch()
    name, version = CRATE
    manifest = f'[package]\nname = "schema"\nedition = "2021"\n[dependencies]\n{name} = "={version}"\n[workspace]\n'
    (project / "Cargo.toml").write_text(manifest)
    command = ["cargo", "metadata", "--quiet", "--format-version", "1", "--manifest-path", project / "Cargo.toml"]
    packages = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    found = next(package for package in packages if package["name"] == name)
    return json.loads(Path(found["manifest_path"]).with_name("src").joinpath("schema.json").read_text())


def trees(work):
    """What is scanned: a name, the files, the arguments behind them."""
    notebook = {"cells": [{"cell_type": "code", "source": f'password = "{SECRET}"', "outputs": []}]}
    metadata = json.dumps({"__metadata__": {"hub_password": SECRET}}).encode()
    yield "nothing", {"a.txt": b"nothing"}, []
    yield "one secret", {"a.txt": f'x = "\U0001f600"; password = "{SECRET}"\n'.encode()}, []
    yield "odd names", {"a b/é#?%:.txt": f'password = "{SECRET}"'.encode()}, []
    yield "a notebook", {"a.ipynb": json.dumps(notebook).encode()}, []
    yield "a model", {"m.safetensors": len(metadata).to_bytes(8, "little") + metadata}, []
    yield "a failure", {"a.txt": f'password = "{SECRET}"'.encode()}, ["none"]
    baseline = Path(work, "baseline.json")
    fingerprints = {
        "schema": "modelcrypt/scan-baseline/v1", "fingerprint_key": "00" * 32, "findings": [],
    }
    baseline.write_text(json.dumps(fingerprints))
    yield "fingerprints", {"a.txt": f'password = "{SECRET}"'.encode()}, ["--baseline", baseline]


def main():
    binary = Path(sys.argv[1]).resolve()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work:
        validator = jsonschema.Draft7Validator(schema(work), format_checker=jsonschema.FormatChecker())
        # A schema that takes everything would prove nothing.
        assert not validator.is_valid({"version": "2.1.0", "runs": [{"results": [{}]}]})
        for number, (name, files, arguments) in enumerate(trees(work)):
            tree = Path(work, f"tree{number}")
            for file, content in files.items():
                path = tree / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            command = [binary, "scan", "--format", "sarif", "-q", ".", *arguments]
            ran = subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)
            log = json.loads(ran.stdout)
            faults = [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(log)]
            expected = 0 if name == "nothing" else 1
            if len(log["runs"][0]["results"]) != expected or ran.returncode != (5 if expected else 0):
                faults.append(f"{len(log['runs'][0]['results'])} results, exit {ran.returncode}")
            if SECRET.encode() in ran.stdout:
                faults.append("it shows the secret")
            if name == "fingerprints" and "partialFingerprints" not in log["runs"][0]["results"][0]:
                faults.append("no fingerprint")
            passed, failed = (passed, failed + 1) if faults else (passed + 1, failed)
            for fault in faults:
                print(f"FAILED {name}: {fault}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
