"""`harness compare` on bundles: words, exit codes, what is refused, and what machines read."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from harness.cli.main import main
from harness.records.compare_result import CompareResult
from harness.records.comparison import Verdict
from harness.records.measurement import Case
from harness.records.node import Node
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.run import Run
from harness.store.bundle import RUN, bundle_folder, encode_run
from tests import factory
from tests.answer import result_of
from tests.flow.kit import Kit

CASE = Case.of("whisper", model="base", threads=4, fa=0)
Ask = Callable[..., subprocess.CompletedProcess[str]]
SIX = (100.0, 100.3, 99.8, 100.1, 100.2, 99.9)


@pytest.fixture
def ask(kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return what calls the command line in this process: two dozen processes would only cost time."""
    monkeypatch.chdir(kit.folder)
    monkeypatch.setenv("HARNESS_RESULTS", str(kit.results))

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        code = main(["compare", *words])
        shown = capsys.readouterr()
        return subprocess.CompletedProcess(words, code, shown.out, shown.err)

    return call


def keep(kit: Kit, number: int, value: float, *, release: str, node: Node | None = None) -> Run:
    """Write a bundle with one encode time and return its run; two of them are made on a day."""
    source, start = factory.source(), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=12 * number)
    commit = source.commit.replace(release=release, sha=f"{int(release[-1])}" * 40)
    run = factory.run(factory.result("r1", Phase.BENCHMARK, Status.PASSED, (CASE, "encode", value))).replace(
        id=f"{start:%Y%m%dT%H%M%SZ}-{commit.sha[:8]}-abcdef01",
        start=start.isoformat(),
        source=source.replace(commit=commit),
        node=node or factory.node(),
    )
    folder = bundle_folder(kit.results, run)
    folder.mkdir(parents=True)
    (folder / RUN).write_bytes(encode_run(run))
    return run


def keep_sides(kit: Kit, factor: float, count: int = 6) -> tuple[list[str], list[str]]:
    """Write two sides that were measured by turns, and return their ids."""
    pairs = [
        (keep(kit, 2 * place, value, release="v1.8.6"), keep(kit, 2 * place + 1, factor * value, release="v1.8.7"))
        for place, value in enumerate(SIX[:count])
    ]
    return [one.id for one, _ in pairs], [other.id for _, other in pairs]


def test_a_relevant_regression_is_20(kit: Kit, ask: Ask) -> None:
    baseline, contender = keep_sides(kit, 1.1)
    done = ask(",".join(baseline), ",".join(contender))
    assert done.returncode == 20, done.stderr
    assert "REGRESSED" in done.stdout
    assert "+10.0 %" in done.stdout
    assert "baseline   v1.8.6 on node-1 (6 runs:" in done.stdout
    assert "=> 1 relevant regression: encode of whisper/fa=0/model=base/threads=4 +10.0 %." in done.stdout
    turned = ask(",".join(contender), ",".join(baseline))
    assert turned.returncode == 0
    assert "IMPROVED" in turned.stdout


def test_sides_may_be_named_by_what_they_are(kit: Kit, ask: Ask) -> None:
    keep_sides(kit, 1.1)
    by_release = ask("release=v1.8.6", "commit=7777,node=node-1", "--json")
    assert by_release.returncode == 20, by_release.stderr
    result = msgspec.convert(result_of(by_release.stdout), CompareResult)
    assert (len(result.baseline_runs), len(result.contender_runs)) == (6, 6)
    assert result.family.comparisons[0].verdict is Verdict.REGRESSED
    assert result_of(by_release.stdout)["baseline"] == "v1.8.6"


def test_flags_take_as_many_words_as_wanted(kit: Kit, ask: Ask) -> None:
    baseline, contender = keep_sides(kit, 1.001)
    done = ask("--baseline", *baseline, "--contender", *contender, "--strict")
    assert done.returncode == 0, done.stderr
    assert "UNCHANGED" in done.stdout
    assert "no relevant difference; a change of" in done.stdout


def test_unresolved_is_21_only_where_one_is_strict(kit: Kit, ask: Ask) -> None:
    (one,), (other,) = keep_sides(kit, 1.1, count=1)
    lax, strict = ask(one, other), ask(one, other, "--strict")
    assert (lax.returncode, strict.returncode) == (0, 21)
    assert "takes at least 6 days of each side" in lax.stdout
    assert "+10.0 %" in lax.stdout


def test_the_threshold_decides_what_matters(kit: Kit, ask: Ask) -> None:
    baseline, contender = keep_sides(kit, 1.1)
    done = ask(",".join(baseline), ",".join(contender), "--threshold", "20%")
    assert done.returncode == 0
    assert "UNCHANGED" in done.stdout


