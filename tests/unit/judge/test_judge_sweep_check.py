"""A stored sweep, edited: what does not follow from its axes is refused, and so is a run that is not its own."""

import pytest

from harness.judge.sweep_check import find_stranger, find_sweep_flaw, list_entry_cases, sum_up
from harness.plan.grid import lay_grid
from harness.records.measurement import Case
from harness.records.run import Run
from harness.records.sweep import Axis, Cell, Sweep
from harness.settings.layer import layer_settings
from tests import factory, field

AXES = (
    Axis(name="model", values=("tiny",)),
    Axis(name="quant", values=("f16", "q5_k")),
    Axis(name="threads", values=("1", "2")),
    Axis(name="fa", values=("0",)),
    Axis(name="isa", values=("avx", "avx2")),
    Axis(name="GGML_LLAMAFILE", values=("ON",)),
)
ENTRIES, CELLS = lay_grid(AXES, ())
RUN = "20260101T000000Z-f24588a2-abcdef01"


def sweep(cells: tuple[Cell, ...] = CELLS, **changes: object) -> Sweep:
    entries = (ENTRIES[0].replace(run=RUN), *ENTRIES[1:])
    made = field.sweep(AXES).replace(
        id=f"20260101T000000Z-{sum_up(AXES, cells)}", repetitions=2, entries=entries, cells=cells
    )
    return made.replace(**changes)


def run(**changes: object) -> Run:
    """Return the run of the first config."""
    settings = layer_settings(file={}, file_name="", environ={}, flags={"isa": "avx", "define": ["GGML_LLAMAFILE=ON"]})
    suite = factory.suite().replace(cases=list_entry_cases(sweep(), 0))
    made = factory.run().replace(sweep=sweep().id, suite=suite, settings=settings.describe())
    return made.replace(**changes)


def test_a_sweep_as_it_was_written_has_no_flaw() -> None:
    assert not find_sweep_flaw(sweep())
    assert not find_stranger(sweep(), 0, run())
    assert len(list_entry_cases(sweep(), 0)) == 2, "a type of weights that does not fit tiny is no case"


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        (sweep(node="../../outside"), "not the name of a folder"),
        (sweep(node=""), "not the name of a folder"),
        (sweep(id="../20260101T000000Z-12345678"), "not the id of a run or a sweep"),
        (sweep(entries=(ENTRIES[0].replace(run="../../x"),)), "not the id of a run or a sweep"),
        (sweep(entries=(ENTRIES[0].replace(run="latest"),)), "not the id of a run or a sweep"),
        (sweep(id="20260101T000000Z-12345678"), "its axes and cells do not match its id"),
        (sweep().replace(cells=CELLS[:1]), "its axes and cells do not match its id"),
        (sweep(axes=AXES[:3]), "its axes and cells do not match its id"),
        (sweep(()), "0 cells"),
        (sweep(repetitions=0), "0 repetitions"),
        (sweep((CELLS[0].replace(entry=-1),)), "does not fit"),
        (sweep((CELLS[0].replace(entry=99),)), "does not fit"),
        (sweep((CELLS[0].replace(entry=1),)), "does not fit"),
        (sweep((CELLS[0].replace(case=Case.of("whisper", model="tiny", threads=4, fa=0)),)), "does not fit"),
        (sweep((CELLS[0].replace(reason="not today"),)), "does not fit"),
        (sweep((CELLS[0].replace(values=CELLS[0].values[:-1]),)), "does not fit"),
        (sweep((CELLS[0].replace(values=()),)), "does not fit"),
        (sweep(entries=(ENTRIES[0].replace(values=()), *ENTRIES[1:])), "does not fit"),
    ],
)
def test_what_was_edited_is_found(changed: Sweep, shown: str) -> None:
    assert shown in find_sweep_flaw(changed)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"id": "20260101T000000Z-f24588a2-00000000"}, "its record has the id"),
        ({"sweep": ""}, "it belongs to no sweep"),
        ({"sweep": "20260101T000000Z-00000000"}, "it belongs to the sweep"),
        ({"node": factory.node().replace(name="node-2")}, "it was measured on node-2"),
        ({"suite": factory.suite()}, "other cases"),
        ({"suite": run().suite.replace(repetitions=1)}, "1 repetitions"),
        ({"suite": run().suite.replace(seed=7)}, "its seed is 7"),
        ({"settings": ()}, "not measured with isa=avx"),
        ({"settings": tuple(one for one in run().settings if one.name != "define")}, "with GGML_LLAMAFILE=ON"),
    ],
)
def test_the_run_of_something_else_is_found(changes: dict[str, object], shown: str) -> None:
    assert shown in find_stranger(sweep(), 0, run(**changes))


def test_a_run_is_not_that_of_another_config() -> None:
    other = sweep(entries=tuple(entry.replace(run=RUN) for entry in ENTRIES))
    assert "isa=avx2" in find_stranger(other, 1, run())
