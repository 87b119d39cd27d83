"""Runs as rows: one for each case and metric, with everything that says what it is a number of."""

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
    """The sample of one metric of one case; `runs` holds more than one run where samples were pooled."""

    runs: tuple[Run, ...]
    case: Case
    metric: Metric
    values: tuple[float, ...]

    @property
    def run(self) -> Run:
        """The first run that the sample is from."""
        return self.runs[0]

    @property
    def summary(self) -> Summary:
        """Median, extremes and interval of the sample, in the metric's unit."""
        return summarize(self.values)

    @property
    def weights(self) -> str:
        """The kind of weights, empty for a benchmark without weights and where nothing is known of them."""
        return weights_kind(self.run, self.case)

    @property
    def case_name(self) -> str:
        """The case, with what it was measured by and with where that is not the usual: those timings never mix."""
        return "/".join([str(self.case), *(f"{name}={value}" for name, value in self.unusual.items())])

    @property
    def unusual(self) -> dict[str, str]:
        """What tells a sample from others of its case: weights, if not the official ones, engine, and turns."""
        found = {} if self.weights in ("", WeightsKind.OFFICIAL) else {"weights": self.weights}
        return found | name_manner(self.run, self.case)

    @property
    def series(self) -> str:
        """Node, config and case: what a point's value may be compared with over commits."""
        return f"{self.run.node.name}/{self.run.config.id}/{self.case_name}"


class ModelRow(Record):
    """One model case of one run with the summaries of its metrics by name: a line of a table."""

    run: Run
    case: Case
    summaries: dict[str, Summary]

    @property
    def model(self) -> str:
        """The model, and the kind of its weights where they are not the official ones."""
        return model_name(self.run, self.case)


def name_manner(run: Run, case: Case) -> dict[str, str]:
    """Return how a case was measured, by parameter, where it was not by whole processes of whisper-bench alone."""
    sampled = run.suite.engine is Engine.LIBRARY and case.benchmark != Benchmark.TRANSCRIBE
    engine = {"engine": run.suite.engine.value} if sampled else {}
    return engine | ({"timing": "in-turns"} if run.trial else {})


def list_rows(sheets: Iterable[RunSheet]) -> Iterator[MetricRow]:
    """Yield the rows of each run, in the order of execution."""
    for sheet in sheets:
        for (case, metric), values in sample_run(sheet.run).items():
            yield MetricRow(runs=(sheet.run,), case=case, metric=METRICS[metric], values=values)


def pool_rows(rows: Iterable[MetricRow]) -> list[MetricRow]:
    """Return one row for each series and metric, the samples of several runs of one commit put together."""
    pooled: dict[tuple[str, str], MetricRow] = {}
    for row in rows:
        key = (row.series, row.metric.name)
        known = pooled.get(key)
        pooled[key] = row.replace(runs=known.runs + row.runs, values=known.values + row.values) if known else row
    return list(pooled.values())


def require_one_commit(sheets: Sequence[RunSheet], name: str) -> None:
    """Raise UsageError unless all runs are of one state of the code, which is all that a file of the format holds."""
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
    """Return `base`, or `base (synthetic)` where the weights are not the official ones."""
    kind = weights_kind(run, case)
    return case.get("model") if kind in ("", WeightsKind.OFFICIAL) else f"{case.get('model')} ({kind})"


def identify_run(run: Run) -> dict[str, CellValue]:
    """Return the facts that every number of a run shares, by column name."""
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
    """Return what a number is a number of, by column name; model, threads and flash attention are empty elsewhere."""
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

    `status` is that of its process; `evidence` says what another harness's number was read from.
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
