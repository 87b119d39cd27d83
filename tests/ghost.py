"""Steps that no code made, in numbers that a real node reported; and reports that hold them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

# Encoder times in ms of commits between 14 and 22 March 2025, as ggml-ci's node ggml-2-x86-cpu reported them. No commit
# among them changes the code that was measured: whatever steps is the node.
GHOSTS = {
    "tiny": [
        565.73, 562.05, 559.60, 563.55, 564.37, 566.25, 573.66, 566.07, 559.94, 575.45, 578.35, 558.90, 567.88,
        560.36, 553.58, 551.11, 553.59, 550.95, 560.27, 550.10, 548.76, 545.99, 547.02, 548.46, 544.36, 550.36,
    ],
    "base": [
        1236.59, 1254.26, 1241.93, 1245.60, 1238.01, 1238.17, 1236.46, 1244.83, 1247.61, 1267.03, 1267.70, 1252.10,
        1243.87, 1241.23, 1199.06, 1204.31, 1211.40, 1207.12, 1214.49, 1206.90, 1203.62, 1212.96, 1210.15, 1203.64,
        1221.36, 1204.86,
    ],
    "small": [
        4354.65, 4356.77, 4353.56, 4350.64, 4383.81, 4387.00, 4385.31, 4415.59, 4342.33, 4444.93, 4447.62, 4331.35,
        4381.06, 4370.12, 4227.03, 4255.85, 4261.90, 4270.70, 4283.33, 4237.25, 4210.16, 4257.75, 4229.16, 4254.49,
        4224.24, 4211.39,
    ],
}  # fmt: skip

FIRST = datetime(2025, 3, 1, 8, 0, tzinfo=UTC)
_BLANK = "         |"
_REPORT = """## Summary

- status:  SUCCESS
- runtime: 3:09.89
- date:    {date}
- repo:    https://github.com/ggerganov/whisper.cpp
- commit:  https://github.com/ggerganov/whisper.cpp/commit/{sha}
- author:  Somebody
```
change number {number}
```

## Environment

```
GG_BUILD_CLOUD=1
```

## Output

### bench

Whisper Benchmark Results
- status: 0
#### Model Benchmarks

|           Config |         Model |  Th |  FA |    Enc. |    Dec. |    Bch5 |      PP |  Commit |
|              --- |           --- | --- | --- |     --- |     --- |     --- |     --- |     --- |
{rows}

"""


def name_sha(number: int) -> str:
    """Return the sha of commit `number`, from 0."""
    return f"{number + 1:08x}{'5a' * 16}"


def write_reports(tree: Path, node: str) -> None:
    """Write a results tree of ggml-ci: a report of each commit, one a day."""
    for number in range(len(GHOSTS["base"])):
        sha, date = name_sha(number), FIRST + timedelta(days=number)
        folder = tree / sha[:2] / sha[2:] / node
        folder.mkdir(parents=True)
        rows = (
            f"|             AVX2 | {model:>13} |   4 |   0 | {values[number]:7.2f} |{3 * _BLANK} {sha[:7]} |"
            for model, values in GHOSTS.items()
        )
        text = _REPORT.format(date=f"{date:%a %b %d %H:%M:%S UTC %Y}", sha=sha, number=number, rows="\n".join(rows))
        (folder / "README.md").write_text(text, encoding="utf-8")
