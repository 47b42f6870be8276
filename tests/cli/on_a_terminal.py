"""Runs a command on a terminal of its own and answers its questions.

usage: on_a_terminal.py 'QUESTION' 'ANSWER' ... -- COMMAND ...

Prints all that the terminal showed and exits as the command did (128 + n for a signal).
"""

import os
import pty
import select
import sys
import time

split = sys.argv.index("--")
talk = list(zip(sys.argv[1:split:2], sys.argv[2:split:2]))
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[split + 1], sys.argv[split + 1 :])

shown, seen = b"", 0
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        piece = b""
    if not piece:
        break
    shown += piece
    if talk and talk[0][0].encode() in shown[seen:]:
        seen = len(shown)
        # The question is on the screen a little before the echo is off.
        time.sleep(0.2)
        os.write(terminal, talk.pop(0)[1].encode().decode("unicode_escape").encode())

sys.stdout.buffer.write(shown)
status = os.waitpid(pid, 0)[1]
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
