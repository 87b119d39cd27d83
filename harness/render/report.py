"""The report of a run in the format of ggml-ci's README.md, second version (2024-2025), and parsed reports."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from harness.records.outcome import Status
from harness.records.report import Report
from harness.records.run import Run
from harness.render.environment import render_environment
from harness.render.format.text import fenced, leaks, lifeless, visible
from harness.render.plain import printable
from harness.render.section import bounded, render_output

_UNKNOWN = "(unknown)"


def render_report(run: Run, logs: Mapping[str, str], environment: Sequence[str] | None = None) -> str:
    """Return the report; `logs` holds the raw logs of the steps under their names, with the harness's echoes.

    Ordinary text is written unchanged. Only if a tag or a link would be outside a fence, fences in the message and in
    the logs are indented, so that they lose their meaning. A message that looks like the next heading stays: a reader
    finds the end of the message at the last `## Environment` before `## Output`. `environment` replaces the lines of
    the Environment part.
    """
    report = _render(run, logs, environment)
    if not leaks(report):
        return report
    commit = run.source.commit
    guarded = run.replace(source=run.source.replace(commit=commit.replace(message=fenced(commit.message))))
    return _render(guarded, {name: fenced(log) for name, log in logs.items()}, environment)


def format_elapsed(seconds: float) -> str:
    """Return `m:ss.cc`, or from one hour on `h:mm:ss`, truncated and not rounded, as GNU time's %E."""
    hundredths = round(bounded(seconds) * 1e6) // 10000
    whole = hundredths // 100
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}.{hundredths % 100:02d}"


def format_date(moment: str) -> str:
    """Return an ISO 8601 time, UTC if it has no zone, as date(1) prints it: `Fri Mar 21 09:35:22 UTC 2025`."""
    time = datetime.fromisoformat(moment)
    words = (time.astimezone(UTC) if time.tzinfo else time).ctime()
    return f"{words[:-4]}UTC {words[-4:]}"


def render_document(report: Report) -> str:
    """Return the exact text that `parse_report` read, byte for byte."""
    text = "".join(map(str, report.blocks))
    return text.replace("\n", "\r\n") if report.crlf else text


def _render(run: Run, logs: Mapping[str, str], environment: Sequence[str] | None) -> str:
    lines = render_environment(run) if environment is None else environment
    body = "".join(f"{line}\n" for line in lines)
    return (
        f"## Summary\n\n{_summary(run)}\n\n## Environment\n\n```\n{body}```\n\n## Output\n\n{render_output(run, logs)}"
    )


def _field(text: str) -> str:
    """Return a value of the Summary, which is outside all fences; `dependabot[bot]` is kept."""
    return lifeless(printable(text))


def _summary(run: Run) -> str:
    commit, moment = run.source.commit, run.end or run.start
    repo = _field(commit.repo).removesuffix("/").removesuffix(".git") or _UNKNOWN
    if commit.sha:
        named = f"{repo}/commit/{_field(commit.sha)}"
    else:
        named = _field(" ".join(word for word in ("(no git)", commit.release, commit.changes or run.source.id) if word))
    status = "SUCCESS ✅" if run.status is Status.PASSED else f"FAILURE ❌ ({run.exit_code.value})"
    message = commit.message.rstrip("\n") or "(no commit message)"
    return (
        f"- status:  {status}\n"
        f"- runtime: {format_elapsed(run.wall_s)}\n"
        f"- date:    {format_date(moment) if moment else _UNKNOWN}\n"
        f"- repo:    {repo}\n"
        f"- commit:  {named}\n"
        f"- author:  {_field(commit.author) or _UNKNOWN}\n"
        f"```\n{visible(message)}\n```"
    )
