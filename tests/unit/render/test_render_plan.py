"""What a run says before it begins: a short header, or the whole plan."""

from collections.abc import Callable

import pytest

from harness.plan.forecast import TimeLeft
from harness.records.plan import Phase, Plan
from harness.records.run import Run
from harness.render.plan import PlanEstimate, render_header, render_plan
from tests import factory

MakeRun = Callable[..., Run]
OUTLOOK = PlanEstimate(left=TimeLeft(seconds=372.0, guess_s=372.0), known=2, total=3)


def plan() -> Plan:
    steps = tuple(factory.step(name) for name in ("memcpy", "mul_mat", "x" * 60))
    return Plan(sites=(factory.site("Debug"), factory.site()), steps=steps, threads="4 threads: one per physical core")


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_header_has_eight_short_lines_at_most(make_run: MakeRun, width: int) -> None:
    lines = render_header(plan(), make_run(), OUTLOOK, width).split("\n")
    assert len(lines) <= 8
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines][:4] == ["node", "source", "config", "weights"]


def test_a_header_says_how_long_it_takes_and_how_that_is_known(make_run: MakeRun) -> None:
    text = render_header(plan(), make_run(), OUTLOOK)
    assert "time     about 6 min 12 s; 2 of 3 steps were timed here before" in text
    assert "3 steps; -v or --dry-run shows every option and step" in text
    assert "nothing is left to do" in render_header(plan(), make_run(), OUTLOOK.replace(total=0))


@pytest.mark.parametrize(
    ("seconds", "builds", "time"),
    [
        (30.0, 1, "about 30 s plus the build, whose time is not known yet"),
        (30.0, 2, "about 30 s plus 2 builds, whose times are not known yet"),
        (0.1, 1, "not known yet: this build was never timed here"),
        (0.1, 2, "not known yet: these builds were never timed here"),
    ],
)
def test_a_header_does_not_guess_how_long_a_build_takes(
    make_run: MakeRun, seconds: float, builds: int, time: str
) -> None:
    left = TimeLeft(seconds=seconds, guess_s=seconds + 60.0 * builds, builds=builds)
    assert f"\ntime     {time}\n" in render_header(plan(), make_run(), OUTLOOK.replace(left=left), 80)


def test_a_header_of_a_build_does_not_promise_when_its_trial_ends(make_run: MakeRun) -> None:
    steps = tuple(step.replace(phase=Phase.BUILD) for step in plan().steps)
    text = render_header(plan().replace(steps=steps), make_run(), OUTLOOK)
    assert "time     about 6 min 12 s to build; 2 of 3 steps were timed here before" in text


def test_a_header_says_which_options_were_asked_for(make_run: MakeRun) -> None:
    site = factory.site()
    option = site.config.options[0].replace(name="GGML_LTO", value="ON", asked="-D GGML_LTO=ON")
    config = site.config.replace(options=(*site.config.options, option))
    text = render_header(plan().replace(sites=(site.replace(config=config),)), make_run(), OUTLOOK)
    assert f"config   {config.id} Release" in text
    assert "-D GGML_LTO=ON" in text


def test_the_plan_has_every_option_and_every_step(make_run: MakeRun) -> None:
    text = render_plan(plan(), make_run())
    assert text.count("build    ") == 2
    assert "x" * 60 in text
    for option in factory.site().config.options:
        assert str(option) in text
