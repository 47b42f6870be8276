#!/usr/bin/env python3
"""Opens a sealed file as `format.md` describes it: one page of Python that will still work when nothing else does.

    python reader.py --key-file KEY FILE.enc [-o OUT]        needs `cryptography` 50 or newer

KEY holds an `mck1_…` key or a passphrase. OUT appears only after every byte has authenticated; without `-o` the file is
checked whole, then read again and written to standard output. Exit codes: 1 input or output failed, 2 usage or a
malformed key, 3 the key opens no slot, 4 tampered, truncated, or not a sealed file of version 1.
"""

import argparse, base64, hashlib, hmac, json, os, re, sys, tempfile, time  # noqa: E401

from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

MAGIC = bytes.fromhex("894d43460d0a1a0a")
COPY_LEN, MAC_AT, CHECKSUM_AT, SLOTS_AT = 8192, 8128, 8160, 112
PAYLOAD_AT = 2 * COPY_LEN
CHUNK_LEN, TAG_LEN, PAYLOAD_HEAD_LEN = 16384, 16, 56
UNKNOWN_LEN, MAX_PLAINTEXT_LEN = 2**64 - 1, 2**52 - 1
MAX_SLOTS, MAX_ITERATIONS = 16, 10_000_000
SLOT_LEN = {1: 152, 3: 120}  # passphrase, raw key; every other type is skipped
EXIT = {"malformed key": 2, "wrong key": 3, "tampered": 4, "truncated": 4, "unsupported": 4}


class Fault(Exception):
    def __init__(self, kind, what):
        super().__init__(f"{kind}: {what}")
        self.kind = kind


def require(truth, what, kind="tampered"):
    if not truth:
        raise Fault(kind, what)


def L(name): return b"modelcrypt/v1/" + name + b"\0"  # noqa: E704
def number(data): return int.from_bytes(data, "big")  # noqa: E704
def expand(key, info): return HKDFExpand(SHA256(), 32, info).derive(key)  # noqa: E704


def aes_open(key, sealed, what):
    try:
        return AESGCM(key).decrypt(bytes(12), sealed, None)
    except InvalidTag:
        raise Fault("tampered", what) from None


class Copy:
    """One header copy whose checksum is right: any fault in it is fatal."""

    def __init__(self, data):
        self.data, self.core = data, data[:64]
        require(data[:8] == MAGIC, "not a sealed file", "unsupported")
        require(data[8:10] == b"\0\1", f"version {number(data[8:10])}", "unsupported")
        require(data[10:12] == b"\0\1", f"suite {number(data[10:12])}", "unsupported")
        require(data[12:16] == bytes(4), "unknown flags", "unsupported")
        self.file_id, self.plaintext_len = data[16:48], number(data[48:56])
        require(self.plaintext_len == UNKNOWN_LEN or self.plaintext_len <= MAX_PLAINTEXT_LEN, "plaintext_len")
        require(data[56:64] == bytes(8), "reserved bytes of the core")
        self.generation, self.header_salt = number(data[64:72]), data[72:104]
        require(self.generation >= 1, "generation 0")
        require(1 <= data[104] <= MAX_SLOTS, f"{data[104]} slots")
        require(data[105:108] == bytes(3), "bytes after slot_count")
        at, self.slots = SLOTS_AT, []
        for _ in range(data[104]):
            require(at + 4 <= MAC_AT, "the slots overrun the header")
            slot_type, slot_len = number(data[at : at + 2]), number(data[at + 2 : at + 4])
            at += 4
            require(at + slot_len <= MAC_AT, "a slot overruns the header")
            require(slot_len == SLOT_LEN.get(slot_type, slot_len), f"length of a slot of type {slot_type}")
            body = data[at : at + slot_len]
            require(slot_type != 1 or (body[:4] == b"\1\0\0\0" and body[4:8] != bytes(4)), "passphrase slot")
            self.slots.append((slot_type, body))
            at += slot_len
        metadata_len = number(data[108:112])
        require(TAG_LEN <= metadata_len <= MAC_AT - at, "metadata_len")
        self.metadata = data[at : at + metadata_len]
        require(not any(data[at + metadata_len : MAC_AT]), "padding")


