"""The header of a trial: both sides, what they differ in, and how long it can take."""

from collections.abc import Callable

import pytest

from harness.plan.forecast import TimeLeft
from harness.records.run import Run, SettingOrigin, SettingUsed
from harness.render.plan import PlanEstimate
from harness.render.trial import TrialOutline, render_trial_header
from harness.settings.request import TrialDesign

MakeRun = Callable[..., Run]
DESIGN = TrialDesign(seed=1, pairs=2, metrics=("encode",), threshold=0.02, max_time_s=600.0)
BUILT = PlanEstimate(left=TimeLeft(seconds=0.0, guess_s=0.0), known=0, total=0)
TIMED = PlanEstimate(left=TimeLeft(seconds=80.0, guess_s=80.0), known=1, total=4)
THREADS = "2 threads: one per physical core; 8 CPUs, 4 cores"


def used(**values: str) -> tuple[SettingUsed, ...]:
    return tuple(SettingUsed(name=name, value=value, origin=SettingOrigin.FLAG) for name, value in values.items())


def outline(baseline: Run, contender: Run) -> TrialOutline:
    return TrialOutline(
        labels=("one", "other"),
        runs=(baseline, contender),
        threads=(THREADS, THREADS),
        builds=BUILT,
        design=DESIGN,
    )


def facts(outline: TrialOutline, width: int = 0) -> dict[str, str]:
    lines = render_trial_header(outline, width).split("\n")
    return {line[:11].strip(): line[11:] for line in lines}


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_header_has_eight_short_lines(make_run: MakeRun, width: int) -> None:
    lines = render_trial_header(outline(make_run(), make_run()), width).split("\n")
    assert [line[:11].strip() for line in lines] == [
        *("node", "baseline", "contender", "differ in"),
        *("weights", "threads", "time", "plan"),
    ]
    assert max(map(len, lines)) <= width


def test_a_header_names_both_sides_and_what_they_differ_in(make_run: MakeRun) -> None:
    baseline = make_run(settings=used(ref="v1.8.5", flash_attn="0", define="GGML_LTO=OFF,GGML_AVX=ON", seed="1"))
    source = baseline.source.replace(id="other")
    contender = make_run(
        settings=used(ref="master", flash_attn="1", define="GGML_LTO=ON,GGML_AVX=ON", seed="2"), source=source
    )
    found = facts(outline(baseline, contender))
    assert found["baseline"].startswith("one (f24588a2 from ")
    assert found["contender"].startswith("other (f24588a2 from ")
    assert found["differ in"] == "the source, fa (0 / 1), GGML_LTO (OFF / ON)"
    assert facts(outline(baseline, baseline))["differ in"] == "nothing: this is an A/A trial"


def test_sides_that_nobody_named_go_by_their_release(make_run: MakeRun) -> None:
    found = facts(outline(make_run(), make_run()).replace(labels=("baseline", "contender")))
    assert found["baseline"].startswith("v1.8.5 (f24588a2 from ")


def test_a_commit_is_named_once(make_run: MakeRun) -> None:
    found = facts(outline(make_run(), make_run()).replace(labels=("f24588a2", "v1.8.5")))
    assert found["baseline"].startswith("f24588a2 (from ")
    assert found["contender"].startswith("v1.8.5 (f24588a2 from ")


def test_blocks_that_are_counted_are_named(make_run: MakeRun) -> None:
    both = outline(make_run(), make_run()).replace(design=DESIGN.replace(early=False, blocks=4))
    assert facts(both)["time"] == "4 blocks, at most 10 min 00 s; everything is built"


@pytest.mark.parametrize("label", ["~/w", ".", "/home/me/w", "baseline"])
def test_a_tree_is_named_once(make_run: MakeRun, label: str) -> None:
    source = make_run().source
    commit = source.commit.replace(release="", changes="1234")
    mine = make_run(source=source.replace(path="/home/me/w", mutable=True, commit=commit))
    found = facts(outline(make_run(), mine).replace(labels=("v1.8.5", label)))
    assert found["contender"] == "/home/me/w (f24588a2 with uncommitted changes)"


def test_threads_that_differ_are_both_named(make_run: MakeRun) -> None:
    run = make_run()
    one, two = (run.replace(suite=run.suite.replace(threads=(number,))) for number in (1, 2))
    assert facts(outline(two, two))["threads"] == THREADS
    assert facts(outline(one, two).replace(threads=("1 thread: x", THREADS)))["threads"] == "1 / 2"


def test_where_the_plans_follow_nothing_points_to_them(make_run: MakeRun) -> None:
    header = render_trial_header(outline(make_run(), make_run()), with_plans=True)
    assert "--dry-run" not in header
    assert len(header.split("\n")) == 7


@pytest.mark.parametrize(
    ("builds", "early", "trials", "time"),
    [
        (BUILT, True, 1, "at most 10 min 00 s of measuring; everything is built"),
        (TIMED, True, 1, "about 1 min 20 s to build, then at most 10 min 00 s of measuring"),
        (
            TIMED.replace(left=TIMED.left.replace(builds=2)),
            True,
            1,
            "build time not known yet, then at most 10 min 00 s of measuring",
        ),
        (BUILT, False, 1, "10 min 00 s of measuring; everything is built"),
        (TIMED, False, 3, "about 1 min 20 s to build, then 3 trials of 10 min 00 s each"),
    ],
)
def test_a_header_says_how_long_it_can_take(
    make_run: MakeRun,
    builds: PlanEstimate,
    early: bool,  # noqa: FBT001
    trials: int,
    time: str,
) -> None:
    both = outline(make_run(), make_run())
    found = facts(both.replace(builds=builds, design=DESIGN.replace(early=early), trials=trials), 80)
    assert found["time"] == time, "and it is not cut"
