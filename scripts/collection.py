"""The steps of the workflow around the measuring jobs: `list-jobs` before them, `collect` after them.

Results are kept on a branch of the repository that holds nothing else, in its folder `results`. It is never rewritten:
each collection adds a commit, and two at once add theirs one after the other.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.runner import (
    HARNESS,
    MISSING,
    UNFINISHED,
    UNREADABLE,
    StepError,
    clean_word,
    keep_back,
    run_harness,
    say,
    write_outputs,
    write_summary,
)

_FIELDS = ("class", "node", "job", "command")
# Where they are left out, those of the action are used.
_FOLDERS = ("results", "cache")
# GitHub makes no more jobs of one matrix.
_MOST_JOBS = 256
_ATTEMPTS = 5
# Between two attempts to push, so that two collections do not meet again.
_PAUSE_S = 5.0
_REMOTE = "origin"


def list_jobs(environ: Mapping[str, str]) -> int:
    """Set the output `jobs` to the matrix of the measuring jobs, each with the name of its artifact."""
    text = environ.get("ACTION_JOBS", "").strip() or _plan(environ)
    jobs = [{**dict.fromkeys(_FOLDERS, ""), **job, "artifact": _name_artifact(job)} for job in read_jobs(text)]
    names = [job["artifact"] for job in jobs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise StepError(f"two jobs would have the same artifact: {', '.join(twice)}; give them other names")
    write_outputs(environ, jobs=json.dumps(jobs))
    say(f"{len(jobs)} jobs: {', '.join(names)}")
    return 0


def read_jobs(text: str) -> list[dict[str, Any]]:
    """Return the jobs of a matrix as `harness fleet plan --matrix` prints them; raises StepError for anything else."""
    example = '[{"class": "zen4", "node": "a", "job": "nightly", "labels": ["self-hosted", "a"], "command": "nightly"}]'
    try:
        jobs = json.loads(text)
    except ValueError as error:
        raise StepError(f"the jobs are not JSON: {error}; for example: {example}") from None
    if not isinstance(jobs, list) or not all(isinstance(job, dict) and _is_job(job) for job in jobs):
        raise StepError(f"each job needs class, node, job, command and labels; for example: {example}")
    if len(jobs) > _MOST_JOBS:
        raise StepError(f"{len(jobs)} jobs; GitHub makes at most {_MOST_JOBS} of a matrix: use several workflows")
    return jobs


def collect(environ: Mapping[str, str]) -> int:
    """Import what arrived into the results of the branch, push them, and say what is missing.

    The outputs are the folder of the results and an exit code: 12 where a job left nothing, 5 where something is
    unreadable. The step itself succeeds then, so that the pages are made all the same.
    """
    jobs = read_jobs(environ.get("ACTION_JOBS", "") or "[]")
    files = sorted(Path(environ["ACTION_ARRIVED"]).glob("*.tar.gz"))
    arrived = [path for path in files if not path.name.endswith(f"{UNFINISHED}.tar.gz")]
    folder = Path(tempfile.mkdtemp(prefix="harness-", dir=environ.get("RUNNER_TEMP") or None))
    branch, code = _Branch(folder / "branch", environ), 0
    for attempt in range(1, _ATTEMPTS + 1):
        branch.fetch()
        code = _import(arrived, branch.folder / "results", environ)
        if branch.push(f"Results of run {environ.get('GITHUB_RUN_ID', '0')}: {len(arrived)} of {len(jobs)} jobs"):
            break
        say(f"somebody else has pushed to {branch.name}; attempt {attempt} of {_ATTEMPTS}")
        time.sleep(_PAUSE_S)
    else:
        raise StepError(f"the branch {branch.name} could not be pushed; the artifacts are kept: run this job again", 3)
    missing = [job for job in jobs if not _has_arrived(job, arrived)]
    write_summary(environ, _describe(jobs, missing, code))
    for job in missing:
        say(f"::error::nothing arrived of {_name_artifact(job)}")
    write_outputs(environ, results=str(branch.folder / "results"), exit_code=str(MISSING if missing else code))
    return 0


def _plan(environ: Mapping[str, str]) -> str:
    file = environ.get("ACTION_FLEET", "") or "fleet.toml"
    words = [HARNESS, "fleet", "plan", "--file", file, "--matrix"]
    done = subprocess.run(words, env=keep_back(environ), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise StepError(f"there is no plan of {file}", done.returncode)
    return done.stdout


def _is_job(job: dict[str, Any]) -> bool:
    labels = job.get("labels")
    words = [*(job.get(name) for name in _FIELDS), *(job.get(name, "") for name in _FOLDERS)]
    return all(isinstance(word, str) for word in words) and (
        bool(labels) and isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    )


def _name_artifact(job: Mapping[str, Any]) -> str:
    return clean_word(f"benchmark-{job['class']}-{job['node']}-{job['job']}")


def _has_arrived(job: Mapping[str, Any], arrived: list[Path]) -> bool:
    """Return whether there is a file of a job, of whichever attempt of the run."""
    pattern = re.compile(rf"{re.escape(_name_artifact(job))}-\d+\.tar\.gz")
    return any(pattern.fullmatch(path.name) for path in arrived)


def _import(arrived: list[Path], results: Path, environ: Mapping[str, str]) -> int:
    """Import all files at once; what cannot be read is named and does not stop the others."""
    results.mkdir(parents=True, exist_ok=True)
    if not arrived:
        return 0
    code = run_harness(["import", *map(str, arrived)], {**keep_back(environ), "HARNESS_RESULTS": str(results)})
    if code not in (0, UNREADABLE):
        raise StepError("nothing was imported", code)
    return code


def _describe(jobs: list[dict[str, Any]], missing: list[dict[str, Any]], code: int) -> str:
    lines = [f"{len(jobs) - len(missing)} of {len(jobs)} jobs left results.", ""]
    for job in missing:
        labels = " ".join(map(clean_word, job["labels"]))
        lines.append(f"- `{_name_artifact(job)}`: nothing arrived. Is there a runner with the labels `{labels}`?")
    if missing:
        lines += ["", "`gh run view --log-failed` shows what failed; Settings, Actions, Runners shows who is there."]
    if code:
        lines += ["", "Something that arrived could not be read: the log of the step names it."]
    return "\n".join([*lines, ""])


class _Branch:
    """The branch of the results, in a clone that is made anew for each attempt."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.name = environ.get("ACTION_BRANCH", "") or "benchmark-results"
        self._url = f"{environ['GITHUB_SERVER_URL']}/{environ['GITHUB_REPOSITORY']}"
        # The login is in git's environment alone: neither among its words, nor in the clone.
        login = base64.b64encode(f"x-access-token:{environ.get('ACTION_TOKEN', '')}".encode()).decode()
        settings = {
            f"http.{environ['GITHUB_SERVER_URL']}/.extraheader": f"AUTHORIZATION: basic {login}",
            "core.autocrlf": "false",
            "core.hooksPath": os.devnull,
            "init.defaultBranch": self.name,
            "user.name": "github-actions[bot]",
            "user.email": "41898282+github-actions[bot]@users.noreply.github.com",
        }
        self._environ = {**keep_back(environ), "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_COUNT": str(len(settings))}
        for number, (name, value) in enumerate(settings.items()):
            self._environ |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}

    def fetch(self) -> None:
        """Check out the branch, or begin it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._git("check-ref-format", "--branch", self.name, cwd=self.folder.parent)
        self._git("init", "--quiet", str(self.folder), cwd=self.folder.parent)
        self._git("remote", "add", _REMOTE, self._url)
        if self._git("ls-remote", "--heads", _REMOTE, f"refs/heads/{self.name}"):
            self._git("fetch", "--quiet", "--depth", "1", _REMOTE, f"refs/heads/{self.name}")
            self._git("checkout", "--quiet", "-B", self.name, "FETCH_HEAD")
            return
        self._git("checkout", "--quiet", "--orphan", self.name)
        (self.folder / ".gitattributes").write_text("* -text\n", encoding="utf-8")

    def push(self, subject: str) -> bool:
        """Commit what is new and push it; return whether the branch has it now, False where it has moved on."""
        self._git("add", "--all", "--force", ".")
        if self._git("status", "--porcelain"):
            self._git("commit", "--quiet", "--message", subject)
        elif not self._has_commit():
            return True
        return self._run("push", "--quiet", _REMOTE, f"HEAD:refs/heads/{self.name}").returncode == 0

    def _has_commit(self) -> bool:
        return self._run("rev-parse", "--verify", "--quiet", "HEAD").returncode == 0

    def _git(self, *words: str, cwd: Path | None = None) -> str:
        done = self._run(*words, cwd=cwd)
        if done.returncode:
            raise StepError(f"git {words[0]}: {done.stderr.strip()}", 4)
        return done.stdout

    def _run(self, *words: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["git", *words],  # noqa: S607
            cwd=cwd or self.folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            check=False,
        )
