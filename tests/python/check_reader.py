#!/usr/bin/env python3
"""Checks a built `modelcrypt` against the independent reader and writer, both ways.

    python tests/python/check_reader.py target/release/modelcrypt        needs `cryptography` 50 or newer

What the binary seals, `docs/reader.py` opens; what `sealer.py` seals, the binary opens; every case of `fixtures/format`
ends with the exit code that its line in `cases.tsv` asks for and leaves no plaintext behind. Ends with a line
`N passed, 0 failed`; exit 1 otherwise. `-v` names the checks that passed as well.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True
import sealer  # noqa: E402
from check_fixtures import FIXTURES, READER, read_cases  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402

SIZES = [0, 1, 16383, 16384, 16385, 32768, 5_000_003]
PAYLOAD_AT = 2 * sealer.COPY_LEN
ITERATIONS = 100_000
PASSPHRASE = "pässphrase of the live checks"
DAMAGED_COPY = {"copy-a-damaged", "copy-b-damaged", "copy-a-torn", "copy-a-zero"}
UNFINISHED_REWRAP = {"copy-a-one-generation-behind", "copy-b-one-generation-behind", "copy-b-behind-with-the-old-key"}


class Checks:
    def __init__(self, binary, work, verbose):
        self.binary, self.work, self.verbose = binary, Path(work), verbose
        self.passed = self.failed = 0
        home = self.directory("home")
        keep = {name: value for name, value in os.environ.items() if not name.startswith("MODELCRYPT")}
        self.environment = keep | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
        self.master, self.new_master = os.urandom(32), os.urandom(32)
        self.key = self.secret_file("key", sealer.key_text(self.master))
        self.new_key = self.secret_file("new-key", sealer.key_text(self.new_master))
        self.passphrase = self.secret_file("passphrase", PASSPHRASE)

    def check(self, what, truth, detail=""):
        self.passed += bool(truth)
        self.failed += not truth
        if not truth:
            print(f"FAILED {what}: {detail}")
        elif self.verbose:
            print(f"passed {what}")
        return bool(truth)

    def directory(self, name):
        path = self.work / name
        path.mkdir()
        return path

    def secret_file(self, name, text):
        path = self.work / name
        path.write_bytes(text.encode() + b"\n")
        path.chmod(0o600)
        return path

    def run(self, *args, stdin=b""):
        command = [str(self.binary), *map(str, args)]
        try:
            return subprocess.run(command, input=stdin, capture_output=True, env=self.environment, timeout=300)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, "timeout", b"", b"took more than 300 s")

    def expect(self, what, exit_code, *args, stdin=b""):
        """Runs the binary and checks its exit code."""
        done = self.run(*args, stdin=stdin)
        said = done.stderr.decode(errors="replace").strip()[-500:]
        self.check(f"{what}: exit {exit_code}", done.returncode == exit_code, f"exit {done.returncode}: {said}")
        return done

    def reader(self, sealed, key):
        """(exit code, plaintext) by `docs/reader.py`, once to a file and once to standard output."""
        output = self.work / "reader-output"
        command = [sys.executable, str(READER), "--key-file", str(key), str(sealed)]
        piped = subprocess.run(command, capture_output=True, timeout=300)
        filed = subprocess.run([*command, "-o", str(output)], capture_output=True, timeout=300)
        assert filed.returncode == piped.returncode, filed.stderr
        if filed.returncode != 0:
            assert not output.exists() and not piped.stdout, "the reader left plaintext"
            return filed.returncode, filed.stderr
        plaintext = output.read_bytes()
        output.unlink()
        assert plaintext == piped.stdout
        return 0, plaintext

    def opens(self, what, sealed, key, plaintext):
        code, found = self.reader(sealed, key) if sealed.exists() else ("none", f"{sealed.name} is not there")
        detail = found if code else f"{len(found)} bytes, not the {len(plaintext)} right ones"
        self.check(f"{what}: docs/reader.py opens it", code == 0 and found == plaintext, f"exit {code}: {detail[:300]}")


# -- what the binary sealed, taken apart -----------------------------------------------------------------------------


def take_apart(data, secrets):
    """Header fields, slots and file key of a sealed file whose copies are equal; `secrets` is slot type to secret."""
    copy = data[: sealer.COPY_LEN]
    assert copy == data[sealer.COPY_LEN : PAYLOAD_AT], "the header copies differ"
    at, slots, file_key = 112, [], None
    for _ in range(copy[104]):
        slot_type, length = int.from_bytes(copy[at : at + 2], "big"), int.from_bytes(copy[at + 2 : at + 4], "big")
        body = copy[at + 4 : at + 4 + length]
        at += 4 + length
        params, salt, commit, wrapped = body[:-112], body[-112:-80], body[-80:-48], body[-48:]
        if slot_type == sealer.RAW_KEY:
            slot = sealer.RawKey(secrets.get(slot_type, bytes(32)), salt)
            described = {"type": slot_type, "key_id": params.hex(), "kdf": None}
        else:
            assert slot_type == sealer.PASSPHRASE, f"slot of type {slot_type}"
            iterations = int.from_bytes(params[4:8], "big")
            slot = sealer.Passphrase(secrets.get(slot_type, b""), iterations, params[8:], salt)
            described = slot.described()
        slots.append(described)
        wrap, expected_commit = sealer.wrap_keys(slot, copy[:64])
        if slot_type in secrets and commit == expected_commit:
            file_key = AESGCM(wrap).decrypt(bytes(12), wrapped, None)
    assert file_key is not None, "no slot opens"
    generation = int.from_bytes(copy[64:72], "big")
    meta_key = sealer.meta_key(file_key, copy[:64], generation, copy[72:104])
    metadata_len = int.from_bytes(copy[108:112], "big")
    metadata = json.loads(AESGCM(meta_key).decrypt(bytes(12), copy[at : at + metadata_len], None))
    assert sealer.header_mac(file_key, copy[:64], copy) == copy[sealer.MAC_AT : sealer.CHECKSUM_AT], "header_mac"
    return {"core": copy[:64], "generation": generation, "slots": slots, "file_key": file_key, "metadata": metadata}


def check_metadata(checks, what, found, name, plaintext, status, checksum="plaintext"):
    meta = found["metadata"]
    want = {
        "name": name, "mode": status.st_mode & 0o7777, "mtime_ns": str(status.st_mtime_ns), "checksum": checksum,
        "sha256": hashlib.sha256(plaintext).hexdigest(),
    }  # fmt: skip
    for key, value in want.items():
        checks.check(f"{what}: metadata {key}", meta.get(key) == value, f"{meta.get(key)!r}, not {value!r}")
    for key in ("created", "key_since", "tool"):
        checks.check(f"{what}: metadata {key}", isinstance(meta.get(key), str), repr(meta.get(key)))


def no_duplicates(pairs):
    assert len(dict(pairs)) == len(pairs), "duplicate key"
    return dict(pairs)


def check_sidecar(checks, what, sealed_path, found, plaintext, checksum="plaintext", published=False):
    """Every field, from the sealed file alone."""
    sealed = sealed_path.read_bytes()
    path = sealed_path.with_name(sealed_path.name + ".json")
    sidecar = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_duplicates)
    digest = hashlib.sha256(plaintext).digest()
    hmac_key = sealer.expand(found["file_key"], sealer.label("checksum"), 32)
    checksums = {"plaintext_hmac_sha256": sealer.mac(hmac_key, digest).hex()}
    if published:
        checksums["plaintext_sha256"] = digest.hex()
    if checksum == "both":
        checksums["payload_sha256"] = hashlib.sha256(sealed[PAYLOAD_AT:]).hexdigest()
    want = {
        "schema": sealer.SIDECAR_SCHEMA,
        "file": {
            "name": found["metadata"]["name"], "file_id": found["core"][16:48].hex(), "plaintext_len": len(plaintext),
            "sealed_len": len(sealed),
        },
        "suite": 1,
        "generation": found["generation"],
        "slots": found["slots"],
        "checksums": checksums,
        "created": found["metadata"].get("created"),
        "tool": found["metadata"].get("tool"),
        "mac": sealer.sidecar_mac(found["file_key"], sidecar).hex(),
    }  # fmt: skip
    for key in want.keys() | sidecar.keys():
        detail = f"{sidecar.get(key)!r}, not {want.get(key)!r}"
        checks.check(f"{what}: sidecar {key}", key in want and sidecar.get(key) == want[key], detail)
    if checksum == "both":
        command = f"tail -c +16385 '{sealed_path}' | sha256sum"
        out = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
        checks.check(f"{what}: payload_sha256 is what tail and sha256sum say", out.split()[0] == checksums["payload_sha256"])


# -- the sections ----------------------------------------------------------------------------------------------------


def make_tree(checks, name, sizes=SIZES):
    """A directory of files, and what is in them."""
    tree = checks.directory(name)
    contents = {f"size-{size}.bin": os.urandom(size) for size in sizes} | {"sub dir/ümlaut.safetensors": os.urandom(777)}
    for relative, data in contents.items():
        (tree / relative).parent.mkdir(exist_ok=True)
        (tree / relative).write_bytes(data)
        (tree / relative).chmod(0o640)
        os.utime(tree / relative, ns=(1_600_000_000_000_000_001, 1_600_000_000_123_456_789))
    return tree, contents, {relative: (tree / relative).stat() for relative in contents}


def enc(path):
    return path.with_name(path.name + ".enc")


def sealed_by_the_binary(checks):
    runs = [
        ("raw key", ["--key-file", checks.key], checks.key, {3: checks.master}, {}),
        ("passphrase", ["--passphrase-file", checks.passphrase, "--iterations", ITERATIONS], checks.passphrase,
         {1: PASSPHRASE.encode()}, {}),
        ("--checksum both", ["--key-file", checks.key, "--checksum", "both", "--publish-sha256"], checks.key,
         {3: checks.master}, {"checksum": "both", "published": True}),
    ]  # fmt: skip
    for what, options, key, secrets, extra in runs:
        tree, contents, statuses = make_tree(checks, f"sealed {what}")
        checks.expect(f"encrypt, {what}", 0, "encrypt", *options, tree)
        kdf_salts = set()
        for relative, plaintext in contents.items():
            sealed = enc(tree / relative)
            name = f"{what}, {relative}"
            checks.check(f"{name}: the plaintext is gone", not (tree / relative).exists())
            checks.opens(name, sealed, key, plaintext)
            with part(checks, name):
                found = take_apart(sealed.read_bytes(), secrets)
                kdf_salts |= {slot["kdf"]["salt"] for slot in found["slots"] if slot["kdf"]}
                checksum = extra.get("checksum", "plaintext")
                check_metadata(checks, name, found, Path(relative).name, plaintext, statuses[relative], checksum)
                check_sidecar(checks, name, sealed, found, plaintext, **extra)
            shown = checks.expect(f"inspect --sha256, {name}", 0, "inspect", *options[:2], "--sha256", sealed)
            digest = hashlib.sha256(plaintext).hexdigest()
            checks.check(f"inspect --sha256, {name}: the hash", digest.encode() in shown.stdout.split(), shown.stdout[-300:])
        if 1 in secrets:
            checks.check("one PBKDF2 salt for the whole run", len(kdf_salts) == 1, kdf_salts)
        checks.expect(f"verify, {what}", 0, "verify", *options[:2], tree)
        checks.expect(f"decrypt, {what}", 0, "decrypt", *options[:2], tree)
        for relative, plaintext in contents.items():
            path = tree / relative
            right = path.exists() and path.read_bytes() == plaintext
            checks.check(f"{what}, {relative}: there and back", right and not enc(path).exists())


def streams(checks):
    for size in SIZES:
        plaintext = os.urandom(size)
        what = f"encrypt - of {size} bytes"
        done = checks.expect(what, 0, "encrypt", "--key-file", checks.key, "-", stdin=plaintext)
        sealed = checks.work / "stream.enc"
        sealed.write_bytes(done.stdout)
        checks.opens(what, sealed, checks.key, plaintext)
        checks.check(f"{what}: length unknown", done.stdout[48:56] == b"\xff" * 8, done.stdout[48:56].hex())
        back = checks.expect(f"decrypt - of {size} bytes", 0, "decrypt", "--key-file", checks.key, "-", stdin=done.stdout)
        checks.check(f"decrypt - of {size} bytes: the plaintext", back.stdout == plaintext)
        draw = sealer.randomness()
        meta = sealer.metadata(b"", plaintext, stream=True)
        ours = sealer.seal(plaintext, [sealer.RawKey(checks.master, draw("", 32))], draw, meta, stream=True)
        what = f"decrypt - of {size} bytes sealed by sealer.py"
        back = checks.expect(what, 0, "decrypt", "--key-file", checks.key, "-", stdin=ours.file_bytes())
        checks.check(f"{what}: the plaintext", back.stdout == plaintext)
        what = f"decrypt - of {size} bytes without the end"
        checks.expect(what, 4, "decrypt", "--key-file", checks.key, "-", stdin=ours.file_bytes()[:-16])


def rewrapped(checks):
    tree, contents, statuses = make_tree(checks, "rewrapped", [0, 1, 16385])
    sealed = {relative: enc(tree / relative) for relative in contents}
    checks.expect("encrypt before rewrap", 0, "encrypt", "--key-file", checks.key, tree)
    before = {relative: path.read_bytes() for relative, path in sealed.items()}
    steps = [
        ("to a raw key", ["--key-file", checks.key], ["--new-key-file", checks.new_key], checks.new_key,
         {3: checks.new_master}, checks.key),
        ("to a passphrase", ["--key-file", checks.new_key], ["--new-passphrase-file", checks.passphrase],
         checks.passphrase, {1: PASSPHRASE.encode()}, checks.new_key),
    ]  # fmt: skip
    for what, old, new, key, secrets, old_key in steps:
        checks.expect(f"rewrap {what}", 0, "rewrap", *old, *new, tree)
        for relative, plaintext in contents.items():
            name = f"rewrapped {what}, {relative}"
            checks.opens(name, sealed[relative], key, plaintext)
            code, _ = checks.reader(sealed[relative], old_key)
            checks.check(f"{name}: the old key opens nothing", code == 3, f"exit {code}")
            with part(checks, name):
                data = sealed[relative].read_bytes()
                checks.check(f"{name}: payload untouched", data[PAYLOAD_AT:] == before[relative][PAYLOAD_AT:])
                checks.check(f"{name}: core untouched", data[:64] == before[relative][:64])
                checks.check(f"{name}: generation grew", data[64:72] > before[relative][64:72])
                checks.check(f"{name}: fresh header_salt", data[72:104] != before[relative][72:104])
                found = take_apart(data, secrets)
                checks.check(f"{name}: one slot", len(found["slots"]) == 1, found["slots"])
                check_metadata(checks, name, found, Path(relative).name, plaintext, statuses[relative])
                check_sidecar(checks, name, sealed[relative], found, plaintext)
                before[relative] = data
    name = "rewrap keeps a slot that nobody knows"
    draw = sealer.randomness()
    unknown = sealer.UnknownSlot(0x7FFF, b"a slot from the future")
    tree = checks.directory("rewrapped unknown")
    write_sealed(tree, "model.bin", b"abc", [unknown, sealer.RawKey(checks.master, draw("", 32))], draw)
    checks.expect(name, 0, "rewrap", "--key-file", checks.key, "--new-key-file", checks.new_key, tree)
    checks.opens(name, tree / "model.bin.enc", checks.new_key, b"abc")
    checks.check(f"{name}: its bytes", sealer.slot_bytes(unknown, None, None) in (tree / "model.bin.enc").read_bytes())


def write_sealed(tree, name, plaintext, slots, draw, sidecar=True, **options):
    meta = sealer.metadata(name.encode(), plaintext, mode=0o640, **options)
    sealed = sealer.seal(plaintext, slots, draw, meta)
    (tree / f"{name}.enc").write_bytes(sealed.file_bytes())
    if sidecar:
        (tree / f"{name}.enc.json").write_text(sealed.sidecar(), encoding="utf-8")
    return sealed


def sealed_by_us(checks):
    draw = sealer.randomness()

    def raw():
        return sealer.RawKey(checks.master, draw("", 32))

    def passphrase():
        return sealer.Passphrase(PASSPHRASE.encode(), ITERATIONS, draw("", 32), draw("", 32))

    kinds = [
        ("raw slot", lambda: [raw()], [["--key-file", checks.key]], {}),
        ("passphrase slot", lambda: [passphrase()], [["--passphrase-file", checks.passphrase]], {}),
        ("both slots", lambda: [passphrase(), raw()],
         [["--key-file", checks.key], ["--passphrase-file", checks.passphrase]], {}),
        ("unknown slot first", lambda: [sealer.UnknownSlot(77, bytes(300)), raw()], [["--key-file", checks.key]], {}),
        ("checksum both", lambda: [raw()], [["--key-file", checks.key]], {"checksum": "both"}),
        ("checksum none", lambda: [raw()], [["--key-file", checks.key]], {"checksum": "none"}),
        ("no sidecar", lambda: [raw()], [["--key-file", checks.key]], {"sidecar": False}),
    ]  # fmt: skip
    for kind, slots, keys, options in kinds:
        for index, key in enumerate(keys):
            what = f"sealed by sealer.py, {kind}, {key[0]}"
            tree = checks.directory(f"ours {kind} {index}")
            contents = {f"size-{size}.bin": os.urandom(size) for size in SIZES}
            for name, plaintext in contents.items():
                write_sealed(tree, name, plaintext, slots(), draw, **options)
            checks.expect(f"verify, {what}", 0, "verify", *key, tree)
            checks.expect(f"decrypt, {what}", 0, "decrypt", *key, tree)
            for name, plaintext in contents.items():
                path = tree / name
                right = path.exists() and path.read_bytes() == plaintext
                checks.check(f"{what}, {name}: the plaintext", right)
                if right:
                    status = path.stat()
                    checks.check(f"{what}, {name}: mode", status.st_mode & 0o7777 == 0o640, oct(status.st_mode))
                    checks.check(f"{what}, {name}: mtime", status.st_mtime_ns == 1_700_000_000_123_456_789)
            left = sorted(path.name for path in tree.iterdir())
            checks.check(f"{what}: only plaintext is left", left == sorted(contents), left)


def sidecars(checks):
    draw = sealer.randomness()
    slots = [sealer.RawKey(checks.master, draw("", 32))]
    key = ["--key-file", checks.key]

    def edited(name, edit, remake_mac=False):
        tree = checks.directory(f"sidecar {name}")
        sealed = write_sealed(tree, "model.bin", b"abc", slots, draw)
        path = tree / "model.bin.enc.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        edit(document)
        if remake_mac:
            document["mac"] = sealer.sidecar_mac(sealed.file_key, document).hex()
        path.write_text(json.dumps(document), encoding="utf-8")
        return tree

    def other_file_id(document):
        document["file"]["file_id"] = "00" * 32

    def kept(tree):
        return sorted(path.name for path in tree.iterdir()) == ["model.bin", "model.bin.enc", "model.bin.enc.json"]

    tampered = [
        ("a wrong length", lambda document: document["file"].update(plaintext_len=4), False),
        ("a wrong mac", lambda document: document.update(mac="00" * 32), False),
        ("an unknown key", lambda document: document.update(colour="red"), True),
    ]
    for name, edit, remake_mac in tampered:
        tree = edited(name, edit, remake_mac)
        checks.expect(f"verify, a sidecar with {name}", 4, "verify", *key, tree)
        checks.expect(f"decrypt, a sidecar with {name}", 4, "decrypt", *key, tree)
        checks.check(f"decrypt, a sidecar with {name}: plaintext written, the others kept", kept(tree), os.listdir(tree))
    tree = edited("an older generation", lambda document: document.update(generation=7), True)
    checks.expect("verify, a stale sidecar of another generation", 0, "verify", *key, tree)
    tree = edited("another file_id", other_file_id)
    checks.expect("verify, a stale sidecar of another file", 0, "verify", *key, tree)
    tree = edited("not JSON", lambda _: None)
    (tree / "model.bin.enc.json").write_bytes(b"{")
    checks.expect("verify, an unreadable sidecar", 4, "verify", *key, tree)


def names(checks):
    draw = sealer.randomness()
    slots = [sealer.RawKey(checks.master, draw("", 32))]
    key = ["--key-file", checks.key]
    tree = checks.directory("swapped shards")
    for name in ("a.bin", "b.bin"):
        write_sealed(tree, name, name.encode(), slots, draw, sidecar=False)
    (tree / "a.bin.enc").rename(tree / "c")
    (tree / "b.bin.enc").rename(tree / "a.bin.enc")
    (tree / "c").rename(tree / "b.bin.enc")
    checks.expect("decrypt of swapped shards", 4, "decrypt", *key, tree)
    left = sorted(path.name for path in tree.iterdir())
    checks.check("decrypt of swapped shards writes nothing", left == ["a.bin.enc", "b.bin.enc"], left)
    checks.expect("decrypt of swapped shards, --allow-renamed", 0, "decrypt", "--allow-renamed", *key, tree)


def fixtures(checks):
    for case in read_cases():
        what = f"fixture {case.name} with {case.key}"
        tree = checks.directory(what)
        sealed = tree / case.sealed.name
        sealed.write_bytes(case.sealed.read_bytes())
        secret = checks.work / case.key
        secret.write_bytes((FIXTURES / case.key).read_bytes())
        secret.chmod(0o600)
        option = "--passphrase-file" if case.key.endswith("passphrase") else "--key-file"
        if case.name not in UNFINISHED_REWRAP:
            code = 4 if case.expect == "ok" and case.name in DAMAGED_COPY else case.exit_code
            checks.expect(f"verify, {what}", code, "verify", option, secret, sealed)
        started = time.monotonic()
        checks.expect(f"decrypt, {what}", case.exit_code, "decrypt", option, secret, sealed)
        checks.check(f"{what}: in a few seconds", time.monotonic() - started < 10)
        left = {path.name: path.read_bytes() for path in tree.iterdir()}
        if case.expect == "ok":
            right = left == {case.name: case.plaintext()}
            checks.check(f"{what}: plaintext, and nothing else", right, {name: len(data) for name, data in left.items()})
        else:
            untouched = left == {sealed.name: case.sealed.read_bytes()}
            checks.check(f"{what}: nothing is written", untouched, sorted(left))
    tree = checks.directory("worked example")
    for name in ("worked-example.enc", "worked-example.enc.json"):
        (tree / name).write_bytes((FIXTURES / name).read_bytes())
    secret = checks.work / "test.key"
    checks.expect("verify, the worked example with its sidecar", 0, "verify", "--key-file", secret, tree)


class part:
    """A part of a section: what it raises is one failure, and the section goes on."""

    def __init__(self, checks, name):
        self.checks, self.name = checks, name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None or not issubclass(kind, Exception):
            return False
        where = traceback.extract_tb(trace)[-1]
        return not self.checks.check(self.name, False, f"{kind.__name__}: {error} (line {where.lineno})")


def main():
    parser = argparse.ArgumentParser(description="Checks a built modelcrypt against the independent reader and writer.")
    parser.add_argument("binary")
    parser.add_argument("-v", "--verbose", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        checks = Checks(Path(args.binary).resolve(), work, args.verbose)
        for section in (fixtures, sealed_by_us, sealed_by_the_binary, streams, rewrapped, sidecars, names):
            with part(checks, section.__name__.replace("_", " ")):
                section(checks)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
