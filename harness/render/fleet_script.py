"""The script of an array of jobs: a short text of bash, which an owner can read and Slurm starts on the nodes.

It chooses the command of its index and becomes it. The harness is then what Slurm signals, and its exit code is the
job's.
"""

import shlex

from harness.records.fleet import NODE_WORD, JobArray, PlannedJob
from harness.records.fleet_name import name_log

# What a folder in the home folder begins with.
_HOME = "~/"
_SCRIPT = """\
#!/bin/bash
# {title}
node=$SLURMD_NODENAME
case $SLURM_ARRAY_TASK_ID in
{cases}
*) echo "there is no job $SLURM_ARRAY_TASK_ID" >&2; exit 2 ;;
esac
# The folder may not exist yet. A job whose log cannot be written prints to where Slurm put its output.
if mkdir -p "${{log%/*}}" && : >>"$log"; then exec >>"$log" 2>&1; fi
job=${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID
echo "== $(date -u +%Y-%m-%dT%H:%M:%SZ) on $node, job $job of Slurm, restarts: ${{SLURM_RESTART_COUNT:-0}}"
exec "$@"
"""
_CASE = """\
{index}) # {job}
    log={log}
    set -- {words} ;;"""


def render_script(array: JobArray, results: str) -> str:
    """Return the script of an array whose nodes write to `results`."""
    first = array.jobs[0].key
    where = f"node {array.node}" if array.node else "any node"
    title = f"Fleet {first.fleet}, round {first.round}, class {array.node_class}, {where}; made by harness fleet"
    cases = "\n".join(_render_case(index, job, results) for index, job in enumerate(array.jobs))
    return _SCRIPT.format(title=title, cases=cases)


def _render_case(index: int, job: PlannedJob, results: str) -> str:
    log = _quote(f"{results}/{name_log(job.key)}", job.key.node)
    words = " ".join(_quote(word, job.key.node) for word in job.words)
    return _CASE.format(index=index, job=job.key.job, log=log, words=words)


def _quote(word: str, node: str) -> str:
    """Return a word as bash reads it back; the name of a node that is not known yet comes from Slurm.

    A `~` is the home folder on the node, for the command and the log as it is for the settings of the harness.
    """
    if word.startswith(_HOME):
        return f'"$HOME"/{_quote(word.removeprefix(_HOME), node) if word != _HOME else ""}'
    if NODE_WORD not in word:
        return shlex.quote(word)
    if node:
        return shlex.quote(word.replace(NODE_WORD, node))
    # Of what stands between, an empty piece needs no quotes.
    pieces = [shlex.quote(piece) if piece else "" for piece in word.split(NODE_WORD)]
    return '"$node"'.join(pieces)
