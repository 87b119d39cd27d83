"""Stored runs against each other: a run is a value, runs of one trial are pairs, unlike runs are refused."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from harness.commands.request.trial import resolve_question
from harness.errors import UsageError
from harness.judge.comparison import CompareQuestion, compare_runs, judge_trials, list_uncompared
from harness.judge.sample import match_trials, pool_samples, sample_runs
from harness.plan.block import ROLES, plan_block
from harness.records.caveat import CaveatCode
from harness.records.comparison import ALPHA, Family, Verdict
from harness.records.exit_code import ExitCode
from harness.records.measurement import Case, Measurement
from harness.records.outcome import StepResult
from harness.records.plan import Phase
from harness.records.run import GGML_CI, Run
from harness.records.trial import Role, Trial
from harness.settings.layer import layer_settings
from harness.stats.pairing import pair_measurements
from harness.stats.verdict import PairedSample, judge_pairs
from tests import factory

CASE = Case.of("whisper", model="base", threads=4, fa=0)
CELL = Case.of("mul_mat", n=64, type="f16", threads=4)
METRICS = frozenset({"encode", "flop_rate"})
ASKED = CompareQuestion(threshold=0.02, metrics=METRICS)


def run(number: int, *values: float, release: str = "v1.8.5", cell: float = 0.0, **changes: object) -> Run:
    source, start = factory.source(), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=12 * number)
    commit = source.commit.replace(release=release, sha="")
    results = [timing(CASE, "encode", value, repetition) for repetition, value in enumerate(values, 1)]
    if cell:
        results.append(timing(CELL, "flop_rate", cell, 1))
    return factory.run(*results).replace(
        id=f"run-{number}", start=start.isoformat(), source=source.replace(commit=commit), **changes
    )


def timing(case: Case, metric: str, value: float, repetition: int, process: int = 0) -> StepResult:
    one = Measurement(case=case, metric=metric, value=value, repetition=repetition, process=process)
    name = f"{metric}-{process}-{repetition}"
    return factory.result(name, Phase.BENCHMARK).replace(case=case, measurements=(one,))


def side(first: int, *values: float, release: str = "v1.8.5", cell: float = 0.0) -> list[Run]:
    return [run(first + 2 * place, value, release=release, cell=cell) for place, value in enumerate(values)]


OLD = side(1, 100.0, 100.3, 99.8, 100.1, 100.2, 99.9, release="v1.8.4")


def test_a_run_is_one_value_its_median() -> None:
    (sample,) = sample_runs([run(1, 100.0, 102.0, 101.0)], [run(2, 110.0, 90.0)], METRICS)
    assert (sample.case, sample.metric) == (CASE, "encode")
    assert (sample.baseline, sample.contender) == ((101.0,), (100.0,))


def test_cells_come_in_the_order_of_their_numbers() -> None:
    def cells(number: int) -> Run:
        names = [Case.of("mul_mat", n=n, type="f16", threads=4) for n in (512, 64, 4096)]
        return run(number, 1.0).replace(results=tuple(timing(name, "flop_rate", 1.0, 1) for name in names))

    samples = sample_runs([cells(1)], [cells(2)], METRICS)
    assert [sample.case.get("n") for sample in samples] == ["64", "512", "4096"]


@pytest.mark.parametrize(
    ("values", "verdict", "code"),
    [
        ((110.0, 110.3, 109.8, 110.1, 110.2, 109.9), Verdict.REGRESSED, ExitCode.REGRESSION),
        ((90.0, 90.3, 89.8, 90.1, 90.2, 89.9), Verdict.IMPROVED, ExitCode.OK),
        ((100.1, 100.2, 99.9, 100.0, 100.3, 99.8), Verdict.UNCHANGED, ExitCode.OK),
        ((110.0, 110.3, 109.8), Verdict.UNRESOLVED, ExitCode.INCONCLUSIVE),
    ],
)
def test_verdicts_where_replication_allows(values: tuple[float, ...], verdict: Verdict, code: ExitCode) -> None:
    result = compare_runs(OLD, side(2, *values), ASKED)
    (one,) = result.family.comparisons
    assert one.verdict is verdict
    assert result.family.exit_code(strict=True) is code


def test_one_run_against_one_shows_the_change_and_how_many_runs_it_takes() -> None:
    result = compare_runs([run(1, 100.0)], [run(2, 110.0, release="v1.8.6")], ASKED)
    (one,) = result.family.comparisons
    assert (one.verdict, one.n) == (Verdict.UNRESOLVED, 1)
    assert one.change == pytest.approx(0.1)
    (thin,) = one.caveats
    assert thin.code == "thin"
    assert "takes at least 6 of each side" in thin.message
    assert result.family.exit_code(strict=False) is ExitCode.OK


def test_runs_of_a_day_count_once() -> None:
    """Twelve runs of each side, but on four days each: thin, however far they are apart."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def on_days(first: int, level: float) -> list[Run]:
        starts = [noon + timedelta(days=day, minutes=number) for day in range(first, 8, 2) for number in range(3)]
        return [
            run(at + 100 * first, level + at / 10).replace(start=start.isoformat()) for at, start in enumerate(starts)
        ]

    result = compare_runs(on_days(0, 100.0), on_days(1, 130.0), ASKED)
    (one,) = result.family.comparisons
    assert (one.verdict, one.n, one.baseline.n) == (Verdict.UNRESOLVED, 4, 12)
    assert one.caveats[0].code == "thin"
    assert one.caveats[0].message.startswith(
        "runs: 12 and 12, on 4 and 4 days; an interval takes at least 6 days of each side"
    )
    assert "by-day" in [caveat.code for caveat in result.family.caveats]


