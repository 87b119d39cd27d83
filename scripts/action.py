"""The steps of action.yml: `prepare` the folders and packages, `measure`, `pack` what came of it for an artifact.

The step that measures first replaces its own process by one without the runner's variables and without secrets: a
process's variables can be read by whatever runs under the same account, such as the code that is measured.
"""

import hashlib
import json
import os
import platform
import re
import stat
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness import __version__
from scripts.collection import collect, list_jobs
from scripts.comment import choose_sides, comment
from scripts.runner import (
    ANSWER,
    OUTPUT,
    OWN,
    UNFINISHED,
    StepError,
    clean_word,
    find_option,
    is_kept_back,
    keep_back,
    measure_summary,
    run_harness,
    say,
    split_words,
    write_outputs,
    write_summary,
)

_BEFORE = "before.json"
_SYSCTL = "/usr/sbin/sysctl"
_LOCK = "third_party/requirements.txt"
_BUNDLE = re.compile(r"[^.][^/]*/\d{4}-\d{2}/[^.][^/]*")


def prepare(environ: Mapping[str, str]) -> int:
    """Choose folders and names, note what is among the results already, and set up the harness's packages."""
    words = split_words(environ.get("ACTION_COMMAND", ""))
    if not words:
        raise StepError("the input `command` is empty; for example: command: run --model tiny")
    workspace = Path(environ.get("GITHUB_WORKSPACE") or Path.cwd())
    # A path of the input is one in the workspace, as in other actions.
    results = workspace / (_choose(words, environ, "results") or "harness-results")
    chosen = _choose(words, environ, "cache")
    cache = workspace / (chosen or "harness-cache")
    node = _choose(words, environ, "as-node", "ACTION_NODE")
    # One for each Python and lock, as containers that share a cache may differ in these.
    made_of = _digest(sys.version, os.path.realpath(sys.executable), (ROOT / _LOCK).read_text(encoding="utf-8"))
    venv = environ.get("HARNESS_VENV") or str(cache / f"environment-{made_of}")
    digest = _digest(environ["ACTION_COMMAND"])
    attempt = f"{environ.get('GITHUB_RUN_ID', '0')}-{environ.get('GITHUB_RUN_ATTEMPT', '1')}"
    artifact = environ.get("ACTION_ARTIFACT", "").strip()
    name = artifact or f"benchmark-{node or environ.get('RUNNER_NAME', '') or platform.node()}-{digest}-{attempt}"
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="harness-", dir=environ.get("RUNNER_TEMP") or None))
    (scratch / _BEFORE).write_text(json.dumps(_list_results(results, node)), encoding="utf-8")
    write_outputs(
        environ,
        scratch=str(scratch),
        results=str(results),
        cache=str(cache),
        ephemeral="false" if chosen else "true",
        node=node,
        environment=venv,
        artifact=clean_word(name),
        **_name_caches(environ, digest),
    )
    # With all variables: pip may need a login, and nothing of what is measured runs yet.
    return run_harness(["--version"], {**environ, "HARNESS_VENV": venv})


def measure(environ: Mapping[str, str]) -> NoReturn:
    """Replace this process by one that measures, without secrets."""
    kept = sorted(name for name in environ if is_kept_back(name, environ[name]) and not name.startswith(OWN))
    say(f"not passed on: {', '.join(kept)}")
    passed = {name: value for name, value in environ.items() if name.startswith(OWN) or name == OUTPUT}
    words = [sys.executable, "-IS", __file__, "measure-without-secrets"]
    os.execve(words[0], words, {**keep_back(environ), **passed})  # noqa: S606


def measure_without_secrets(environ: Mapping[str, str]) -> int:
    """Run the verb, and return its exit code, which is an output as well."""
    words = split_words(environ["ACTION_COMMAND"])
    before = measure_summary(environ)
    wanted = {
        "HARNESS_RESULTS": environ["ACTION_RESULTS"],
        "HARNESS_CACHE": environ["ACTION_CACHE"],
        "HARNESS_VENV": environ["ACTION_ENVIRONMENT"],
        "HARNESS_AS_NODE": environ.get("ACTION_NODE", ""),
    }
    given = {name: value for name, value in wanted.items() if value}
    passed = {**keep_back(environ), **given}
    answer = Path(environ["ACTION_SCRATCH"]) / ANSWER if environ.get("ACTION_ANSWER", "").strip() else None
    code = run_harness([*words, "--json"] if answer else words, passed, answer)
    write_outputs(environ, exit_code=str(code), answer=str(answer) if answer and answer.stat().st_size else "")
    if answer:
        run_harness(["comment", str(answer)], passed)  # the log shows the answer to people, if it is one of `ab`
    if code and measure_summary(environ) == before:
        about = "the log of this step says why, and docs/reference/exit-codes.md what the code means"
        write_summary(environ, f"harness `{clean_word(words[0])}` ended with exit code {code}: {about}\n")
    return code


