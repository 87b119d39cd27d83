"""The roofline for people: the table of `harness roofline`, and the shares of a run."""

import math
from collections.abc import Iterator, Mapping, Sequence

from harness.records.measurement import DECODE, ENCODE, FLOP_RATE, PEAK_FLOP_RATE, READ_RATE
from harness.records.node import Node
from harness.records.roofline import ROOFLINE, CeilingKind, Roofline, RooflineShare
from harness.records.run import Run
from harness.records.wording import format_count
from harness.render.bar import Picture, draw_level, draw_share
from harness.render.plain import align
from harness.stats.series import sample_run

_UNITS = {CeilingKind.PEAK: "GFLOP/s", CeilingKind.CLOCK: "GHz", CeilingKind.READ: "GB/s", CeilingKind.COPY: "GB/s"}
_NOTES = {
    CeilingKind.PEAK: "FP32, all threads together; a multiply-add is two operations",
    CeilingKind.CLOCK: "dependent additions, one per cycle, measured in turns with the peak",
    CeilingKind.READ: "every byte read counts once",
    CeilingKind.COPY: "memcpy; bytes read and bytes written both count",
}
_BOUND = "lanes x 2 x units x measured clock: a sanity check, not a measurement"
_INDENT = "  "
# Roofs are drawn from so many operations per byte on, over so many doublings, in so many columns each.
_LEAST_INTENSITY, _DOUBLINGS, _STEPS, _ROOF_WIDTH = 0.25, 12, 3, 80
# What is drawn of models, in so many columns each.
_DRAWN, _BAR = (ENCODE, DECODE), 16


def render_roofline(
    roofline: Roofline, node: Node, bounds: Mapping[int, float], *, width: int = 0, plain: bool = False
) -> str:
    """Return the table of one answer with a column for each number of threads; `bounds` are their sanity bounds.

    The roofs are drawn where lines of `width` columns have room; 0 means no drawing. `plain` is ASCII alone.
    """
    counts = list(dict.fromkeys(one.threads for one in roofline.ceilings))
    least = min(one.n for one in roofline.ceilings)
    size = f"{roofline.array_bytes / 1e6:.0f} MB"
    fused = "fused multiply-add" if roofline.fused else "no fused multiply-add"
    rows = [["", "", *(format_count(count, "thread") for count in counts), ""]]
    rows += [line for kind in CeilingKind for line in _lines(roofline, kind, counts)]
    rows.append(["bound", "GFLOP/s", *(f"{bounds[n]:.1f}" if n in bounds else "-" for n in counts), _BOUND])
    return "\n".join(
        [
            f"roofline of {node.name}: {node.cpu.title}",
            f"{_INDENT}{roofline.vector}: {roofline.lanes} floats per vector, {fused}; arrays of {size}",
            "",
            *_table(rows),
            "",
            *_draw_roofs(roofline, counts, width, plain=plain),
            f"{_INDENT}the best of at least {least} slots; in brackets how far the median is below it",
            *(f"{_INDENT}caveat: {one.message} [{one.code}]" for one in roofline.caveats),
        ]
    )


def list_roofline(run: Run, shares: Sequence[RooflineShare], *, width: int = 0, plain: bool = False) -> Iterator[str]:
    """Yield the roofline of a run, before and after, and how near its benchmarks came to it.

    Shares are drawn as well where lines of `width` columns have room; 0 means no drawing. `plain` is ASCII alone.
    """
    for threads, facts in _facts(run).items():
        yield f"{_INDENT}roofline {facts} with {threads} thread{'' if threads == '1' else 's'}"
    for rows, drawn in (_models(shares, plain=plain), _mul_mat(shares, plain=plain)):
        lines = [*align(rows, indent=_INDENT)] if rows else []
        wider = [*align([[*row, cell] for row, cell in zip(rows, drawn, strict=True)], indent=_INDENT)] if width else []
        yield from wider if wider and max(map(len, wider)) <= width else lines
    yield from _notes(shares)


def describe_roofline(run: Run) -> str:
    """Return the roofline of a run on one line, before and after; empty if there is none."""
    return "; ".join(f"{facts}, threads {threads}" for threads, facts in _facts(run).items())


def _lines(roofline: Roofline, kind: CeilingKind, counts: Sequence[int]) -> Iterator[list[str]]:
    found = [roofline.find(kind, count) for count in counts]
    if not any(found):
        return
    digits = 3 if kind is CeilingKind.CLOCK else 1
    cells = (f"{one.best:.{digits}f} ({one.unsteadiness:.1%})" if one else "-" for one in found)
    yield [kind.value, _UNITS[kind], *cells, _NOTES[kind]]
    if kind is CeilingKind.CLOCK:
        pairs = [(roofline.find(CeilingKind.PEAK, count), one, count) for one, count in zip(found, counts, strict=True)]
        cells = (f"{peak.best / count / one.best:.1f}" if peak and one else "-" for peak, one, count in pairs)
        yield ["", "FLOP/cycle", *cells, "per thread"]


