"""A search for the best settings: the score of everything that was tried, stage by stage, and the duels."""

import math
from collections.abc import Iterator

from harness.plan.tune import THRESHOLD
from harness.records.record import Record
from harness.records.sweep import Values
from harness.records.tune import Candidate, Goal, Stage, Tuning
from harness.render.figure.axis import choose_axis
from harness.render.figure.drawing import Drawing, MarkShape
from harness.render.figure.figure import Figure, FigureKind, FigureTable
from harness.render.figure.lettering import fit_words, format_tick, measure_words
from harness.render.figure.scale import Scale
from harness.render.figure.verdicts import ChangeRow, describe_change, draw_changes, name_verdict
from harness.render.number import format_value
from harness.render.plain import cut, printable

_WIDTH = 860
_EDGE = 12.0
_SMALL = 11.0
_ROW = 22.0
_NAMES, _WORDS = 210.0, 150.0
_LONGEST = 200
_HEAD = ("stage", "value", "score", "unit", "n", "state")
_GOALS = {Goal.LATENCY: "latency", Goal.THROUGHPUT: "throughput", Goal.MEMORY: "memory"}


class _Line(Record):
    """A row of the figure: the stage that it begins, its value, its score, and whether it was kept."""

    stage: str
    value: str
    one: Candidate | None
    kept: bool
    reason: str = ""


def draw_tuning(tuning: Tuning) -> Figure:
    """Return the stages of a search with all scores on one scale, and below them the choice against other settings."""
    lines = [line for stage in tuning.stages for line in _list_lines(stage)]
    words = _sum_up(tuning)
    drawing = Drawing()
    title = f"Search for the best {_GOALS[tuning.goal]} of {tuning.model} on {tuning.node}"
    drawing.write((_EDGE, 17), fit_words(title, _WIDTH - 2 * _EDGE, 14), "title fill-text")
    drawing.write((_EDGE, 36), fit_words(words, _WIDTH - 2 * _EDGE, _SMALL), "fill-muted small")
    height = _draw_stages(drawing, tuning, lines)
    if tuning.duels:
        drawing.write((_EDGE, height + 20), "The choice, measured in turns with", "fill-text")
        rows = [
            ChangeRow(name=f"{one.against} ({_name(one.values)})", comparison=one.comparison) for one in tuning.duels
        ]
        height += 28 + draw_changes(drawing, rows, (_EDGE, height + 32), _WIDTH - 2 * _EDGE, THRESHOLD)
    return Figure(
        kind=FigureKind.TUNE,
        title=title,
        summary=words,
        width=_WIDTH,
        height=round(height + 8),
        marks=drawing.finish(),
        table=FigureTable(head=_HEAD, rows=tuple(_list_rows(tuning, lines))),
        command=f"harness show {tuning.id}",
    )


def _list_lines(stage: Stage) -> Iterator[_Line]:
    if not stage.tried:
        yield _Line(stage=stage.axis, value="", one=None, kept=False, reason=stage.reason)
    for number, one in enumerate(stage.tried):
        value = dict(one.values).get(stage.axis, "")
        name = "" if number else stage.axis
        yield _Line(stage=name, value=value, one=one, kept=number == stage.winner, reason=one.reason)


def _draw_stages(drawing: Drawing, tuning: Tuning, lines: list[_Line]) -> float:
    """Draw a row for everything that was tried, and return where they end."""
    scores = [line.one.score for line in lines if line.one and line.one.score is not None]
    axis = choose_axis(scores, "")
    top, bottom = 70.0, 70.0 + _ROW * max(1, len(lines))
    left, right = _EDGE + _NAMES, _WIDTH - _EDGE - _WORDS
    across = Scale(low=axis.low, high=axis.high, start=left, end=right, log=axis.log)
    drawing.write((left, 60), f"{tuning.unit}, lower is better", "fill-muted small")
    for tick in across.list_ticks(6):
        x = across.place(tick)
        drawing.line((x, top), (x, bottom), "thin stroke-grid")
        drawing.write((x, bottom + 15), format_tick(tick), "fill-muted small", anchor="middle")
    for number, line in enumerate(lines):
        y = top + _ROW * (number + 0.5)
        if line.stage and number:
            drawing.line((_EDGE, y - _ROW / 2), (_WIDTH - _EDGE, y - _ROW / 2), "thin stroke-grid")
        drawing.write((_EDGE, y + 4), fit_words(line.stage, 90), "fill-muted")
        ink = "fill-text" if line.kept else "fill-muted"
        drawing.write((left - 10, y + 4), fit_words(line.value, _NAMES - 110), ink, anchor="end")
        _draw_score(drawing, across, line, y)
    if not lines:
        drawing.write((_EDGE, top + 15), "Nothing was tried.", "fill-muted")
    return bottom + 22


def _draw_score(drawing: Drawing, across: Scale, line: _Line, y: float) -> None:
    score = line.one.score if line.one else None
    if line.one is None or score is None or not math.isfinite(score) or (across.log and score <= 0):
        words = fit_words(line.reason or "no number", across.end - across.start + _WORDS - 20, _SMALL)
        drawing.write((across.start + 6, y + 4), words, "fill-muted small")
        return
    tip = cut(printable(f"{_name(line.one.values)}: {format_value(score)}, n {line.one.n}"), _LONGEST)
    at = (across.place(score), y)
    if line.kept:
        drawing.mark(at, "fill-accent", MarkShape.DIAMOND, size=4.5, tip=tip)
    else:
        drawing.mark(at, "hollow stroke-axis", MarkShape.RING, size=3.6, tip=tip)
    words = f"{format_value(score)}{'  kept' if line.kept else ''}"
    drawing.write((across.end + 12, y + 4), words, "fill-accent" if line.kept else "fill-muted")
    reason = fit_words(line.reason, _WORDS - 24 - measure_words(words), _SMALL)
    if line.reason and not line.kept:
        drawing.write((across.end + 20 + measure_words(words), y + 4), reason, "fill-muted small")


def _list_rows(tuning: Tuning, lines: list[_Line]) -> Iterator[tuple[str, ...]]:
    stage = ""
    for line in lines:
        stage = line.stage or stage
        score = line.one.score if line.one else None
        state = "kept" if line.kept else cut(printable(line.reason), _LONGEST)
        value = cut(printable(line.value), _LONGEST)
        count = str(line.one.n) if line.one else "0"
        yield stage, value, "-" if score is None else format_value(score), tuning.unit, count, state
    for duel in tuning.duels:
        one = duel.comparison
        against = cut(printable(f"{duel.against} ({_name(duel.values)})"), _LONGEST)
        yield "against", against, describe_change(one), "change", str(one.n), name_verdict(one)


def _sum_up(tuning: Tuning) -> str:
    score = f"{format_value(tuning.score)} {tuning.unit}"
    return cut(printable(f"{_name(tuning.winner)}: {score}. {tuning.why}"), 2 * _LONGEST)


def _name(values: Values) -> str:
    return " ".join(f"{name}={value}" for name, value in values)
