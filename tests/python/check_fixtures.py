#!/usr/bin/env python3
"""Opens every case of `fixtures/format` with `docs/reader.py` and compares what happens with `cases.tsv`.

python tests/python/check_fixtures.py           ends with "N passed, 0 failed"; needs `cryptography` 50 or newer
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "format"
READER = ROOT / "docs" / "reader.py"
EXIT_CODE = {"ok": 0, "no-key": 3, "tampered": 4, "truncated": 4, "unsupported": 4}
READER_SAYS = {"no-key": "wrong key"}


@dataclass
class Case:
    name: str
    expect: str
    key: str
    plaintext_len: int | None
    note: str

    @property
    def sealed(self):
        return FIXTURES / f"{self.name}.enc"

    @property
    def exit_code(self):
        return EXIT_CODE[self.expect]

    def plaintext(self):
        return bytes((i * 7 + 13) % 251 for i in range(self.plaintext_len))


def read_cases():
    lines = (FIXTURES / "cases.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [Case(name, expect, key, None if size == "-" else int(size), note) for name, expect, key, size, note in rows]


def check(case, directory):
    """What is wrong, or None."""
    output = Path(directory) / "plaintext"
    command = [sys.executable, READER, "--key-file", FIXTURES / case.key, case.sealed, "-o", output]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    left = sorted(path.name for path in Path(directory).iterdir())
    if run.returncode != case.exit_code:
        return f"exit code {run.returncode}, not {case.exit_code}: {run.stderr}"
    if case.expect != "ok":
        said = READER_SAYS.get(case.expect, case.expect)
        if not run.stderr.startswith(f"error: {said}"):
            return f"not {said}: {run.stderr}"
        return f"left behind: {left}" if left else None
    if output.read_bytes() != case.plaintext():
        return "another plaintext"
    return None if left == ["plaintext"] else f"left behind: {left}"


def main():
    failed = 0
    cases = read_cases()
    listed = {case.sealed.name for case in cases}
    unlisted = sorted(path.name for path in FIXTURES.glob("*.enc") if path.name not in listed)
    for name in unlisted:
        print(f"FAILED {name}: no case names it")
    for case in cases:
        with tempfile.TemporaryDirectory() as directory:
            wrong = check(case, directory)
        if wrong:
            failed += 1
            print(f"FAILED {case.name} with {case.key}: {wrong}")
    failed += len(unlisted)
    print(f"{len(cases) + len(unlisted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
