"""action.yml: its steps as a runner starts them, with fake tools; what goes wrong, and what nobody may see."""

import shlex
import signal
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.environment.folder import VirtualEnvironment
from harness.records.outcome import Status
from harness.store.bundle import load_run
from tests.flow.kit import Kit, wait_for
from tests.flow.test_flow_secret import CANARY
from tests.job import ROOT, Job, StepFailedError, load_yaml, make_environ, read_outputs

SECRETS = {
    "GITHUB_TOKEN": CANARY,
    "ACTIONS_RUNTIME_TOKEN": CANARY,
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": CANARY,
    "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://example.org/{CANARY}",
    "DEPLOY_KEY": CANARY,
    "PIP_INDEX_URL": f"http://me:{CANARY}@127.0.0.1:9/simple",
    "INPUT_PASSWORD": CANARY,
}
QUICK = ("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "2")
# Writes down the variables of each process from a tool up to the first one: what a measured program can read.
SPY = """\
pid=$$
while [ "$pid" -gt 1 ]; do
    tr '\\0' '\\n' < /proc/$pid/environ >> {seen} 2>/dev/null || break
    pid=$(sed 's/.*) [A-Za-z] \\([0-9]*\\) .*/\\1/' /proc/$pid/stat)
done
"""


def make_environment(folder: Path) -> Path:
    """Return an environment that is set up already, with the packages of this one."""
    made = VirtualEnvironment(folder, lock=ROOT / "third_party" / "requirements.txt", checkout=ROOT, variable="")
    for path in (made.python.parent, folder / "lib"):
        path.mkdir(parents=True)
    made.python.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} "$@"\n')
    made.python.chmod(0o755)
    (folder / ".harness").touch()
    made._write(made._link, f"{ROOT}\n")
    made._write(folder / ".ready", made._stamp())
    assert made.is_ready()
    return folder


