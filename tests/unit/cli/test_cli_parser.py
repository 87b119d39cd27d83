"""The command line: what is understood, and what is said of what is not."""

import re
import shlex

import pytest

from harness.cli.help import HEADINGS
from harness.cli.main import _choose_form
from harness.cli.parser import list_given, parse
from harness.cli.verb import VERBS
from harness.commands.output import OutputForm
from harness.errors import UsageError
from harness.records.exit_code import ExitCode
from harness.records.title import VerbGroup
from harness.settings.layer import Settings, layer_settings
from harness.settings.table import SETTINGS

COLUMNS = 80


def understood(*words: str) -> dict[str, object]:
    return vars(parse(words, VERBS, SETTINGS))


def given(*words: str) -> dict[str, object]:
    return list_given(parse(words, VERBS, SETTINGS))


def layered(
    *, file: dict[str, object] | None = None, environ: dict[str, str] | None = None, **flags: object
) -> Settings:
    return layer_settings(file=file or {}, file_name="harness.toml", environ=environ or {}, flags=flags)


def helped(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        parse(words, VERBS, SETTINGS)
    assert not ended.value.code
    return capsys.readouterr().out


def test_every_setting_stands_under_one_heading() -> None:
    under = [setting.name for settings in HEADINGS.values() for setting in settings]
    assert sorted(under) == sorted(setting.name for setting in SETTINGS)


def test_settings_name_verbs_that_there_are() -> None:
    assert {verb for setting in SETTINGS for verb in setting.commands} <= VERBS.keys()


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_has_the_name_of_its_title(name: str) -> None:
    assert VERBS[name].name == name


@pytest.mark.parametrize("name", VERBS)
def test_help_has_headings_then_examples_and_nothing_wraps(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = helped(capsys, name, "--help")
    assert [line for line in text.splitlines() if len(line) >= COLUMNS and " " in line.strip()] == []
    assert text.startswith(f"usage: harness {name}")
    verb = VERBS[name]
    assert verb.examples
    _, found, examples = text.rpartition("\nexamples:\n")
    assert found
    assert all(command in examples for command, _ in verb.examples)
    if verb.first:
        first = text.index("most used:")
        others = [text.index(f"\n{heading}:") for heading in HEADINGS if f"\n{heading}:" in text]
        assert first < min(others)
    reads = any(name in setting.commands for setting in SETTINGS)
    assert ("--config" in text) is ("HARNESS_*" in text) is reads, "a verb without settings takes no file of them"


def test_ten_options_of_run_come_first() -> None:
    verb = VERBS["run"]
    assert len(verb.first) + len(verb.arguments) == 10


@pytest.mark.parametrize(
    "command", [command for verb in VERBS.values() for command, _ in verb.examples if "<(" not in command]
)
def test_examples_are_understood(command: str) -> None:
    words = shlex.split(command.partition(" > ")[0])
    assert words[0] == "harness"
    understood(*words[1:])


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_without_a_verb_all_verbs_are_named_in_groups(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    text = helped(capsys, *words)
    places = [text.index(f"\n{group}:\n") for group in VerbGroup]
    assert places == sorted(places)
    assert all(re.search(rf"^  {name} +\S", text, re.MULTILINE) for name in VERBS)
    assert max(map(len, text.splitlines())) < COLUMNS
    listed = " ".join(text.partition("\nexit codes:\n")[2].split())
    assert listed == " ".join(f"{code.value} {code.meaning}" for code in ExitCode)


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (("rnu",), "unknown command 'rnu'", "did you mean harness run"),
        (("runs",), "unknown command 'runs'", "harness list"),
        (("roof",), "unknown command 'roof'", "harness roofline"),
        (("zzz",), "unknown command 'zzz'", "harness --help"),
        (("--verbose", "run"), "--verbose comes before the command", "harness run --verbose"),
        (("--verbose",), "--verbose comes before the command", "harness COMMAND --verbose"),
        (("run", "--modle", "tiny"), "unknown option --modle", "did you mean --model"),
        (("run", "--no-test"), "unknown option --no-test", "--no-tests"),
        (("run", "--across", "node"), "--across is not an option of harness run", "harness compare"),
        (("run", "--zzz"), "unknown option --zzz", "harness run --help"),
        (("run", "tiny"), "unexpected argument 'tiny'", "harness run --help"),
        (("run", "--threads"), "--threads needs a value", "harness run --help"),
        (("run", "--dry-run=yes"), "--dry-run takes no value", "--dry-run alone"),
        (("run", "--node", "a"), "--node is no longer an option", "--as-node NAME"),
        (("run", "--no-roof"), "--no-roof is no longer an option", "--no-roofline"),
        (("ab", "--builds", "3"), "--builds is no longer an option", "--relink"),
        (("report", "latest", "--json"), "--json is not an option of harness report", "--format json"),
        (("schema", "--json"), "--json is not an option of harness schema", "harness schema --help"),
        (("show",), "RUN is missing", "harness show --help"),
        (("list", "--limit", "0"), "--limit: expected a whole number above 0, not '0'", "--limit 10"),
        (("list", "--limit", "3", "--all"), "--all and --limit cannot be used together", "leave out --all"),
        (("cache", "purge"), "expected prune, not 'purge'", "harness cache prune"),
        (("fleet", "nothing"), "'nothing' is not one of", "harness fleet plan"),
        (("tune", "--for", "latancy"), "'latancy' is not one of", "did you mean latency"),
        (("report", "latest", "--format", "jnit"), "'jnit' is not one of", "junit"),
    ],
)
def test_what_is_not_understood_says_what_to_try(words: tuple[str, ...], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        understood(*words)
    assert what in refused.value.what
    assert hint in refused.value.hint
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), None),
        (("--no-tests",), False),
        (("--tests",), True),
        (("--no-tests", "--tests"), True),
        (("--tests", "--no-tests"), False),
    ],
)
def test_a_switch_has_two_options_and_the_last_one_counts(words: tuple[str, ...], expected: object) -> None:
    assert understood("run", *words)["tests"] is expected


