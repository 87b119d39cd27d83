"""What differs between runs is found, named, and grouped by what must be allowed."""

from collections.abc import Callable

import pytest

from harness.build.behaviour import BEHAVIOUR_CHANGES, is_after
from harness.judge.context import GROUPS, caveat_context, caveat_unknown, explain_break, find_differences, name_commits
from harness.records.build import CMakeOption, CodeDigests, Tool
from harness.records.caveat import Caveat
from harness.records.comparison import Difference
from harness.records.run import CMAKE_OPTIONS, CPU_FEATURES, GGML_CI, Run, SettingOrigin, SettingUsed, SystemInfo
from harness.records.suite import Engine
from harness.records.trial import Role, Trial
from harness.records.weights import WeightsKind
from tests import factory

ALL = frozenset({"whisper", "memcpy", "mul_mat"})


def run(release: str = "v1.8.5", **changes: object) -> Run:
    source = factory.source()
    commit = source.commit.replace(release=release, sha=f"{release}-" * 6, date="")
    return factory.run().replace(source=source.replace(commit=commit), **changes)


def with_option(value: str) -> Run:
    option = CMakeOption(name="GGML_LLAMAFILE", value=value, reason="asked for")
    config = factory.config()
    return run(config=config.replace(options=(*config.options, option)))


def with_setting(name: str, value: str) -> Run:
    return run(settings=(SettingUsed(name=name, value=value, origin=SettingOrigin.FLAG),))


def differences(here: Run, there: Run) -> dict[str, Difference]:
    return {one.subject: one for one in find_differences([here], [there], ALL)}


def node(**changes: object) -> Run:
    return run(node=factory.node().replace(**changes))


def cpu(**changes: object) -> Run:
    return run(node=factory.node().replace(cpu=factory.node().cpu.replace(**changes)))


def tool(name: str) -> Run:
    return run(toolchain=factory.toolchain().replace(**{name: Tool(name="clang", version="19", path="/c")}))


@pytest.mark.parametrize(
    ("make", "subject", "group", "contender"),
    [
        (lambda: node(name="node-2"), "node", "names", "node-2"),
        (lambda: cpu(brand="Another  CPU"), "CPU", "hardware", "Another CPU"),
        (lambda: cpu(microarchitecture="zen3"), "microarchitecture", "hardware", "zen3"),
        (lambda: cpu(cores=factory.cores(2)), "usable CPUs", "hardware", "2 of 2"),
        (lambda: cpu(cores=factory.cores().replace(quota_cpus=1.5)), "usable CPUs", "hardware", "4 of 4, quota 1.5"),
        (lambda: node(memory_bytes=2 << 30), "memory", "", "2.0 GiB"),
        (lambda: node(os="Ubuntu"), "operating system", "", "Ubuntu"),
        (lambda: node(kernel="6.2"), "kernel", "", "6.2"),
        (lambda: node(hypervisor="kvm"), "hypervisor", "", "kvm"),
        (lambda: node(container="docker"), "container", "", "docker"),
        (lambda: with_option("ON"), "GGML_LLAMAFILE", "configs", "ON"),
        (lambda: run(config=factory.config().replace(isa="avx2")), "instruction set", "configs", "avx2"),
        (lambda: run(config=factory.config().replace(compiler="gcc")), "compiler asked for", "configs", "gcc"),
        (lambda: tool("cc"), "C compiler", "", "clang 19"),
        (lambda: tool("cxx"), "C++ compiler", "", "clang 19"),
        (lambda: tool("cmake"), "CMake", "", "clang 19"),
        (lambda: run(harness="9.9"), "harness", "", "9.9"),
        (
            lambda: run(weights=(factory.weights().replace(kind=WeightsKind.OFFICIAL, sha256="a" * 64),)),
            "weights of base",
            "weights",
            "official aaaaaaaa",
        ),
        (lambda: run(environment=(("OMP_WAIT_POLICY", "passive"),)), "OMP_WAIT_POLICY", "settings", "passive"),
        (lambda: with_setting("pin", "0,2"), "--pin", "settings", "0,2"),
        (lambda: run(suite=factory.suite().replace(engine=Engine.LIBRARY)), "engine", "settings", "library"),
        (lambda: run(suite=factory.suite().replace(repetitions=9)), "repetitions", "", "9"),
        (
            lambda: run(trial=Trial(id="t", role=Role.BASELINE, seed=1, pairs=2)),
            "timing",
            "settings",
            "in turns, by process",
        ),
    ],
)
def test_every_circumstance_is_named(make: Callable[[], Run], subject: str, group: str, contender: str) -> None:
    other = make()
    found = differences(run(), other)
    assert set(found) == {subject}
    assert (found[subject].group, found[subject].contender) == (group, contender)
    assert group in ("", *GROUPS)
    assert found[subject].baseline != contender
    assert differences(other, other) == {}


