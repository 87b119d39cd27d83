"""The registry of formats: endings that decide, and the pages that list it."""

from pathlib import Path

import pytest

from harness.records.measurement import METRICS
from harness.render.format.registry import FORMATS, find_ending, list_formats, tabulate_formats, tabulate_metrics

DOCS = Path(__file__).parents[4] / "docs"


def between(text: str, name: str) -> str:
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def test_the_page_lists_the_formats_and_metrics_as_they_are() -> None:
    page = (DOCS / "reference" / "formats.md").read_text(encoding="utf-8")
    assert between(page, "formats") == tabulate_formats()
    assert between(page, "metrics") == tabulate_metrics()


def test_the_glossary_has_each_metric_with_its_unit() -> None:
    rows = [line.split("|") for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()]
    said = {cells[1].strip(): cells[3].strip().replace(" per ", "/") for cells in rows if len(cells) == 7}
    assert {name: metric.unit for name, metric in METRICS.items()}.items() <= said.items()


def test_no_two_formats_share_an_ending() -> None:
    endings = [ending for format_ in FORMATS.values() for ending in format_.endings]
    assert len(set(endings)) == len(endings)
    assert all(find_ending(f"x{ending}") is format_ for format_ in FORMATS.values() for ending in format_.endings)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.md", "markdown"),
        ("a.json", "json"),
        ("a.b.ndjson", "jsonl"),
        ("a.bencher.json", "bencher"),
        ("a.issue89-full.md", "issue89-full"),
        ("a.xml", "junit"),
    ],
)
def test_the_longest_ending_decides(file: str, name: str) -> None:
    found = find_ending(file)
    assert found
    assert found.name == name


def test_an_unknown_ending_is_nobodys() -> None:
    assert find_ending("a.pdf") is None
    assert find_ending("json") is None


def test_the_help_has_a_line_for_each_format() -> None:
    assert [line.split()[0] for line in list_formats().splitlines()] == list(FORMATS)