def test_switches_of_a_verb_have_two_options_too() -> None:
    assert given("tune")["write"] is True
    assert given("tune", "--no-write")["write"] is False
    assert given("list", "--all")["all"] is True


def test_json_is_short_for_a_format() -> None:
    assert understood("run", "--json")["format"] == understood("run", "--format", "json")["format"] == "json"
    assert understood("run", "--json", "--format", "text")["format"] == "text"


@pytest.mark.parametrize(
    ("verb", "word", "expected"),
    [
        ("run", "json", OutputForm.JSON),
        ("sweep", "csv", OutputForm.CSV),
        ("compare", "markdown", OutputForm.MARKDOWN),
        ("report", "json", OutputForm.TEXT),
        ("schema", "nonsense", OutputForm.TEXT),
    ],
)
def test_a_verb_prints_in_the_forms_that_it_has(verb: str, word: str, expected: OutputForm) -> None:
    assert _choose_form(layered(format=word), VERBS[verb]) is expected


@pytest.mark.parametrize(
    ("verb", "word", "expected"),
    [("run", "csv", OutputForm.TEXT), ("show", "csv", OutputForm.CSV), ("run", "json", OutputForm.JSON)],
)
def test_a_form_of_a_file_or_a_variable_holds_for_the_verbs_that_have_it(
    verb: str, word: str, expected: OutputForm
) -> None:
    assert _choose_form(layered(file={"format": word}), VERBS[verb]) is expected
    assert _choose_form(layered(environ={"HARNESS_FORMAT": word}), VERBS[verb]) is expected
    with pytest.raises(UsageError, match="unknown format 'yaml'"):
        _choose_form(layered(file={"format": "yaml"}), VERBS[verb])


@pytest.mark.parametrize(("verb", "word"), [("run", "csv"), ("compare", "csv"), ("show", "yaml")])
def test_a_form_that_a_verb_does_not_have_is_refused_with_those_that_it_has(verb: str, word: str) -> None:
    with pytest.raises(UsageError) as refused:
        _choose_form(layered(format=word), VERBS[verb])
    assert "text" in refused.value.hint


@pytest.mark.parametrize(
    ("words", "key", "expected"),
    [
        (("ab", "HEAD", "--model", "tiny", "."), "side", ["HEAD", "."]),
        (("ab", "--model", "tiny", "HEAD", "."), "side", ["HEAD", "."]),
        (("show", "a", "--json", "b"), "run", ["a", "b"]),
        (("sweep", "--threads", "1,2", "x.toml"), "file", "x.toml"),
        (("cache", "--older", "30d", "prune"), "action", "prune"),
        (("run", "--resume"), "resume", ""),
        (("run", "--resume", "2026"), "resume", "2026"),
        (("run",), "resume", None),
        (("compare", "--baseline", "a", "b", "--contender", "c"), "baseline", ["a", "b"]),
        (("compare", "--across", "node", "--across", "code,pin"), "across", ["node", "code,pin"]),
        (("list", "--limit", "3"), "limit", 3),
        (("show", "latest"), "value", "encode"),
    ],
)
def test_words_may_stand_around_options(words: tuple[str, ...], key: str, expected: object) -> None:
    assert given(*words)[key] == expected


def test_the_home_folder_stands_for_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert given("report", "latest", "-o", "~/x.csv")["output"] == "/home/me/x.csv"
    assert given("compare", "~/a,~/b", "c")["side"] == ["/home/me/a,/home/me/b", "c"]
