"""What the index keeps of the file of a sweep."""

import os
from pathlib import Path

import msgspec

from harness.errors import UnreadableError
from harness.store.index.reader import TableRow, stamp_file, tame
from harness.store.json_file import read_run


class _Part(msgspec.Struct):
    """An entry or a cell, of which only the number counts."""


class _Sweep(msgspec.Struct):
    schema: int
    id: str
    node: str
    start: str
    end: str = ""
    entries: tuple[_Part, ...] = ()
    cells: tuple[_Part, ...] = ()


def read_sweep_row(month: str, name: str) -> TableRow | None:
    """Return the row of a sweep in the table `sweep`, but for the month; None for a file that is none."""
    path = f"{month}{os.sep}{name}"
    stamp = stamp_file(path)
    try:
        sweep = read_run(Path(path), _Sweep)
    except UnreadableError:
        return None
    return {
        "name": os.fsencode(name),
        "stamp": stamp,
        "sweep_id": tame(sweep.id),
        "node": tame(sweep.node),
        "start": tame(sweep.start),
        "ended": tame(sweep.end),
        "configs": len(sweep.entries),
        "cells": len(sweep.cells),
    }
