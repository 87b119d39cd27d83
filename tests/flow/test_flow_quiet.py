"""Quietness through fake tools, on a made-up node whose others use what the test says."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from harness.records.run import Run
from harness.stats.series import sample_run
from harness.store.bundle import load_run
from tests.answer import result_of
from tests.flow.kit import Busy, Kit, wait_for

WORDS = ("--bench", "whisper", "--no-tests", "--threads", "2", "--repetitions", "2")
# What others use is a rate: a hundred times as much is louder however long the fake program takes.
LOUD_S, LOUDER_S, STILL = 9.0, 900.0, 0.0
ALL = ("--no-tests", "--threads", "2", "--repetitions", "2")


def disturb(kit: Kit, *used_s: float) -> None:
    """Let others use so many CPU seconds while each process of the bench program runs, in turn."""
    (kit.tools / "others.json").write_text(json.dumps(used_s))


def foresee(kit: Kit, **known_s: float) -> None:
    """Let earlier runs have taken so long: a quarter of it may be spent on repeating, however slow this machine is."""
    kit.cache.mkdir(exist_ok=True)
    (kit.cache / "durations.json").write_text(json.dumps(known_s or {"build_release": 10_000.0}))


def encodes(run: Run) -> tuple[float, ...]:
    (values,) = (values for (_, metric), values in sample_run(run).items() if metric == "encode")
    return values


def codes(run: Run) -> set[str]:
    return {caveat.code for caveat in run.caveats}


def timed(kit: Kit) -> int:
    return len([call for call in kit.calls("whisper-bench") if "-m" in call and "no-weights" not in call])


def test_what_others_disturb_is_measured_again_and_kept_aside(kit: Kit) -> None:
    (kit.tools / "encode.json").write_text(json.dumps([900.0, 100.0, 101.0]))
    foresee(kit)
    disturb(kit, LOUD_S, STILL)
    done = kit.run(*WORDS)
    assert done.returncode == 0, done.stderr
    assert "(yes 4711: " in done.stderr
    assert "repeating it" in done.stderr
    run = kit.only_run()
    assert encodes(run) == (100.0, 101.0)
    (aside,) = run.discarded
    assert [one.value for one in aside.measurements if one.metric == "encode"] == [900.0]
    assert aside.quiet
    assert aside.quiet.neighbours[0].name == "yes"
    (bundle,) = kit.bundles()
    assert "900.00 ms" in (bundle / "logs" / aside.log).read_text()
    assert "retried" in codes(run)
    assert "under-load" not in codes(run)
    assert "HARNESS_CAVEAT_RETRIED" in kit.report()
    shown = kit.harness("show", "latest").stdout
    assert "discarded  bench_tiny_t2_fa0_r1: encode 900.00" in shown
    assert "encode 900.00" in done.stdout


def test_the_quietest_attempt_stays_when_none_is_quiet(kit: Kit) -> None:
    (kit.tools / "encode.json").write_text(json.dumps([100.0, 200.0, 300.0]))
    foresee(kit)
    disturb(kit, LOUDER_S, LOUD_S, LOUDER_S)
    done = kit.run(*WORDS[:-1], "1")
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    assert encodes(run) == (200.0,)
    assert [one.value for result in run.discarded for one in result.measurements if one.metric == "encode"] == [
        100,
        300,
    ]
    assert {"under-load", "retried"} <= codes(run)
    (bundle,) = kit.bundles()
    (kept,) = [result for result in run.results if result.case]
    assert kept.log == "bench-bench-tiny.log"
    for result, value in ((kept, "200.00"), *zip(run.discarded, ("100.00", "300.00"), strict=True)):
        assert f"{value} ms" in (bundle / "logs" / result.log).read_text()
    assert "caveat: other processes used the CPUs during whisper/fa=0/model=tiny/threads=2: " in done.stdout


def test_a_load_that_stays_is_not_measured_against_for_ever(kit: Kit) -> None:
    foresee(kit)
    disturb(kit, LOUDER_S, 100 * LOUDER_S, LOUD_S)
    done = kit.run(*WORDS[:-1], "3", "--retries", "9")
    assert done.returncode == 0, done.stderr
    assert timed(kit) == 4, "the second attempt at the first repetition was as loud, and no other one is repeated"
    assert "other processes used as much as before" in done.stderr
    assert "measuring again did not help under such a load before" in done.stderr
    run = kit.only_run()
    (aside,) = run.discarded
    assert aside.log == "bench-bench-tiny.disturbed-2.log"
    assert {"under-load", "retried"} <= codes(run)


def test_after_a_quiet_moment_it_is_worth_another_try(kit: Kit) -> None:
    foresee(kit)
    disturb(kit, LOUD_S, LOUDER_S, STILL, LOUD_S, STILL)
    kit.run(*WORDS[:-1], "3")
    assert timed(kit) == 5
    assert len(kit.only_run().discarded) == 2


def test_beyond_a_quarter_of_the_time_nothing_is_repeated(kit: Kit) -> None:
    kit.run(*WORDS)
    file = kit.cache / "durations.json"
    foresee(kit, **{name: taken_s / 1000 for name, taken_s in json.loads(file.read_text()).items()})
    disturb(kit, LOUD_S)
    done = kit.run(*WORDS)
    assert done.returncode == 0, done.stderr
    assert "allowed for repeating are used up" in done.stderr
    run = load_run(kit.bundles()[-1])
    assert (run.discarded, "under-load" in codes(run)) == ((), True)
    assert timed(kit) == 4


def lines(kit: Kit) -> list[str]:
    """Return which benchmarks ran, in order: memcpy (1), mul_mat (2) or a model (m)."""
    calls = [call for call in kit.calls("whisper-bench") if "-h" not in call and "no-weights" not in call]
    return [call[call.index("-w") + 1] if "-w" in call else "m" for call in calls]


def test_models_are_repeated_at_once_and_all_else_at_the_end(kit: Kit) -> None:
    foresee(kit)
    disturb(kit, LOUD_S, STILL)
    (kit.tools / "others-mul_mat.json").write_text(json.dumps([LOUD_S, STILL]))
    done = kit.run(*ALL)
    assert done.returncode == 0, done.stderr
    assert lines(kit) == ["1", "2", "m", "m", "m", "2"]
    assert "it will be repeated at the end if there is time" in done.stderr
    run = kit.only_run()
    assert [result.step for result in run.discarded] == ["bench_tiny_t2_fa0_r1", "mul_mat"]
    assert len({result.step for result in run.results}) == len(run.results) == 9
    assert ("retried" in codes(run), "under-load" in codes(run)) == (True, False)
    (bundle,) = kit.bundles()
    assert (bundle / "logs" / "bench-mul_mat.disturbed-1.log").is_file()


def test_mul_mat_is_not_repeated_where_that_did_not_help_the_models(kit: Kit) -> None:
    foresee(kit)
    disturb(kit, LOUDER_S, 100 * LOUDER_S, LOUD_S)
    (kit.tools / "others-mul_mat.json").write_text(json.dumps([LOUD_S]))
    done = kit.run(*ALL)
    assert lines(kit) == ["1", "2", "m", "m", "m"]
    assert "not repeated: measuring again did not help" in done.stderr
    assert {"under-load", "retried"} <= codes(kit.only_run())


def test_resume_repeats_at_the_end_what_was_disturbed_before(kit: Kit) -> None:
    foresee(kit)
    (kit.tools / "others-mul_mat.json").write_text(json.dumps([LOUD_S, STILL]))
    kit.break_tools({"whisper-bench -w 2": {"spare": 1, "sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*kit.words(*ALL))
    wait_for(lambda: lines(kit) == ["1", "2", "m", "m", "2"])
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130
    done = kit.harness("run", "--resume")
    assert done.returncode == 0, done.stderr
    assert lines(kit)[5:] == ["2"]
    run = kit.only_run()
    assert [result.step for result in run.discarded] == ["mul_mat"]
    assert "under-load" not in codes(run)
    (bundle,) = kit.bundles()
    assert all((bundle / "logs" / result.log).is_file() for result in (*run.results, *run.discarded) if result.log)


def test_the_plan_says_what_is_repeated(kit: Kit) -> None:
    said = "disturbed measurements are repeated, models first, for at most a quarter of the planned time"
    assert said in kit.run("--dry-run", *ALL).stdout
    assert said not in kit.run("--dry-run", *ALL, "--retries", "0").stdout


def test_no_retries_mark_all_the_same(kit: Kit) -> None:
    disturb(kit, LOUD_S)
    done = kit.run(*WORDS, "--retries", "0")
    assert done.returncode == 0, done.stderr
    assert timed(kit) == 2
    run = kit.only_run()
    assert (run.discarded, "under-load" in codes(run)) == ((), True)


def test_a_failure_is_a_failure_however_loud_it_was(kit: Kit) -> None:
    disturb(kit, LOUD_S)
    kit.break_tools({"whisper-bench -m": {"exit": 4}})
    done = kit.run(*WORDS)
    assert done.returncode == 12
    assert timed(kit) == 2


def test_a_failure_in_the_second_attempt_outranks_the_first(kit: Kit) -> None:
    foresee(kit)
    disturb(kit, LOUD_S)
    kit.break_tools({"whisper-bench -m": {"spare": 1, "exit": 4, "times": 1}})
    done = kit.run(*WORDS[:-1], "1")
    assert done.returncode == 12
    run = kit.only_run()
    assert len(run.discarded) == 1
    assert sample_run(run) == {}


def test_resume_counts_what_was_set_aside_before(kit: Kit) -> None:
    foresee(kit)
    disturb(kit, 100 * LOUDER_S, LOUDER_S, LOUD_S)
    kit.break_tools({"whisper-bench -m": {"spare": 1, "sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*kit.words(*WORDS[:-1], "1"))
    wait_for(lambda: timed(kit) == 2)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130
    foresee(kit)  # the interrupted run has learned better
    done = kit.harness("run", "--resume")
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    assert timed(kit) == 1 + 1 + 2, "two retries in all, the interrupted one not counted"
    assert len(run.discarded) == 2
    (bundle,) = kit.bundles()
    assert all((bundle / "logs" / result.log).is_file() for result in (*run.results, *run.discarded) if result.log)


def test_time_spent_on_discarded_attempts_counts_for_the_precision(kit: Kit) -> None:
    foresee(kit)
    disturb(kit, *([LOUD_S, STILL] * 100))
    (kit.tools / "encode.json").write_text(json.dumps([1000.0, 1200.0] * 100))
    kit.run(*WORDS, "--precision", "1%", "--max-time", "1s", "--retries", "1")
    run = kit.only_run()
    spent_s = sum(one.completed.wall_s for one in (*run.results, *run.discarded) if one.case and one.completed)
    assert spent_s < 1.5
    assert run.discarded


def test_it_waits_for_quiet_and_goes_on_clean(kit: Kit) -> None:
    with Busy(kit) as busy:
        child = kit.start(*kit.words(*WORDS[:-1], "1", "--wait-quiet", "60s"))
        assert child.stderr
        said = ""
        while "waiting until other processes use" not in said:
            line = child.stderr.readline()
            assert line, said
            said += line
        assert timed(kit) == 0
        busy.stop()
        _, rest = child.communicate(timeout=60)
    assert child.returncode == 0, rest
    assert "not-quiet" not in codes(kit.only_run())


def test_after_the_time_it_measures_all_the_same_and_says_who(kit: Kit) -> None:
    with Busy(kit):
        done = kit.run(*WORDS[:-1], "1", "--wait-quiet", "1s", "--retries", "0")
    assert done.returncode == 0, done.stderr
    (caveat,) = [caveat for caveat in kit.only_run().caveats if caveat.code == "not-quiet"]
    assert "not quiet within 1 s: other processes used" in caveat.message
    assert "yes 4711" in caveat.message


def test_a_sweep_that_waited_still_counts_the_steps_of_all_configs(kit: Kit) -> None:
    words = ("--axis", "GGML_LLAMAFILE=ON,OFF", "--repetitions", "1", "--wait-quiet", "1s")
    source = ("--source", kit.tree.name, "--model", "tiny", "--weights", str(kit.weights))
    with Busy(kit):
        done = kit.harness("sweep", *words, *source, "--retries", "0")
    assert done.returncode == 0, done.stderr
    assert "waiting until" in done.stderr
    places = re.findall(r"^\[ *\d+/(\d+)\] .* PASSED", done.stderr, re.MULTILINE)
    assert len(set(places)) == 1, done.stderr


def test_ctrl_c_ends_the_waiting(kit: Kit) -> None:
    with Busy(kit):
        child = kit.start(*kit.words(*WORDS, "--wait-quiet", "1h"))
        assert child.stderr
        while "waiting until other processes use" not in (line := child.stderr.readline()):
            assert line
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "--resume" in said


@pytest.mark.skipif(sys.platform != "linux", reason="pins processes")
def test_benchmarks_are_pinned_and_nothing_else(kit: Kit) -> None:
    cpu = min(os.sched_getaffinity(0))
    own = os.getpriority(os.PRIO_PROCESS, 0)
    nice = min(own + 3, 19)  # the tests may have been started with a low priority
    words = ("--bench", "whisper", "--no-tests", "--threads", "1", "--repetitions", "1")
    planned = kit.run("--dry-run", *words, "--pin", str(cpu)).stdout
    assert f"benchmarks run on CPUs {cpu}" in planned
    kit.break_tools({"whisper-bench -m": {"seen": True, "placed": [cpu]}, "cmake --build Release": {"seen": True}})
    done = kit.run(*words, "--pin", str(cpu), "--nice", str(nice), "--huge-pages")
    assert done.returncode == 0, done.stderr
    seen = [json.loads(line) for line in (kit.tools / "seen.jsonl").read_text().splitlines()]
    assert [one["tool"] for one in seen] == ["cmake", "whisper-bench"]
    assert seen[1]["cpus"] == [cpu]
    assert seen[1]["nice"] == nice
    assert seen[1]["tunables"] == "glibc.malloc.hugetlb=1"
    assert seen[0]["cpus"] == sorted(os.sched_getaffinity(0))
    assert (seen[0]["nice"], seen[0]["tunables"]) == (own, "")
    run = kit.only_run()
    said = f"CPUs {cpu}, nice {nice}, transparent huge pages"
    assert [str(result.placement) for result in run.results if result.case] == [said]
    assert {used.name: used.value for used in run.settings}["pin"] == str(cpu)
    assert "no-huge-pages" in codes(run), "the made-up node has none"
    assert f"placed  {said}" in done.stdout
    assert f"HARNESS_PLACEMENT={said}" in kit.report()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pin", "9999"), "CPU 9999 may not be used"),
        (("--nice", "low"), "--nice: expected a number from -20"),
        (("--wait-quiet", "soon"), "expected a duration such as 90s, 10m, 1h or 1h30m, not 'soon'"),
    ],
)
def test_bad_words(kit: Kit, words: tuple[str, ...], said: str) -> None:
    done = kit.run("--threads", "1", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert kit.calls("whisper-bench") == []


def prepare(kit: Kit, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        file: Path = kit.system / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_doctor_says_what_is_unfit_and_is_strict_on_demand(kit: Kit) -> None:
    prepare(kit, {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n"})
    done = kit.harness("doctor", "--strict", "--json")
    assert done.returncode == 3, done.stderr
    topics = {finding["topic"]: finding["fitness"] for finding in result_of(done.stdout)["findings"]}
    found = [topics[topic] for topic in ("governor", "turbo", "other processes", "cmake")]
    assert found == ["unfit", "unknown", "fit", "fit"]
    # Where no shell finds `harness`, the way to it comes first.
    assert [step["command"] for step in result_of(done.stdout)["next"]][-3:] == [
        "sudo cpupower frequency-set -g performance",
        "harness run --model tiny",
        "harness ab",
    ]


def test_doctor_explains_threads_that_a_run_would_refuse(kit: Kit) -> None:
    done = kit.harness("doctor", "--threads", "4096", environ={"HARNESS_FORCE_THREADS": ""})
    assert done.returncode == 0, done.stderr
    assert "4096 threads: more than the " in done.stdout


def test_doctor_without_a_compiler_goes_on_and_says_so(kit: Kit) -> None:
    done = kit.harness("doctor", environ={"HARNESS_COMPILER": "/nowhere/gcc"})
    assert done.returncode == 0, done.stderr
    assert "no C compiler: /nowhere/gcc was not found" in done.stdout
    assert "other processes  fit" in done.stdout
    assert "\nnext:\n  " in done.stdout
    assert done.stdout.splitlines()[-2] == "  harness doctor", "without a compiler, nothing else works"


def test_the_circumstances_before_a_run_are_caveats(kit: Kit) -> None:
    supply = "sys/class/power_supply/BAT0"
    prepare(
        kit,
        {
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil\n",
            f"{supply}/type": "Battery\n",
            f"{supply}/status": "Discharging\n",
        },
    )
    kit.run(*WORDS[:-1], "1")
    assert {"governor", "battery"} <= codes(kit.only_run())


def test_a_node_that_is_too_noisy_is_refused_and_what_was_built_stays(kit: Kit) -> None:
    words = (*WORDS[:-1], "1", "--refuse-noise", "--job", "lab/2026-05-29/any/node-1/run")
    with Busy(kit):
        refused = kit.run(*words)
    assert refused.returncode == 75
    assert "the node is too noisy: nothing is measured" in refused.stderr
    assert "it is not quiet: other processes used" in refused.stderr
    assert "yes 4711" in refused.stderr
    assert (timed(kit), kit.bundles()) == (0, [])
    configured = len([call for call in kit.calls("cmake") if "-G" in call])
    done = kit.run(*words)
    assert done.returncode == 0, done.stderr
    assert len([call for call in kit.calls("cmake") if "-G" in call]) == configured
    assert (len(kit.bundles()), kit.partials()) == (1, [])


def test_it_waits_before_it_refuses_and_a_scheduler_does_not_try_for_ever(kit: Kit) -> None:
    words = (*WORDS[:-1], "1", "--refuse-noise", "--wait-quiet", "1s")
    with Busy(kit):
        refused = [kit.run(*words, environ={"SLURM_RESTART_COUNT": count}) for count in ("4", "5", "x")]
    assert [one.returncode for one in refused] == [75, 3, 75]
    assert "it was not quiet within 1 s: other processes used" in refused[0].stderr
    assert "after 5 restarts it is not tried again" in refused[1].stderr
    assert timed(kit) == 0


def test_a_sweep_refuses_a_noisy_node_too(kit: Kit) -> None:
    source = ("--source", kit.tree.name, "--model", "tiny", "--weights", str(kit.weights))
    words = ("sweep", "--threads", "1,2", "--repetitions", "1", *source, "--job", "lab/2026-05-29/any/node-1/sweep")
    with Busy(kit):
        refused = kit.harness(*words, "--refuse-noise")
    assert refused.returncode == 75, refused.stderr
    assert kit.bundles() == []
    assert kit.harness(*words, "--refuse-noise").returncode == 0
    assert len(list(kit.results.glob("*/*/*.sweep.json"))) == 1


def test_noise_after_the_first_measurement_refuses_nothing(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 1}})
    child = kit.start(*kit.words(*WORDS, "--refuse-noise", "--retries", "0"))
    wait_for(lambda: timed(kit) == 1)
    with Busy(kit):
        _, said = child.communicate(timeout=120)
    assert child.returncode == 0, said
    assert timed(kit) == 2
