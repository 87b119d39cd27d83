"""What the files of a result folder add to the report: true times, CPU features, threads, options, compilers."""

import re
from collections.abc import Iterable, Iterator, Mapping

from harness.parse.bench.bench import is_empty_model, measure_whisper, parse_flash_attn
from harness.parse.bench.system_info import parse_system_info, unite_infos
from harness.parse.outcome import describe_exit, find_other_case
from harness.parse.report.moment import ProcessUsage, parse_usage
from harness.records.build import CMakeOption
from harness.records.measurement import Case, Measurement, MeasurementOrigin
from harness.records.record import Record
from harness.records.run import SystemInfo
from harness.records.secret import is_secret

STDALL = "stdall"
RUNTIME = "runtime"
MEMCPY = "bench-memcpy.log"
MUL_MAT = "bench-mul_mat.log"
_BENCH = "bench.log"
_CMAKE = "ctest_release-cmake.log"
_MODEL_LOG = re.compile(r"bench-bench-(.+?)(?:-t([0-9]{1,4})-fa([01])-r([0-9]{1,6}))?\.log")
_ERRORS = "errors"
# What our own exports hold of an attempt that does not count: it is part of no sample.
_DISCARDED = re.compile(r"\.(?:disturbed|other-build)-[0-9]+$")
_THREADS = re.compile(r"(?:Running ggml_mul_mat benchmark with|\bwhisper-bench -w 2 -t) ([0-9]{1,4})\b")
_OPTION = re.compile(r"-D([A-Za-z][A-Za-z0-9_]*)(?::[A-Z]+)?=(\S*)")
_COMPILER = re.compile(r"-- The (C|CXX) compiler identification is (\S+) (\S+)")
_MODEL_FILE = re.compile(r"/ggml-([^/\s]{1,80})\.bin'")
_UNUSED = re.compile(r"Manually-specified variables were not used by the project:\n\n((?: +\S+\n)+)")
_EXIT = re.compile(r"-?[0-9]{1,9}")
_NAME = re.compile(r"[^/=\s]+")


class ModelLog(Record):
    """The log of one whisper-bench process on a model: what ggml reports about itself, and the times from their totals.

    `reason` says why its numbers do not count: a bad exit code in its `.exit` file, empty weights, no numbers,
    or a case that does not match the file name.
    """

    file: str
    model: str
    repetition: int
    threads: int
    flash_attn: str
    info: SystemInfo | None
    measurements: tuple[Measurement, ...]
    reason: str = ""


class ResultFolder(Record):
    """The contents of the files in a result folder; empty or 0 if they do not say.

    `compilers` are language, name and version; `unused` are options that CMake did not use; `mul_mat_threads` are the
    threads of that benchmark.
    """

    usage: ProcessUsage | None = None
    options: tuple[CMakeOption, ...] = ()
    compilers: tuple[tuple[str, str, str], ...] = ()
    unused: tuple[str, ...] = ()
    mul_mat_threads: int = 0
    models: tuple[ModelLog, ...] = ()
    memcpy: str = ""
    mul_mat: str = ""
    files: tuple[str, ...] = ()
    exits: tuple[tuple[str, int], ...] = ()

    @property
    def info(self) -> SystemInfo | None:
        """What ggml reports about itself in the model logs, those with numbers first; `failed` covers all of them."""
        return unite_infos(
            [log.info for log in self.models if log.info and not log.reason],
            [log.info for log in self.models if log.info and log.reason],
        )


def wanted(names: Iterable[str]) -> tuple[str, ...]:
    """Return the files of a folder that `read_folder` reads."""
    known = list(names)
    fixed = (RUNTIME, MEMCPY, MUL_MAT, _BENCH, _CMAKE)
    models = [name for name in known if _is_model_log(name)]
    chosen = [name for name in known if name in fixed or name in models or name.endswith(".exit")]
    return tuple(chosen if models or STDALL not in known else [*chosen, STDALL])


