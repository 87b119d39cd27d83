"""Runs as rows: one for each case and metric, with everything that identifies its numbers."""

from collections.abc import Iterable, Iterator, Sequence

from harness.errors import UsageError
from harness.records.comparison import Summary
from harness.records.measurement import METRICS, Case, Metric
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import OF_MODELS, Benchmark, Engine
from harness.records.weights import WeightsKind
from harness.render.config_column import config_words
from harness.render.format.format import RunSheet
from harness.render.table import weights_kind
from harness.stats.series import order_model_cases, sample_run, summarize_run
from harness.stats.summary import summarize

CellValue = str | int | float | bool | None
COLUMNS = tuple(
    """run origin start node cpu arch microarchitecture os kernel project commit release changes config build_type isa
    backend compiler engine trial uses caveats benchmark case model weights threads flash_attn metric unit
    lower_is_better n median low high confidence minimum maximum spread""".split()
)


class MetricRow(Record):
    """The sample of one metric of one case; `runs` holds more than one run if samples were pooled."""

    runs: tuple[Run, ...]
    case: Case
    metric: Metric
    values: tuple[float, ...]

    @property
    def run(self) -> Run:
        """The first run of the sample."""
        return self.runs[0]

    @property
    def summary(self) -> Summary:
        """Median, extremes and interval of the sample, in the metric's unit."""
        return summarize(self.values)

    @property
    def weights(self) -> str:
        """The kind of weights, empty for a benchmark without weights or if they are not known."""
        return weights_kind(self.run, self.case)

    @property
    def case_name(self) -> str:
        """The case, with engine and weights if they are not the usual ones, so that those timings never mix."""
        return "/".join([str(self.case), *(f"{name}={value}" for name, value in self.unusual.items())])

    @property
    def unusual(self) -> dict[str, str]:
        """What distinguishes a sample from others of its case: weights, if not official, engine, and turns."""
        found = {} if self.weights in ("", WeightsKind.OFFICIAL) else {"weights": self.weights}
        return found | name_manner(self.run, self.case)

    @property
    def series(self) -> str:
        """Node, config and case: values of one such series may be compared over commits."""
        return f"{self.run.node.name}/{self.run.config.id}/{self.case_name}"


class ModelRow(Record):
    """One model case of one run with the summaries of its metrics by name: a line of a table."""

    run: Run
    case: Case
    summaries: dict[str, Summary]

    @property
    def model(self) -> str:
        """The model, and the kind of its weights if they are not official."""
        return model_name(self.run, self.case)


def name_manner(run: Run, case: Case) -> dict[str, str]:
    """Return how a case was measured, by parameter, unless it was by whole processes of whisper-bench."""
    sampled = run.suite.engine is Engine.LIBRARY and case.benchmark != Benchmark.TRANSCRIBE
    engine = {"engine": run.suite.engine.value} if sampled else {}
    return engine | ({"timing": "in-turns"} if run.trial else {})


def list_rows(sheets: Iterable[RunSheet]) -> Iterator[MetricRow]:
    """Yield the rows of each run, in the order of execution."""
    for sheet in sheets:
        for (case, metric), values in sample_run(sheet.run).items():
            yield MetricRow(runs=(sheet.run,), case=case, metric=METRICS[metric], values=values)


def pool_rows(rows: Iterable[MetricRow]) -> list[MetricRow]:
    """Return one row for each series and metric, with the samples of several runs of one commit merged."""
    pooled: dict[tuple[str, str], MetricRow] = {}
    for row in rows:
        key = (row.series, row.metric.name)
        known = pooled.get(key)
        pooled[key] = row.replace(runs=known.runs + row.runs, values=known.values + row.values) if known else row
    return list(pooled.values())


def require_one_commit(sheets: Sequence[RunSheet], name: str) -> None:
    """Raise UsageError unless all runs measured one state of the code, as a file of this format requires."""
    commits = dict.fromkeys(code_state(sheet.run) for sheet in sheets)
    if len(commits) > 1:
        shown = ", ".join(commit[:8] for commit in commits)
        raise UsageError(
            f"a {name} file holds one commit, but these runs are of {len(commits)}: {shown}",
            hint="write one file per commit",
        )


