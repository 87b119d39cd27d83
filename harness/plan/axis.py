"""The axes of a sweep, from flags and from the tables of a sweep.toml."""

from collections.abc import Container, Iterable, Mapping, Sequence

from harness.errors import UsageError
from harness.plan.side import KEYS, name_key
from harness.records.suite import Suite
from harness.records.sweep import Axis, Values
from harness.settings.layer import nearest
from harness.settings.value import name_option, split_pair

# The axes of a case, and the settings behind them; all other axes change the binary.
CASE_AXES = {"model": "model", "quant": "quant", "threads": "threads", "fa": "flash_attn"}
BINARY_AXES = {name: setting for name, setting in KEYS.items() if name not in CASE_AXES and name != "weights"}
_KNOWN = {**CASE_AXES, **BINARY_AXES}
# Paths and URLs may contain commas.
_WHOLE = ("repo", "source")

Named = Mapping[str, tuple[str, ...]]


def parse_axes(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the values of each axis in `NAME=V1,V2` words; raises UsageError for a word of another form."""
    named: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, values = split_pair(word) or ("", "")
        parts = tuple(dict.fromkeys(value.strip() for value in values.split(",") if value.strip()))
        if not parts:
            raise UsageError(f"--axis: expected NAME=VALUE,VALUE, not {word!r}", hint="--axis GGML_LLAMAFILE=ON,OFF")
        named[_take_name(name, named)] = parts
    return named


def convert_axes(table: Mapping[str, object], where: str) -> dict[str, tuple[str, ...]]:
    """Return the values of each axis in a table [axes], given as a value or a list; raises UsageError."""
    named: dict[str, tuple[str, ...]] = {}
    for name, raw in table.items():
        values = raw if isinstance(raw, list) else [raw]
        if not values or not all(isinstance(value, str | int) for value in values):
            raise UsageError(f"{where}: axes.{name} is not a list of values", hint=f'{name} = ["VALUE", "VALUE"]')
        named[_take_name(name, named, where)] = tuple(dict.fromkeys(_spell(value) for value in values))
    return named


def convert_excludes(tables: Iterable[Mapping[str, object]], axes: Sequence[Axis], where: str) -> tuple[Values, ...]:
    """Return the excluded combinations; raises UsageError for one that excludes nothing."""
    values = {axis.name: axis.values for axis in axes}
    excludes = []
    for table in tables:
        exclude = tuple((name_option(name) or name_key(name), _spell(value)) for name, value in table.items())
        for name, value in exclude:
            if name not in values:
                raise UsageError(f"{where}: exclude names {name!r}, which is not an axis", hint=nearest(name, values))
            if value not in values[name]:
                cause = f"the values of the axis are {', '.join(values[name])}"
                raise UsageError(f"{where}: exclude has the unknown value {name} = {value!r}", cause=cause)
        excludes.append(exclude)
    return tuple(excludes)


def name_values(named: Named) -> dict[str, str]:
    """Return the values of named axes by the settings behind them; CMake options have no setting."""
    return {_KNOWN[name]: ",".join(words) for name, words in named.items() if name in _KNOWN}


def choose_axes(suite: Suite, kinds: Sequence[str], binary: Mapping[str, str], named: Named) -> tuple[Axis, ...]:
    """Return all axes: model, quant, threads and fa, then settings of the binary, then CMake options.

    `suite` has the models, threads and flash attention, `kinds` are the types of weights, and `binary` has the values
    of each setting of the binary that is given, as written.
    """
    axes = [
        Axis(name="model", values=suite.models),
        Axis(name="quant", values=tuple(dict.fromkeys(kinds))),
        Axis(name="threads", values=tuple(map(str, suite.threads))),
        Axis(name="fa", values=tuple(map(str, suite.flash_attn))),
    ]
    for name, text in binary.items():
        words = [text] if name in _WHOLE else [word.strip() for word in text.split(",") if word.strip()]
        if any(words):
            axes.append(Axis(name=name, values=tuple(dict.fromkeys(words))))
    axes += [Axis(name=name, values=values) for name, values in named.items() if name not in _KNOWN]
    return tuple(axes)


def name_binary(values: Values) -> Values:
    """Return the part of `values` that changes the binary."""
    return tuple((name, value) for name, value in values if name not in CASE_AXES)


def _take_name(key: str, taken: Container[str], where: str = "--axis") -> str:
    """Return the name of an axis, without the type of a CMake option; raises UsageError if unknown or `taken`."""
    name = name_key(key)
    known = name if name in _KNOWN else name_option(name)
    if known in taken:
        raise UsageError(f"{where}: the axis {known} is given twice", hint="give all of its values in one list")
    if known:
        return known
    hint = f"{nearest(name, _KNOWN)} (or a CMake option, in capitals)"
    raise UsageError(f"{where}: unknown axis {name!r}", hint=hint)


def _spell(value: object) -> str:
    """Return a TOML value in the form that a flag has."""
    return str(int(value)) if isinstance(value, bool) else str(value)
