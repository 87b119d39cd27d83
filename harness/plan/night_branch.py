"""What a night knows of its branch: which commits have equal code, which were measured, and how long ago."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from harness.records.night import MeasuredCommit, NightView

# A run that is older says nothing of the node as it is now.
FRESH = timedelta(days=7)
# A clock that was set back leaves runs of tomorrow. They hold numbers, but tell nothing of when.
_AHEAD = timedelta(hours=1)
# A commit is measured on so many nights, and tried again on so many where it fails; then once a week.
_NIGHTS = 3
# Two starts of one night lie no farther apart.
_NIGHT = timedelta(hours=16)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Branch(NamedTuple):
    """The branch by places: a commit that compiles nothing has the place of the one before it.

    `place` is that of each sha, `code` the machine code of each place, as far as it is known. `good` are the runs of
    commits that were built, `bad` of those that were not, `compiled` is how many commits of each place change code.
    """

    shas: tuple[tuple[str, ...], ...]
    place: dict[str, int]
    code: dict[int, str]
    good: tuple[MeasuredCommit, ...]
    bad: tuple[MeasuredCommit, ...]
    now: datetime

    def find_code(self, sha: str) -> str:
        """Return what identifies the machine code of a commit; empty where nothing is known of it."""
        return self.code.get(self.place.get(sha, -1), "")

    def are_equal(self, one: str, other: str) -> bool:
        """Return whether two commits are known to have the same machine code, by their files or by their builds."""
        if one == other:
            return True
        here, there = self.place.get(one), self.place.get(other)
        if here is not None and here == there:
            return True
        code = self.find_code(one)
        return bool(code) and code == self.find_code(other)

    def list_alike(self, sha: str) -> list[MeasuredCommit]:
        """Return the runs of commits that have the code of this one, oldest first, its own among them."""
        return [run for run in self.good if self.are_equal(run.sha, sha)]

    def list_failures(self, sha: str) -> list[str]:
        """Return when builds of a commit failed since it was last built."""
        built = max((read_time(run.start) for run in self.good if run.sha == sha), default=_LONG_AGO)
        return [run.start for run in self.bad if run.sha == sha and read_time(run.start) > built]


def survey_branch(view: NightView) -> Branch:
    """Return what a night knows of its branch."""
    shas: list[list[str]] = []
    for commit in view.commits:
        if commit.compiled or not shas:
            shas.append([])
        shas[-1].append(commit.sha)
    place = {sha: number for number, group in enumerate(shas) for sha in group}
    known = [*view.codes, *((run.sha, run.code) for run in view.measured)]
    beyond = dict.fromkeys(sha for sha, code in known if code and sha not in place)
    place |= {sha: -2 - number for number, sha in enumerate(beyond)}  # the anchor may lie on another branch
    return Branch(
        shas=tuple(map(tuple, shas)),
        place=place,
        code={place[sha]: code for sha, code in known if code},
        good=tuple(run for run in view.measured if not run.failed),
        bad=tuple(run for run in view.measured if run.failed),
        now=read_time(view.now),
    )


def read_time(text: str) -> datetime:
    """Return a time in ISO 8601; one that cannot be read is long ago."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return _LONG_AGO
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def measure_age(start: str, now: datetime) -> timedelta | None:
    """Return how long ago something began; None where the clock says that it has not begun yet."""
    age = now - read_time(start)
    return max(age, timedelta()) if age >= -_AHEAD else None


def is_since(start: str, began: datetime, now: datetime) -> bool:
    """Return whether something began after a moment, and not in the future."""
    return read_time(start) >= began and measure_age(start, now) is not None


def is_due(starts: Sequence[str], now: datetime) -> bool:
    """Return whether what was done at these times is to be done once more tonight.

    Not twice in one night. On three days: three nights agree on what does not build, and show a change that is too
    small for one. Once a week from then on.
    """
    ages = [age for age in (measure_age(start, now) for start in starts) if age is not None]
    if not ages:
        return True
    days = {(now - age).date() for age in ages}
    return min(ages) > (_NIGHT if len(days) < _NIGHTS else FRESH)


def is_fresh(start: str, now: datetime) -> bool:
    """Return whether a time is at most a week ago."""
    age = measure_age(start, now)
    return age is not None and age <= FRESH
