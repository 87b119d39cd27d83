"""Pasted logs of whisper-bench, and tables of whisper.cpp's benchmark thread (ggml-org/whisper.cpp, 89).

Both become the blocks and files of a report, so that one reader makes the run. What they do not say stays unknown: the
node, the date, and usually the commit and the CPU.
"""

import re
from collections.abc import Iterator

from harness.errors import UnreadableError
from harness.parse.bench.bench import parse_timings
from harness.parse.bench.microbenchmark import measure_memcpy, measure_mul_mat
from harness.parse.bench.system_info import parse_system_info
from harness.parse.notation import parse_number
from harness.parse.report.folder import MEMCPY, MUL_MAT
from harness.parse.report.imported import import_run
from harness.records.report import COLUMNS, Report, ReportHeader, ReportRemark, ReportRow, ReportTable
from harness.records.run import PASTED, Run, SettingOrigin

_TIMES = "whisper_print_timings:"
_LOAD = re.compile(r"^.*loading model from '", re.MULTILINE)
_MODEL = re.compile(r"loading model from '(?:[^']*/)?ggml-([^'/\s]{1,80})\.bin'")
_TYPE = re.compile(r"whisper_model_load: type +=.*\(([a-z0-9.-]{1,40})\)")
_FLASH = re.compile(r"flash attn += ([01])\b")
_HEX = re.compile(r"[0-9a-f]{7,40}")
_WEIGHTS = re.compile(r"(\S+) \(([a-z]+)\)")
_TIMED = COLUMNS[4:8]
# Lines of `harness share` below its table.
_NODE = re.compile(r"^\* node: (.{1,300})$", re.MULTILINE)
_BUILD = re.compile(r"^\* build: ([a-z+-]{1,20}) ([0-9][0-9a-z.]{0,30}), ([A-Z][A-Za-z]{1,30}), ", re.MULTILINE)
_KERNEL, _MEMORY = re.compile(r"\bkernel ([^,]{1,100})"), re.compile(r"\b([0-9]{1,6}\.[0-9]) GB\b")
_LOST = "ms"  # what upstream's script leaves of a long time
_SAME = ("CPU", "OS", "Config", "Commit")
_TODO = ("", "<todo>", "todo", "?", "-", "n/a")
_NAMES = {
    "cpu": "CPU",
    "os": "OS",
    "config": "Config",
    "model": "Model",
    "th": "Th",
    "threads": "Th",
    "fa": "FA",
    "enc": "Enc.",
    "encode": "Enc.",
    "dec": "Dec.",
    "decode": "Dec.",
    "bch5": "Bch5",
    "pp": "PP",
    "commit": "Commit",
}
_TOKENS = 256  # that whisper-bench decodes one by one, since v1.5.0


def is_pasted(text: str) -> bool:
    """Return whether a text holds timings of whisper.cpp, or a table of them."""
    return _TIMES in text or any(_read_head(line) for line in _lines(text))


def import_paste(
    text: str, *, digest: str, name: str = "", named_by: SettingOrigin = SettingOrigin.FLAG
) -> tuple[Run, dict[str, str]]:
    """Return the run of a pasted log or table, and the logs in it by the names that ggml-ci gives them.

    Arguments as for `import_run`. Raises UnreadableError for text about several machines, builds or commits, and for
    the timings of a transcription, which depend on its audio.
    """
    facts, rows, remarks = _read_tables(_lines(text))
    logs = dict(_read_logs(text))
    if measure_memcpy(text, 1 << 20, 1):
        logs[MEMCPY] = text
    if measure_mul_mat(text, 0, 1):
        logs[MUL_MAT] = text
    commit = facts.get("Commit", "")
    named = f"/commit/{commit}" if _HEX.fullmatch(commit) else commit
    blocks = (ReportHeader(fields=(("commit", named),), message=""), ReportTable(lines=rows))
    report = Report(blocks=blocks if rows else blocks[:1], remarks=remarks)
    run = import_run(report, digest=digest, name=name, named_by=named_by, files=logs)
    cpu = run.node.cpu.replace(brand=facts.get("CPU", ""))
    run = run.replace(
        origin=PASTED,
        node=run.node.replace(cpu=cpu, os=facts.get("OS", "")),
        config=run.config.replace(build_type=""),
    )
    return _take_lines(run, text), logs


def _take_lines(run: Run, text: str) -> Run:
    """Return the run with what the lines below a table of ours say of node and build, where there is one of each."""
    nodes, builds = _NODE.findall(text), _BUILD.findall(text)
    if len(nodes) == 1:
        kernel, memory = _KERNEL.search(nodes[0]), _MEMORY.search(nodes[0])
        gigabytes = parse_number(memory[1]) if memory else None
        node = run.node.replace(kernel=kernel[1] if kernel else "", memory_bytes=round(1e9 * (gigabytes or 0)))
        run = run.replace(node=node)
    if len(builds) == 1:
        name, version, build_type = builds[0]
        cc = run.toolchain.cc.replace(name=name, version=version)
        run = run.replace(
            toolchain=run.toolchain.replace(cc=cc), config=run.config.replace(build_type=build_type, compiler=name)
        )
    return run


