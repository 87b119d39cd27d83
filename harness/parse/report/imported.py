"""A report of ggml-ci and the files beside it as a run; what they do not say stays empty or 0."""

import re
from collections.abc import Iterable, Iterator, Mapping

from harness.parse.report.ending import read_ending
from harness.parse.report.folder import ResultFolder, read_folder, wanted
from harness.parse.report.moment import parse_elapsed, parse_seconds, subtract
from harness.parse.report.node import read_caveats, read_config, read_node, read_weights
from harness.parse.report.result import Rows, exit_code, read_results, read_rows
from harness.records import report as part
from harness.records.build import Tool, Toolchain
from harness.records.node import NO_NAME, Node
from harness.records.record import short_hash
from harness.records.report import Report
from harness.records.run import (
    CMAKE_OPTIONS,
    CPU_FEATURES,
    GGML_CI,
    NO_DATE,
    SCHEMA,
    Run,
    SettingOrigin,
    SettingUsed,
    SystemInfo,
)
from harness.records.source import Commit, Source
from harness.records.suite import Benchmark, Suite

_COMMIT = re.compile(r"(\S*)/commit/([0-9a-f]{7,40})")
_UNKNOWN = ("(unknown)", "(no commit message)")
_NOTHING = Tool(name="", version="", path="")


def import_run(
    report: Report,
    *,
    digest: str,
    name: str = "",
    named_by: SettingOrigin = SettingOrigin.FOLDER,
    files: Mapping[str, str],
) -> Run:
    """Return the run of a report; `files` are the needed files of its folder by name, all if the date is uncertain.

    `digest` identifies the exact text of the report and makes the id unique: a report that is imported twice has the
    same id. `name` is that of the node, empty if it is not known, and `named_by` says what named it.
    """
    folder = read_folder({file: files[file] for file in wanted(files)})
    commit = _commit(report)
    ending = read_ending(report, files)
    end = ending.latest
    runtime = report.header.get("runtime") if report.header else ""
    elapsed = parse_elapsed(runtime)
    wall_s = (folder.usage.wall_s if folder.usage else 0.0) or elapsed
    rows = read_rows(report)
    shown = _info_of_table(rows)
    info = folder.info or shown
    node = read_node(report.environment, name, info)
    # By the report alone: the id must not depend on what else was kept.
    begun = _before(ending.reported, elapsed or parse_seconds(runtime))
    stamp = begun.replace("-", "").replace(":", "")[:15] + "Z" if begun else NO_DATE
    run = Run(
        schema=SCHEMA,
        id=f"{stamp}-{commit.sha[:8] or 'unknown'}-{short_hash(node.name, digest, length=8)}",
        harness=report.environment.get("HARNESS_VERSION"),
        start=_before(end, wall_s),
        node=node,
        source=Source(id=commit.sha[:12], kind="git" if commit.sha else "tree", path="", commit=commit),
        config=read_config(report.environment),
        toolchain=_toolchain(report, folder),
        suite=_suite(report, folder, rows),
        weights=read_weights(report.environment),
        environment=tuple(_variables(report)),
        settings=tuple(_node_fact(node, name, named_by)) + tuple(_facts(report, folder, shown)),
        end=end,
        wall_s=wall_s,
        system_info=info,
        results=read_results(report, folder, rows),
        origin=GGML_CI,
        remarks=report.remarks,
        earliest=_before(ending.earliest, wall_s),
    )
    caveats = (*read_caveats(report, folder, rows, run), *([ending.caveat] if ending.caveat else []))
    return run.replace(caveats=caveats, remarks=(*run.remarks, *([ending.remark] if ending.remark else [])))


def _before(moment: str, seconds: float) -> str:
    return subtract(moment, seconds) if moment else ""


def _commit(report: Report) -> Commit:
    header = report.header
    if header is None:
        return Commit(sha="")
    found = _COMMIT.fullmatch(header.get("commit"))
    known = {name: "" if value in _UNKNOWN else value for name, value in header.fields}
    message = "" if header.message in _UNKNOWN else header.message
    return Commit(
        sha=found[2] if found else "",
        release="" if found else known.get("commit", ""),
        author=known.get("author", ""),
        message=message,
        repo=known.get("repo", ""),
    )


def _info_of_table(rows: Rows) -> SystemInfo | None:
    """Return the features that the table's Config column names: upstream found `NAME = 1` in the log."""
    words = dict.fromkeys(word for row, _ in rows for word in row.get("Config").split())
    threads = list(_numbers(case.get("threads") for _, case in rows))
    if not words and not threads:
        return None
    return SystemInfo(
        n_threads=threads[0] if threads else 0,
        hardware_threads=0,
        features=tuple((f"/{word}", "1") for word in words),
    )


