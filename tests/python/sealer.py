#!/usr/bin/env python3
"""Seals a file as `docs/format.md` describes, independently of the Rust code.

It makes the fixtures of `fixtures/format` (see `fixtures/make_format`) and the files of the live checks
(`check_reader.py`). It holds the whole file in memory and is not meant for people's models. With `--seed` its output is
the same at every run: never seal anything that matters with a seed.

    python tests/python/sealer.py --key-file K IN -o OUT.enc        needs `cryptography`
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import sys
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = bytes.fromhex("894d43460d0a1a0a")
COPY_LEN = 8192
MAC_AT = 8128
CHECKSUM_AT = 8160
CHUNK_LEN = 16384
TAG_LEN = 16
UNKNOWN_LEN = 2**64 - 1
SIDECAR_SCHEMA = "modelcrypt/sidecar/v1"
PASSPHRASE, RAW_KEY = 1, 3
ZERO_NONCE = bytes(12)


# -- primitives, by hand, so that nothing is shared with the readers -------------------------------------------------


def label(name):
    return b"modelcrypt/v1/" + name.encode() + b"\0"


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(prk, info, length, digest=hashlib.sha256):
    """HKDF-Expand (RFC 5869)."""
    out = block = b""
    counter = 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([counter]), digest).digest()
        out += block
        counter += 1
    return out[:length]


def hkdf(salt, ikm, info, length):
    return expand(mac(salt, ikm), info, length)


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# -- keys ------------------------------------------------------------------------------------------------------------


def key_text(master):
    return "mck1_" + b64url(master + sha256(b"mck1" + master)[:4])


def key_id(master):
    return expand(master, label("key-id"), 8)


def parse_key(text):
    """The 32 bytes of an `mck1_` key, or None for a passphrase."""
    if not text.startswith(b"mck1_"):
        return None
    master = base64.urlsafe_b64decode(text[5:])[:32]
    if key_text(master).encode() != text:
        raise ValueError("malformed mck1 key")
    return master


@dataclass
class RawKey:
    master: bytes
    slot_salt: bytes
    type = RAW_KEY

    def params(self):
        return key_id(self.master)

    def secret(self):
        return self.master

    def described(self):
        return {"type": RAW_KEY, "key_id": key_id(self.master).hex(), "kdf": None}


@dataclass
class Passphrase:
    passphrase: bytes
    iterations: int
    kdf_salt: bytes
    slot_salt: bytes
    prf: int = 1
    type = PASSPHRASE

    def params(self):
        return bytes([self.prf, 0, 0, 0]) + self.iterations.to_bytes(4, "big") + self.kdf_salt

    def secret(self):
        return hashlib.pbkdf2_hmac("sha256", self.passphrase, self.kdf_salt, self.iterations)

    def described(self):
        kdf = {"prf": "HMAC-SHA-256", "iterations": self.iterations, "salt": self.kdf_salt.hex()}
        return {"type": PASSPHRASE, "key_id": None, "kdf": kdf}


@dataclass
class UnknownSlot:
    type: int
    body: bytes

    def described(self):
        return {"type": self.type, "key_id": None, "kdf": None}


def wrap_keys(slot, core):
    """The wrapping key and the commitment of a slot."""
    info = label("slot") + slot.type.to_bytes(2, "big") + sha256(slot.params()) + core
    out = hkdf(slot.slot_salt, slot.secret(), info, 64)
    return out[:32], out[32:]


def slot_bytes(slot, file_key, core):
    if isinstance(slot, UnknownSlot):
        body = slot.body
    else:
        wrap, commit = wrap_keys(slot, core)
        body = slot.params() + slot.slot_salt + commit + AESGCM(wrap).encrypt(ZERO_NONCE, file_key, None)
    return slot.type.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


# -- header ----------------------------------------------------------------------------------------------------------


def core_bytes(file_id, plaintext_len, magic=MAGIC, version=1, suite=1, flags=0, reserved=bytes(8)):
    core = magic + version.to_bytes(2, "big") + suite.to_bytes(2, "big") + flags.to_bytes(4, "big")
    core += file_id + plaintext_len.to_bytes(8, "big") + reserved
    assert len(core) == 64
    return core


def meta_key(file_key, core, generation, header_salt):
    return hkdf(header_salt, file_key, label("meta") + core + generation.to_bytes(8, "big"), 32)


def header_mac(file_key, core, copy):
    return mac(expand(file_key, label("header-mac") + core, 32), copy[:MAC_AT])


def with_checksum(copy):
    return copy[:CHECKSUM_AT] + sha256(copy[:CHECKSUM_AT])


def with_mac(copy, file_key):
    """The copy with its MAC and checksum made again, after somebody changed bytes in it."""
    return with_checksum(copy[:MAC_AT] + header_mac(file_key, copy[:64], copy))


@dataclass
class Header:
    """One header copy; what is not None or empty in the second group is a fault somebody asked for."""

    core: bytes
    generation: int
    header_salt: bytes
    slots: list
    metadata: bytes

    slot_count: int = None
    zeros: bytes = bytes(3)
    metadata_len: int = None
    sealed_metadata: bytes = None

    def copy(self, file_key):
        sealed = self.sealed_metadata
        if sealed is None:
            key = meta_key(file_key, self.core, self.generation, self.header_salt)
            sealed = AESGCM(key).encrypt(ZERO_NONCE, self.metadata, None)
        slots = [slot if isinstance(slot, bytes) else slot_bytes(slot, file_key, self.core) for slot in self.slots]
        count = len(slots) if self.slot_count is None else self.slot_count
        length = len(sealed) if self.metadata_len is None else self.metadata_len
        copy = self.core + self.generation.to_bytes(8, "big") + self.header_salt
        copy += bytes([count]) + self.zeros + length.to_bytes(4, "big") + b"".join(slots) + sealed
        if len(copy) > MAC_AT:
            raise ValueError("slots and metadata do not fit into the header")
        return with_mac(copy.ljust(COPY_LEN, b"\0"), file_key)


# -- payload ---------------------------------------------------------------------------------------------------------


def payload_key(file_key, file_id):
    return expand(file_key, label("payload-key") + file_id, 32)


def cobblestone(key, context, salt, plaintext):
    """C2SP chunked-encryption, Cobblestone-256, written out so that the salt can be chosen."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    out = expand(key, info, 76, hashlib.sha512)
    cipher, base_nonce, commitment = AESGCM(out[:32]), int.from_bytes(out[32:44], "big"), out[44:]
    chunks = []
    for index in range(len(plaintext) // CHUNK_LEN + 1):
        nonce = (base_nonce ^ index).to_bytes(12, "big")
        chunks.append(cipher.encrypt(nonce, plaintext[index * CHUNK_LEN : (index + 1) * CHUNK_LEN], None))
    return salt + commitment + b"".join(chunks)


# -- a whole file ----------------------------------------------------------------------------------------------------


def randomness(seed=None):
    """`draw(label, length)`: from the system, or the same bytes at every run."""
    if seed is None:
        return lambda _, length: os.urandom(length)
    return lambda name, length: hashlib.shake_256(f"{seed}/{name}".encode()).digest(length)


@dataclass
class Sealed:
    header: Header
    file_key: bytes
    payload: bytes
    plaintext: bytes
    metadata: dict
    copy_a: bytes = b""
    copy_b: bytes = b""

    def file_bytes(self):
        return self.copy_a + self.copy_b + self.payload

    def sidecar(self, publish_sha256=False):
        """The sidecar, with its MAC, as text."""
        meta = self.metadata
        file = {key: meta[key] for key in ("name", "name_b64") if key in meta}
        file |= {"file_id": self.header.core[16:48].hex()}
        file |= {"plaintext_len": len(self.plaintext), "sealed_len": 2 * COPY_LEN + len(self.payload)}
        checksums = {}
        if meta["sha256"] is not None:
            digest = bytes.fromhex(meta["sha256"])
            checksums["plaintext_hmac_sha256"] = mac(expand(self.file_key, label("checksum"), 32), digest).hex()
            if publish_sha256:
                checksums["plaintext_sha256"] = meta["sha256"]
        if meta["checksum"] == "both":
            checksums["payload_sha256"] = sha256(self.payload).hex()
        document = {
            "schema": SIDECAR_SCHEMA,
            "file": file,
            "suite": 1,
            "generation": self.header.generation,
            "slots": [slot.described() for slot in self.header.slots],
            "checksums": checksums,
            "created": meta["created"],
            "tool": meta["tool"],
        }
        document["mac"] = sidecar_mac(self.file_key, document).hex()
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def canonical_json(document):
    """RFC 8785, for documents whose keys are ASCII and whose numbers are integers below 2^53."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sidecar_mac(file_key, document):
    body = {key: value for key, value in document.items() if key != "mac"}
    return mac(expand(file_key, label("sidecar"), 32), canonical_json(body))


def metadata(name, plaintext, *, checksum="plaintext", stream=False, mode=0o644, mtime_ns=1_700_000_000_123_456_789):
    """The metadata of one file; `name` is bytes, because a file name is."""
    try:
        named = {"name": None if stream else name.decode()}
    except UnicodeDecodeError:
        named = {"name_b64": b64url(name)}
    return named | {
        "mode": None if stream else mode,
        "mtime_ns": None if stream else str(mtime_ns),
        "sha256": None if stream or checksum == "none" else sha256(plaintext).hex(),
        "checksum": checksum,
        "created": "2025-01-02T03:04:05Z",
        "key_since": "2025-01-02T03:04:05Z",
        "tool": "sealer.py",
    }


def seal(plaintext, slots, draw, meta, *, stream=False, generation=1, core=None, metadata_json=None, payload=None):
    """Seals `plaintext`; `core`, `metadata_json` and `payload` replace what would be right."""
    file_key, file_id = draw("file_key", 32), draw("file_id", 32)
    core = core or core_bytes(file_id, UNKNOWN_LEN if stream else len(plaintext))
    if payload is None:
        key = payload_key(file_key, core[16:48])
        payload = cobblestone(key, label("payload") + core, draw("payload_salt", 24), plaintext)
    if metadata_json is None:
        metadata_json = json.dumps(meta, ensure_ascii=False, separators=(",", ":")).encode()
    header = Header(core, generation, draw(f"header_salt/{generation}", 32), slots, metadata_json)
    copy = header.copy(file_key)
    return Sealed(header, file_key, payload, plaintext, meta, copy, copy)


# -- command line ----------------------------------------------------------------------------------------------------


def slot_from_key_file(path, iterations, draw, index):
    with open(path, "rb") as file:
        text = re.sub(rb"\r?\n\Z", b"", file.read())
    master = parse_key(text)
    salt = draw(f"slot_salt/{index}", 32)
    return RawKey(master, salt) if master else Passphrase(text, iterations, draw("kdf_salt", 32), salt)


def main():
    parser = argparse.ArgumentParser(description="Seals one file, independently of the Rust code.")
    parser.add_argument("input")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--key-file", "--passphrase-file", action="append", required=True, help="one slot each")
    parser.add_argument("--iterations", type=int, default=600_000)
    parser.add_argument("--stream", action="store_true", help="length unknown, no name")
    parser.add_argument("--unknown-slot", action="store_true", help="a slot of a type nobody knows, first")
    parser.add_argument("--checksum", choices=["plaintext", "none", "both"], default="plaintext")
    parser.add_argument("--publish-sha256", action="store_true")
    parser.add_argument("--sidecar", action="store_true", help="write OUTPUT.json as well")
    parser.add_argument("--seed", help="the same output at every run: for tests only")
    args = parser.parse_args()

    draw = randomness(args.seed)
    slots = [slot_from_key_file(path, args.iterations, draw, index) for index, path in enumerate(args.key_file)]
    if args.unknown_slot:
        slots.insert(0, UnknownSlot(0x7FFF, b"a slot from the future"))
    with open(args.input, "rb") as file:
        plaintext = file.read()
    name = os.fsencode(os.path.basename(args.input))
    meta = metadata(name, plaintext, checksum=args.checksum, stream=args.stream)
    sealed = seal(plaintext, slots, draw, meta, stream=args.stream)
    with open(args.output, "wb") as file:
        file.write(sealed.file_bytes())
    if args.sidecar:
        with open(args.output + ".json", "w", encoding="utf-8", newline="\n") as file:
            file.write(sealed.sidecar(args.publish_sha256))


if __name__ == "__main__":
    sys.exit(main())