def _lines(text: str) -> list[str]:
    """Return the lines without quotation marks (`>`) and byte order marks."""
    return [line.strip().removeprefix(">").strip() for line in text.removeprefix("\ufeff").split("\n")]


def _read_tables(lines: list[str]) -> tuple[dict[str, str], tuple[ReportRow, ...], tuple[ReportRemark, ...]]:
    """Return what all rows share (CPU, OS, config, commit), the rows as in a report, and remarks."""
    head: tuple[str, ...] = ()
    rows: list[ReportRow] = []
    remarks: list[ReportRemark] = []
    shared: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if found := _read_head(line):
            head = found
            unread = [name for name in found if name not in (*COLUMNS, *_SAME)]
            if unread:
                remarks.append(
                    ReportRemark(line=number, what=f"columns that are ignored: {', '.join(unread)}", text=line[:120])
                )
            continue
        cells = _cells(line)
        if not head or not cells:
            head = head if cells else ()
            continue
        if len(cells) != len(head):
            what = f"not a row of the table: {len(cells)} cells between bars, not {len(head)}"
            remarks.append(ReportRemark(line=number, what=what, text=line[:120]))
            continue
        if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            continue
        row = {name: "" if cell.lower() in _TODO else cell for name, cell in zip(head, cells, strict=True)}
        for name in _SAME:
            _share(shared, name, row.get(name, ""), number)
        wrong = [f"a time that is not a number ({name})" for name in _trim_times(row)]
        remarks.extend(ReportRemark(line=number, what=what, text=line[:120]) for what in wrong)
        if weights := _WEIGHTS.fullmatch(row.get("Model", "")):
            row["Model"] = weights[1]
        rows.append(ReportRow(cells=tuple(row.get(name, "") for name in COLUMNS)))
    return shared, tuple(rows), tuple(remarks)


def _trim_times(row: dict[str, str]) -> Iterator[str]:
    """Remove the units from the times of a row, and yield the columns of times that are still not numbers."""
    for name in _TIMED:
        row[name] = re.sub(r"(?<=[0-9]) ?ms$", "", row.get(name, ""))
        if parse_number(row[name]) is None and row[name] not in ("", _LOST):
            yield name


def _share(shared: dict[str, str], name: str, value: str, number: int) -> None:
    if shared.setdefault(name, value) != value:
        raise UnreadableError(
            f"line {number}: the table has rows of several machines, builds or commits, but a run has one of each",
            cause=f"{name} is {shared[name] or 'empty'!r} above, and {value or 'empty'!r} here",
            hint="put the rows of each into a file of its own, under the header of the table",
        )


def _read_head(line: str) -> tuple[str, ...]:
    """Return the columns of a table's head by their names in reports; empty for any other line."""
    names = [re.sub(r"\[.*\]|[.*`]", "", cell).strip().lower() for cell in _cells(line.strip().removeprefix(">"))]
    if "model" not in names or not {"enc", "encode"} & set(names):
        return ()
    return tuple(_NAMES.get(name, name) for name in names)


def _cells(line: str) -> list[str]:
    """Return the cells of a line of a table, with or without outer bars."""
    plain = line.strip()
    inside = plain.startswith("|") or plain.count("|") > 2
    return [cell.strip(" `*") for cell in plain.strip("|").split("|")] if inside else []


def _read_logs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the log of each process, which begins with the loading of its model."""
    starts = [found.start() for found in _LOAD.finditer(text)] or [0]
    seen: dict[str, int] = {}
    for begin, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[begin:end]
        timings = parse_timings(part)
        if not timings.encode:
            continue
        if timings.encode.runs != 1 or (timings.decode and timings.decode.runs != _TOKENS):
            raise UnreadableError(
                f"line {text.count(chr(10), 0, begin) + 1}: these are timings of a transcription, not of a benchmark",
                cause=f"whisper-bench encodes once and decodes {_TOKENS} tokens; these depend on the audio",
                hint="paste the output of whisper-bench, or of bench in older releases",
            )
        found = _MODEL.search(part) or _TYPE.search(part)
        model = found[1] if found else "unknown"
        seen[model] = seen.get(model, 0) + 1
        yield _name(model, seen[model], part), part


def _name(model: str, number: int, log: str) -> str:
    if number == 1:
        return f"bench-bench-{model}.log"
    info, flash = parse_system_info(log), _FLASH.search(log)
    return f"bench-bench-{model}-t{info.n_threads if info else 0}-fa{flash[1] if flash else 0}-r{number}.log"
