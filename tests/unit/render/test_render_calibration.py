"""A calibration for people."""

from harness.records.calibration import Calibration, Need, Spread
from harness.records.case import Case
from harness.render.calibration import render_calibration

NEEDS = (
    Need(change=0.05, blocks=10, minutes=0.4),
    Need(change=0.02, blocks=30, minutes=1.26),
    Need(change=0.01, blocks=None, minutes=None),
)
SPREAD = Spread(
    case=Case.of("whisper", model="tiny", threads=2, fa=0),
    metric="encode",
    n=24,
    calls=0.0071,
    processes=0.0123,
    blocks=0.0102,
    needs=NEEDS,
)


def test_rates_spreads_and_minutes() -> None:
    found = Calibration(resamples=1000, false_families=4, alpha=0.01, spreads=(SPREAD, SPREAD.replace(metric="prompt")))
    text = render_calibration(found, wall_s=61.0, blocks=24)
    assert "4 of 1000 resampled A/A trials (0.4%; 1% are allowed)" in text
    assert "from 24 blocks in 1.0 min" in text
    header, encode, prompt = (line.split() for line in text.splitlines()[3:6])
    assert header[:2] == ["case", "metric"]
    assert " ".join(header).count("found in") == 3
    assert encode[:5] == ["whisper/fa=0/model=tiny/threads=2", "encode", "0.71%", "1.23%", "1.02%"]
    assert " ".join(encode[5:]) == "0.4 min 1.3 min not at all 24"
    assert prompt[1] == "prompt"
    assert "%%" not in text


def test_nothing_measured() -> None:
    text = render_calibration(Calibration(resamples=0, false_families=0, alpha=0.01, spreads=()), wall_s=0.0, blocks=0)
    assert "0 of 0 resampled" in text
