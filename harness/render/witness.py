"""Which nodes show a change of the code, which do not, and which did not look: in a few lines, or as a table."""

from collections.abc import Iterator, Sequence

from harness.records.history import EventKind
from harness.records.witness import SharedEvent, Stance, Witness
from harness.records.wording import format_count, join_words
from harness.render.number import format_bounds, format_share
from harness.render.plain import align, continue_command

_INDENT = "  "
# So many nodes are named; of more it is said how many there are.
_NAMED = 4
# The columns of words before those of numbers.
_WORDS = 3
# What nodes of a stance say, of one of them and of several.
_UNDECIDED = {
    Stance.SUSPECTS: ("suspects it", "suspect it"),
    Stance.NO_STEP: ("shows no step, which is no proof", "show no step, which is no proof"),
    Stance.NOT_LOOKED: ("did not look", "did not look"),
}
_UNKNOWN = "a processor that is not known"


def describe_witnesses(event: SharedEvent, width: int = 0) -> Iterator[str]:
    """Yield which nodes say what, and what that comes to, a line each; nothing where there is one node only."""
    if not event.witnesses:
        return
    said = (
        f"{stance}: {name_nodes([one for one in event.witnesses if one.stance is stance])}"
        for stance in Stance
        if any(one.stance is stance for one in event.witnesses)
    )
    yield f"{_INDENT}nodes: {'; '.join(said)}"
    if reach := describe_reach(event):
        yield f"{_INDENT}{reach}"
    if advice := choose_witness(event):
        lead = f"{_INDENT}to find out, on {advice.node or 'the node without a name'}: "
        yield from continue_command(advice.command, lead=lead, width=width)


def tabulate_witnesses(witnesses: Sequence[Witness], width: int = 0) -> Iterator[str]:
    """Yield a line for each node, with what it measured and why it says so."""
    header = ("node", "processor", "says", "change", "interval", "of")
    rows = [
        (
            one.node or "not known",
            one.machine or "not known",
            str(one.stance),
            "" if one.change is None else format_share(one.change),
            "" if one.low is None or one.high is None else format_bounds(one.low, one.high),
            one.what,
        )
        for one in witnesses
    ]
    lines = [*align([header, *rows], left=_WORDS, indent=_INDENT)]
    edge = max(map(len, lines))
    reasons = ["why", *(f"{one.about} ({one.event})" if one.event else one.about for one in witnesses)]
    for line, reason in zip(lines, reasons, strict=True):
        if not width or edge + 2 + max(map(len, reasons)) <= width:
            yield f"{line:{edge}}  {reason}"
        else:
            yield line
            if reason is not reasons[0]:
                yield f"{3 * _INDENT}{reason}"


def describe_reach(event: SharedEvent) -> str:
    """Return whether a change of the code is one of a single kind of processor, as far as that is known, in words.

    Empty for what is not a change of the code, and where all nodes agree.
    """
    witnesses = event.witnesses
    agree = [one for one in witnesses if one.stance is Stance.AGREES]
    deny = [one for one in witnesses if one.stance is Stance.DISAGREES]
    rest = [one for one in witnesses if one.stance in _UNDECIDED]
    if event.kind is not EventKind.CODE or not agree or len(agree) == len(witnesses):
        return ""
    kinds = _list_kinds(agree)
    seen = name_kinds(agree)
    if not deny:
        alone = f"seen on {seen} alone so far" if len(kinds) == 1 else f"seen on {seen}"
        return f"{alone}; it is not known whether other nodes are concerned: {_count_rest(rest)}"
    denied = f"{name_kinds(deny)} measured commits before and after it in turns and {_show(deny)} no such change"
    both = [kind for kind in _list_kinds(deny) if kind in kinds and kind != _UNKNOWN]
    if both:
        where = f"not on every node of {join_words(both, 'and')}"
    elif len(kinds) == 1 and kinds[0] != _UNKNOWN:
        where = f"seen on {seen} alone"
    else:
        where = f"seen on {seen}"
    left = f"; {_count_rest(rest)}" if rest else ""
    return f"{where}; {denied}{left}"


def choose_witness(event: SharedEvent) -> Witness | None:
    """Return the node on which a live comparison would tell most: one of a kind that has not been asked, if any is."""
    asked = {one.machine for one in event.witnesses if one.stance in (Stance.AGREES, Stance.DISAGREES)}
    open_ones = [one for one in event.witnesses if one.stance in _UNDECIDED and one.command]
    if event.kind is not EventKind.CODE:
        return None
    return min(open_ones, key=lambda one: (one.machine in asked, one.node), default=None)


def name_nodes(witnesses: Sequence[Witness]) -> str:
    """Return `a and b (zen4), c (icelake)`; of many nodes only some are named."""
    parts = []
    for kind in _list_kinds(witnesses):
        nodes = [one.node or "a node without a name" for one in witnesses if (one.machine or _UNKNOWN) == kind]
        more = [f"{len(nodes) - _NAMED} more"] if len(nodes) > _NAMED else []
        parts.append(f"{join_words([*nodes[:_NAMED], *more], 'and')} ({kind})")
    return ", ".join(parts)


def name_kinds(witnesses: Sequence[Witness]) -> str:
    """Return `zen4 (2 nodes) and icelake (1 node)`."""
    counts = {kind: sum((one.machine or _UNKNOWN) == kind for one in witnesses) for kind in _list_kinds(witnesses)}
    return join_words([f"{kind} ({format_count(count, 'node')})" for kind, count in counts.items()], "and")


def _list_kinds(witnesses: Sequence[Witness]) -> list[str]:
    return list(dict.fromkeys(one.machine or _UNKNOWN for one in witnesses))


def _show(witnesses: Sequence[Witness]) -> str:
    return "shows" if len(_list_kinds(witnesses)) == 1 else "show"


def _count_rest(rest: Sequence[Witness]) -> str:
    counts = {stance: sum(one.stance is stance for one in rest) for stance in _UNDECIDED}
    return ", ".join(
        f"{format_count(count, 'node')} {_UNDECIDED[stance][count > 1]}" for stance, count in counts.items() if count
    )
