"""How long each kind of step took last time, kept in the cache for the progress line."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.errors import UnreadableError
from harness.parse.notation import UNDECODABLE
from harness.system.foreign import read_bytes
from harness.system.fresh import write_atomic

_FILE = "durations.json"
# Longer than any step takes; a greater number is damage.
_LONGEST_S = 30 * 86400

Durations = Mapping[str, float]


def load_durations(cache: Path) -> dict[str, float]:
    """Return wall seconds by `duration_key`; empty if nothing readable is stored."""
    try:
        stored = msgspec.json.decode(read_bytes(cache / _FILE), type=dict[str, float])
    except (UnreadableError, *UNDECODABLE):
        return {}
    return {key: seconds for key, seconds in stored.items() if 0 <= seconds <= _LONGEST_S}


def save_durations(cache: Path, durations: Mapping[str, float]) -> None:
    """Store `durations` for the next run."""
    write_atomic(cache / _FILE, msgspec.json.encode(durations), durable=False)