def code_state(run: Run) -> str:
    """Return what identifies the measured code: the hash of the changes of a dirty tree, else the sha."""
    commit = run.source.commit
    return commit.changes or commit.sha or commit.release or run.source.id


def list_models(sheets: Iterable[RunSheet]) -> Iterator[ModelRow]:
    """Yield the model cases of each run, in the order of its suite."""
    for sheet in sheets:
        summaries = summarize_run(sheet.run)
        for case in order_model_cases(sheet.run, summaries):
            mine = {metric: summary for (other, metric), summary in summaries.items() if other == case}
            yield ModelRow(run=sheet.run, case=case, summaries=mine)


def model_name(run: Run, case: Case) -> str:
    """Return `base`, or `base (synthetic)` if the weights are not official."""
    kind = weights_kind(run, case)
    return case.get("model") if kind in ("", WeightsKind.OFFICIAL) else f"{case.get('model')} ({kind})"


def identify_run(run: Run) -> dict[str, CellValue]:
    """Return the facts that all numbers of a run share, by column name."""
    commit, cpu = run.source.commit, run.node.cpu
    return {
        "run": run.id,
        "origin": run.origin,
        "start": run.start,
        "node": run.node.name,
        "cpu": cpu.title,
        "arch": cpu.arch,
        "microarchitecture": cpu.microarchitecture,
        "os": run.node.os,
        "kernel": run.node.kernel,
        "project": run.project,
        "commit": commit.sha,
        "release": commit.release,
        "changes": commit.changes,
        "config": run.config.id,
        "build_type": run.config.build_type,
        "isa": run.config.isa,
        "backend": run.config.backend,
        "compiler": f"{run.toolchain.cc.name} {run.toolchain.cc.version}".strip(),
        "engine": run.suite.engine.value,
        "trial": run.trial.id if run.trial else "",
        "uses": " ".join(config_words(run.system_info)),
        "caveats": " ".join(dict.fromkeys(caveat.code for caveat in run.caveats)),
    }


def identify_case(run: Run, case: Case, metric: Metric) -> dict[str, CellValue]:
    """Return what identifies a number, by column name; model, threads and flash attention may be empty."""
    return {
        "benchmark": case.benchmark,
        "case": str(case),
        "model": case.get("model"),
        "weights": weights_kind(run, case) if case.benchmark in OF_MODELS else "",
        "threads": case.get("threads"),
        "flash_attn": case.get("fa"),
        "metric": metric.name,
        "unit": metric.unit,
        "lower_is_better": metric.lower_is_better,
    }


def describe_rows(sheets: Iterable[RunSheet]) -> Iterator[dict[str, CellValue]]:
    """Yield the columns of each row: run, case, n, median, interval (None where n is too small), extremes."""
    for sheet in sheets:
        facts = identify_run(sheet.run)
        for row in list_rows([sheet]):
            summary = row.summary
            yield {
                **facts,
                **identify_case(row.run, row.case, row.metric),
                "n": summary.n,
                "median": summary.median,
                "low": summary.low,
                "high": summary.high,
                "confidence": summary.confidence,
                "minimum": summary.minimum,
                "maximum": summary.maximum,
                "spread": summary.spread,
            }


def describe_measurements(sheets: Iterable[RunSheet]) -> Iterator[dict[str, CellValue]]:
    """Yield the columns of each number.

    `status` is that of its process; `evidence` says what an imported number was read from.
    """
    for sheet in sheets:
        facts = identify_run(sheet.run)
        for result in sheet.run.results:
            for measurement in result.measurements:
                yield {
                    **facts,
                    **identify_case(sheet.run, measurement.case, METRICS[measurement.metric]),
                    "repetition": measurement.repetition,
                    "value": measurement.value,
                    "evidence": str(measurement.origin),
                    "status": str(result.status),
                }
