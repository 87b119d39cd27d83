import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.parse.host.capture import format_capture, format_cpu_list, parse_capture, parse_cpu_list

NAMES = st.text(st.characters(codec="ascii", exclude_categories=("Z", "C")), min_size=1)
LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20))
TEXTS = LINES.map(lambda lines: "".join(f"{line}\n" for line in lines).rstrip("\n")).filter(lambda t: "==> " not in t)


@given(st.dictionaries(NAMES, TEXTS.map(lambda text: f"{text}\n" if text else "")))
def test_format_and_parse_are_inverse(capture: dict[str, str]) -> None:
    assert parse_capture(format_capture(capture)) == capture


def test_parse_reads_what_tail_prints_after_a_note() -> None:
    text = "taken on a laptop\n\n==> /proc/a <==\none\n\ntwo\n\n==> /proc/empty <==\n\n==> machine <==\nx86_64\n"
    assert parse_capture(text) == {"/proc/a": "one\n\ntwo\n", "/proc/empty": "", "machine": "x86_64\n"}


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("0-3,8\n", {0, 1, 2, 3, 8}), ("", set()), ("\n", set()), ("5", {5}), ("x,1", {1}), ("0 2", {0, 2})],
)
def test_cpu_list(text: str, cpus: set[int]) -> None:
    assert parse_cpu_list(text) == cpus


@given(st.frozensets(st.integers(min_value=0, max_value=1000)))
def test_cpu_lists_are_inverse(cpus: frozenset[int]) -> None:
    assert parse_cpu_list(format_cpu_list(cpus)) == cpus