def test_a_run_against_itself_is_allowed_and_said(kit: Kit, ask: Ask) -> None:
    run = keep(kit, 1, 100.0, release="v1.8.5")
    done = ask(run.id, "latest")
    assert done.returncode == 0, done.stderr
    assert "[same-run]" in done.stdout


def test_only_a_search_needs_the_cache(kit: Kit, ask: Ask) -> None:
    run = keep(kit, 1, 100.0, release="v1.8.5")
    assert ask(run.id, "latest", "--cache", "/tmp/a:b").returncode == 0
    assert ask(run.id, "release=v1.8.5", "--cache", "/tmp/a:b").returncode == 2


def test_other_nodes_are_refused_unless_told(kit: Kit, ask: Ask) -> None:
    one = keep(kit, 1, 100.0, release="v1.8.6")
    other = keep(kit, 2, 100.0, release="v1.8.7", node=factory.node().replace(name="node-2"))
    refused = ask(one.id, other.id)
    assert refused.returncode == 2
    assert "different node names" in refused.stderr
    assert "--across names" in refused.stderr
    assert "--as-node NAME" in refused.stderr
    for words in (["--across", "names"], ["--force"]):
        told = ask(one.id, other.id, *words)
        assert told.returncode == 0, told.stderr
        assert "node-2" in told.stdout
    assert ask(one.id, other.id, "--across", "hardware").returncode == 2
    old_word = ask(one.id, other.id, "--across", "nodes")
    assert (old_word.returncode, "names" in old_word.stderr, "hardware" in old_word.stderr) == (2, True, True)


def test_another_name_is_not_another_cpu(kit: Kit, ask: Ask) -> None:
    one = keep(kit, 1, 100.0, release="v1.8.6")
    cpu = factory.node().cpu.replace(brand="Another CPU")
    other = keep(kit, 2, 100.0, release="v1.8.7", node=factory.node().replace(name="runner-2f9c", cpu=cpu))
    refused = ask(one.id, other.id, "--across", "names")
    assert (refused.returncode, "Another CPU" in refused.stderr) == (2, True)
    assert ask(one.id, other.id, "--across", "names,hardware").returncode == 0


def test_markdown_and_only_some_metrics(kit: Kit, ask: Ask) -> None:
    (one,), (other,) = keep_sides(kit, 1.1, count=1)
    done = ask(one, other, "--format", "markdown", "--bench", "whisper", "--metric", "encode")
    (row,) = [line for line in done.stdout.splitlines() if "Enc. ms/pass" in line]
    assert row == "| `whisper/model=base` | Enc. ms/pass | UNRESOLVED | 100.00 | 110.00 | +10.0 % | 1.00 | - | 1 |"
    none = ask(one, other, "--metric", "decode")
    assert none.returncode == 2
    assert "no case in common" in none.stderr


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([], "compare needs two sides"),
        (["latest"], "compare needs two sides"),
        (["latest", "latest", "latest"], "compare needs two sides"),
        (["--baseline", "latest"], "compare needs two sides"),
        (["latest", "latest", "--baseline", "latest", "--contender", "latest"], "compare needs two sides"),
        (["latest", "20990101"], "no run in"),
        (["latest", ","], "one side names no run"),
        (["latest", "relaese=v1.8.5"], "release"),
        (["latest", "release="], "'release=' has no value"),
        (["latest", "release=v1.8.5,release=v1.8.6"], "release has two values: v1.8.5 and v1.8.6"),
        (["latest", "release=v9.9.9"], "matches release=v9.9.9"),
        (["latest", "latest", "--across", "everything"], "--across: there is no group or field called 'everything'"),
        (["latest", "latest", "--bench", "wisper"], "unknown bench"),
        (["latest", "latest", "--threshold", "2"], "--threshold: expected a percentage"),
    ],
)
def test_bad_words(kit: Kit, ask: Ask, words: list[str], shown: str) -> None:
    keep(kit, 1, 100.0, release="v1.8.5")
    done = ask(*words)
    assert done.returncode == 2, done.stdout
    assert shown in done.stderr


def test_a_run_that_cannot_be_read_may_be_one_that_was_asked_for(kit: Kit) -> None:
    run, broken = (keep(kit, day, 100.0, release="v1.8.5") for day in (1, 2))
    next(kit.results.glob(f"*/*/{broken.id}/run.json")).write_text("{")
    for words in (("release=v1.8.5",), ("all",)):
        done = kit.harness("show", *words)
        assert done.returncode == 5
        assert run.id in done.stdout
        assert broken.id in done.stderr


def test_an_empty_folder_says_what_to_do(ask: Ask) -> None:
    done = ask("latest", "latest")
    assert done.returncode == 2
    assert "there are no runs in" in done.stderr
