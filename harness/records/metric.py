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
# Modelled from encode and decode (`harness.stats.realtime`): never measured as such, but settings are chosen by it.
WINDOW = Metric(name="window", unit="ms/window", lower_is_better=True, label="30 s")
# Of whisper-cli, from audio to text without loading the weights: time it takes over time it lasts.
RTF = Metric(name="rtf", unit="s/s", lower_is_better=True, label="RTF")
COPY_RATE = Metric(name="copy_rate", unit="GB/s", lower_is_better=False, label="memcpy")
FLOP_RATE = Metric(name="flop_rate", unit="GFLOP/s", lower_is_better=False, label="mul_mat")
PEAK_FLOP_RATE = Metric(name="peak_flop_rate", unit="GFLOP/s", lower_is_better=False, label="peak")
READ_RATE = Metric(name="read_rate", unit="GB/s", lower_is_better=False, label="read")
CLOCK_RATE = Metric(name="clock_rate", unit="GHz", lower_is_better=False, label="clock")

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        ENCODE,
        DECODE,
        BATCHD,
        PROMPT,
        LOAD,
        WINDOW,
        RTF,
        COPY_RATE,
        FLOP_RATE,
        PEAK_FLOP_RATE,
        READ_RATE,
        CLOCK_RATE,
    )
}
TABLE_METRICS: tuple[Metric, ...] = (ENCODE, DECODE, BATCHD, PROMPT)
