"""SQL as `llama-bench -o sql` prints it, for its readers: sqlite3 and llama.cpp's `scripts/compare-llama-bench.py`.

llama-bench knows prompts and generated tokens, so: PP is a prompt of 256 tokens, Dec. the generation of 256, Bch5 a
prompt of 320 in batches of 5, and Enc. an embedding of 1500 positions (30 s of audio) in one batch. Averages and
deviations are those of the repetitions, as llama-bench has them; medians are in the other formats. What has no meaning
here (cache types, layers on a GPU) is zero or `none`. Columns: those of llama-bench and its reader, 2023 to 2026.
"""

import statistics
from collections.abc import Iterator, Sequence

from harness.records.measurement import BATCHD, DECODE, ENCODE, PROMPT
from harness.records.record import Record
from harness.records.run import Run
from harness.records.weights import Weights
from harness.render.config_column import config_words
from harness.render.format.format import Format, RunSheet
from harness.render.format.row import MetricRow, code_state, list_rows, model_name, name_manner
from harness.render.format.text import sql

_COLUMNS: dict[str, str] = dict(
    words.split()
    for words in """build_commit TEXT, build_number INTEGER, cpu_info TEXT, gpu_info TEXT, backends TEXT,
        model_filename TEXT, model_type TEXT, model_size INTEGER, model_n_params INTEGER, n_batch INTEGER,
        n_ubatch INTEGER, n_threads INTEGER, cpu_mask TEXT, cpu_strict INTEGER, poll INTEGER, type_k TEXT, type_v TEXT,
        n_gpu_layers INTEGER, n_cpu_moe INTEGER, split_mode TEXT, main_gpu INTEGER, no_kv_offload INTEGER,
        flash_attn INTEGER, tensor_split TEXT, tensor_buft_overrides TEXT, use_mmap INTEGER, load_mode TEXT,
        embeddings INTEGER, no_op_offload INTEGER, fit_target INTEGER, fit_min_ctx INTEGER, n_prompt INTEGER,
        n_gen INTEGER, n_depth INTEGER, test_time TEXT, avg_ns INTEGER, stddev_ns INTEGER, avg_ts REAL,
        stddev_ts REAL""".split(",")
)
_GPUS = ("CUDA", "METAL", "VULKAN", "SYCL", "CANN", "HIP", "ROCM", "MUSA", "OPENCL")


class _Work(Record):
    """One repetition in terms of llama-bench; it consists of `per` values of the metric."""

    n_prompt: int
    n_gen: int
    n_batch: int
    per: int
    embeddings: int = 0


_WORK = {
    ENCODE.name: _Work(n_prompt=1500, n_gen=0, n_batch=1500, per=1, embeddings=1),
    PROMPT.name: _Work(n_prompt=256, n_gen=0, n_batch=256, per=256),
    BATCHD.name: _Work(n_prompt=320, n_gen=0, n_batch=5, per=320),
    DECODE.name: _Work(n_prompt=0, n_gen=256, n_batch=1, per=256),
}


def render(sheets: Sequence[RunSheet]) -> str:
    """Return CREATE TABLE IF NOT EXISTS and an INSERT for each timing of each model."""
    rows = [_record(row, _WORK[row.metric.name]) for row in list_rows(sheets) if row.metric.name in _WORK]
    definitions = ",\n".join(f"  {name} {kind}" for name, kind in _COLUMNS.items())
    names = ", ".join(_COLUMNS)
    inserts = (
        f"INSERT INTO llama_bench ({names}) VALUES ({', '.join(sql(row[name]) for name in _COLUMNS)});\n"  # noqa: S608 - written, not executed
        for row in rows
    )
    return "".join((f"CREATE TABLE IF NOT EXISTS llama_bench (\n{definitions}\n);\n\n", *inserts))


def _record(row: MetricRow, work: _Work) -> dict[str, str | int | float]:
    run, model = row.run, row.case.get("model")
    weights = next((weights for weights in run.weights if weights.model == model), None)
    times = [value * work.per * 1e6 for value in row.values]
    speeds = [1e9 * (work.n_prompt + work.n_gen) / time for time in times if time > 0]
    unused: dict[str, str | int | float] = {name: "none" if kind == "TEXT" else 0 for name, kind in _COLUMNS.items()}
    return unused | {
        "build_commit": code_state(run)[:8],
        "cpu_info": run.node.cpu.title,
        "gpu_info": "",
        "backends": ",".join(_backends(run)) or "CPU",
        "model_filename": _file(model, weights),
        "model_type": " ".join(["whisper", model_name(run, row.case), *name_manner(run, row.case).values()]),
        "model_size": weights.size_bytes if weights else 0,
        "n_batch": work.n_batch,
        "n_ubatch": work.n_batch,
        "n_threads": row.case.get("threads"),
        "cpu_mask": "0x0",
        "type_k": "f16",
        "type_v": "f16",
        "flash_attn": row.case.get("fa"),
        "tensor_split": "0.00",
        "embeddings": work.embeddings,
        "n_prompt": work.n_prompt,
        "n_gen": work.n_gen,
        "test_time": run.start.replace("+00:00", "Z"),
        "avg_ns": round(statistics.mean(times)),
        "stddev_ns": round(_deviation(times)),
        "avg_ts": statistics.mean(speeds or [0.0]),
        "stddev_ts": _deviation(speeds),
    }


def _backends(run: Run) -> Iterator[str]:
    return (word for word in config_words(run.system_info) if word in (*_GPUS, "BLAS"))


def _file(model: str, weights: Weights | None) -> str:
    return weights.path.rpartition("/")[2] if weights and weights.path else f"ggml-{model}.bin"


def _deviation(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


FORMAT = Format(
    name="llama-bench-sql",
    endings=(".sql",),
    description="the SQL of llama-bench -o sql: model timings as rows of the table llama_bench; means, not medians",
    reader="sqlite3; llama.cpp's scripts/compare-llama-bench.py",
    render=render,
)
