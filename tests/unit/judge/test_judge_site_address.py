"""Addresses of pages: on every disk, never two names in one place, and the same tomorrow."""

import re

import pytest

from harness.judge.site_address import commit_page, event_page, make_slug, node_folder, run_page, series_page
from harness.records.history import SeriesKey
from harness.records.measurement import Case
from harness.store.site_manifest import is_inside

HARD = [
    *("desk", "Desk", "DESK", "desk.", ".desk", "..", ".", "", " ", "a/b", "a\\b", "a b", "a-b", "a--b", "../../etc"),
    *("con", "nul.txt", "com1", "ü", "u\u0308", "\u202edesk", "x" * 60, "x" * 61, "x" * 4096, "\0", "\n", "desk\n"),
    *("<script>", "%2e%2e", "a?b", "a#b", "aux", "ggml-100-mac-m4", "v1.8.5", "1", "-", "_", "a_b", "\ud800"),
]


@pytest.mark.parametrize("name", HARD)
def test_a_name_becomes_a_part_of_an_address(name: str) -> None:
    slug = make_slug(name)
    assert re.fullmatch(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", slug)
    assert len(slug) <= 69
    assert slug == make_slug(name)
    assert is_inside(f"{slug}/index.html")
    assert slug not in ("con", "aux", "nul", "com1", "nul.txt")


def test_no_two_names_meet() -> None:
    names = [*HARD, *(make_slug(name) for name in HARD)]
    slugs = {name: make_slug(name) for name in names}
    for name, slug in slugs.items():
        assert [other for other, its in slugs.items() if its == slug] == [name]


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("desk", "ggml-100-mac-m4", "v1.8.5", "node_1", "x" * 60):
        assert make_slug(name) == name


def test_the_page_of_a_series_outlives_its_yardstick_and_is_its_own() -> None:
    case = Case.of("whisper", model="base.en", threads=4, fa=0)
    key = SeriesKey(node="desk", config="c", case=case, metric="encode", yardstick="old")
    page = series_page(key)
    assert re.fullmatch(r"nodes/desk/series/whisper-fa-0-model-base-en-threads-4-encode-[0-9a-f]{8}\.html", page)
    assert series_page(key.replace(yardstick="new")) == page
    others = [key.replace(config="d"), key.replace(metric="decode"), key.replace(node="Desk")]
    assert len({series_page(one) for one in (key, *others)}) == 4
    assert len(series_page(key.replace(case=Case.of("whisper", model="m" * 4096)))) < 120


def test_pages_have_the_names_that_people_know() -> None:
    assert node_folder("desk") == "nodes/desk/"
    assert run_page("desk", "20260529T000004Z-a1b2c3d4-725ab796-2") == (
        "nodes/desk/runs/20260529T000004Z-a1b2c3d4-725ab796-2.html"
    )
    assert commit_page("a1b2c3d4e5f6" + "0" * 28) == "commits/a1b2c3d4e5f6.html"
    assert commit_page("v1.8.5") == "commits/v1.8.5.html"
    assert commit_page("A" * 40).startswith("commits/aaaa")
    assert re.fullmatch(r"commits/a1b2c3d4e5f6-[0-9a-f]{8}\.html", commit_page("a1b2c3d4e5f6")), "a release"
    assert re.fullmatch(r"commits/index-[0-9a-f]{8}\.html", commit_page("index")), "a release"
    assert event_page("77f0d518") == "events/77f0d518.html"
    assert is_inside(run_page("desk", "../../x"))
    assert len(run_page("desk", f"20260529T000004Z-{'a' * 230}")) < 100
