"""`harness report --format html` of everything that can be measured, by fake tools: one file, nothing loaded."""

import re
import shlex
import shutil
from html.parser import HTMLParser

import pytest

from harness.render.night_headline import sum_up_night
from harness.store.night_file import save_night
from harness.store.tuning_file import save_tuning
from tests.flow.kit import ROOT, Kit
from tests.flow.test_flow_bisect import History
from tests.flow.test_flow_report import QUICK, REPORT
from tests.unit.render.test_render_night import full
from tests.unit.store.test_store_tuning_file import search

_MOST_BYTES = 300_000
_VOID = frozenset("meta link input".split())


class _Page(HTMLParser):
    """A page as a browser reads it: its words, its elements, and those that are not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.names.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        assert not any(name.startswith("on") or name == "style" for name in given), (tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data


def page_of(kit: Kit, *words: str, code: int = 0, name: str = "page.html") -> _Page:
    """Return the page that a report writes to a file, which is complete and alone."""
    done = kit.harness("report", *words, "-o", name)
    assert done.returncode == code, done.stderr
    raw = (kit.folder / name).read_bytes()
    assert len(raw) <= _MOST_BYTES
    page = _Page(raw.decode())
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links} <= set(page.ids), "all links lead to a place on the page"
    assert "script" not in page.names
    assert page.names.count("h1") == 1
    return page


def test_a_run_is_a_page_with_its_numbers_steps_and_the_command_for_it(kit: Kit) -> None:
    kit.commit_tree()
    assert kit.run(*QUICK).returncode == 0
    run = kit.only_run()
    page = page_of(kit, "latest")
    assert "8 steps passed, 1 skipped. The model tiny encodes in" in page.words
    for part in (run.id, run.node.cpu.title, "mul_mat, GFLOP/s", "memcpy, GB/s", "higher is better", "lower is better"):
        assert part in page.words
    for caveat in run.caveats:
        assert caveat.message in page.words
    for result in run.results:
        assert result.step in page.words
        assert not result.log or f"{kit.bundles()[0]}/logs/{result.log}" in page.words
    command = re.search(r"harness run .*--ref .*", page.words)
    assert command
    assert kit.harness(*shlex.split(command[0], comments=True)[1:], "--dry-run").returncode == 0, command[0]
    printed = kit.harness("report", run.id, "--format", "html")
    assert printed.stdout == (kit.folder / "page.html").read_text()


def test_a_failed_step_is_what_a_page_begins_with_and_its_log_stands_open(kit: Kit) -> None:
    kit.break_tools({"cmake --build": {"exit": 1, "spare": 0, "stdout": "x.c:1: error: <b>no</b>\n"}})
    assert kit.run(*QUICK).returncode == 10
    page = page_of(kit, "latest")
    assert "The build failed: build_release: exit code 1." in page.words
    text = (kit.folder / "page.html").read_text()
    assert '<details class="step" open>' in text
    assert "<b>" not in text


def test_several_runs_and_one_that_cannot_be_read(kit: Kit) -> None:
    for node in ("node-1", "node-2"):
        assert kit.run(*QUICK, "--as-node", node).returncode == 0
    first, second = kit.bundles()
    page = page_of(kit, "all")
    assert "2 runs on 2 nodes: all passed." in page.words
    assert "harness compare judges them" in page.words
    third = second.with_name(f"2099{second.name[4:]}")
    shutil.copytree(second, third)
    (third / "run.json").write_text("{")
    done = kit.harness("report", "all", "-o", "all.html")
    assert done.returncode == 5
    assert str(third) in done.stderr
    assert first.name in (kit.folder / "all.html").read_text()


def test_an_imported_report_is_a_page_with_its_text(kit: Kit) -> None:
    page = page_of(kit, str(REPORT))
    assert "ggml-ci (imported)" in page.words
    assert "The report that this run was read from" in page.words
    assert "harness run --ref 663cafc1e81f" in page.words


def test_both_sides_of_a_live_comparison_are_one_page(kit: Kit) -> None:
    kit.set_speed(0.01, **{"-fa": 1.2})
    assert kit.ab("fa=0", "fa=1", "--engine", "bench").returncode == 20
    baseline, contender = kit.bundles()
    page = page_of(kit, baseline.name)
    assert "1 relevant regression: encode of whisper/" in page.words
    assert "REGRESSED" in page.words
    assert "flash attention 1 against" in page.words
    command = re.search(r"harness ab \S+,fa=0 \S+,fa=1 .*", page.words)
    assert command
    assert kit.harness(*shlex.split(command[0], comments=True)[1:], "--dry-run").returncode == 0, command[0]
    text = (kit.folder / "page.html").read_text()
    for words in ((contender.name,), (baseline.name, contender.name)):
        page_of(kit, *words, name="again.html")
        assert (kit.folder / "again.html").read_text() == text


def test_a_sweep_is_a_page_with_what_is_best(kit: Kit) -> None:
    kit.set_speed(0.01, **{"-fa": 0.5})
    sweep = ["sweep", "--source", str(kit.tree), "--model", "tiny", "--weights", str(kit.weights), "--threads", "1"]
    assert kit.harness(*sweep, "--flash-attn", "0,1", "--repetitions", "2").returncode == 0
    page = page_of(kit, "sweep")
    assert "2 rounds cannot show which cell is best" in page.words
    assert "fa=1" in page.words
    assert kit.only_run().id in page.words


def test_a_bisection_is_a_page_with_its_commit(kit: Kit) -> None:
    history = History(kit)
    history.add("one", "slow", "last")
    history.slow_from(2)
    assert history.bisect().returncode == 0
    page = page_of(kit, "bisect")
    assert "1 commit changed encode" in page.words
    for part in (history.shas[2], "Ann Author", "Has the change", "harness ab"):
        assert part in page.words


def test_what_lies_beside_runs_is_a_page(kit: Kit) -> None:
    tuning = search()
    save_tuning(kit.results, tuning)
    page = page_of(kit, "tune")
    assert "quant=f16 threads=4 fa=0: 812.5 ms/window; nothing was better than the start." in page.words
    night = full()
    path = save_night(kit.results, night)
    page = page_of(kit, "night")
    for part in (night.head.sha[:8], night.branch, *(event.id for event in night.new)):
        assert part in page.words
    assert sum_up_night(night).lower() in page.words.lower()
    path.write_text("{")
    done = kit.harness("report", "night", "-o", "night.html")
    assert done.returncode == 5
    assert path.name in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (("nothing", "-o", "x.html"), 2, "has an id that begins with 'nothing'"),
        (("night", "-o", "x.html"), 2, "there are no nights in"),
        (("latest", "-o", "x.docx"), 2, ".html"),
        (("latest", "-o", "missing/x.html"), 3, "cannot write"),
        (("latest", "--format", "html", "-o", "."), 3, "cannot write"),
    ],
)
def test_what_cannot_be_reported(kit: Kit, words: tuple[str, ...], code: int, shown: str) -> None:
    assert kit.harness("import", str(REPORT)).returncode == 0
    done = kit.harness("report", *words)
    assert (done.returncode, shown in done.stderr) == (code, True), done.stderr
    assert not list(kit.folder.glob("*.html"))


def test_a_page_never_replaces_what_lies_in_a_run(kit: Kit) -> None:
    assert kit.run(*QUICK).returncode == 0
    (bundle,) = kit.bundles()
    done = kit.harness("report", "latest", "-o", str(bundle / "page.html"))
    assert done.returncode == 2
    assert "a finished run is never changed" in done.stderr
    assert not (bundle / "page.html").exists()


def test_hostile_words_are_text(kit: Kit) -> None:
    text = REPORT.read_text()
    evil = "</style><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }}\u202e\x1b[31m"
    report = kit.folder / "evil.md"
    report.write_text(re.sub(r"(?m)^- author:.*$", lambda _: f"- author:  {evil}", text))
    page = page_of(kit, str(report))
    assert "<script>alert(1)</script>" in page.words
    raw = (kit.folder / "page.html").read_text()
    assert "<script" not in raw
    assert "<img" not in raw
    assert "\x1b" not in raw
    assert "\u202e" not in raw


def test_the_style_of_a_page_is_the_only_thing_that_its_policy_allows() -> None:
    frame = (ROOT / "harness" / "render" / "html" / "template" / "frame.html").read_text()
    assert frame.index("Content-Security-Policy") < frame.index("<style>")
