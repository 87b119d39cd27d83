"""Records that are of another schema, broken, or edited by hand."""

from collections.abc import Iterator

from tests.faults.deed import Begun, Edit
from tests.faults.fault import PASSED, Family, Fault, Seen, refuses

_BROKEN = {
    "empty": "",
    "null": "null",
    "list": "[]",
    "cut": '{"schema": 2, "id": "x',
    "garbage": "\udcff\udcfe",
    "deep": "[" * 100_000,
    "deep-objects": '{"a":' * 100_000,
    "number": "1e999",
    "twice": '{"schema": 2}{"schema": 2}',
}
_VALUES = {
    "zero": "0",
    "negative": "-1",
    "tiny": "1e-320",
    "huge": "1e308",
    "infinite": "1e999",
    "nan": "NaN",
    "null": "null",
    "text": '"fast"',
    "true": "true",
}
_CHANGES: dict[str, tuple[tuple[str, object], ...]] = {
    "schema-newer": (("schema", 99),),
    "schema-none": (("schema", None),),
    "schema-negative": (("schema", -1),),
    "schema-text": (("schema", "2"),),
    "results-none": (("results", None),),
    "results-empty": (("results", []),),
    "node-text": (("node", "x"),),
    "field-unknown": (("surprise", 1),),
    "start-nonsense": (("start", "yesterday"),),
    "start-empty": (("start", ""),),
    "id-elsewhere": (("id", "../../../etc/passwd"),),
    "wall-negative": (("wall_s", -1e300),),
    "settings-odd": (("settings", [{"name": "x", "value": "\u202e\u0000\u001b[2J", "origin": "flag"}]),),
    "environment-odd": (("environment", [["A\u0000", "\ud7ff"]]),),
}
_VERBS = {
    "list": ("list",),
    "show": ("show", "all"),
    "report": ("report", "all"),
    "report-full": ("report", "all", "--format", "issue89-full"),
    "compare": ("compare", "all", "latest"),
}


def _edited(name: str, what: str, verb: str, edit: Edit, codes: tuple[int, ...], *, sample: bool = False) -> Fault:
    return Fault(
        family=Family.RECORD,
        name=f"{verb}-{name}",
        where=f"a copy of a finished run, as `{verb}` reads it",
        what=what,
        deeds=(edit,),
        seen=Seen(codes=codes),
        words=_VERBS[verb],
        sample=sample,
    )


def _stored() -> Iterator[Fault]:
    codes: tuple[int, ...]
    for verb in _VERBS:
        for name, text in _BROKEN.items() if verb in ("list", "show") else ():
            yield _edited(
                f"broken-{name}",
                f"run.json is {text[:20]!r}",
                verb,
                Edit(text=text),
                (5,),
                sample=(verb, name) == ("list", "deep"),
            )
        for name, value in _VALUES.items():
            codes = (5,) if name in ("nan", "null", "text", "true") else (0, 2, 5, 20, 21)
            yield _edited(
                f"value-{name}",
                f"every value is {value}",
                verb,
                Edit(value=value),
                (0, *codes) if verb == "list" else codes,
                sample=(verb, name) == ("compare", "zero"),
            )
        for name, changes in _CHANGES.items() if verb in ("list", "show", "report-full") else ():
            codes = (5,) if name.startswith(("schema", "results-none", "node", "field")) else (0, 2, 5)
            yield _edited(
                name,
                f"{changes[0][0]} is {changes[0][1]!r}",
                verb,
                Edit(changes=changes),
                (0, *codes) if verb == "list" else codes,
            )
        for name in ("logs", "README.md", "run.json"):
            codes = (0, 2, 3, 5) if name != "run.json" else (0, 2, 5)
            yield _edited(f"without-{name}", f"{name} is gone", verb, Edit(name=name), codes)


# What was removed from it is nothing that the harness could tidy up, or should.
HOPELESS = Seen(codes=(2, 5), keeps=("*.partial",))
_LOGS = {"targets": "logs/targets_release.log", "dialect": "logs/dialect.log", "all": "logs/*"}


_NAMED = ("run", "--resume", "2")


def _begun(name: str, what: str, deed: Begun, seen: Seen, *, sample: bool = False) -> Fault:
    """Return a fault of an unfinished run; where none is named, what cannot be read is passed over."""
    return Fault(
        family=Family.RECORD,
        name=f"resume-{name}",
        where="an unfinished run",
        what=what,
        deeds=(deed,),
        seen=seen,
        words=_NAMED if 5 in seen.codes and seen is not HOPELESS else ("run", "--resume"),
        sample=sample,
    )


def _unfinished() -> Iterator[Fault]:
    for name, text in _BROKEN.items():
        for file in ("run.json", "plan.json"):
            yield _begun(
                f"{file}-{name}",
                f"{file} is {text[:20]!r}",
                Begun(edits=((file, text),)),
                Seen(codes=(5,), says=(file,)),
            )
    for name, changes in _CHANGES.items():
        if name.startswith("schema"):
            yield _begun(name, f"its schema is {changes[0][1]!r}", Begun(changes=changes), Seen(codes=(5,)))
    passed_over = refuses(2, "ignored", "list --unfinished --remove")
    for file in ("run.json", "plan.json"):
        yield _begun(f"{file}-bare", f"{file} is cut, and no run is named", Begun(edits=((file, "{"),)), passed_over)
    yield _begun("schema-bare", "its schema is 99, and no run is named", Begun(changes=(("schema", 99),)), passed_over)
    for name, pattern in _LOGS.items():
        yield _begun(
            f"without-{name}",
            f"{pattern} is gone",
            Begun(edits=((pattern, None),)),
            Seen(status=PASSED),
            sample=name == "targets",
        )
        yield _begun(f"empty-{name}", f"{pattern} is empty", Begun(edits=((pattern, ""),)), Seen(status=PASSED))
    yield _begun("without-run", "run.json is gone", Begun(edits=(("run.json", None),)), HOPELESS)
    yield _begun("without-plan", "plan.json is gone", Begun(edits=(("plan.json", None),)), HOPELESS)
    yield _begun("results-empty", "its results were removed", Begun(changes=(("results", []),)), Seen(status=PASSED))
    yield _begun(
        "plan-of-nothing",
        "its plan has no steps",
        Begun(edits=(("plan.json", '{"sites": [], "steps": []}'),)),
        Seen(codes=(0, 2, 5, 12)),
    )
    step = (
        '{"name":"a","title":"a","phase":"bench","argv":["true"],"cwd":"/","log":"a.log","timeout_s":1,'
        '"needs":["nobody"]}'
    )
    yield _begun(
        "plan-needs-nobody",
        "a step needs one that is not there",
        Begun(edits=(("plan.json", f'{{"sites": [], "steps": [{step}]}}'),)),
        Seen(codes=(5,)),
    )
    other = step.replace('"needs":["nobody"]', '"needs":["a"]')
    yield _begun(
        "plan-in-a-circle",
        "a step needs itself",
        Begun(edits=(("plan.json", f'{{"sites": [], "steps": [{other}]}}'),)),
        Seen(codes=(0, 5, 12)),
    )
    away = step.replace('"log":"a.log"', '"log":"../../../../evil.log"').replace('"needs":["nobody"]', '"needs":[]')
    yield _begun(
        "plan-log-elsewhere",
        "a step's log leads out of the bundle",
        Begun(edits=(("plan.json", f'{{"sites": [], "steps": [{away}]}}'),)),
        Seen(codes=(5,)),
    )
    yield _begun("two", "there are two of them", Begun(twice=True), Seen(status=PASSED))


FAULTS = (*_stored(), *_unfinished())
