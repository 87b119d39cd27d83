"""The key of a job as text, and back: `lab/2026-11-28/zen4/a/nightly`."""

import re
from datetime import date

from harness.errors import UsageError
from harness.records.fleet import ANY_NODE, JobKey

# A key stands in records, in names of Slurm's jobs and in names of files: of plain signs alone, and not too long.
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MOST_KEY_SIGNS = 400
_PARTS = 5
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def is_key_part(text: str) -> bool:
    """Return whether a text can be a part of a key, such as the name of a fleet or of a job."""
    return _PART.fullmatch(text) is not None and len(text) <= MOST_KEY_SIGNS


def parse_job_key(text: str) -> JobKey:
    """Return the key that a text is; raises UsageError for one that is none."""
    parts = text.split("/")
    node = parts[3] if len(parts) == _PARTS else ""
    named = [*parts[:3], *parts[4:], *([] if node == ANY_NODE else [node])]
    if len(parts) != _PARTS or len(text) > MOST_KEY_SIGNS or not all(map(is_key_part, named)):
        raise UsageError(
            f"{text[: MOST_KEY_SIGNS + 1]!r} is not the key of a job",
            cause="a key is FLEET/ROUND/CLASS/NODE/JOB, each of letters, digits, '.', '_' and '-', not beginning with "
            f"'.' or '-'; NODE may be '{ANY_NODE}' for any; together at most {MOST_KEY_SIGNS} characters",
            hint="--job lab/2026-11-28/zen4/a/nightly",
        )
    fleet, day, node_class, node, job = parts
    return JobKey(fleet=fleet, round=day, node_class=node_class, node="" if node == ANY_NODE else node, job=job)


def read_round(text: str) -> date | None:
    """Return the day that a round is named after, None for a round with another name, such as `2026-W48`."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