def _toolchain(report: Report, folder: ResultFolder) -> Toolchain:
    """Return the compilers that CMake found, or that a report of this harness names; GG_BUILD_* is only a wish."""
    found = {language: (name, version) for language, name, version in folder.compilers}
    tools = {}
    for language, ours, plain in (("C", "HARNESS_CC", "gcc"), ("CXX", "HARNESS_CXX", "g++")):
        stated, _, number = report.environment.get(ours).rpartition(" ")
        name, version = found.get(language, (stated, number))
        tools[language] = Tool(name=plain if name == "GNU" else name, version=version, path="")
    return Toolchain(
        cc=tools["C"],
        cxx=tools["CXX"],
        cmake=_NOTHING,
        ctest=_NOTHING,
        ninja=_NOTHING,
    )


def _suite(report: Report, folder: ResultFolder, rows: Rows) -> Suite:
    cases = [case for _, case in rows]
    cases += [measurement.case for log in folder.models for measurement in log.measurements[:1]]
    has = {
        Benchmark.MEMCPY: folder.memcpy or report.log(part.MEMCPY),
        Benchmark.MUL_MAT: folder.mul_mat or report.log(part.MUL_MAT),
        Benchmark.WHISPER: cases,
    }
    return Suite(
        benchmarks=tuple(benchmark for benchmark, there in has.items() if there),
        models=tuple(dict.fromkeys(case.get("model") for case in cases)),
        threads=tuple(dict.fromkeys(_numbers(case.get("threads") for case in cases))),
        flash_attn=tuple(dict.fromkeys(_numbers(case.get("fa") for case in cases))),
        repetitions=max((log.repetition for log in folder.models), default=1),
        tests=bool(report.tests),
        test_build_types=tuple(test.mode.capitalize() for test in report.tests),
        seed=0,
    )


def _numbers(words: Iterable[str]) -> Iterator[int]:
    return (int(word) for word in words if word.isdecimal() and len(word) < 7)


def _variables(report: Report) -> Iterator[tuple[str, str]]:
    for line in report.environment.lines:
        name, equals, value = line.partition("=")
        if equals and name.isidentifier() and not name.startswith("HARNESS_"):
            yield name, value


def _node_fact(node: Node, name: str, named_by: SettingOrigin) -> Iterator[SettingUsed]:
    if node.name != NO_NAME:
        yield SettingUsed(name="node", value=node.name, origin=named_by if node.name == name else SettingOrigin.REPORT)


def _facts(report: Report, folder: ResultFolder, shown: SystemInfo | None) -> Iterator[SettingUsed]:
    """Yield the known facts beside the numbers, each with its source."""
    code = exit_code(report)
    if code is not None:
        yield SettingUsed(name="exit_code", value=str(code), origin=SettingOrigin.REPORT)
    if folder.usage:
        yield SettingUsed(name="runtime_s", value=f"{folder.usage.wall_s:g}", origin=SettingOrigin.LOG)
        yield SettingUsed(name="user_s", value=f"{folder.usage.user_s:g}", origin=SettingOrigin.LOG)
        yield SettingUsed(name="system_s", value=f"{folder.usage.system_s:g}", origin=SettingOrigin.LOG)
    elif elapsed := parse_elapsed(report.header.get("runtime") if report.header else ""):
        yield SettingUsed(name="runtime_s", value=f"{elapsed:g}", origin=SettingOrigin.REPORT)
    elif user_s := parse_seconds(report.header.get("runtime") if report.header else ""):
        yield SettingUsed(name="user_s", value=f"{user_s:g}", origin=SettingOrigin.REPORT)
    if info := folder.info:
        yield from _about_binary(info, SettingOrigin.LOG)
    elif shown:
        yield from _about_binary(shown, SettingOrigin.REPORT)
    if folder.mul_mat_threads:
        yield SettingUsed(name="mul_mat_threads", value=str(folder.mul_mat_threads), origin=SettingOrigin.LOG)
    if folder.options:
        yield SettingUsed(name=CMAKE_OPTIONS, value=" ".join(map(str, folder.options)), origin=SettingOrigin.LOG)
    for language, name, version in folder.compilers:
        yield SettingUsed(name=f"{language.lower()}_compiler", value=f"{name} {version}", origin=SettingOrigin.LOG)


def _about_binary(info: SystemInfo, origin: SettingOrigin) -> Iterator[SettingUsed]:
    yield SettingUsed(name="threads", value=str(info.n_threads), origin=origin)
    if info.hardware_threads:
        yield SettingUsed(name="hardware_threads", value=str(info.hardware_threads), origin=origin)
    yield SettingUsed(name=CPU_FEATURES, value=",".join(info.list_on()), origin=origin)
    if info.backends:
        yield SettingUsed(name="backend", value=",".join(info.backends), origin=origin)