def _draw_roofs(roofline: Roofline, counts: Sequence[int], width: int, *, plain: bool) -> list[str]:
    """Return a line of characters for each number of threads: what it can reach, by operations per byte."""
    found = [
        (count, roofline.find(CeilingKind.PEAK, count), roofline.find(CeilingKind.READ, count)) for count in counts
    ]
    roofs = [(count, peak.best, read.best) for count, peak, read in found if peak and read and peak.best and read.best]
    if not roofs or width < _ROOF_WIDTH:
        return []
    intensities = [_LEAST_INTENSITY * 2 ** (step / _STEPS) for step in range(_DOUBLINGS * _STEPS)]
    floor = min(read * intensities[0] for _, _, read in roofs)
    decades = math.log(max(peak for _, peak, _ in roofs) / floor) or 1.0
    rows = [["FLOP per byte", Picture("".join(f"{at:<{2 * _STEPS}g}" for at in intensities[:: 2 * _STEPS])), ""]]
    for count, peak, read in roofs:
        reached = (min(peak, read * at) for at in intensities)
        line = "".join(draw_level(math.log(one / floor) / decades, plain=plain) for one in reached)
        ridge = f"memory limits below {peak / read:.1f}"
        rows.append([format_count(count, "thread"), Picture(line), ridge])
    return [*align(rows, left=3, indent=_INDENT), f"{_INDENT}what can be reached, both axes logarithmic", ""]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield aligned lines; the last column, the notes, is left-aligned."""
    lines = list(align([row[:-1] for row in rows], left=2, indent=_INDENT))
    width = max(map(len, lines))
    for line, row in zip(lines, rows, strict=True):
        yield f"{line:<{width}}  {row[-1]}".rstrip()


def _facts(run: Run) -> dict[str, str]:
    """Return the measured limits by number of threads: `394.5 and 393.9 GFLOP/s, reads 33.3 and 33.8 GB/s`."""
    samples = sample_run(run)
    found: dict[str, list[str]] = {}
    for metric, verb in ((PEAK_FLOP_RATE, ""), (READ_RATE, "reads ")):
        for (case, name), values in samples.items():
            if case.benchmark == ROOFLINE and name == metric.name:
                numbers = " and ".join(f"{value:.1f}" for value in values)
                found.setdefault(case.get("threads"), []).append(f"{verb}{numbers} {metric.unit}")
    return {threads: ", ".join(facts) for threads, facts in found.items()}


def _models(shares: Sequence[RooflineShare], *, plain: bool) -> tuple[list[list[str]], list[str]]:
    """Return the rows of a table of models, and a cell for each row: the share of encode as a bar of the whole."""
    cases = dict.fromkeys(share.case for share in shares if share.metric in (ENCODE.name, DECODE.name))
    rows, drawn = [], []
    for case in cases:
        mine = {share.metric: share for share in shares if share.case == case}
        name = f"{case.get('model')}, {case.get('threads')} threads, fa {case.get('fa')}"
        rows.append([name, *(_cell(mine.get(metric.name)) for metric in (ENCODE, DECODE))])
        bars = (draw_share(mine[one.name].ratio if one.name in mine else 0.0, _BAR, plain=plain) for one in _DRAWN)
        drawn.append(Picture("  ".join(bars)))
    if not rows:
        return [], []
    heads = Picture("  ".join(f"{one.name} of 100%".ljust(_BAR) for one in _DRAWN))
    return [["share of the roofline", "encode", "decode"], *rows], [heads, *drawn]


def _mul_mat(shares: Sequence[RooflineShare], *, plain: bool) -> tuple[list[list[str]], list[str]]:
    """Return the rows of a table of mul_mat, and a cell for each: all shares of a row, as high as they are large."""
    cells = {(s.case.get("type"), s.case.get("n")): s for s in shares if s.metric == FLOP_RATE.name}
    if not cells:
        return [], []
    kinds = dict.fromkeys(kind for kind, _ in cells)
    sizes = sorted({n for _, n in cells}, key=int)
    top = max(one.ratio for one in cells.values()) or 1.0
    rows = [
        [f"type={kind}", *(_percent(cells[kind, n]) if (kind, n) in cells else "-" for n in sizes)] for kind in kinds
    ]
    drawn = [
        Picture(
            "".join(draw_level(cells[kind, n].ratio / top, plain=plain) if (kind, n) in cells else " " for n in sizes)
        )
        for kind in kinds
    ]
    return [["mul_mat, share of the roofline", *(f"n={n}" for n in sizes)], *rows], ["by n", *drawn]


def _notes(shares: Sequence[RooflineShare]) -> Iterator[str]:
    if any(share.metric == DECODE.name for share in shares):
        yield f"{_INDENT}encode and mul_mat: share of the FP32 peak; decode: the decoder's weights and"
        yield f"{_INDENT}both KV caches, read once per token, as a share of the memory read rate"
    elif shares:
        yield f"{_INDENT}share of the FP32 peak"
    if any(share.metric == FLOP_RATE.name and share.ratio > 1 for share in shares):
        yield f"{_INDENT}above 100 %: quantised types multiply in eight bits, F16 and BF16 may have units of their own"
    if any(share.cached for share in shares):
        yield f"{_INDENT}* fits into the last-level cache, which may be faster than the memory"


def _cell(share: RooflineShare | None) -> str:
    if share is None:
        return "-"
    return f"{_percent(share)} ({share.achieved:.1f} {share.unit}){'*' if share.cached else ''}"


def _percent(share: RooflineShare) -> str:
    return f"{share.ratio:.0%}" if share.ratio >= 0.1 else f"{share.ratio:.1%}"
