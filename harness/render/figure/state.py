"""The marks of the states of a series: each has a word, a shape and a colour of its own."""

from harness.records.record import Record
from harness.records.site import SiteState
from harness.render.figure.drawing import Drawing, MarkShape, Position, clean

_SIZE = 12
_MIDDLE = _SIZE / 2


class StateMark(Record):
    """How a state is drawn: a shape, in the colour of a role, filled unless it is `hollow`."""

    shape: MarkShape
    role: str
    hollow: bool = False

    @property
    def classes(self) -> str:
        """The classes of the mark."""
        if self.shape is MarkShape.CROSS:
            return f"stroke-{self.role} bold"
        return f"stroke-{self.role} hollow" if self.hollow else f"fill-{self.role}"


STATE_MARKS = {
    SiteState.STEADY: StateMark(shape=MarkShape.DOT, role="steady"),
    SiteState.SUSPICION: StateMark(shape=MarkShape.UP, role="suspicion", hollow=True),
    SiteState.SLOWER: StateMark(shape=MarkShape.DOWN, role="slower"),
    SiteState.FASTER: StateMark(shape=MarkShape.UP, role="faster"),
    SiteState.NODE: StateMark(shape=MarkShape.SQUARE, role="node"),
    SiteState.MISSING: StateMark(shape=MarkShape.CROSS, role="missing"),
    SiteState.TOO_FEW: StateMark(shape=MarkShape.RING, role="steady", hollow=True),
}


def draw_state(drawing: Drawing, at: Position, state: SiteState, *, size: float = 4.0, tip: str = "") -> None:
    """Draw the mark of a state, on a spot of paper so that lines below do not run into it."""
    mark = STATE_MARKS[state]
    drawing.mark(at, "fill-paper", size=size + 2.5)
    drawing.mark(at, mark.classes, mark.shape, size=size, tip=tip)


def write_state(state: SiteState, *, labelled: bool = True) -> str:
    """Return the mark of a state as an `<svg>` element; without its word as a label where the word stands beside it."""
    drawing = Drawing()
    mark = STATE_MARKS[state]
    drawing.mark((_MIDDLE, _MIDDLE), mark.classes, mark.shape, size=4.0)
    read = f'role="img" aria-label="{clean(state)}"' if labelled else 'aria-hidden="true"'
    opened = f'<svg class="state-mark" {read} viewBox="0 0 {_SIZE} {_SIZE}" width="{_SIZE}" height="{_SIZE}">'
    return f"{opened}{drawing.finish()}</svg>"
