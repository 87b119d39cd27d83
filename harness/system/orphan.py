"""Children that outlived a harness which was killed."""

import contextlib
import os
import signal
from collections.abc import Sequence


def stop_orphan(pid: int, argv: Sequence[str]) -> bool:
    """End the process group `pid` if its leader is still what was started as `argv`; return whether it was.

    The command line is compared because the system may have given the number to another process since.
    """
    import psutil

    try:
        alive = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    if alive[-len(argv) + 1 :] != list(argv[1:]):  # a script's interpreter stands before its name
        return False
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return True
