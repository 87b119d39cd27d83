"""Whether a stored bisection can be used."""

import re
from collections.abc import Iterator

from harness.plan.run import is_plain
from harness.records.bisection import StoredBisection
from harness.records.commit_line import name_commit

_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-.+")
_SHA = re.compile(r"[0-9a-f]{40}")
# Nobody looks for a change of more than a hundred times.
_MOST = 100.0


def find_bisection_flaw(stored: StoredBisection) -> str:
    """Return why a stored bisection cannot be used, or an empty string if it can; somebody may have edited it."""
    return next(_list_flaws(stored), "")


def _list_flaws(stored: StoredBisection) -> Iterator[str]:
    if not is_plain(stored.node):
        yield f"{stored.node!r} is not the name of a folder"
    names = (stored.id, *(name for trial in stored.trials for name in trial.runs))
    yield from (f"{one!r} is not the name of a run" for one in names if not (is_plain(one) and _ID.fullmatch(one)))
    if not 0 <= stored.threshold <= _MOST or stored.pairs < 1:
        yield f"its threshold is {stored.threshold}, with {stored.pairs} pairs"
    line = stored.line
    if not line.commits:
        yield "it has no commits"
        return
    commits = (line.good, *(one.commit for one in line.commits))
    yield from (f"{one.sha!r} is not a commit" for one in commits if not _SHA.fullmatch(one.sha))
    if any(one.dirty for one in commits[:-1]) or line.bad.dirty != bool(line.tree):
        yield "uncommitted changes are not its last step"
    keys = set(map(name_commit, commits))
    if len(keys) != len(commits):
        yield "it has a commit twice"
    measured = (key for one in stored.trials for key in (one.baseline, one.contender))
    yield from (f"{key!r} is not one of its commits" for key in measured if key not in keys)
    yield from (f"{one.commit!r} is not one of its commits" for one in stored.built if one.commit not in keys)