def test_both_sides_on_each_day_lose_nothing_by_what_a_day_does() -> None:
    """The days differ by up to a half; 5 % is found within them."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    sides: tuple[list[Run], list[Run]] = ([], [])
    for day, level in enumerate((100.0, 150.0, 80.0)):
        for number, place in enumerate((0, 1, 1, 0, 0, 1)):
            value = level * (1.05 if place else 1.0) * (1 + 0.001 * number)
            start = noon + timedelta(days=day, minutes=number)
            sides[place].append(run(10 * day + number, value).replace(start=start.isoformat()))
    (one,) = compare_runs(*sides, ASKED).family.comparisons
    assert (one.verdict, one.n) == (Verdict.REGRESSED, 9)
    assert one.change == pytest.approx(0.05, abs=0.005)


def test_mul_mat_is_not_judged_across_a_change_of_its_data() -> None:
    old, new = side(1, *[100.0] * 7, release="v1.8.4", cell=50.0), side(2, *[100.0] * 7, cell=20.0)
    whisper, cell = compare_runs(old, new, ASKED).family.comparisons
    assert whisper.verdict is Verdict.UNCHANGED
    assert (cell.verdict, cell.relevant, cell.p, cell.low, cell.mde) == (Verdict.UNRESOLVED, False, 1.0, None, None)
    assert [caveat.code for caveat in cell.caveats] == ["dialect"]
    assert whisper.p == whisper.p_raw, "what is not judged is no part of the family"
    both_new = compare_runs(side(1, *[100.0] * 7, cell=50.0), new, ASKED).family.comparisons[1]
    assert both_new.verdict is Verdict.REGRESSED


def test_unlike_runs_are_refused_unless_they_are_allowed() -> None:
    elsewhere = factory.node().replace(name="node-2")
    config = factory.config().replace(isa="avx2")
    here, there = [run(1, 100.0)], [run(2, 110.0, node=elsewhere, config=config)]
    with pytest.raises(UsageError) as caught:
        compare_runs(here, there, ASKED)
    assert "different node names, different configs" in caught.value.what
    assert "node: node-1 | node-2" in caught.value.cause
    assert "--across names,instruction-set  # compares" in caught.value.hint
    with pytest.raises(UsageError, match="different configs"):
        compare_runs(here, there, ASKED.replace(across=("names",)))
    result = compare_runs(here, there, ASKED.replace(across=("names", "configs")))
    assert [one.subject for one in result.differences] == ["node", "instruction set"]


def test_one_circumstance_can_be_allowed_without_the_others() -> None:
    def built(isa: str, build_type: str) -> Run:
        return run(2, 100.0, config=factory.config().replace(isa=isa, build_type=build_type))

    allowed = ASKED.replace(across=("instruction-set",))
    assert compare_runs([run(1, 100.0)], [built("avx2", "Release")], allowed).differences
    with pytest.raises(UsageError, match="build type: Release"):
        compare_runs([run(1, 100.0)], [built("avx2", "MinSizeRel")], allowed)
    with pytest.raises(UsageError, match="called 'instruction-sets'") as caught:
        compare_runs([run(1, 100.0)], [built("avx2", "Release")], ASKED.replace(across=("instruction-sets",)))
    assert "instruction-set" in caught.value.hint


def test_what_is_not_known_is_taken_for_alike_and_said() -> None:
    unknown = run(2, 100.0, origin=GGML_CI, harness="", config=factory.config().replace(isa="", compiler=""))
    unknown = unknown.replace(
        node=factory.node().replace(memory_bytes=0, cpu=factory.node().cpu.replace(brand="", microarchitecture=""))
    )
    result = compare_runs([run(1, 100.0)], [unknown], ASKED)
    (said,) = [caveat.message for caveat in result.family.caveats if caveat.code == "not-known"]
    for subject in ("CPU", "microarchitecture", "instruction set", "compiler asked for", "CMAKE_", "--pin"):
        assert (subject in said) == (subject != "CMAKE_"), said
    assert "for the contender: " in said
    assert all(not one.group for one in result.differences)
    known = run(4, 100.0, config=factory.config().replace(isa="avx2"))
    with pytest.raises(UsageError, match="instruction set: native"):  # the one between them does not make them alike
        compare_runs([run(1, 100.0), unknown], [known], ASKED)


def test_a_name_that_stands_for_none_is_no_name() -> None:
    nameless = [
        run(number, 100.0, origin=GGML_CI, harness="", node=factory.node().replace(name="unknown")) for number in (1, 2)
    ]
    result = compare_runs(nameless[:1], nameless[1:], ASKED)
    assert any(caveat.code == "not-known" and "node" in caveat.message for caveat in result.family.caveats)


def test_several_commits_on_a_side_are_refused() -> None:
    with pytest.raises(UsageError, match="different commits on one side"):
        compare_runs([run(1, 100.0), run(3, 100.0, release="v1.8.4")], [run(2, 100.0)], ASKED)


def test_nothing_in_common_names_what_each_side_has() -> None:
    other = run(2, 1.0).replace(results=(timing(CELL, "flop_rate", 1.0, 1),))
    with pytest.raises(UsageError, match="no case in common") as caught:
        compare_runs([run(1, 100.0)], [other], ASKED)
    assert f"baseline: {CASE}; contender: {CELL}" in caught.value.cause
    with pytest.raises(UsageError, match="no case in common"):
        compare_runs([run(1, 100.0, cell=1.0)], [other], ASKED.replace(metrics=frozenset({"encode"})))


def test_cases_of_one_side_alone_are_told() -> None:
    result = compare_runs([run(1, 100.0, cell=5.0)], [run(2, 100.0)], ASKED)
    assert f"only the baseline has {CELL}" in [caveat.message for caveat in result.family.caveats]


def trial(
    name: str, role: Role, factor: float, case: Case = CASE, builds: int = 1, blocks: int = 25, seed: int = 0
) -> Run:
    values = [
        timing(case, "encode", factor * (100 + (block * 7 + turn * 3) % 5 / 10), turn, block)
        for block in range(1, blocks + 1)
        for turn in (1, 2)
    ]
    return factory.run(*values).replace(
        id=f"{name}-{role}",
        trial=Trial(id=name, role=role, seed=seed or sum(map(ord, name)), pairs=2, builds=builds),
    )


def test_runs_of_one_trial_are_judged_as_they_were_live() -> None:
    here, there = trial("t", Role.BASELINE, 1.0), trial("t", Role.CONTENDER, 1.05)
    live = judge_pairs(pair_measurements(here.measurements, there.measurements), alpha=ALPHA, threshold=0.02)
    result = compare_runs([here], [there], ASKED)
    assert result.family.comparisons == live.comparisons
    assert (result.family.method, result.family.exit_code(strict=True)) == (live.method, ExitCode.REGRESSION)
    (swapped,) = compare_runs([there], [here], ASKED).family.comparisons
    assert swapped.verdict is Verdict.IMPROVED


def test_a_trial_may_compare_cases_and_configs_and_says_so() -> None:
    flash = Case.of("whisper", model="base", threads=4, fa=1)
    there = trial("t", Role.CONTENDER, 1.0, flash).replace(
        config=factory.config().replace(isa="avx2"), suite=factory.suite().replace(flash_attn=(1,))
    )
    result = compare_runs([trial("t", Role.BASELINE, 1.0)], [there], ASKED)
    assert str(result.family.comparisons[0].case) == "whisper/model=base/threads=4"
    assert {one.subject for one in result.differences} == {"instruction set", "flash attention"}


def test_trials_add_up_and_must_match() -> None:
    here = [trial(name, Role.BASELINE, 1.0) for name in ("a", "b")]
    there = [trial(name, Role.CONTENDER, 1.0) for name in ("b", "a")]
    assert [(one.id, other.id) for one, other in match_trials(here, there)] == [
        ("a-baseline", "a-contender"),
        ("b-baseline", "b-contender"),
    ]
    assert compare_runs(here, there, ASKED).family.comparisons[0].n == 50
    assert match_trials(here, there[:1]) == ()
    assert match_trials(here, [trial(name, Role.BASELINE, 1.0) for name in ("a", "b")]) == ()
    assert match_trials([run(1, 1.0)], [run(2, 1.0)]) == ()


def test_a_coin_counts_once() -> None:
    """Trials of one seed throw the same coins: what the order does comes back in each, and would look like a change."""

    def pool(*trials: tuple[str, int, int]) -> Family:
        here, there = (
            [trial(name, role, 1.0, blocks=blocks, seed=seed) for name, blocks, seed in trials] for role in ROLES
        )
        return compare_runs(here, there, ASKED).family

    apart = pool(("a", 25, 7), ("b", 30, 8))
    assert (apart.comparisons[0].n, apart.seeds) == (55, (7, 8))
    assert CaveatCode.SHARED_SEED not in [caveat.code for caveat in apart.caveats]
    alone = pool(("a", 25, 7))
    again = pool(("a", 25, 7), ("b", 25, 7))
    assert again.comparisons == alone.comparisons
    assert (again.seeds, alone.seeds) == ((7,), (7,))
    (said,) = [caveat.message for caveat in again.caveats if caveat.code == CaveatCode.SHARED_SEED]
    assert said.startswith("25 blocks are left out: an earlier trial with the same seed (7)")
    longer = pool(("a", 25, 7), ("b", 26, 7), ("c", 5, 8), ("d", 27, 7))
    assert longer.comparisons[0].n == 25 + 1 + 5 + 1, "coins that no earlier trial has thrown are as good as any"
    assert longer.seeds == (7, 8)


def test_ten_trials_of_one_seed_find_nothing_where_nothing_is() -> None:
    """Who starts second is 1.25 % faster: in each trial of the seed 1 that looks like the same small change."""

    def hold(name: str, seed: int, role: Role) -> Run:
        draw = random.Random(f"{name}{role}")
        second = [plan_block(seed, number, (), pairs=0).order[1] is role for number in range(1, 15)]
        values = [
            timing(CASE, "encode", 100 * draw.lognormvariate(-0.0125 * is_second, 0.004), 1, number)
            for number, is_second in enumerate(second, 1)
        ]
        return factory.run(*values).replace(
            id=f"{name}-{role}", trial=Trial(id=name, role=role, seed=seed, pairs=1, builds=1)
        )

    pairs = [(hold(str(number), 1, ROLES[0]), hold(str(number), 1, ROLES[1])) for number in range(10)]
    judged = judge_trials(pairs, ASKED)
    assert judged.comparisons[0].n == 14
    assert judged.comparisons[0].p > ALPHA
    apart = [
        tuple(run.replace(trial=run.trial.replace(seed=number)) for run in pair if run.trial)
        for number, pair in enumerate(pairs)
    ]
    fooled = judge_trials([(one, other) for one, other in apart], ASKED)
    assert fooled.comparisons[0].n == 140
    assert fooled.comparisons[0].p < ALPHA, "as it was"


def test_a_coin_counts_for_each_metric_by_itself() -> None:
    runs = {
        role: [
            factory.run(*(timing(CASE, metric, 100.0, 1, block) for block in range(1, 13))).replace(
                id=f"{name}-{role}", trial=Trial(id=name, role=role, seed=7, pairs=1)
            )
            for name, metric in (("a", "encode"), ("b", "decode"))
        ]
        for role in ROLES
    }
    asked = ASKED.replace(metrics=frozenset({"encode", "decode"}))
    family = compare_runs(runs[Role.BASELINE], runs[Role.CONTENDER], asked).family
    assert [(one.metric, one.n) for one in family.comparisons] == [("encode", 12), ("decode", 12)]
    assert CaveatCode.SHARED_SEED not in [caveat.code for caveat in family.caveats]


def test_trials_that_are_no_pairs_may_share_their_coins_too() -> None:
    """One that has lost its partner makes ordinary runs of all; the coins of the others are the same nevertheless."""
    here = [trial(name, Role.BASELINE, 1.0, seed=7) for name in ("a", "b", "c")]
    there = [trial(name, Role.CONTENDER, 1.0, seed=7) for name in ("a", "b")]
    family = compare_runs(here, there, ASKED).family
    (said,) = [caveat.message for caveat in family.caveats if caveat.code == CaveatCode.SHARED_SEED]
    assert said.startswith("5 runs come from 3 trials with the same seed (7)")
    fresh = [one.replace(trial=one.trial.replace(seed=index)) for index, one in enumerate(here) if one.trial]
    codes = [caveat.code for caveat in compare_runs(fresh, there[:1], ASKED).family.caveats]
    assert CaveatCode.SHARED_SEED not in codes


def test_pooled_blocks_keep_the_order_in_which_their_processes_were_started() -> None:
    def sample(*starts: int) -> PairedSample:
        blocks = tuple(((1.0, 1.0 + number),) for number in (1, 2, 3))
        return PairedSample(case=CASE, metric="encode", blocks=blocks, numbers=(1, 2, 3), starts=starts)

    (pooled,) = pool_samples([(1, [sample(1, -1, 0)]), (1, [sample(1, -1, 0)]), (2, [sample()])]).samples
    assert (len(pooled.blocks), pooled.starts) == (6, (1, -1, 0, 0, 0, 0))


def test_trials_are_pooled_metric_by_metric() -> None:
    def sample(metric: str, *values: float) -> PairedSample:
        blocks = tuple(((1.0, value),) for value in values)
        return PairedSample(case=CASE, metric=metric, blocks=blocks, numbers=tuple(range(len(values))))

    trials = [(1, [sample("encode", 1.0, 2.0), sample("decode", 3.0)]), (2, [sample("encode", 4.0)])]
    encode, decode = pool_samples(trials).samples
    assert (encode.metric, encode.blocks) == ("encode", sample("", 1.0, 2.0, 4.0).blocks)
    assert (decode.metric, decode.blocks) == ("decode", sample("", 3.0).blocks)


def test_trials_of_two_nodes_may_have_one_name() -> None:
    nodes = [factory.node(), factory.node().replace(name="node-2")]
    here, there = ([trial("t", role, 1.0).replace(node=node) for node in nodes] for role in ROLES)
    assert [one.node.name for one, _ in match_trials(here, there)] == ["node-1", "node-2"]


@pytest.mark.parametrize(
    ("pairs", "names"),
    [
        ([("tiny", "tiny-q5_0")], ["whisper/fa=0/threads=4"]),
        (
            [("tiny", "tiny-q5_0"), ("base", "base-q5_0")],
            ["whisper/fa=0/model=tiny->tiny-q5_0/threads=4", "whisper/fa=0/model=base->base-q5_0/threads=4"],
        ),
    ],
)
def test_cases_with_one_name_in_common_are_judged_apart(pairs: list[tuple[str, str]], names: list[str]) -> None:
    """Tiny 15 % faster and base 3 % slower were one sample, and IMPROVED for both."""
    changes = {"tiny": 0.85, "base": 1.03}
    runs = []
    for side, role in enumerate(ROLES):
        values = [
            timing(
                Case.of("whisper", model=pair[side], threads=4, fa=0),
                "encode",
                (100 + number % 5 / 10) * changes[pair[0]] ** side,
                1,
                2 * number + place,
            )
            for place, pair in enumerate(pairs)
            for number in range(40)
        ]
        suite = factory.suite().replace(models=tuple(pair[side] for pair in pairs))
        trial = Trial(id="t", role=role, seed=1, pairs=1)
        runs.append(factory.run(*values).replace(id=role.value, trial=trial, suite=suite))
    result = compare_runs(runs[:1], runs[1:], ASKED.replace(across=("settings",)))
    assert [str(one.case) for one in result.family.comparisons] == names
    verdicts = [one.verdict for one in result.family.comparisons]
    assert verdicts == [Verdict.IMPROVED, Verdict.REGRESSED][: len(pairs)]
    assert result.family.exit_code(strict=False) is (ExitCode.REGRESSION if len(pairs) > 1 else ExitCode.OK)
    assert len({str(one.case) for one in result.family.comparisons}) == len(pairs)
    # The name of a case is the same if the other one was never reached.
    first = [run.replace(results=tuple(one for one in run.results if one.case == run.results[0].case)) for run in runs]
    (reached,) = compare_runs(first[:1], first[1:], ASKED.replace(across=("settings",))).family.comparisons
    assert str(reached.case) == names[0]


def test_several_builds_of_a_whole_trial_have_their_caveat() -> None:
    here, there = trial("t", Role.BASELINE, 1.0, builds=2), trial("t", Role.CONTENDER, 1.05, builds=2)
    family = compare_runs([here], [there], ASKED).family
    (message,) = [caveat.message for caveat in family.caveats if caveat.code == "builds"]
    assert "each side had 2 code layouts" in message
    assert "--relink" in message
    assert family.comparisons[0].verdict is Verdict.REGRESSED
    one = compare_runs([trial("t", Role.BASELINE, 1.0)], [trial("t", Role.CONTENDER, 1.05)], ASKED).family
    assert "builds" not in {caveat.code for caveat in one.caveats}


def test_the_metrics_that_settings_leave() -> None:
    def chosen(**flags: object) -> set[str]:
        return set(resolve_question(layer_settings(file={}, file_name="", environ={}, flags=flags), ()).metrics)

    assert chosen() == {"encode", "decode", "batchd", "prompt", "copy_rate", "flop_rate", "rtf"}
    assert chosen(bench=["whisper"], metric=["encode"]) == {"encode"}
    assert chosen(bench=["memcpy"]) == {"copy_rate"}
    for bad in ({"bench": ["wisper"]}, {"metric": ["load"]}):
        with pytest.raises(UsageError, match="unknown"):
            chosen(**bad)


@pytest.mark.parametrize(
    ("flags", "missing"),
    [
        ({}, ()),
        ({"metric": ["encode"]}, ()),
        ({"metric": ["encode", "prompt"]}, ("prompt",)),
        ({"bench": ["whisper", "memcpy"]}, ("memcpy",)),
        ({"bench": ["whisper", "memcpy"], "metric": ["decode"]}, ("decode", "memcpy")),
    ],
)
def test_what_was_named_and_is_not_compared(flags: dict[str, object], missing: tuple[str, ...]) -> None:
    question = resolve_question(layer_settings(file={}, file_name="", environ={}, flags=flags), ())
    result = compare_runs([run(1, 100.0)], [run(2, 110.0, release="v1.8.6")], ASKED)
    assert list_uncompared(question, result) == missing
