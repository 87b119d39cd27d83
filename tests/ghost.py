"""Steps that no code made, in numbers that a real node reported; and reports that hold them."""

from collections.abc import Mapping, Sequence
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
# The same commits on its node ggml-0-x86-cpu-low-perf, which stepped at other ones.
LOW_GHOSTS = {
    "tiny": [
        1031.06, 1029.04, 1038.65, 1068.54, 1028.37, 1027.55, 1042.46, 1092.75, 989.36, 1054.67, 1041.66, 1042.19,
        994.14, 991.35, 993.99, 998.90, 1009.34, 1006.87, 1005.75, 1002.79, 1002.11, 997.49, 1005.23, 1020.37, 994.60,
        1003.04,
    ],
    "base": [
        2260.80, 2256.41, 2267.26, 2319.65, 2267.81, 2270.25, 2281.66, 2175.81, 2174.84, 2304.27, 2304.28, 2282.23,
        2191.59, 2188.23, 2194.17, 2190.12, 2218.26, 2204.32, 2216.53, 2206.86, 2216.12, 2208.26, 2216.24, 2234.33,
        2202.00, 2206.54,
    ],
    "small": [
        8100.64, 8100.23, 8124.02, 8240.43, 8105.29, 8098.87, 8137.02, 7759.32, 7773.55, 8211.84, 8217.18, 8101.82,
        7810.06, 7788.79, 7798.88, 7803.23, 7976.01, 7903.25, 7873.03, 7865.30, 7851.79, 7853.58, 7974.40, 7960.07,
        7896.97, 7888.37,
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


def write_reports(tree: Path, node: str, ghosts: Mapping[str, Sequence[float]] = GHOSTS) -> None:
    """Write a results tree of ggml-ci: a report of each commit, one a day."""
    for number in range(len(GHOSTS["base"])):
        sha, date = name_sha(number), FIRST + timedelta(days=number)
        folder = tree / sha[:2] / sha[2:] / node
        folder.mkdir(parents=True)
        rows = (
            f"|             AVX2 | {model:>13} |   4 |   0 | {values[number]:7.2f} |{3 * _BLANK} {sha[:7]} |"
            for model, values in ghosts.items()
        )
        text = _REPORT.format(date=f"{date:%a %b %d %H:%M:%S UTC %Y}", sha=sha, number=number, rows="\n".join(rows))
        (folder / "README.md").write_text(text, encoding="utf-8")
