"""The steps of the workflows for pull requests: `choose-sides` before a comparison, `comment` in a workflow of its own.

The comparison runs the code of a stranger, so its answer is a stranger's text. The step `comment` has a token that may
write, and runs nothing of the pull request: it reads the answer as data, and asks GitHub for everything else.
"""

import io
import json
import re
import shlex
import stat
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scripts.github import Api
from scripts.runner import (
    ANSWER,
    UNREADABLE,
    StepError,
    clean_word,
    keep_back,
    run_harness,
    say,
    write_outputs,
    write_summary,
)
from scripts.thread import CommentThread, Mark

# The most bytes of the artifact, packed and unpacked.
_MOST_PACKED, _MOST_BYTES = 1 << 20, 1 << 20
# Who writes with the token of a job. No person can have a name with brackets.
_ROBOT = "github-actions[bot]"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Origin(NamedTuple):
    """What GitHub says about the run of the other workflow: nothing in it comes from an artifact."""

    id: int
    number: int
    attempt: int
    url: str
    commit: str
    branch: str
    owner: str


def choose_sides(environ: Mapping[str, str]) -> int:
    """Set the output `command` to the comparison of a pull request's head with the commit where it began."""
    tree = Path(environ.get("GITHUB_WORKSPACE") or Path.cwd()) / environ.get("ACTION_TREE", "tree")
    base, head = (environ.get(f"ACTION_{name}", "") for name in ("BASE", "HEAD"))
    if not (_SHA.fullmatch(base) and _SHA.fullmatch(head)):
        raise StepError("this workflow is for pull requests: `on: pull_request` tells it both commits")
    words = ["git", "-C", str(tree), "merge-base", base, head]
    done = subprocess.run(words, env=keep_back(environ), capture_output=True, text=True, check=False)
    began = done.stdout.strip()
    if done.returncode or not _SHA.fullmatch(began):
        why = done.stderr.strip() or "the two have no commit in common"
        raise StepError(f"where the pull request began is not known: {why}; check out with `fetch-depth: 0`", 4)
    command = shlex.join(["ab", began, head, "--repo", str(tree)])
    options = environ.get("ACTION_OPTIONS", "").strip()
    write_outputs(environ, baseline=began, contender=head, command=f"{command} {options}".strip())
    say(f"{began[:12]} (where it began) against {head[:12]}")
    return 0


def comment(environ: Mapping[str, str]) -> int:
    """Write, update or leave alone the comment of the pull request whose comparison has ended."""
    origin = read_origin(Path(environ["GITHUB_EVENT_PATH"]))
    api = Api(environ)
    numbers = find_pull_requests(api, origin)
    if not numbers:
        return _say(environ, f"no open pull request has {origin.commit[:12]} as its newest commit: nothing to write")
    answer = fetch_answer(api, origin, clean_word(environ.get("ACTION_ANSWER", "")) or "ab-answer")
    if answer is None:
        return _say(environ, f"{origin.url} left no answer: nothing to write")
    mark = Mark(clean_word(environ.get("ACTION_MARK", "")) or "gate", origin.number, origin.attempt)
    robot = environ.get("ACTION_ROBOT", "") or _ROBOT
    for number in numbers:
        draft = draft_comment(answer, number, origin, environ)
        text = f"{draft['text'].rstrip()}\n\n{origin.commit[:12]}, [the run that measured it]({origin.url})\n"
        wanted = draft["changed"] is True or environ.get("ACTION_ALWAYS", "").lower() == "true"
        done = CommentThread(api, number, robot).write(mark, text, wanted=wanted)
        _say(environ, f"pull request {number}: {draft['verdict'] or 'no verdict'}; {done}")
    return 0


def read_origin(event: Path) -> Origin:
    """Return the run that an event of `workflow_run` is about."""
    try:
        run = json.loads(event.read_text(encoding="utf-8"))["workflow_run"]
        if run["event"] != "pull_request":
            raise StepError(f"the run was one of {run['event']!r}, not of a pull request")
        head = run["head_repository"] or {"owner": {"login": ""}}
        words = (run["html_url"], run["head_sha"], run["head_branch"] or "", head["owner"]["login"])
        return Origin(int(run["id"]), int(run["run_number"]), int(run["run_attempt"]), *map(str, words))
    except (OSError, ValueError, KeyError, TypeError) as error:
        text = f"this workflow starts `on: workflow_run`, and needs its event: {type(error).__name__} {error}"
        raise StepError(text) from None


def find_pull_requests(api: Api, origin: Origin) -> list[int]:
    """Return the open pull requests whose newest commit was measured.

    The event names them for branches of the repository only, so GitHub is asked. Another branch may have the same
    commit, and GitHub passes over a filter that it does not understand, so the branch is compared as well.
    """
    if not (origin.owner and origin.branch):
        return []  # the fork is gone
    label = f"{origin.owner}:{origin.branch}"
    found = api.list_all("/pulls", state="open", head=label)
    heads = ((int(one["number"]), one["head"]) for one in found)
    return sorted(number for number, head in heads if (head["sha"], head["label"]) == (origin.commit, label))


def fetch_answer(api: Api, origin: Origin, name: str) -> bytes | None:
    """Return the answer that a run has left, None if there is none."""
    wanted = f"{name}-{origin.attempt}"
    found = api.list_all(f"/actions/runs/{origin.id}/artifacts", key="artifacts", name=wanted)
    mine = [one for one in found if one["name"] == wanted and not one["expired"]]
    if not mine:
        return None
    if len(mine) > 1 or mine[0]["size_in_bytes"] > _MOST_PACKED:
        raise StepError(f"the artifact {wanted} is not one small file", UNREADABLE)
    return unpack_answer(api.download(f"/actions/artifacts/{int(mine[0]['id'])}/zip", _MOST_PACKED))


def unpack_answer(packed: bytes) -> bytes:
    """Return the only file of an artifact; raises StepError for anything but one small file under its own name."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            entries = archive.infolist()
            if [one.filename for one in entries] != [ANSWER]:
                raise StepError(f"the artifact does not hold {ANSWER} alone", UNREADABLE)
            (entry,) = entries
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise StepError(f"{ANSWER} is not a plain file", UNREADABLE)
            with archive.open(entry) as file:
                content = file.read(_MOST_BYTES + 1)
    except StepError:
        raise
    except Exception as error:  # each compression has its own; their texts are a stranger's
        raise StepError(f"the artifact cannot be unpacked: {type(error).__name__}", UNREADABLE) from None
    if len(content) > _MOST_BYTES:
        raise StepError(f"{ANSWER} has more than {_MOST_BYTES} bytes", UNREADABLE)
    return content


def draft_comment(answer: bytes, number: int, origin: Origin, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the comment that an answer makes, as `harness comment` drafts it; nothing of the answer is trusted."""
    with tempfile.TemporaryDirectory(prefix="harness-", dir=environ.get("RUNNER_TEMP") or None) as folder:
        path, draft = Path(folder) / ANSWER, Path(folder) / "draft.json"
        path.write_bytes(answer)
        words = ["comment", str(path), "--pull-request", str(number), "--commit", origin.commit, "--json"]
        if code := run_harness(words, keep_back(environ), draft):
            raise StepError("the answer cannot be read; the lines above say why", code)
        found: dict[str, Any] = json.loads(draft.read_bytes())["result"]
    return found


def _say(environ: Mapping[str, str], text: str) -> int:
    say(text)
    write_summary(environ, f"{text}\n")
    return 0