def read_folder(files: Mapping[str, str]) -> ResultFolder:
    """Return the contents of the files of a folder, by name; missing and unreadable files are ignored.

    If there is no log of any model, their output is taken from `stdall`, the trace of the whole script.
    """
    models = tuple(_read_models(files))
    if not models and STDALL in files:
        models = tuple(_read_models(dict(_split_trace(files[STDALL]))))
        models = tuple(log.replace(file=STDALL) for log in models)
    codes = {name: text.strip() for name, text in files.items() if name.endswith(".exit")}
    options, compilers, unused = _read_cmake(files.get(_CMAKE, ""))
    threads = _THREADS.search(files.get(_BENCH, "")) or _THREADS.search(files.get(STDALL, ""))
    return ResultFolder(
        usage=parse_usage(files.get(RUNTIME, "")),
        options=options,
        compilers=compilers,
        unused=unused,
        mul_mat_threads=int(threads[1]) if threads else 0,
        models=models,
        memcpy=files.get(MEMCPY, ""),
        mul_mat=files.get(MUL_MAT, ""),
        files=tuple(sorted(files)),
        exits=tuple((name, int(code)) for name, code in sorted(codes.items()) if _EXIT.fullmatch(code)),
    )


def _is_model_log(name: str) -> bool:
    found = _MODEL_LOG.fullmatch(name)
    if not found or found[1] == _ERRORS or _DISCARDED.search(name.removesuffix(".log")):
        return False
    return bool(_NAME.fullmatch(found[1]))


def _read_models(files: Mapping[str, str]) -> Iterator[ModelLog]:
    for name in sorted(files):
        found = _MODEL_LOG.fullmatch(name)
        if not found or not _is_model_log(name):
            continue
        text = files[name]
        info = parse_system_info(text)
        threads = int(found[2]) if found[2] else info.n_threads if info else 0
        flash_attn = found[3] or parse_flash_attn(text)
        repetition = int(found[4] or 1)
        case = Case.of("whisper", model=found[1], threads=threads, fa=flash_attn or "0")
        measurements = measure_whisper(text, case, repetition)
        yield ModelLog(
            file=name,
            model=found[1],
            repetition=repetition,
            threads=threads,
            flash_attn=flash_attn,
            info=info,
            measurements=tuple(measurement.replace(origin=MeasurementOrigin.LOG) for measurement in measurements),
            reason=_reason(text, files.get(f"{name.removesuffix('.log')}.exit", ""), case, measured=bool(measurements)),
        )


def _reason(text: str, exit_file: str, case: Case, *, measured: bool) -> str:
    code = exit_file.strip()
    if code != "0" and re.fullmatch(r"-?[0-9]{1,9}", code):
        return describe_exit(int(code))
    if is_empty_model(text):
        return "the weights are empty ('assuming empty model'): their timings mean nothing"
    return find_other_case(case, text) if measured else "no measurement in its output"


def _read_cmake(log: str) -> tuple[tuple[CMakeOption, ...], tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    """Return the options of the last call, the compilers that it found, and the options that it did not use."""
    start = log.rfind("+ cmake ")
    command, _, rest = log[max(start, 0) :].partition("\n")
    unused = tuple(name for names in _UNUSED.findall(rest) for name in names.split())
    options = tuple(
        CMakeOption(name=name, value=value, reason=f"as in {_CMAKE}")
        for name, value in _OPTION.findall(command)
        if name not in unused and not is_secret(name, value)
    )
    return options if start >= 0 else (), tuple(_COMPILER.findall(rest)), unused


def _split_trace(text: str) -> Iterator[tuple[str, str]]:
    """Yield the output of each whisper-bench process in a trace of `bash -x`, under the name of its log."""
    mark, end = "\n+ output='", "'\n+ ret="
    text = f"\n{text}"
    begin = text.find(mark)
    while begin >= 0:
        stop = text.find(end, begin)
        if stop < 0:
            return
        output = text[begin + len(mark) : stop].replace("'\\''", "'")
        if found := _MODEL_FILE.search(output):
            yield f"bench-bench-{found[1]}.log", f"{output}\n"
        begin = text.find(mark, stop)
