"""The closed table of what can be measured; a metric keeps one unit for ever."""

from harness.records.record import Record


class Metric(Record):
    """Something measured: `name` in run.json, its unit, its direction, and its column label in the report."""

    name: str
    unit: str
    lower_is_better: bool
    label: str


ENCODE = Metric(name="encode", unit="ms/pass", lower_is_better=True, label="Enc.")
DECODE = Metric(name="decode", unit="ms/token", lower_is_better=True, label="Dec.")
BATCHD = Metric(name="batchd", unit="ms/token", lower_is_better=True, label="Bch5")
PROMPT = Metric(name="prompt", unit="ms/token", lower_is_better=True, label="PP")
LOAD = Metric(name="load", unit="ms", lower_is_better=True, label="Load")
COPY_RATE = Metric(name="copy_rate", unit="GB/s", lower_is_better=False, label="memcpy")
FLOP_RATE = Metric(name="flop_rate", unit="GFLOP/s", lower_is_better=False, label="mul_mat")

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (ENCODE, DECODE, BATCHD, PROMPT, LOAD, COPY_RATE, FLOP_RATE)
}
TABLE_METRICS: tuple[Metric, ...] = (ENCODE, DECODE, BATCHD, PROMPT)
