"""The parsers that read what others wrote: how each is called, what it may raise, and what it is fed with."""

import bz2
import contextlib
import gzip
import io
import lzma
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.errors import HarnessError, UnreadableError, UsageError
from harness.parse.bench import transcription
from harness.parse.bench.backend import find_mismatch, parse_backends, parse_devices
from harness.parse.bench.bench import is_empty_model, measure_whisper, parse_dialect
from harness.parse.bench.device import parse_blas, parse_nvidia
from harness.parse.bench.microbenchmark import measure_memcpy, measure_mul_mat
from harness.parse.bench.model import parse_model
from harness.parse.bench.quality import parse_check, parse_divergence
from harness.parse.bench.roofline import measure_roofline, parse_roofline
from harness.parse.bench.system_info import parse_system_info
from harness.parse.bench.transcription import has_text, measure_transcription
from harness.parse.bench.worker import find_worker_refusal, measure_worker, parse_answer, read_texts
from harness.parse.host.capture import parse_capture
from harness.parse.host.condition import parse_condition
from harness.parse.host.cpu import rank_cores
from harness.parse.host.node import parse_node
from harness.parse.host.reading import parse_reading
from harness.parse.notation import parse_toml
from harness.parse.pin import parse_pins
from harness.parse.report.date import parse_date
from harness.parse.report.imported import import_run
from harness.parse.report.pasted import import_paste, is_pasted
from harness.parse.report.report import parse_report
from harness.parse.tool.breakage import find_breakage
from harness.parse.tool.cmake import parse_cache, parse_effective, parse_renamed, parse_unread
from harness.parse.tool.compiler import choose_pair, parse_compiler
from harness.parse.tool.ctest import parse_junit, parse_listing
from harness.parse.tool.ninja import find_complaint, parse_links, parse_progress, parse_targets, parse_versions
from harness.parse.tool.pip import parse_pip_config
from harness.parse.triage import parse_triage
from harness.records.measurement import Case
from harness.records.run import Run
from harness.render.report import render_document
from harness.settings.layer import layer_settings
from harness.store.bundle import encode_run
from harness.store.json_file import decode_run
from harness.system.unpack import UnpackLimit, is_archive, unpack

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"
THIRD_PARTY = DATA.parents[1] / "third_party"
CASE = Case.of("whisper", model="tiny", threads=2, fa=0)


@dataclass(frozen=True, kw_only=True)
class Target:
    """One parser, or several that read the same thing.

    `call` gets a text, in which Latin-1 stands for the bytes of a binary file; `raises` is what it may raise. Seeds
    longer than `limit` are fed in stretches of that length. `raw` texts may hold bytes that are no UTF-8, as
    surrogates; all others are decoded as the harness decodes what it reads, with a sign in the place of such bytes.
    """

    call: Callable[[str], object]
    seeds: Callable[[], list[str]]
    tokens: tuple[str, ...] = ()
    raises: tuple[type[HarnessError], ...] = ()
    limit: int = 600
    raw: bool = False


def keeps_contract(target: Target, text: str) -> None:
    """Call the parser: it returns what can be written to run.json, or raises what it may; all else comes through."""
    try:
        returned = target.call(text if target.raw else text.encode("utf-8", "replace").decode())
    except target.raises:
        return
    msgspec.json.encode(returned)


def _files(*patterns: str) -> Callable[[], list[str]]:
    def read() -> list[str]:
        paths = sorted(path for pattern in patterns for path in DATA.glob(pattern))
        return [path.read_bytes().decode("utf-8", "surrogateescape") for path in paths]

    return read


def _bench(text: str) -> object:
    empty = is_empty_model(text)
    return measure_whisper(text, CASE, 1), parse_backends(text), parse_devices(text), find_mismatch("cuda", text), empty


def _cmake(text: str) -> object:
    """Return what CMake made of its options, and of what it would link the library."""
    said = (parse_cache(text), parse_unread(text), parse_renamed(text), parse_effective(text))
    return (*said, parse_links(text), parse_versions(text))


def _ninja(text: str) -> object:
    return parse_progress(text), parse_targets(text), find_complaint(text), find_breakage(text)


def _transcription(text: str) -> object:
    return measure_transcription(text, CASE, 1), has_text(text), transcription.find_complaint(text)


