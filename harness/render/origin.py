"""Where numbers come from: the seed of the random orders, and what was measured on each side of a trial."""

from collections.abc import Sequence

from harness.records.run import SettingOrigin, SettingUsed
from harness.records.source import Commit, Source
from harness.settings.name import FILE

# What earlier versions of the harness took where none was given.
_OLD_DEFAULT = 1
_NAMES = {SettingOrigin.FILE: FILE, SettingOrigin.ENVIRONMENT: "HARNESS_SEED"}


def describe_seed(seed: int, used: Sequence[SettingUsed]) -> str:
    """Return the seed and its origin, for people; `used` are the settings of the run."""
    settings = {one.name: one for one in used}
    origin = settings["seed"].origin if "seed" in settings else SettingOrigin.DEFAULT
    fixed = name_fixture(used)
    if fixed:
        return f"{seed}, fixed by {fixed}: all measurements with it have the same random orders"
    if origin is not SettingOrigin.DEFAULT:
        return f"{seed}, as given: all measurements with this seed have the same random orders"
    if "dry_run" in settings and settings["dry_run"].value == "True":
        return "drawn at random when the measurement starts; --seed N fixes it"
    if seed == _OLD_DEFAULT:
        return f"{seed}, the default of earlier versions"
    return f"{seed}, drawn at random; --seed {seed} repeats the same orders"


def name_fixture(used: Sequence[SettingUsed]) -> str:
    """Return the file or variable that fixes the seed of every command; empty if there is none."""
    return next((_NAMES.get(one.origin, "") for one in used if one.name == "seed"), "")


def describe_state(commit: Commit) -> str:
    """Return which commit a local tree is at, and whether it has changes."""
    if not commit.sha:
        return "without git"
    return f"{commit.short}{' with uncommitted changes' if commit.dirty else ''}"


def name_side_source(label: str, source: Source) -> str:
    """Return the words of a side, with the commit that they name and where it was found."""
    commit = source.commit
    if source.mutable:
        return f"{label} ({source.path}, {describe_state(commit)})"
    place = "the package index" if source.kind == "sdist" else commit.repo
    named = label and commit.sha.startswith(label)
    return f"{label} ({'' if named else f'{commit.short} '}from {place})"
