"""The whole catalogue."""

from collections.abc import Sequence

from tests.faults.family import (
    archive,
    bisection,
    change,
    claim,
    clock,
    cut,
    disk,
    importing,
    index,
    interrupt,
    job,
    kill,
    limit,
    link,
    network,
    night,
    order,
    output,
    part,
    record,
    repository,
    resume,
    rival,
    server,
    sharing,
    site,
    stop,
    stream,
    tool,
    travel,
    weights,
    worker,
)
from tests.faults.fault import Family, Fault

CATALOG: tuple[Fault, ...] = (
    *tool.FAULTS,
    *output.FAULTS,
    *cut.FAULTS,
    *archive.FAULTS,
    *repository.FAULTS,
    *weights.FAULTS,
    *disk.FAULTS,
    *limit.FAULTS,
    *kill.FAULTS,
    *interrupt.FAULTS,
    *order.FAULTS,
    *rival.FAULTS,
    *record.FAULTS,
    *part.FAULTS,
    *bisection.FAULTS,
    *night.FAULTS,
    *job.FAULTS,
    *worker.FAULTS,
    *server.FAULTS,
    *network.FAULTS,
    *clock.FAULTS,
    *claim.FAULTS,
    *importing.FAULTS,
    *sharing.FAULTS,
    *index.FAULTS,
    *site.FAULTS,
    *travel.FAULTS,
    *stop.FAULTS,
    *resume.FAULTS,
    *link.FAULTS,
    *stream.FAULTS,
    *change.FAULTS,
)


def count_by_family(faults: Sequence[Fault] = CATALOG) -> dict[Family, int]:
    """Return how many faults each family has."""
    return {family: sum(fault.family is family for fault in faults) for family in Family}


def injections(fault: Fault) -> int:
    """Return how often a fault strikes: a chain of kills counts each of them."""
    return next((deed.kills for deed in fault.deeds if isinstance(deed, kill.Chain)), 1)