def _report(text: str) -> None:
    if render_document(parse_report(text)) != text:
        raise AssertionError("the report does not come back as it was")


def _import(text: str) -> object:
    """Import a folder, its files after heads like those of a capture; what comes must survive run.json."""
    files = parse_capture(text)
    report = parse_report(files.pop("README.md", ""))
    run = import_run(report, digest="0" * 64, name="node", files=files)
    if decode_run(encode_run(run), "run.json", Run).id != run.id:
        raise AssertionError("the run is another one when it is read again")
    return ()


def _paste_seeds() -> list[str]:
    golden = DATA.parent / "golden" / "formats"
    tables = [path.read_text(encoding="utf-8") for path in sorted(golden.glob("issue89*.md"))]
    return [*tables, *_files("logs/*bench-bench*")()]


def _paste(text: str) -> object:
    run, _ = import_paste(text, digest="0" * 64) if is_pasted(text) else (None, {})
    return run


def _date_seeds() -> list[str]:
    return [line.split("\t")[-1] for line in (DATA / "dates.tsv").read_text(encoding="utf-8").splitlines()[1:]]


def _node(text: str) -> object:
    capture = parse_capture(text)
    return parse_node("node", capture), rank_cores(capture)


def _quiet(text: str) -> object:
    capture = parse_capture(text)
    return parse_condition(capture), parse_reading(capture)


def _settings(text: str) -> object:
    return layer_settings(file=parse_toml(text, "harness.toml"), file_name="harness.toml", environ={}, flags={})


def _run_json(text: str) -> object:
    return decode_run(text.encode("utf-8", "surrogateescape"), "run.json", Run)


def _worker(text: str) -> object:
    for parse in (lambda log: parse_check(log, 0.05), parse_divergence):
        with contextlib.suppress(UnreadableError):
            parse(text)
    measured = measure_worker(text, CASE, 1), find_worker_refusal(text), read_texts(text)
    return measured, parse_answer(text.partition("\n")[0], "encode")


def _model(text: str) -> object:
    return parse_model(memoryview(text.encode("latin-1", "replace")))


def _roofline(text: str) -> object:
    return parse_roofline(text), measure_roofline(text, 1)


def _compiler(text: str) -> object:
    return parse_compiler(text), choose_pair(text)