def read_header(file):
    """The newest copy, and the names of the copies that are not there."""
    for attempt in range(3):  # a rewrap may be writing just now
        file.seek(0)
        head = file.read(PAYLOAD_AT)
        if len(head) < PAYLOAD_AT:
            require(head[:8] != MAGIC, "the file ends in its header", "truncated")
            raise Fault("unsupported", "not a sealed file")
        halves = {"A": head[:COPY_LEN], "B": head[COPY_LEN:]}
        copies = {n: Copy(d) for n, d in halves.items() if hashlib.sha256(d[:CHECKSUM_AT]).digest() == d[CHECKSUM_AT:]}
        if copies:
            break
        time.sleep(0.05 * (attempt < 2))
    else:
        require(MAGIC not in (halves["A"][:8], halves["B"][:8]), "both header copies are damaged")
        raise Fault("unsupported", "not a sealed file")
    if len(copies) == 2:
        a, b = copies["A"], copies["B"]
        require(a.core == b.core, "the header copies are of two files")
        require(a.generation != b.generation or a.data == b.data, "two header copies of one generation")
    return max(copies.values(), key=lambda copy: copy.generation), halves.keys() - copies.keys()


def parse_key(text):
    """(type of slot, secret): a raw master key, or a passphrase."""
    text = re.sub(rb"\r?\n\Z", b"", text)
    require(text, "empty", "malformed key")
    if not text.startswith(b"mck1_"):
        require(text.decode("utf-8", "ignore").encode() == text, "a passphrase is UTF-8", "malformed key")
        return 1, text
    require(re.fullmatch(rb"mck1_[A-Za-z0-9_-]{48}", text), "not 48 characters of base64url", "malformed key")
    data = base64.urlsafe_b64decode(text[5:])
    require(hashlib.sha256(b"mck1" + data[:32]).digest()[:4] == data[32:], "checksum of the key", "malformed key")
    return 3, data[:32]


def unlock(copy, key_type, secret):
    """The file key."""
    mine = [body for slot_type, body in copy.slots if slot_type == key_type]
    derived = {3: secret}
    if key_type == 1:  # (iterations, salt) of each slot, and the sum bounded before anything is computed
        costs = {body[4:40] for body in mine}
        require(sum(number(cost[:4]) for cost in costs) <= MAX_ITERATIONS, "more PBKDF2 iterations than 10,000,000")
        derived = {cost: hashlib.pbkdf2_hmac("sha256", secret, cost[4:], number(cost[:4])) for cost in costs}
    for body in mine:
        params, slot_salt, commit, wrapped = body[:-112], body[-112:-80], body[-80:-48], body[-48:]
        info = L(b"slot") + key_type.to_bytes(2, "big") + hashlib.sha256(params).digest() + copy.core
        ikm = derived[3] if key_type == 3 else derived[params[4:]]
        keys = HKDF(SHA256(), 64, slot_salt, info).derive(ikm)
        if hmac.compare_digest(keys[32:], commit):
            return aes_open(keys[:32], wrapped, "a slot's wrapping does not open")
    raise Fault("wrong key", "no slot is opened by this key")


