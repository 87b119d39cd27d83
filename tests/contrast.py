"""One fixed comparison with every verdict, and its golden files.

python -m tests.contrast    writes the golden files anew
"""

from pathlib import Path

from harness.records.caveat import Caveat
from harness.records.comparison import Comparison, Difference, Family, Verdict
from harness.records.measurement import Case
from harness.render.comparison import ComparedSides, render_comparison
from harness.render.comparison_markdown import render_comparison_markdown
from harness.stats.summary import summarize
from harness.stats.verdict import UNPAIRED_METHOD

GOLDEN = Path(__file__).parent / "golden" / "comparison"
DIFFERENCES = (
    Difference(subject="GGML_LLAMAFILE", baseline="OFF", contender="ON", group="configs"),
    Difference(subject="kernel", baseline="6.1", contender="6.1 (5), 6.2 (1)"),
)
SIDES = ComparedSides("v1.8.4 on node-1 (6 runs)", "v1.8.5 on node-1 (6 runs)", DIFFERENCES)


def comparison(
    metric: str, verdict: Verdict, change: float, *, relevant: bool = False, mde: float | None = 0.012, n: int = 6
) -> Comparison:
    """Return one verdict on the model base."""
    bounds = (change - 0.011, change + 0.011) if mde else (None, None)
    return Comparison(
        case=Case.of("whisper", model="base", threads=4, fa=0),
        metric=metric,
        n=n,
        change=change,
        p=0.00001 if relevant else 0.03,
        p_raw=0.00001,
        verdict=verdict,
        relevant=relevant,
        baseline=summarize([2000.0] * n),
        contender=summarize([2000.0 * (1 + change)] * n),
        low=bounds[0],
        high=bounds[1],
        confidence=0.0 if mde is None else 0.9975,
        mde=mde,
    )


def family() -> Family:
    """Return four verdicts on models, and more cells of mul_mat than anyone wants to read."""
    thin = Caveat(code="thin", message="runs: 2 and 6; an interval takes at least 6 of each side")
    cell = comparison("flop_rate", Verdict.UNRESOLVED, -0.5, mde=None)
    changed = Caveat(code="dialect", message="not judged: data of mul_mat changed at v1.8.5")
    cells = [
        cell.replace(case=Case.of("mul_mat", n=n, threads=4, type="f16"), caveats=(changed,), p=1.0)
        for n in range(64, 64 * 31, 64)
    ]
    return Family(
        comparisons=(
            comparison("encode", Verdict.REGRESSED, 0.051, relevant=True),
            comparison("decode", Verdict.IMPROVED, -0.0151),
            comparison("batchd", Verdict.UNCHANGED, 0.001),
            comparison("prompt", Verdict.UNRESOLVED, 0.08, mde=None, n=2).replace(caveats=(thin,)),
            *cells,
        ),
        alpha=0.01,
        threshold=0.02,
        method=UNPAIRED_METHOD,
        caveats=(Caveat(code="not-interleaved", message="one side was measured first\x1b[31m"),),
    )


def render(name: str) -> str:
    """Return what the golden file `name` holds."""
    if name == "comparison.md":
        return render_comparison_markdown(family(), SIDES)
    return render_comparison(family(), SIDES, full=name == "full.txt")


NAMES_OF_FILES = ("comparison.txt", "full.txt", "comparison.md")


def main() -> None:
    """Write the golden files."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name in NAMES_OF_FILES:
        (GOLDEN / name).write_text(render(name), encoding="utf-8")


if __name__ == "__main__":
    main()
