import importlib
import pkgutil
import shlex

import pytest

import harness.records
from harness.cli.parser import parse
from harness.cli.verb import VERBS
from harness.records import advice
from harness.records.caveat import CaveatCode
from harness.records.explanation import Explanation, WordKind
from harness.records.glossary import WORDS
from harness.records.measurement import METRICS
from harness.records.outcome import Cause
from harness.records.plan import StepQuestion
from harness.records.record import ExplainedWord
from harness.records.title import TITLES
from harness.records.vocabulary import METRIC_MEANINGS
from harness.render.dictionary import ENUMERATIONS, find_explanations, list_explanations, list_kinds, list_names
from harness.render.explanation import render_explanations, render_kinds
from harness.settings.table import SETTINGS

# What a step asks is never printed; and the kinds of words are listed by themselves.
UNPRINTED = {StepQuestion, WordKind}


def of(word: str) -> set[WordKind]:
    return {one.kind for one in find_explanations(word)}


def advise() -> list[tuple[str, str]]:
    tables = [table for name, table in vars(advice).items() if name.startswith("OF_")]
    return sorted({(str(word), command) for table in tables for word, command in table.items()})


def test_every_word_that_has_a_meaning_is_explained() -> None:
    for module in pkgutil.iter_modules(harness.records.__path__):
        importlib.import_module(f"harness.records.{module.name}")
    assert {one[0] for one in ENUMERATIONS} == {*ExplainedWord.__subclasses__()} - UNPRINTED
    for words, kind, _, _ in ENUMERATIONS:
        for word in words:
            assert word.meaning.endswith("."), word
            assert kind in of(word), word
    assert METRICS.keys() == METRIC_MEANINGS.keys()
    assert all(WordKind.SETTINGS in of(one.flag) & of(one.variable) & of(one.name) for one in SETTINGS)
    assert all(WordKind.WORDS in of(one.word.split(", ")[0]) for one in WORDS)


def test_all_lines_fit_eighty_columns_but_commands_which_are_copied() -> None:
    for kind in WordKind:
        assert max(map(len, render_explanations(find_explanations(kind)).splitlines())) <= 80
    lines = render_explanations(()).splitlines()
    for one in list_explanations():
        lines += [line for line in render_explanations([one]).splitlines() if not line.startswith("  try:")]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("[Noisy]", "noisy"),
        ("ENC.", "encode"),
        ("30 s", "window"),
        ("memcpy", "copy_rate"),
        ("exit 20", "20"),
        ("Build-Failed", "10"),
        ("unresolved", "UNRESOLVED"),
        ("--no-tests", "--no-tests"),
        ("--fa", "--flash-attn"),
        ("HARNESS_FA", "--flash-attn"),
        ("flash_attn", "--flash-attn"),
        ("too_few points", "too few points"),
        ("blocks", "block"),
        ("verdict", "verdict"),
        ("exit code", "0"),
        ("ab", "ab"),
        ("harness ab", "ab"),
        ("commands", "run"),
    ],
)
def test_a_word_is_found_as_it_is_printed_or_written(word: str, first: str) -> None:
    assert find_explanations(word)[0].word == first


def test_a_word_with_several_meanings_has_all() -> None:
    assert [one.kind for one in find_explanations("other-build")] == [WordKind.CAVEATS, WordKind.CAUSES]
    text = render_explanations(find_explanations("other-build"))
    assert [line for line in text.splitlines() if line and not line.startswith(" ")] == [
        "other-build - caveat",
        "other-build - cause of a failure",
    ]
    assert of("noisy") == {WordKind.CAVEATS, WordKind.EXIT_CODES, WordKind.HEALTH}
    assert find_explanations("no such word") == ()


def test_a_command_is_explained_by_its_summary_and_its_help() -> None:
    for name, title in TITLES.items():
        mine = next(one for one in find_explanations(name) if one.kind is WordKind.COMMANDS)
        assert mine.advice == f"harness {name} --help"
        assert mine.meaning.lower() == f"{title.summary.replace('`', '')}.".lower()
    assert of("history") == {WordKind.PURPOSES, WordKind.COMMANDS}


def test_a_word_has_its_meaning_what_to_do_and_a_page() -> None:
    one = Explanation(word="w", kind=WordKind.CAVEATS, label="caveat", meaning="It is.", advice="ls", page="docs/x.md")
    assert render_explanations([one]) == "w - caveat\n  It is.\n  try:  ls\n  page: docs/x.md"
    assert render_explanations([one.replace(advice="", page="")]) == "w - caveat\n  It is."


def test_the_words_of_a_kind_are_a_list() -> None:
    text = render_explanations(find_explanations("causes"))
    assert text.startswith("causes: why a step failed\n  assembler")
    assert "try:" not in text
    assert all(f"  {one.value} " in text for one in Cause)


def test_all_kinds_are_counted_and_offered() -> None:
    kinds = list_kinds()
    assert next(one.words for one in kinds if one.kind is WordKind.CAVEATS) == len(CaveatCode)
    assert sum(one.words for one in kinds) == len(list_explanations())
    assert len(render_kinds(kinds).splitlines()) < 24, "it fits a terminal"
    assert {"caveats", "noisy", "UNRESOLVED", "20", "--flash-attn", "encode"} <= {*list_names()}


@pytest.mark.parametrize(("word", "command"), advise())
def test_what_to_do_is_a_command_that_exists(word: str, command: str) -> None:
    words = shlex.split(command.partition("  # ")[0].partition(";")[0])
    if words[0] != "harness":
        assert words[0] in ("git", "free", "ulimit"), word
    elif "--help" not in words:
        assert parse(words[1:], VERBS, SETTINGS).command == words[1]


def test_words_of_two_lists_of_advice_are_never_mixed() -> None:
    tables = {words: table for words, _, _, table in ENUMERATIONS if table}
    assert all(type(word) is words for words, table in tables.items() for word in table)
