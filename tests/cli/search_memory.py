"""Searches the memory of the parent process for a key.

usage: search_memory.py KEYFILE [SEALED] [NAME=HEX...]

KEYFILE holds what is looked for: a key of the form mck1_…, in its text and in its bytes, or a passphrase, and with
SEALED, a file that it was sealed with, what PBKDF2 makes of it. NAME=HEX is looked for as it is. Prints each form that
was found with the name of the mapping, and `searched N` with the number of bytes at last.
"""

import base64
import hashlib
import os
import struct
import sys

text = open(sys.argv[1], "rb").read().strip()
forms = {"text": text}
while "=" in sys.argv[-1]:
    name, value = sys.argv.pop().split("=")
    forms[name] = bytes.fromhex(value)
if text.startswith(b"mck1_"):
    forms["body"] = text[5:]
    forms["key"] = base64.urlsafe_b64decode(text[5:])[:32]
elif len(sys.argv) > 2:
    header = open(sys.argv[2], "rb").read(8192)
    kind, _, prf, iterations = struct.unpack(">HHB3xI", header[112:124])
    assert (kind, prf) == (1, 1)
    forms["derived"] = hashlib.pbkdf2_hmac("sha256", text, header[124:156], iterations)

pid, searched = os.getppid(), 0
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        fields = line.split(None, 5)
        start, end = (int(part, 16) for part in fields[0].split("-"))
        name = fields[5].strip() if len(fields) > 5 else "anonymous"
        if "r" not in fields[1] or name in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
            continue
        try:
            memory.seek(start)
            content = memory.read(end - start)
        except OSError:
            continue
        searched += len(content)
        for form, value in forms.items():
            at = content.find(value)
            while at >= 0:
                print(f"{form} at {start + at:x} in {name} {start:x}-{end:x}")
                at = content.find(value, at + 1)
print(f"searched {searched}")