def read_metadata(copy, file_key):
    info = L(b"meta") + copy.core + copy.generation.to_bytes(8, "big")
    text = aes_open(HKDF(SHA256(), 32, copy.header_salt, info).derive(file_key), copy.metadata, "metadata does not open")

    def no_duplicates(pairs):
        require(len({key for key, _ in pairs}) == len(pairs), "duplicate key in the metadata")
        return dict(pairs)

    try:
        metadata = json.loads(text.decode(), object_pairs_hook=no_duplicates)
    except (ValueError, RecursionError):
        raise Fault("tampered", "metadata is not JSON") from None
    require(isinstance(metadata, dict), "metadata is not an object")
    strings = ("name", "name_b64", "mtime_ns", "sha256", "checksum", "created", "key_since", "tool")
    require(all(isinstance(metadata.get(key), str | None) for key in strings), "metadata: not a string")
    require(type(metadata.get("mode")) in (int, type(None)), "metadata: mode is not a number")
    require(metadata.get("name") is None or metadata.get("name_b64") is None, "metadata: two names")
    return metadata


def plaintext_blocks(file, copy, file_key, metadata):
    """Yields authenticated plaintext; raises at the end if the file does not end as it should."""
    payload_len = os.fstat(file.fileno()).st_size - PAYLOAD_AT
    if copy.plaintext_len == UNKNOWN_LEN:
        final_len = (payload_len - PAYLOAD_HEAD_LEN) % (CHUNK_LEN + TAG_LEN)
        whole = payload_len > PAYLOAD_HEAD_LEN and final_len >= TAG_LEN
        require(whole, "the final chunk is missing or cut", "truncated")
    else:
        expected = PAYLOAD_HEAD_LEN + copy.plaintext_len + (copy.plaintext_len // CHUNK_LEN + 1) * TAG_LEN
        require(payload_len >= expected, f"{expected - payload_len} bytes are missing", "truncated")
        require(payload_len == expected, f"{payload_len - expected} bytes too many")
    opener = Cobblestone256Decryptor(expand(file_key, L(b"payload-key") + copy.file_id), L(b"payload") + copy.core)
    digest, plaintext_len = hashlib.sha256(), 0
    file.seek(PAYLOAD_AT)
    try:
        while True:
            sealed = file.read(1 << 20)
            block = opener.update(sealed) if sealed else opener.finalize()
            digest.update(block)
            plaintext_len += len(block)
            yield block
            if not sealed:
                break
    except InvalidTag:
        raise Fault("tampered", "the payload does not authenticate") from None
    require(copy.plaintext_len in (plaintext_len, UNKNOWN_LEN), "another length than the header says")
    require(metadata.get("sha256") in (digest.hexdigest(), None), "another SHA-256 than the metadata says")


def main():
    parser = argparse.ArgumentParser(description="Opens a sealed file.")
    parser.add_argument("sealed")
    parser.add_argument("--key-file", "--passphrase-file", required=True)
    parser.add_argument("-o", "--output")
    args = parser.parse_args()
    with open(args.key_file, "rb") as file:
        key = parse_key(file.read())
    with open(args.sealed, "rb") as file:
        copy, missing = read_header(file)
        for name in sorted(missing):
            print(f"warning: header copy {name} is damaged", file=sys.stderr)
        file_key = unlock(copy, *key)
        mac = hmac.digest(expand(file_key, L(b"header-mac") + copy.core), copy.data[:MAC_AT], "sha256")
        require(hmac.compare_digest(mac, copy.data[MAC_AT:CHECKSUM_AT]), "the header's MAC")
        inputs = file, copy, file_key, read_metadata(copy, file_key)
        if args.output is None:
            for _ in plaintext_blocks(*inputs):
                pass
            for block in plaintext_blocks(*inputs):
                sys.stdout.buffer.write(block)
            return
        folder, name = os.path.split(args.output)
        handle, beside = tempfile.mkstemp(prefix=f".{name}.", dir=folder or ".")
        try:
            with open(handle, "wb") as output:
                output.writelines(plaintext_blocks(*inputs))
            os.replace(beside, args.output)
        except BaseException:
            os.unlink(beside)
            raise


if __name__ == "__main__":
    try:
        main()
    except Fault as fault:
        print(f"error: {fault}", file=sys.stderr)
        sys.exit(EXIT[fault.kind])
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
