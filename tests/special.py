"""Special files for tests, where a regular file is expected."""

import os
import socket
from pathlib import Path


def make_socket(path: Path) -> None:
    """Leave a socket at a path of any length."""
    here = os.open(".", os.O_RDONLY)
    os.chdir(path.parent)  # the name of a socket may have 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)
