"""One side of a live comparison as the answer names it: what was asked for, and what was measured."""

from harness.records.source import Source


def name_side(label: str, source: Source) -> str:
    """Return a side's words, with the commit that they came to and where it was found."""
    commit = source.commit
    if source.mutable:
        state = commit.short if commit.sha else "without git"
        return f"{label} ({source.path}, {state}{' with uncommitted changes' if commit.sha and commit.dirty else ''})"
    place = "the package index" if source.kind == "sdist" else commit.repo
    return f"{label} ({commit.short} from {place})"