class Bench:
    """A job that uses the action, and what the actions of others were given."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.uploads: dict[str, bytes] = {}
        self.caches: list[Mapping[str, str]] = []
        self.saved: list[Mapping[str, str]] = []
        ours = {name: value for name, value in kit.environ.items() if name.startswith("HARNESS_")}
        for name in ("HARNESS_AS_NODE", "HARNESS_RESULTS", "HARNESS_CACHE"):
            del ours[name]
        environ = make_environ(kit.folder, TMPDIR=str(kit.temporary), PYTHON=sys.executable, **ours)
        self.job = Job(
            kit.folder / "job",
            environ | {"HARNESS_VENV": str(make_environment(kit.folder / "environment"))},
            {
                "actions/upload-artifact": self._upload,
                "actions/cache/restore": self._restore,
                "actions/cache/save": self._save,
            },
        )

    def use(self, command: str, **inputs: str) -> tuple[dict[str, str], bool]:
        """Use the action, and return its outputs, and whether it succeeded."""
        given = {
            "command": command,
            "node": "node-1",
            **{name.replace("_", "-"): text for name, text in inputs.items()},
        }
        try:
            return self.job.use(ROOT, given, {}), True
        except StepFailedError as error:
            return error.args[0], False

    def words(self, *words: str) -> str:
        return shlex.join(self.kit.words(*QUICK, *words))

    def unpack(self, name: str) -> Path:
        """Unpack an artifact, as whoever fetched it would."""
        packed, folder = self.kit.folder / f"{name}.tar.gz", self.kit.folder / "unpacked"
        packed.write_bytes(self.uploads[name])
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        return folder

    def _upload(self, given: Mapping[str, str]) -> Mapping[str, str]:
        assert given["name"] not in self.uploads, "as upload-artifact refuses it"
        path = Path(given["path"])
        assert path.name == f"{given['name']}.tar.gz"
        self.uploads[given["name"]] = path.read_bytes()
        return {}

    def _restore(self, given: Mapping[str, str]) -> Mapping[str, str]:
        self.caches.append(given)
        return {}

    def _save(self, given: Mapping[str, str]) -> Mapping[str, str]:
        self.saved.append(given)
        return {}


@pytest.fixture
def bench(kit: Kit) -> Bench:
    return Bench(kit)


def test_a_job_measures_and_uploads_what_it_measured(bench: Bench) -> None:
    outputs, good = bench.use(bench.words())
    assert good, bench.job.log
    assert outputs["exit-code"] == "0"
    assert (outputs["node"], outputs["results"]) == ("node-1", str(bench.job.workspace / "harness-results"))
    (name,) = bench.uploads
    assert name == outputs["artifact"]
    assert name.startswith("benchmark-node-1-")
    assert name.endswith("-4711-1")
    folder = bench.unpack(name) / outputs["bundles"]
    run = load_run(folder)
    assert (run.node.name, run.status) == ("node-1", Status.PASSED)
    assert {path.name for path in folder.iterdir()} >= {"run.json", "README.md", "logs"}
    assert bench.job.summary.count("## Summary") == 1, "the harness writes it, and nobody else"
    done = bench.kit.harness("import", str(bench.kit.folder / f"{name}.tar.gz"))
    assert "imported 1 run" in done.stdout


def test_what_is_kept_between_jobs_depends_on_the_cpu_for_builds_alone(bench: Bench) -> None:
    bench.use(bench.words())
    sources, builds = bench.caches
    cache = str(bench.job.workspace / "harness-cache")
    assert all(path.startswith(cache) for path in (sources["path"] + builds["path"]).split())
    from scripts.action import _digest, read_cpu

    cpu = _digest(read_cpu())
    assert cpu not in sources["key"]
    assert [cpu in key for key in (builds["key"], *builds["restore-keys"].split())] == [True] * 3
    assert all(one["key"].startswith(key) for one in (sources, builds) for key in one["restore-keys"].split())
    assert [one["key"] for one in bench.saved] == [sources["key"], builds["key"]], "there was none"


@pytest.mark.parametrize("how", ["input", "flag"])
def test_a_runner_with_a_cache_of_its_own_does_without_that_of_github(bench: Bench, how: str) -> None:
    own = str(bench.kit.folder / "own")
    _, good = bench.use(
        bench.words(*(["--cache", own] if how == "flag" else [])), **({"cache": own} if how == "input" else {})
    )
    assert good, bench.job.log
    assert (bench.caches, bench.saved) == ([], [])
    assert Path(own, "builds").is_dir()


def test_the_measured_code_sees_no_secret(bench: Bench) -> None:
    seen = bench.kit.folder / "seen.txt"
    for tool in ("cmake", "ninja", "gcc", "g++", "ctest"):
        program = bench.kit.tools / tool
        first, rest = program.read_text().split("\n", 1)
        program.write_text(f"{first}\n{SPY.format(seen=seen)}{rest}")
    bench.job.environ |= SECRETS
    outputs, good = bench.use(shlex.join(bench.kit.words("--repetitions", "1", "--threads", "2")))
    assert good, bench.job.log
    text = seen.read_text()
    assert "HARNESS_RESULTS=" in text, "the spies saw the harness itself"
    own = [line for line in text.splitlines() if line.startswith("ACTION_COMMAND=")]
    assert own, "and the step that started it"
    assert CANARY not in text
    assert CANARY not in bench.job.log + bench.job.summary + str(outputs)
    assert CANARY.encode() not in b"".join(bench.uploads.values())
    assert all(
        CANARY.encode() not in path.read_bytes()
        for path in bench.unpack(outputs["artifact"]).rglob("*.*")
        if path.is_file()
    )
    told = next(line for line in bench.job.log.splitlines() if line.startswith("not passed on: "))
    assert {*SECRETS} <= {*told.removeprefix("not passed on: ").split(", ")}, "by name"


def test_a_failed_benchmark_fails_the_step_and_is_uploaded(bench: Bench) -> None:
    bench.kit.break_tools({"whisper-bench -m": {"exit": 3}})
    outputs, good = bench.use(bench.words())
    assert not good
    assert outputs["exit-code"] == "12"
    run = load_run(bench.unpack(outputs["artifact"]) / outputs["bundles"])
    assert int(run.exit_code) == 12
    assert "ended with exit code" not in bench.job.summary, "the report is there already"
    assert len(bench.saved) == 2, "the next job need not build again"


def test_a_regression_fails_the_step_and_both_sides_are_uploaded(bench: Bench) -> None:
    bench.kit.set_speed(0.01, **{"-fa": 1.2})
    outputs, good = bench.use(shlex.join(bench.kit.trial_words("ab", "fa=0", "fa=1", "--engine", "bench")))
    assert not good
    assert outputs["exit-code"] == "20"
    assert len(outputs["bundles"].splitlines()) == 2
    assert len(list(bench.unpack(outputs["artifact"]).rglob("run.json"))) == 2


def test_a_command_that_measures_nothing_says_so_in_the_summary(bench: Bench) -> None:
    outputs, good = bench.use("run --modle tiny")
    assert not good
    assert (outputs["exit-code"], outputs["bundles"], bench.uploads) == ("2", "", {})
    assert bench.job.summary.startswith("harness `run` ended with exit code 2: ")
    assert "--model" in bench.job.log, "the close match"


def test_only_what_is_new_is_uploaded(bench: Bench) -> None:
    results = str(bench.kit.folder / "lasting")
    first, _ = bench.use(bench.words(), results=results)
    second, good = bench.use(bench.words("--seed", "2"), results=results)
    assert good, bench.job.log
    assert len(list(Path(results).rglob("run.json"))) == 2
    assert first["bundles"] != second["bundles"]
    assert len(bench.uploads) == 2, "two commands, two names"
    (folder,) = {path.parent.name for path in bench.unpack(second["artifact"]).rglob("run.json")}
    assert second["bundles"].endswith(folder)


def test_a_job_of_a_fleet_that_was_done_but_not_uploaded_is_uploaded_by_its_next_attempt(bench: Bench) -> None:
    results = str(bench.kit.folder / "lasting")
    command = bench.words("--job", "lab/2026-11-28/zen4/node-1/run")
    first, _ = bench.use(command, results=results, artifact="first")
    second, good = bench.use(command, results=results, artifact="second")
    assert good, bench.job.log
    assert len(list(Path(results).rglob("run.json"))) == 1, "it is done once"
    assert first["bundles"] == second["bundles"] != ""
    assert bench.unpack("second").joinpath(second["bundles"], "run.json").is_file()


@pytest.mark.parametrize("node", ["$(touch pwned)", "a\nexit-code=0", "../up"])
def test_hostile_names_of_a_node_that_measures(bench: Bench, node: str) -> None:
    require_harmless(bench, node, bench.words())


@pytest.mark.parametrize("node", ['a"b', "a;touch pwned", "`touch pwned`", "a'b", "--help", "é" * 300])
def test_hostile_names(bench: Bench, node: str) -> None:
    require_harmless(bench, node, "list")


def require_harmless(bench: Bench, node: str, command: str) -> None:
    """Require that a name of a node is nothing but a name."""
    outputs, good = bench.use(command, node=node)
    assert not list(bench.kit.folder.rglob("pwned*"))
    assert outputs["artifact"].isascii()
    assert len(outputs["artifact"]) <= 100
    assert not set(outputs["artifact"]) & set("\"':<>|*?\\/\n$`; ")
    assert good == (outputs["exit-code"] == "0"), bench.job.log
    assert "Traceback" not in bench.job.log
    assert {*outputs} == {"exit-code", "results", "node", "bundles", "artifact"}
    if good:
        assert outputs["node"] == node


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("run --model $(touch pwned)", "2"),
        ("run; touch pwned", "2"),
        ("run --model 'tiny", ""),
        ("", ""),
        ("  \n ", ""),
    ],
)
def test_hostile_commands(bench: Bench, command: str, code: str) -> None:
    outputs, good = bench.use(command)
    assert not good
    assert outputs["exit-code"] == code
    assert not list(bench.kit.folder.rglob("pwned*"))
    assert "Traceback" not in bench.job.log
    assert bench.uploads == {}


def test_nothing_in_the_log_of_the_harness_is_a_command_for_the_runner(bench: Bench) -> None:
    bench.kit.break_tools({"whisper-bench -m": {"exit": 3, "print": "::add-mask::x"}})
    bench.use(bench.words("-v"))
    lines = bench.job.log.splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith("::stop-commands::")]
    assert len(starts) == 2, "one for the set-up, one for the verb"
    for start in starts:
        mark = lines[start].removeprefix("::stop-commands::")
        end = lines.index(f"::{mark}::")
        assert len(mark) == 32
        assert end > start + 1, "something was printed"
    assert all(line.startswith(("not passed on", "0 new", "1 new", "::")) or not line for line in lines[end:])


def test_a_cancelled_job_stops_the_harness_which_leaves_no_process(bench: Bench) -> None:
    bench.kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True, "times": 1}})
    output = bench.kit.folder / "output"
    places = {
        "ACTION_COMMAND": bench.words(),
        "ACTION_RESULTS": str(bench.kit.results),
        "ACTION_CACHE": str(bench.kit.cache),
        "ACTION_ENVIRONMENT": bench.job.environ["HARNESS_VENV"],
        "ACTION_NODE": "node-1",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_ACTION_PATH": str(ROOT),
    }
    (step,) = (one for one in load_yaml(ROOT / "action.yml")["runs"]["steps"] if one.get("id") == "measure")
    child = subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**bench.job.environ, **places},
        cwd=bench.job.workspace,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    bench.kit.wait_for_model()
    child.send_signal(signal.SIGINT)  # the runner signals the process that it started, and no other
    log, _ = child.communicate(timeout=60)
    assert child.returncode == 130, log
    assert read_outputs(output.read_text()) == {"exit-code": "130", "answer": ""}
    wait_for(lambda: not bench.kit.running())
    (begun,) = bench.kit.partials()
    scratch = bench.kit.folder / "scratch"
    scratch.mkdir()
    (scratch / "before.json").write_text("{}")
    places |= {"ACTION_SCRATCH": str(scratch), "ACTION_ARTIFACT": "cancelled"}
    subprocess.run([ROOT / "scripts" / "action", "pack"], env={**bench.job.environ, **places}, check=True)
    told = read_outputs(output.read_text())
    assert (told["path"], told["bundles"]) == (str(scratch / "cancelled.unfinished.tar.gz"), "")
    with tarfile.open(told["path"]) as archive:
        assert f"{begun.relative_to(bench.kit.results)}/run.json" in archive.getnames()


def test_two_runners_in_containers_on_one_host_take_turns(bench: Bench) -> None:
    """Each has its own folder for temporary files; the folder of the cache is the host's."""
    bench.kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True, "times": 1}})
    elsewhere = bench.kit.folder / "other-container"
    elsewhere.mkdir()
    first = bench.kit.start(*bench.kit.words(*QUICK, "--results", str(bench.kit.folder / "other-results")))
    bench.kit.wait_for_model()
    bench.job.environ["TMPDIR"] = str(elsewhere)
    outputs, good = bench.use(bench.words("--no-wait"), cache=str(bench.kit.cache))
    assert (outputs["exit-code"], good) == ("3", False)
    assert "another run is in progress on this node" in bench.job.log
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    outputs, good = bench.use(bench.words(), cache=str(bench.kit.cache))
    assert good, bench.job.log
