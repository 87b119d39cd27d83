"""What may be collected of a node, and what its records show of its clock."""

from datetime import UTC, datetime, timedelta

import pytest

from harness.judge.collection import NodeExpectation, describe_clock, find_stranger
from harness.records.collection import FoundItem

NOW = datetime(2026, 5, 29, 12, tzinfo=UTC)
EXPECTED = NodeExpectation("lab", ("a", "b"))


def item(**changes: object) -> FoundItem:
    return FoundItem(path="/in/a/2026-05/x", folder="a", node="a").replace(**changes)


@pytest.mark.parametrize("job", ["", "lab/2026-05-29/zen4/a/run", "lab/2026-05-29/zen4/*/run"])
def test_what_is_of_the_node_is_taken(job: str) -> None:
    assert find_stranger(item(job=job), EXPECTED) == ("", "")
    assert find_stranger(item(job=job), NodeExpectation("lab")) == ("", "")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"node": "b"}, "it names the node 'b', but lies in the folder of 'a'"),
        ({"node": "c", "folder": "c"}, "'c' is none of the nodes that write to this folder (a, b)"),
        ({"job": "attic/2026-05-29/zen4/a/run"}, "is one of the fleet 'attic': it has a node 'a', too"),
        ({"job": "lab/2026-05-29/zen4/b/run"}, "is one of the node 'b'"),
        ({"job": "nonsense"}, "is not the key of a job"),
    ],
)
def test_a_stranger_is_refused(changes: dict[str, str], why: str) -> None:
    assert why in find_stranger(item(**changes), EXPECTED)[0]


def at(**difference: float) -> str:
    return (NOW + timedelta(**difference)).isoformat()


@pytest.mark.parametrize(
    ("start", "end", "logged", "says"),
    [
        (at(hours=-1), at(minutes=-50), None, ""),
        (at(seconds=30), at(seconds=40), None, ""),
        (at(hours=5), "", None, "a: its clock is ahead by at least 5 hours"),
        (at(hours=-1), at(minutes=10), None, "a: its clock is ahead by at least 10 minutes"),
        (at(hours=-1), at(days=-3), None, "a: its clock was set back by at least 2 days"),
        (at(hours=-1), at(minutes=-5), at(minutes=-5), ""),
        (at(hours=-1), at(minutes=-5), at(minutes=5), ""),
        (
            at(hours=-1),
            at(minutes=-5),
            at(minutes=-15),
            "a: its clock is ahead of the file server's by at least 10 min",
        ),
        ("nonsense", "", None, ""),
        ("", at(days=-3), None, ""),
        (at(hours=-1), "", at(minutes=-15), ""),
        (at(seconds=90), "", None, "a: its clock is ahead by at least 90 s"),
        (at(minutes=2), "", None, "a: its clock is ahead by at least 2 minutes"),
        ("2026-05-29T11:00:00", "", None, ""),
    ],
)
def test_a_clock_that_is_wrong_is_named_with_a_lower_bound(start: str, end: str, logged: str | None, says: str) -> None:
    written = datetime.fromisoformat(logged) if logged else None
    text = describe_clock(item(start=start, end=end), NOW, written)
    assert text.startswith(says)
    assert bool(text) is bool(says)
