"""`harness run --precision` through fake tools whose numbers vary."""

import json
import re
import signal

import pytest

from harness.store.bundle import Bundle
from tests.flow.kit import Kit, wait_for

QUIET = [1000.0, 1001.0, 1002.0, 1003.0, 1004.0, 1005.0]
WORDS = ("--bench", "whisper", "--no-tests", "--threads", "2", "--repetitions", "3", "--precision", "1%")


def encodes(kit: Kit, values: list[float]) -> None:
    (kit.tools / "encode.json").write_text(json.dumps(values))


def timed(kit: Kit) -> int:
    return len([call for call in kit.calls("whisper-bench") if "-m" in call and "no-weights" not in call])


def test_it_goes_on_until_the_interval_is_tight(kit: Kit) -> None:
    encodes(kit, [1100.0, *QUIET])  # the slow first one keeps the interval of seven wide: 1000 to 1100
    done = kit.run(*WORDS)
    assert done.returncode == 0, done.stderr
    assert timed(kit) == 11, "ten still have an interval from the least to the greatest"
    run = kit.only_run()
    assert "imprecise" not in {caveat.code for caveat in run.caveats}
    assert (run.suite.precision, run.suite.max_time_s) == (0.01, 600.0)
    assert [result.repetition for result in run.results if result.case] == list(range(1, 12))
    (bundle,) = kit.bundles()
    assert len(Bundle(bundle).load_plan().steps) == len(run.results), "the plan grew with the run"
    assert "within 1 %" in done.stderr


def test_it_ends_with_the_time_and_says_what_was_reached(kit: Kit) -> None:
    encodes(kit, [1000.0, 1200.0] * 1000)
    # Seven have an interval, however slow the machine is; what they leave of a second goes on.
    done = kit.run(*WORDS, "--repetitions", "7", "--max-time", "1s")
    assert done.returncode == 0, done.stderr
    (caveat,) = [caveat for caveat in kit.only_run().caveats if caveat.code == "imprecise"]
    assert "not measured to within 1 % in the 1 s that the models may take" in caveat.message
    # 200 / 2 over 1100 or, of an odd number of values, over one of the two
    assert re.search(r"encode of whisper/fa=0/model=tiny/threads=2 \((9\.1|10\.0|8\.3) %\)", caveat.message)
    assert caveat.message in " ".join(done.stdout.split())
    assert 7 <= timed(kit) < 2000


def test_an_interrupted_round_is_taken_up_again(kit: Kit) -> None:
    encodes(kit, QUIET)
    kit.break_tools({"whisper-bench -m": {"spare": 4, "sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*kit.words(*WORDS))
    wait_for(lambda: timed(kit) == 5)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130
    (partial,) = kit.partials()
    plan = Bundle(partial).load_plan()
    assert [step.repetition for step in plan.steps if step.case] == [1, 2, 3, 4, 5]
    done = kit.harness("run", "--resume")
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    assert [result.repetition for result in run.results if result.case] == [1, 2, 3, 4, 5, 6, 7]
    assert run.suite.precision == 0.01


def test_a_failing_case_is_not_tried_for_ever(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 4}})
    done = kit.run(*WORDS)
    assert done.returncode == 12
    assert timed(kit) == 3


def test_the_plan_says_that_it_may_grow(kit: Kit) -> None:
    done = kit.run("--dry-run", *WORDS, "--max-time", "5m")
    assert "until each is known to within 1 %, for at most 300 s" in done.stdout


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--precision", "1"), "--precision: expected a percentage"),
        (("--precision", "100%"), "--precision: expected a percentage"),
        (("--precision", "nan%"), "--precision: expected a percentage"),
        (
            ("--precision", "1%", "--max-time", "soon"),
            "--max-time: expected a duration such as 90s, 10m, 1h or 1h30m, not 'soon'",
        ),
        (("--precision", "1%", "--bench", "memcpy"), "--precision needs a benchmark with models"),
    ],
)
def test_bad_words(kit: Kit, words: tuple[str, ...], shown: str) -> None:
    done = kit.run(*words)
    assert done.returncode == 2
    assert shown in done.stderr
    assert "%%" not in done.stderr
