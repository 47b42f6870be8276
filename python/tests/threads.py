"""What other threads do while a call runs."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable


def counted_during(call: Callable[[], object]) -> int:
    """How far another thread counts during the call. Nobody takes the GIL away: it has to be given."""
    count, is_over = 0, False

    def counter() -> None:
        nonlocal count
        while not is_over:
            count += 1
            time.sleep(0)

    thread = threading.Thread(target=counter)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        thread.start()
        before = count
        call()
        return count - before
    finally:
        is_over = True
        sys.setswitchinterval(interval)
        thread.join()