def _folder_seeds() -> list[str]:
    logs = DATA / "logs"
    model = (logs / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log").read_text(encoding="utf-8")
    runtime = "".join(_files("reports/663cafc1__ggml-0*__runtime")())
    return [
        f"==> bench-bench-medium.log <==\n{model}\n==> runtime <==\n{runtime}\n==> README.md <==\n{report}"
        for report in _files("reports/*.md")()
    ]


def _model_seeds() -> list[str]:
    def tensor(name: str, kind: int, dims: tuple[int, ...], data_bytes: int) -> bytes:
        head = struct.pack(f"<3i{len(dims)}i", len(dims), len(name), kind, *dims)
        return head + name.encode() + bytes(data_bytes)

    head = b"lmgg" + struct.pack("<11i", 51865, 1500, 384, 6, 4, 448, 384, 6, 4, 2, 1)
    words = struct.pack("<2i", 2, 3) + bytes(24) + struct.pack("<i", 2) + b"\1\0\0\0a\2\0\0\0bc"
    tensors = tensor("a.weight", 1, (4, 3), 24) + tensor("a.bias", 0, (3,), 12) + tensor("q", 2, (64, 2), 72)
    return [(head + words + tail).decode("latin-1") for tail in (b"", tensors, tensors * 3)]


def _archive(text: str) -> object:
    """Unpack a text as an archive; return what came out."""
    with tempfile.TemporaryDirectory() as scratch:
        archive, folder = Path(scratch, "archive"), Path(scratch, "folder")
        archive.write_bytes(text.encode("latin-1", "replace"))
        if not is_archive(archive):
            return []
        unpack(archive, folder, UnpackLimit(members=100, bytes=1 << 20))
        return [str(path.relative_to(folder)) for path in folder.rglob("*")]


def _archive_seeds() -> list[str]:
    names = {"node/2026-01/run/run.json": b"{}", "b" * 120: 300 * b"x"}
    tars = []
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=form) as tar:
            for name, content in names.items():
                info = tarfile.TarInfo(name[-90:] if form == tarfile.USTAR_FORMAT else name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        tars.append(file.getvalue()[:5120] + bytes(1024))
    zips = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as packed:
            for name, content in names.items():
                packed.writestr(zipfile.ZipInfo(name), content, method)
        zips.append(file.getvalue())
    packed_tars = [gzip.compress(tars[0], mtime=0), bz2.compress(tars[0]), lzma.compress(tars[0])]
    return [archive.decode("latin-1") for archive in (*tars, *packed_tars, *zips)]


def _run_seeds() -> list[str]:
    reports = [parse_report(text) for text in _files("reports/*.md")()]
    runs = [import_run(report, digest="0" * 64, name="node", files={}) for report in reports]
    return [msgspec.json.encode(run).decode() for run in runs]


def _worker_seeds() -> list[str]:
    lines = (
        '{"ok": true, "command": "start", "protocol": 1, "release": "1.8.5", "system_info": "AVX = 1 | "}',
        '{"ok": true, "command": "encode", "units": 1, "wall_ns": 900000000, "other_cpus": 0.25, "steal_cpus": null}',
        '{"ok": true, "command": "decode", "units": 256, "wall_ns": 512000000, "minor_faults": 3, "idle_cpu_ns": 9}',
        '{"ok": false, "command": "encode", "error": "whisper_encode returned 3"}',
        '{"ok": true, "command": "memcpy", "text": "memcpy: 7.00 GB/s\\n", "wall_ns": 1}',
        '{"ok": true, "command": "check", "errors": [0.01, 0.02], "agreeing": "10", "unreal": 0}',
        (
            '{"ok": true, "command": "diverge", "windows": 1, "of_windows": 1, "language": "", "detected": false, '
            '"divergence": [0.5, 0.0], "agreeing": "01", "log_probability": [-0.5, -1.0], "reference_log_probability": '
            '[-0.25, -1e0], "tokens": [7, 50256], "own": [8], "unreal": 0, "made_by": "v1.8.5"}'
        ),
        (
            '{"ok": true, "command": "reference", "windows": 1, "of_windows": 2, "language": "en", "detected": true, '
            '"positions": 3}'
        ),
    )
    return ["\n".join(lines[at:] + lines[:at]) for at in range(len(lines))]


def _roofline_seeds() -> list[str]:
    probe = '{"kind": "probe", "vector": "avx", "lanes": 8, "fused": true, "bytes": 268435456}'
    slots = (
        '{"kind": "%s", "threads": %d, "work": 48000000, "wall_ns": [1000000, 1000100], "cpu_ns": [2000000, 1990000]}'
    )
    body = [slots % (kind, threads) for kind in ("peak", "read", "clock", "copy") for threads in (1, 2)]
    return ["\n".join([probe, *body, '{"kind": "end"}']), "\n".join([probe, body[0], '{"kind": "end"}'])]


def _settings_seeds() -> list[str]:
    return [
        (
            'model = ["tiny", "base"]\nthreads = [1, 2]\nflash-attn = 0\nrepetitions = 5\ntimeout = "20m"\n'
            'define = ["GGML_LLAMAFILE=ON"]\nno-tests = true\nprecision = "1%"\nresults = "/srv/results"\n'
        ),
        'model = "base"\nisa = """avx2"""\nweights-mirror = \'https://example.org/\'\nwait_quiet = 300\nseed = 1e3\n',
        'model = [\n  "tiny", # small\n]\nmax-time = 2026-01-01T00:00:00Z\n[run]\nlow = {a.b = 1, c = [1.5, inf]}\n',
    ]


def _pins_seeds() -> list[str]:
    return [(THIRD_PARTY / "sources.toml").read_text(encoding="utf-8")]


def _triage_seeds() -> list[str]:
    return [
        '[057ac09d]\nstate = "acknowledged"\nnote = "another kernel"\nwho = "ann"\n\n[7757fbc7]\nstate = "wontfix"\n',
        '"057ac09d".state = "fixed"\n',
    ]


def _pip_seeds() -> list[str]:
    return [
        (
            "global.index-url='https://user:word@example.org/simple'\nglobal.extra-index-url='\\nhttps://a/ https://b/'\n"
            ":env:.timeout='60'\ninstall.trusted-host='example.org'\nglobal.no-index='true'\nglobal.cert=\"/a'b.pem\"\n"
        )
    ]


def _compiler_seeds() -> list[str]:
    return [
        "gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc.\n",
        "Apple clang version 15.0.0 (clang-1500.3.9.4)\nTarget: arm64-apple-darwin23.4.0\nThread model: posix\n",
        "Intel(R) oneAPI DPC++/C++ Compiler 2024.1.0 (2024.1.0.20240308)\nTarget: x86_64-unknown-linux-gnu\n",
        "/opt/llvm/bin/clang-16",
        "aarch64-linux-gnu-gcc-13.2",
    ]


def _device_seeds() -> list[str]:
    return [
        "+ cmake -E env nvidia-smi\n580.159.04, 81559, NVIDIA H100 80GB HBM3\n531.79, [N/A], Orin (nvgpu)\n",
        '{"kind": "blas", "file": "/usr/lib/libblis.so.4", "config": "OpenBLAS 0.3.21 Zen", "core": "Zen"}\n',
    ]


def _device(text: str) -> object:
    return parse_nvidia(text), parse_blas(text)


def _integers() -> Iterator[str]:
    for number in (0, 1, -1, 2**31 - 1, -(2**31), 1 << 16, 0x67676D6C):
        yield struct.pack("<i", number).decode("latin-1")


REPORT_TOKENS = (
    "```\n", "\n```\n", "\n```\n\n", "## Summary\n\n", "## Environment\n\n```\n", "\n```\n\n## Environment\n\n```\n",
    "## Output\n\n", "\n```\n\n## Output\n\n", "### ctest_debug\n\n", "### bench\n\n", "#### Model Benchmarks\n\n",
    "#### memcpy Benchmark\n\n```\n", "- status: 0\n", "- status:  SUCCESS ✅\n", "| ", " |\n", " |\n\n", "|||||||||\n",
    "Runs ctest in debug mode\n- status: 8\n```\n", "Whisper Benchmark Results\n- status: 0\n",
    "ms", "## Diff with parent commit\n\n", "### open_llama_3b_v2\n\n",
)  # fmt: skip
_FOLDER_TOKENS = (
    "- date:    Fri Mar 14 08:37:31 UTC 0001\n", "- runtime: 999999:59:59\n", "- commit:  x/commit/0123456789abcdef\n",
    "HARNESS_NODE=a b\n", "HARNESS_WEIGHTS_base=synthetic\n", "HARNESS_CAVEAT_A=b\n", "HARNESS_CONFIG=1 2 3 4\n",
    "==> bench-bench-tiny-t4-fa1-r2.log <==\n", "==> bench-memcpy.log <==\n", "==> stdall <==\n", "==> runtime <==\n",
    "+ ./bin/whisper-bench -w 2 -t 4\n", "Benchmark failed for model: tiny\n", "***Exception: SegFault  1.00 sec\n",
)  # fmt: skip
_LOG = ("whisper_print_timings:   encode time = ", " ms / ", " runs ( ", "system_info: n_threads = 4 / 8 | ", " : ")
_XML = ("<testcase ", "</testcase>", "<![CDATA[", "]]>", "<!--", "&#0;", "&lt;", "<!DOCTYPE a [", "<!ENTITY a 'b'>")
_JSON = ('{"', '": ', '"tests": [', "null", "true", '"command": [', "\\ud800", "\\u0000", ', "', "]}")
_SLASHES = ("/sys/devices/system/cpu/cpu0/", "==> affinity <==\n", "==> sysctl <==\n", " <==\n", "0-3,8", "0-99999999")

TARGETS: dict[str, Target] = {
    "bench": Target(call=_bench, seeds=_files("logs/*whisper*", "logs/*bench-bench*"), tokens=_LOG),
    "transcription": Target(
        call=_transcription,
        seeds=_files("logs/*cli*"),
        tokens=(*_LOG, "main: processing '", " samples, ", "[00:00:00.000 --> "),
    ),
    "help": Target(
        call=parse_dialect, seeds=_files("logs/*help*"), tokens=("-m ", "-t ", "--"), raises=(UnreadableError,)
    ),
    "system_info": Target(
        call=parse_system_info, seeds=_files("logs/*whisper*", "logs/*bench-bench*"), tokens=_LOG, limit=600
    ),
    "memcpy": Target(
        call=lambda text: measure_memcpy(text, 4, 1), seeds=_files("logs/*memcpy*"), tokens=("memcpy:", " GB/s", " (")
    ),
    "mul_mat": Target(
        call=lambda text: measure_mul_mat(text, 4, 1),
        seeds=_files("logs/*mul_mat*"),
        tokens=(" x ", ":", " GFLOPS (", " runs) | "),
    ),
    "listing": Target(
        call=parse_listing, seeds=_files("logs/ctest*listing*", "logs/ctest*verbose*"), tokens=_JSON,
        raises=(UnreadableError,), limit=1200,
    ),
    "junit": Target(call=parse_junit, seeds=_files("logs/*.xml"), tokens=_XML, raises=(UnreadableError,)),
    "cmake": Target(
        call=_cmake, seeds=_files("logs/cmake-*"), limit=1500,
        tokens=(":BOOL=ON\n", "//", "not used by the project:\n\n    A\n", " is deprecated", '-DA_VERSION=\\"1\\"'),
    ),
    "ninja": Target(
        call=_ninja,
        seeds=_files("logs/ninja*", "logs/breakage*"),
        tokens=("[1/2 0.1] ", ": phony\n", "ninja: ", "FAILED: [code=137] ", "error: ", "CMake Error at a:1 (b):\n"),
    ),
    "report": Target(call=_report, seeds=_files("reports/*.md"), tokens=REPORT_TOKENS, limit=1500, raw=True),
    "import": Target(call=_import, seeds=_folder_seeds, tokens=REPORT_TOKENS + _FOLDER_TOKENS, limit=3000),
    "pasted": Target(
        call=_paste, seeds=_paste_seeds, tokens=(*REPORT_TOKENS, *_LOG, "| CPU | Model | Enc. |"), limit=1500,
        raises=(UnreadableError,),
    ),
    "date": Target(
        call=lambda text: [parse_date(line) for line in text.split("\n")[:4]], seeds=_date_seeds,
        tokens=("CST", "+08", "2024", " PM", "月", ":", "."), limit=200,
    ),
    "node": Target(call=_node, seeds=_files("nodes/*/capture.txt"), tokens=_SLASHES),
    "quiet": Target(call=_quiet, seeds=_files("quiet/*/before.txt"), tokens=_SLASHES),
    "settings": Target(
        call=_settings, seeds=_settings_seeds, tokens=("[[", "]]", '"""', " = ", "''"),
        raises=(UnreadableError, UsageError),
    ),
    "pins": Target(call=parse_pins, seeds=_pins_seeds, tokens=("[[release]]\n", " = "), raises=(UnreadableError,)),
    "triage": Target(
        call=lambda text: parse_triage(text, "triage.toml"), seeds=_triage_seeds,
        tokens=("[057ac09d]\n", "state = ", '"fixed"', "note = ", '"""', "[["), raises=(UnreadableError,),
    ),
    "run.json": Target(call=_run_json, seeds=_run_seeds, tokens=_JSON, raises=(UnreadableError,), limit=8000),
    "worker": Target(call=_worker, seeds=_worker_seeds, tokens=_JSON, raises=(UnreadableError,)),
    "roofline": Target(call=_roofline, seeds=_roofline_seeds, tokens=_JSON, raises=(UnreadableError,)),
    "model": Target(call=_model, seeds=_model_seeds, tokens=tuple(_integers()), raises=(UnreadableError,)),
    "archive": Target(
        call=_archive, seeds=_archive_seeds, tokens=tuple(_integers()), raises=(UnreadableError,), limit=6200
    ),
    "pip_config": Target(call=parse_pip_config, seeds=_pip_seeds, tokens=("global.proxy=", "'", "{[]: 1}", "b''")),
    "device": Target(call=_device, seeds=_device_seeds, tokens=(*_JSON, ", ", "12.3")),
    "compiler": Target(call=_compiler, seeds=_compiler_seeds, tokens=("clang", "gcc", ") ", "1.2.3")),
}  # fmt: skip
