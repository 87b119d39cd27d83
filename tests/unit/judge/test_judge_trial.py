"""What must be said beside the verdicts of a live comparison."""

import pytest

from harness.judge.trial import TrialFacts, caveat_trial, list_unmeasured
from harness.records.measurement import Case
from harness.records.trial import TrialEnd
from harness.stats.verdict import PairedSample

FINE = TrialFacts(
    same_build=True,
    same_case=False,
    relinked=False,
    usable_cpus=2,
    pairs=40,
    disturbed=0,
    retried=0,
    lost=(),
    idle_share=0.001,
)


def told(found: TrialFacts) -> dict[str, str]:
    return {caveat.code: caveat.message for caveat in caveat_trial(found)}


def test_nothing_to_say() -> None:
    assert told(FINE) == {}


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"same_case": True}, "a-a", "are the same"),
        ({"same_build": False}, "one-build", "--relink"),
        ({"same_build": False, "same_code": True, "same_case": True}, "equal-code", "an A/A trial"),
        ({"usable_cpus": 1}, "one-cpu", "only one CPU"),
        ({"disturbed": 3, "retried": 9}, "under-load", "3 of 40 pairs"),
        ({"retried": 9}, "retried", "9 pairs"),
        ({"stood": 1}, "retried", "1 pair was measured again"),
        (
            {"stood": 3},
            "retried",
            "3 pairs were measured again, because a side, the harness or the node was stopped or frozen",
        ),
        (
            {"lost": ("it died", "it died again")},
            "blocks-lost",
            "2 blocks were lost and left out; the last reason: it died again",
        ),
        ({"idle_share": 0.5}, "spinning", "50% of a CPU"),
        ({"stopped_early": TrialEnd.TIME_UP}, "stopped", "the time was up"),
        (
            {"fixed_by": "harness.toml"},
            "fixed-seed",
            "fixed by harness.toml: every trial has the same random orders",
        ),
    ],
)
def test_what_is_said(change: dict[str, object], code: str, words: str) -> None:
    messages = told(FINE.replace(**change))
    assert set(messages) == {code}
    assert words in messages[code]


def test_equal_code_with_other_settings_is_no_a_a_trial() -> None:
    assert told(FINE.replace(same_build=False, same_code=True)) == {}, "nor does a layout differ"


def test_sides_that_are_linked_for_every_block_need_no_warning() -> None:
    assert told(FINE.replace(same_build=False, relinked=True)) == {}


def test_a_library_that_blocks_have_in_common_is_named() -> None:
    (said,) = told(FINE.replace(shared="/cache/builds/x/src/libwhisper.so")).items()
    assert said[0] == "shared-files"
    assert "/cache/builds/x/src/libwhisper.so" in said[1]


def test_everything_at_once() -> None:
    found = FINE.replace(
        same_case=True, usable_cpus=1, disturbed=1, lost=("x",), idle_share=1.0, stopped_early=TrialEnd.LOST
    )
    assert set(told(found)) == {"a-a", "one-cpu", "under-load", "blocks-lost", "spinning", "stopped"}


def test_what_no_block_has_given_has_a_name_of_its_own() -> None:
    tiny, base = (
        Case.of("whisper", model=model).against(Case.of("whisper", model=f"{model}-q5_0")) for model in ("tiny", "base")
    )
    samples = [PairedSample(case=tiny, metric="encode", blocks=(((1.0, 1.0),),))]
    assert list_unmeasured((tiny, base), ("encode",), samples, named=True) == ("whisper/model=base->base-q5_0",)


CASE, OTHER = (Case.of("whisper", model=model, threads=1, fa=0) for model in ("tiny", "base"))


@pytest.mark.parametrize(
    ("measured", "named", "gaps"),
    [
        ([(CASE, "encode"), (CASE, "decode"), (OTHER, "encode"), (OTHER, "decode")], True, ()),
        ([(CASE, "encode"), (CASE, "decode")], False, (str(OTHER),)),
        ([(CASE, "encode"), (OTHER, "decode")], False, ()),
        ([(CASE, "encode"), (OTHER, "encode")], True, (f"decode of {CASE}", f"decode of {OTHER}")),
        ([], True, (str(CASE), str(OTHER))),
    ],
)
def test_what_no_block_has_given(measured: list[tuple[Case, str]], named: bool, gaps: tuple[str, ...]) -> None:  # noqa: FBT001
    samples = [PairedSample(case=case, metric=metric, blocks=(((1.0, 1.0),),)) for case, metric in measured]
    assert list_unmeasured((CASE, OTHER, CASE), ("encode", "decode"), samples, named=named) == gaps