def test_what_was_compiled_in_is_shown_without_what_all_have() -> None:
    def compiled(*features: str) -> Run:
        info = SystemInfo(n_threads=4, hardware_threads=4, features=tuple((f"CPU/{name}", "1") for name in features))
        return run(system_info=info.replace(features=(*info.features, ("CPU/AMX", "0"))))

    found = differences(compiled("AVX", "AVX2"), compiled("AVX", "AVX2", "F16C"))
    assert (found["compiled in"].baseline, found["compiled in"].contender) == ("none of these", "F16C")


def test_a_side_that_is_mixed_tells_how_often_each_value_stands_there() -> None:
    here = [run(), run(), node(kernel="6.2"), node(kernel="6.3")]
    (kernel,) = find_differences(here, [run()], ALL)
    assert (kernel.baseline, kernel.contender) == ("6.1 (2), 6.2 (1), 6.3 (1)", "6.1")


def test_commits_may_differ_between_the_sides_but_not_on_one() -> None:
    old, new = run("v1.8.6"), run("v1.8.7")
    assert find_differences([old], [new], ALL) == ()
    (commit,) = find_differences([old, new], [new], ALL)
    assert (commit.group, commit.baseline) == ("commits", "v1.8.6 (1), v1.8.7 (1)")
    assert name_commits([old, new, new]) == "v1.8.6, v1.8.7"


@pytest.mark.parametrize(
    ("old", "new", "subjects"),
    [
        ("v1.4.3", "v1.5.0", {"timed work"}),
        ("v1.7.4", "v1.7.5", {"backend of mul_mat"}),
        ("v1.7.6", "v1.8.0", {"heat-up (v1.8.0)"}),
        ("v1.8.2", "v1.8.4", {"heat-up (v1.8.4)"}),
        ("v1.8.4", "v1.8.5", {"data of mul_mat"}),
        ("v1.8.5", "v1.8.6", set()),
        (
            "v1.4.3",
            "v1.9.3",
            {"timed work", "backend of mul_mat", "heat-up (v1.8.0)", "heat-up (v1.8.4)", "data of mul_mat"},
        ),
    ],
)
def test_the_bench_program_of_each_release(old: str, new: str, subjects: set[str]) -> None:
    assert set(differences(run(old), run(new))) == subjects
    sampled = [run(release, suite=factory.suite().replace(engine=Engine.LIBRARY)) for release in (old, new)]
    assert differences(*sampled) == {}, "the worker does the same work for all"


def test_the_default_of_flash_attention_matters_for_others_alone() -> None:
    theirs = [run(release, origin=GGML_CI) for release in ("v1.7.6", "v1.8.0")]
    assert "flash attention by default" in differences(*theirs)


def test_commits_without_a_release_are_placed_by_their_date() -> None:
    data = BEHAVIOUR_CHANGES[-1]

    def dated(date: str, origin: str = "harness", start: str = "") -> Run:
        source = factory.source()
        commit = source.commit.replace(release="", date=date)
        return factory.run().replace(source=source.replace(commit=commit), origin=origin, start=start)

    assert is_after(data, dated("2025-03-14T07:29:55Z")) is False
    assert is_after(data, dated("2026-05-29T09:46:42+03:00")) is True
    assert is_after(data, dated("2026-04-30T00:00:00Z")) is None
    assert is_after(data, dated("", start="2025-03-14T07:29:55Z")) is None
    assert is_after(data, dated("", GGML_CI, "2025-03-14T07:29:55Z")) is False
    assert is_after(data, run("master")) is None
    open_date = dated("", GGML_CI, "2026-05-29T12:00:00Z")
    assert is_after(data, open_date) is True
    assert is_after(data, open_date.replace(earliest="2026-05-28T22:00:00Z")) is None


def test_numbers_that_changed_their_meaning() -> None:
    assert "data of mul_mat changed at v1.8.5" in explain_break("mul_mat", [run("v1.8.4")], [run("v1.8.5")])
    assert "it is not known which runs" in explain_break("mul_mat", [run("main")], [run("v1.8.5")])
    assert explain_break("mul_mat", [run("main")], [run("main")]) == ""
    assert explain_break("mul_mat", [run("v1.8.2")], [run("v1.8.4")]) == ""
    assert explain_break("whisper", [run("v1.8.4")], [run("v1.8.5")]) == ""


def codes(*caveats: Caveat) -> list[str]:
    return [caveat.code for caveat in caveats]


