"""Whether the harness wrote a file, by its path: results are recognised by name, in whatever folder."""

import itertools
import re
from collections.abc import Sequence

# Below <node>/: the month, and in it a bundle, finished or not, or a sweep's file.
_MONTH = re.compile(r"\d{4}-\d{2}|undated")
_ENTRY = re.compile(r"\.?(?:\d{8}T\d{6}Z|0-undated)-.+")
# Below <project>/ in what `harness export` writes.
_COMMIT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{38}")
# What is written aside first, and where git is shown a repository, in TMPDIR.
SCRATCH = "harness-git-"
_ASIDE = re.compile(rf"(?:\.import-|\.export-|{SCRATCH}).+")
# What `harness tune` writes, and in TMPDIR the lock of the node.
_SINGLE = re.compile(r"harness\.toml(?:(?:\.[0-9a-f]{8})?\.tmp)?|whisper-harness-node\.lock")


def is_result(parts: Sequence[str]) -> bool:
    """Return whether the parts of a path are those of a result or of settings that the harness wrote."""
    if parts and _SINGLE.fullmatch(parts[-1]):
        return True
    if any(_ASIDE.fullmatch(part) for part in parts[:-1]):
        return True
    for one, two in itertools.pairwise(parts[1:]):
        if (_MONTH.fullmatch(one) and _ENTRY.fullmatch(two)) or _COMMIT.fullmatch(f"{one}/{two}"):
            return True
    return False
