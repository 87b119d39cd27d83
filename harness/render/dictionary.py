"""All words that the harness prints, with what they mean: found by name, by label or by kind."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.records import advice
from harness.records.bisection import BisectVerdict
from harness.records.caveat import CaveatCode
from harness.records.comparison import CounterSign, Verdict
from harness.records.condition import FindingStatus
from harness.records.exit_code import ExitCode
from harness.records.explanation import Explanation, WordCount, WordKind
from harness.records.fleet import JobState
from harness.records.glossary import WORDS
from harness.records.history import EventKind, SeriesStatus
from harness.records.measurement import METRICS
from harness.records.night import DoneStatus, QuestionCause, WorkKind
from harness.records.node_health import NodeVerdict
from harness.records.outcome import Cause, Status
from harness.records.purpose import RunPurpose
from harness.records.quality_report import QualitySubject
from harness.records.record import ExplainedWord
from harness.records.share import PrivacyRule
from harness.records.site import SiteState
from harness.records.suite import Benchmark, Engine
from harness.records.title import TITLES
from harness.records.triage import TriageState
from harness.records.trial import TrialEnd
from harness.records.tune import Goal
from harness.records.vocabulary import COLUMNS, METRIC_MEANINGS
from harness.records.weights import WeightsKind
from harness.records.witness import Stance
from harness.settings.name import PREFIX
from harness.settings.setting import Setting, SettingKind
from harness.settings.table import SETTINGS

# What each enumeration is about, in the order in which its words are listed.
ENUMERATIONS: tuple[tuple[type[ExplainedWord], WordKind, str, Mapping[Any, str]], ...] = (
    (CaveatCode, WordKind.CAVEATS, "caveat", advice.OF_CAVEAT),
    (Cause, WordKind.CAUSES, "cause of a failure", advice.OF_CAUSE),
    (Verdict, WordKind.VERDICTS, "verdict of a comparison", advice.OF_VERDICT),
    (CounterSign, WordKind.COUNTERS, "what time and instructions of a call say together", advice.OF_COUNTERS),
    (QualitySubject, WordKind.VERDICTS, "what the text of two sides is compared by", {}),
    (BisectVerdict, WordKind.VERDICTS, "answer of a bisection", advice.OF_BISECTION),
    (EventKind, WordKind.EVENTS, "event on a node", advice.OF_EVENT),
    (Status, WordKind.STATUSES, "status of a run, a step or a test", advice.OF_STATUS),
    (SeriesStatus, WordKind.STATUSES, "status of a series", advice.OF_SERIES),
    (SiteState, WordKind.STATUSES, "state of a series on pages", {}),
    (FindingStatus, WordKind.STATUSES, "finding of harness doctor", advice.OF_FINDING),
    (TrialEnd, WordKind.STATUSES, "why a trial ended", {}),
    (JobState, WordKind.JOBS, "state of a job of a fleet", advice.OF_JOB),
    (NodeVerdict, WordKind.HEALTH, "health of a node", advice.OF_NODE),
    (Stance, WordKind.HEALTH, "what a node says about an event", {}),
    (WorkKind, WordKind.WORK, "work of a night", {}),
    (QuestionCause, WordKind.WORK, "why a night compares two commits", {}),
    (DoneStatus, WordKind.WORK, "what came of a night's work", advice.OF_DONE),
    (RunPurpose, WordKind.PURPOSES, "purpose of a run", {}),
    (TriageState, WordKind.TRIAGE, "triage of an event", {}),
    (PrivacyRule, WordKind.SHARED, "reason to replace a word in what is shared", {}),
    (Benchmark, WordKind.CHOICES, "benchmark", {}),
    (Engine, WordKind.CHOICES, "engine", {}),
    (Goal, WordKind.CHOICES, "goal of harness tune", {}),
    (WeightsKind, WordKind.CHOICES, "kind of weights", {}),
)
_PAGE = re.compile(r"docs/[\w/-]+\.md")
# The names of classes, and a page, at the end of a meaning in the glossary.
_ASIDE = re.compile(r" \(((?:`[A-Z]\w+`|docs/[\w/-]+\.md)(?:[,;] )?)+\)")


@functools.cache
def list_explanations() -> tuple[Explanation, ...]:
    """Return what every word means, kind by kind."""
    found = (
        *_list_enumerations(),
        *_list_metrics(),
        *_list_columns(),
        *_list_codes(),
        *_list_commands(),
        *_list_words(),
    )
    order = list(WordKind)
    return tuple(sorted((*found, *map(explain_setting, SETTINGS)), key=lambda one: order.index(one.kind)))


def list_kinds() -> tuple[WordCount, ...]:
    """Return all kinds of words, with the number of words that each has."""
    kinds = [one.kind for one in list_explanations()]
    return tuple(WordCount(kind=kind, meaning=kind.meaning, words=kinds.count(kind)) for kind in WordKind)


def list_names() -> tuple[str, ...]:
    """Return the words that a shell offers: each kind, and each word as it is printed."""
    words = (one.word for one in list_explanations() if not re.search(r"[^\w.-]", one.word))
    return tuple(dict.fromkeys([*map(str, WordKind), *words]))


def find_explanations(word: str) -> tuple[Explanation, ...]:
    """Return all meanings of a word, or all words of a kind; case, brackets and leading dashes do not matter."""
    wanted = normalise(word)
    if word.startswith(("-", PREFIX)):
        return tuple(one for one in _look_up(wanted) if one.kind is WordKind.SETTINGS)
    kind = next((kind for kind in WordKind if kind in (wanted, f"{wanted}s")), None)
    if kind and (kind == wanted or not _look_up(wanted)):
        return (*_look_up(wanted), *(one for one in list_explanations() if one.kind is kind))
    return next(filter(None, (_look_up(name) for name in (wanted, wanted.removesuffix("s")))), ())


def normalise(word: str) -> str:
    """Return a word in the form in which words are compared."""
    plain = word.strip("[](){}`'\":;,. \t").lstrip("-").lower()
    return re.sub(r"[\s_]+", "-", plain.removeprefix(PREFIX.lower()))


def explain_setting(setting: Setting) -> Explanation:
    """Return what a setting does, where it may be written, and which verbs take it."""
    shown = f"--no-{setting.flag[2:]}" if setting.kind is SettingKind.FLAG and setting.default else setting.flag
    value = f" {setting.metavar}" if setting.metavar else ""
    verbs = ", ".join(setting.commands)
    return Explanation(
        word=shown,
        kind=WordKind.SETTINGS,
        label="setting",
        meaning=f"{_sentence(setting.help)} Write {shown}{value}, or {setting.name} in harness.toml, or set "
        f"{setting.variable}. Verbs: {verbs}.",
        advice=f"harness {setting.commands[0]} --help",
        page=WordKind.SETTINGS.page,
        names=(*setting.flags, setting.opposite, setting.name, *setting.variables),
    )


def _list_enumerations() -> Iterator[Explanation]:
    for words, kind, label, advised in ENUMERATIONS:
        listed = sorted(words) if kind in (WordKind.CAVEATS, WordKind.CAUSES) else words
        for word in listed:
            helps = advised.get(word, "")
            yield Explanation(
                word=word.value,
                kind=kind,
                label=label,
                meaning=word.meaning,
                advice=helps,
                page=kind.page,
                names=(word,),
            )


def _list_metrics() -> Iterator[Explanation]:
    kind = WordKind.METRICS
    for metric in METRICS.values():
        better = "Lower" if metric.lower_is_better else "Higher"
        yield Explanation(
            word=metric.name,
            kind=kind,
            label=f"metric, column {metric.label}, {metric.unit}",
            meaning=f"{_sentence(_plain(METRIC_MEANINGS[metric.name]))} {better} is better.",
            page=kind.page,
            names=(metric.name, metric.label),
        )


def _list_columns() -> Iterator[Explanation]:
    for words, meaning in COLUMNS.items():
        names = tuple(words.split(", "))
        yield Explanation(
            word=names[0],
            kind=WordKind.COLUMNS,
            label="column",
            meaning=_sentence(meaning),
            page=WordKind.COLUMNS.page,
            names=names,
        )


def _list_codes() -> Iterator[Explanation]:
    for code in ExitCode:
        yield Explanation(
            word=str(code.value),
            kind=WordKind.EXIT_CODES,
            label=f"exit code, {code.word}",
            meaning=code.meaning,
            advice=advice.OF_EXIT_CODE.get(code, ""),
            page=WordKind.EXIT_CODES.page,
            names=(str(code.value), f"exit {code.value}", f"exit code {code.value}", code.word),
        )


def _list_commands() -> Iterator[Explanation]:
    for name, title in TITLES.items():
        yield Explanation(
            word=name,
            kind=WordKind.COMMANDS,
            label="command",
            meaning=_sentence(_plain(title.summary)),
            advice=f"harness {name} --help",
            page=WordKind.COMMANDS.page,
            names=(name, f"harness {name}"),
        )


def _list_words() -> Iterator[Explanation]:
    for entry in WORDS:
        pages = _PAGE.findall(entry.meaning)
        yield Explanation(
            word=entry.word,
            kind=WordKind.WORDS,
            label="word of the glossary",
            meaning=_sentence(_plain(entry.meaning)),
            page=pages[0] if pages else WordKind.WORDS.page,
            names=tuple(entry.word.split(", ")),
        )


def _look_up(name: str) -> tuple[Explanation, ...]:
    return tuple(one for one in list_explanations() if name in map(normalise, one.names))


def _plain(text: str) -> str:
    return _ASIDE.sub("", text).replace("`", "")


def _sentence(text: str) -> str:
    """Return a phrase as a sentence: a first word in lower case is made a capital, unless it is a name of code."""
    first = text.split(maxsplit=1)[0]
    begun = text if re.search(r"[A-Z_/=]|^[a-z]+-[a-z]", first) else text[0].upper() + text[1:]
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."