def test_a_run_against_itself_and_a_commit_against_itself() -> None:
    one, other = run(id="a"), run(id="b")
    assert codes(*caveat_context([one], [one], (), paired=False)) == ["same-run"]
    assert codes(*caveat_context([one], [other], (), paired=False)) == ["a-a"]
    unlike = find_differences([one], [with_option("ON")], ALL)
    assert codes(*caveat_context([one], [with_option("ON").replace(id="b")], unlike, paired=False)) == []


def test_equal_code_of_two_commits_is_said_of_runs_too() -> None:
    code = CodeDigests(objects=(("a.o", "1"),), link="x")
    one, other = run("v1", id="a", code=code), run("v2", id="b", code=code)
    assert codes(*caveat_context([one], [other], (), paired=False)) == ["equal-code"]
    for changed in (code.replace(link="y"), CodeDigests.unknown("a reason"), None):
        assert codes(*caveat_context([one], [other.replace(code=changed)], (), paired=False)) == []
    unlike = (Difference(group="settings", subject="threads", baseline="1", contender="2"),)
    assert codes(*caveat_context([one], [other], unlike, paired=False)) == []


@pytest.mark.parametrize("code", ["a-a", "equal-code"])
def test_what_a_trial_said_of_its_two_sides_is_not_said_of_others(code: str) -> None:
    one, other = run("v1", id="a", caveats=(Caveat(code=code, message="m"),)), run("v2", id="b")
    same = other.replace(caveats=one.caveats)
    assert codes(*caveat_context([one], [same], (), paired=True)) == [code]
    assert codes(*caveat_context([one], [same], (), paired=False)) == []
    assert codes(*caveat_context([one], [other], (), paired=True)) == []


def test_the_caveats_of_the_runs_are_counted() -> None:
    noisy = Caveat(code="noisy", message="repetitions differ wildly")
    harmless = Caveat(code="no-tests", message="not run")
    here = [run("v1", id="a", caveats=(noisy, harmless), start="2026-01-03T00:00:00Z"), run("v1", id="b", start="")]
    (caveat,) = caveat_context(here, [run("v2", id="c", caveats=(noisy,), start="")], (), paired=False)
    assert caveat == Caveat(code="noisy", message="baseline (1 of 2), contender (1 of 1): repetitions differ wildly")
    (caveat,) = caveat_context(here[:1], [run("v2", id="c", caveats=(noisy,), start="")], (), paired=False)
    assert caveat == noisy, "what all of them carry is said as it is"


LOGGED = SettingUsed(name=CMAKE_OPTIONS, value="-DCMAKE_BUILD_TYPE=Release -DGGML_CUDA=ON", origin=SettingOrigin.LOG)


def report(**changes: object) -> Run:
    return run().replace(origin=GGML_CI, harness="", config=factory.config().replace(backend=""), **changes)


def test_options_of_a_log_are_known_and_those_of_a_bare_report_are_not() -> None:
    logged, bare = report(settings=(LOGGED,)), report()
    assert "GGML_CUDA" not in differences(logged, bare)
    other = report(settings=(LOGGED.replace(value="-DCMAKE_BUILD_TYPE=Release"),))
    assert differences(logged, other)["GGML_CUDA"].contender == "not set"
    (caveat,) = caveat_unknown([logged], [bare], ALL)
    assert "for the contender: GGML_CUDA" in caveat.message
    assert list(caveat_unknown([run()], [run()], ALL)) == []


def test_the_config_column_is_a_part_of_what_was_compiled_in() -> None:
    info = SystemInfo(n_threads=4, hardware_threads=0, features=(("/NEON", "1"),))
    shown = report(
        system_info=info, settings=(SettingUsed(name=CPU_FEATURES, value="NEON", origin=SettingOrigin.REPORT),)
    )
    whole = report(system_info=info.replace(features=(("CPU/NEON", "1"), ("CPU/SME", "1")), backends=("Metal", "BLAS")))
    assert not differences(shown, whole)


def test_a_gpu_that_was_asked_for_differs_from_none_that_was() -> None:
    asked = (("GG_BUILD_CUDA", "1"),)
    gpu = run(origin=GGML_CI, harness="", environment=asked, config=factory.config().replace(backend="CUDA"))
    assert differences(gpu, report(environment=(("GG_BUILD_LOW_PERF", "1"),)))["backend"].group == "configs"
    assert "backend" not in differences(gpu, report(environment=()))


def test_weights_of_which_only_the_kind_is_known() -> None:
    kind = run(weights=(factory.weights().replace(sha256=""),))
    assert not differences(run(), kind)
    official = run(weights=(factory.weights().replace(sha256="", kind=WeightsKind.OFFICIAL),))
    assert set(differences(run(), official)) == {"kind of weights of base"}
