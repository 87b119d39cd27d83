"""Slurm, as far as the harness asks it for something: what is in its queue, start these jobs, cancel those.

It is asked by its own programs only, and remembers nothing of it. `sacct`, which needs a database, is not among them.
"""

import shlex
import tempfile
from collections.abc import Mapping, Sequence

from harness.errors import UnavailableError, UnfitError
from harness.parse.tool.slurm import (
    NODE_FORMAT,
    QUEUE_FORMAT,
    last_complaint,
    parse_config,
    parse_exit_codes,
    parse_nodes,
    parse_queue,
    parse_submission,
    read_complaint,
)
from harness.records.fleet import ClusterView
from harness.system.process.child import capture
from harness.system.process.handover import hand_over
from harness.system.process.listener import CapturedOutput

# Without munged Slurm's programs try for 50 seconds, without a slurm.conf for 60, and then say why they end.
_LIMIT_S = 100.0
# What Slurm's programs need of the environment: where they are and where their cluster is. Others of its variables
# change what they print (SQUEUE_FORMAT) or which cluster they ask, and those of the harness are settings of this
# computer: jobs get the environment of sbatch.
_PASSED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "SLURM_CONF")
# Times in UTC, and messages that can be read.
_READ = {"TZ": "UTC", "LC_ALL": "C", "SLURM_TIME_FORMAT": "standard"}
_AT_ONCE = 500


class SilentSlurmError(UnavailableError):
    """Slurm does not answer: whether it did what it was asked for is not known, and nothing else needs to be asked."""


def slurm_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of sbatch, which is that of its jobs, too."""
    return {name: environ[name] for name in _PASSED if name in environ}


def look_at_cluster(fleet: str, environ: Mapping[str, str]) -> ClusterView:
    """Return what Slurm knows of the cluster and of the jobs of a fleet, those that ended minutes ago among them.

    Raises UnfitError without Slurm, SilentSlurmError if it does not answer, UnavailableError if it refuses.
    """
    config = parse_config(_ask(["scontrol", "show", "config"], environ))
    nodes = _ask(["sinfo", "--noheader", "--Node", f"--format={NODE_FORMAT}"], environ)
    queue = ["squeue", "--noheader", "--array", "--states=all", f"--Format={QUEUE_FORMAT}"]
    return ClusterView(
        version=config.get("SLURM_VERSION", ""),
        nodes=parse_nodes(nodes),
        jobs=parse_queue(_ask(queue, environ), fleet),
        requeued=parse_exit_codes(config.get("RequeueExit", "")),
    )


def submit_array(words: Sequence[str], script: str, environ: Mapping[str, str]) -> str:
    """Submit an array, and return Slurm's number of it; raises what `look_at_cluster` raises."""
    with tempfile.TemporaryFile() as file:
        file.write(script.encode())
        file.seek(0)
        text = _require(words, hand_over(words, file, env=slurm_environment(environ), timeout_s=_LIMIT_S))
    number = parse_submission(text)
    if not number:
        raise UnavailableError("sbatch printed no job number", cause=text.strip(), hint="squeue --me")
    return number


def cancel_jobs(numbers: Sequence[str], environ: Mapping[str, str]) -> None:
    """Cancel jobs, by their numbers such as `17_2`; one that has ended meanwhile is not missed."""
    for first in range(0, len(numbers), _AT_ONCE):
        _ask(["scancel", "--quiet", *numbers[first : first + _AT_ONCE]], environ)


def _ask(words: Sequence[str], environ: Mapping[str, str]) -> str:
    env = {**slurm_environment(environ), **_READ}
    return _require(words, capture(words, env=env, timeout_s=_LIMIT_S))


def _require(words: Sequence[str], captured: CapturedOutput) -> str:
    """Return what a program printed; raises what `look_at_cluster` raises."""
    if captured.is_absent:
        cause = "the programs of Slurm are needed to ask for its nodes"
        hint = (
            "sudo apt install slurm-client munge  # or dnf install slurm munge; runners of GitHub Actions need no Slurm"
        )
        raise UnfitError(f"{words[0]} is not installed", cause=cause, hint=hint)
    if captured.ok:
        return captured.stdout
    if captured.late:
        taken = "; whether Slurm took the jobs is not known" if words[0] == "sbatch" else ""
        raise SilentSlurmError(f"{words[0]} does not answer", cause=f"{captured.stderr}{taken}", hint="scontrol ping")
    said = f"{captured.stderr}\n{captured.stdout}"
    last = last_complaint(said.splitlines())
    if known := read_complaint(said):
        cause = f"{known.cause} ({last})" if known.cause else last
        kind = SilentSlurmError if known.silent else UnavailableError
        raise kind(f"{words[0]}: {known.what}", cause=cause, hint=known.hint)
    # What sbatch gets on its standard input would be missing in the command.
    hint = "harness fleet plan --script" if words[0] == "sbatch" else shlex.join(words)
    raise UnavailableError(f"{words[0]} failed", cause=last, hint=hint)