def pack(environ: Mapping[str, str]) -> int:
    """Put into one file what the job has added to the results, finished or not, so that it arrives whole."""
    results, scratch = Path(environ["ACTION_RESULTS"]), Path(environ["ACTION_SCRATCH"])
    known = json.loads((scratch / _BEFORE).read_text(encoding="utf-8"))
    found = _list_results(results, environ.get("ACTION_NODE", ""))
    key = find_option(split_words(environ["ACTION_COMMAND"]), "--job")
    # What an earlier attempt at a job has left, too: it may never have been uploaded.
    new = sorted(name for name in found if found[name] != known.get(name) or (key and _has_key(results / name, key)))
    finished = [name for name in new if not name.endswith(".partial")]
    path = scratch / f"{environ['ACTION_ARTIFACT']}{'' if finished else UNFINISHED}.tar.gz"
    path.unlink(missing_ok=True)
    if new:
        with tarfile.open(path, "w:gz", compresslevel=6) as archive:
            for name in new:
                for file in _list_files(results / name):
                    archive.add(file, str(file.relative_to(results)), recursive=False)
    write_outputs(environ, path=str(path) if new else "", bundles="\n".join(finished))
    say(f"{len(new)} new in {results}" + (f": {path}" if new else "; there is nothing to upload"))
    return 0


def _choose(words: list[str], environ: Mapping[str, str], option: str, variable: str = "") -> str:
    """Return a setting of the command: as a flag among its words, else as an input, else as the harness's variable."""
    upper = option.upper().replace("-", "_")
    flag = find_option(words, f"--{option}")
    return flag or environ.get(variable or f"ACTION_{upper}", "") or environ.get(f"HARNESS_{upper}", "")


def _list_results(results: Path, node: str) -> dict[str, list[int]]:
    """Return what lies in the months of a node, or of all: bundles, finished or not, and the files beside them.

    A file has a stamp, because that of a search is written again each night; a bundle never changes.
    """
    found = {str(path.relative_to(results)): path.lstat() for path in results.glob("*/*/*")}
    return {
        name: [status.st_size, status.st_mtime_ns] if stat.S_ISREG(status.st_mode) else []
        for name, status in found.items()
        if _BUNDLE.fullmatch(name) and not stat.S_ISLNK(status.st_mode) and (not node or name.split("/")[0] == node)
    }


def _has_key(path: Path, key: str) -> bool:
    """Return whether a bundle, or the file beside bundles, is of the job with this key."""
    record = path / "run.json" if path.is_dir() else path
    wanted = rf'"job":\s*"{re.escape(key)}"'.encode()
    return record.is_file() and not record.is_symlink() and bool(re.search(wanted, record.read_bytes()))


def _list_files(path: Path) -> Iterator[Path]:
    """Yield the regular files of a bundle, or the file; what is anything else is left out, as `import` would."""
    for one in [path] if path.is_file() else sorted(path.rglob("*")):
        if stat.S_ISREG(one.lstat().st_mode):
            yield one


def _name_caches(environ: Mapping[str, str], digest: str) -> dict[str, str]:
    """Return the keys of what is kept between jobs: a new one each week, begun from the newest one that fits.

    A build is for one CPU, so its key has the CPU in it, also where an older one is taken.
    """
    machine = f"{platform.system()}-{platform.machine()}-{clean_word(environ.get('ACTION_CACHE_KEY', ''))}"
    week = "{}w{:02}".format(*datetime.now(UTC).isocalendar())
    sources, builds = f"harness-sources-{machine}-{__version__}-", f"harness-builds-{machine}-{__version__}-"
    builds += f"{_digest(read_cpu())}-"
    return {
        "sources_key": f"{sources}{digest}-{week}",
        "sources_restore": f"{sources}{digest}-\n{sources}",
        "builds_key": f"{builds}{digest}-{week}",
        "builds_restore": f"{builds}{digest}-\n{builds}",
    }


def read_cpu(table: Path = Path("/proc/cpuinfo")) -> str:
    """Return the model and the instructions of the CPU, as the kernel names them."""
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        asked = [_SYSCTL, "-n", "machdep.cpu.brand_string"]
        named = subprocess.run(asked, capture_output=True, check=False).stdout if Path(_SYSCTL).exists() else b""
        return f"{platform.machine()} {platform.processor()} {named!r}"
    told = ("model name", "flags", "Features", "CPU part", "CPU implementer", "uarch", "isa")
    return "\n".join(sorted({line for line in lines if line.partition("\t")[0].partition(":")[0].strip() in told}))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode(errors="surrogateescape")).hexdigest()[:8]


STEPS = {
    "prepare": prepare,
    "measure": measure,
    "measure-without-secrets": measure_without_secrets,
    "pack": pack,
    "list-jobs": list_jobs,
    "collect": collect,
    "choose-sides": choose_sides,
    "comment": comment,
}


def main(arguments: list[str]) -> int:
    """Do a step, and return its exit code."""
    try:
        return STEPS[arguments[0]](os.environ)
    except StepError as error:
        sys.stderr.write(f"harness: {error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
