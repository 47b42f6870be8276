"""The ``modelcrypt`` command."""

from __future__ import annotations

import signal
import sys

from . import _modelcrypt


def main() -> int:
    """Runs the command line on the process's arguments and returns the exit code."""
    # The command has handlers of its own; Python's would raise once more when all is over.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _modelcrypt.main(["modelcrypt", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
