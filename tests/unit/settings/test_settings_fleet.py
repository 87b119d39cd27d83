"""Settings of the jobs of a fleet: as words, as options of a command, and as values again."""

import pytest

from harness.cli.parser import parse
from harness.cli.verb import VERBS
from harness.errors import UsageError
from harness.settings.fleet import (
    JOB_VERBS,
    choose_job_settings,
    read_job_settings,
    spell_job_settings,
    value_job_settings,
)
from harness.settings.layer import layer_settings
from harness.settings.setting import SettingKind
from harness.settings.table import BY_NAME, SETTINGS

EXAMPLES: dict[SettingKind, object] = {
    SettingKind.TEXT: "-x y",
    SettingKind.INTEGER: 3,
    SettingKind.SECONDS: "90m",
    SettingKind.PERCENT: "2%",
    SettingKind.FLAG: False,
    SettingKind.LIST: ["a", "b c"],
    SettingKind.DEFINES: ["GGML_LTO=ON", "A_B=c d"],
}


@pytest.mark.parametrize("verb", JOB_VERBS)
def test_every_setting_of_a_job_comes_back_from_its_command(verb: str) -> None:
    """What a table says is what the command on the node understands."""
    for setting in SETTINGS:
        if verb not in setting.commands:
            continue
        try:
            found = read_job_settings({setting.name: EXAMPLES[setting.kind]}, "x", verb)
        except UsageError as error:
            assert "a job cannot have the setting" in str(error)
            continue
        words = spell_job_settings(choose_job_settings([found], verb))
        arguments = parse([verb, *words], VERBS, SETTINGS)
        flags = {one.name: getattr(arguments, one.name, None) for one in SETTINGS}
        asked = layer_settings(file={}, file_name="", environ={}, flags=flags)
        table = layer_settings(file={setting.name: EXAMPLES[setting.kind]}, file_name="", environ={}, flags={})
        value = {one.name: one.value for one in asked.describe()}[setting.name]
        assert value == {one.name: one.value for one in table.describe()}[setting.name], words
        again = table.override(value_job_settings(found.items()), "x")
        assert {one.name: one.value for one in again.describe()}[setting.name] == value


def test_a_later_table_wins_and_each_verb_takes_its_own() -> None:
    tables = [read_job_settings({"model": "tiny", "pairs": 3}, "x"), read_job_settings({"model": ["base"]}, "x")]
    assert choose_job_settings(tables, "nightly") == (("model", ("base",)), ("pairs", ("3",)))
    assert choose_job_settings(tables, "run") == (("model", ("base",)),)


@pytest.mark.parametrize("name", ["as_node", "cache", "database", "dry_run", "format", "job", "notify", "results"])
def test_what_the_fleet_gives_is_refused(name: str) -> None:
    assert name in BY_NAME
    with pytest.raises(UsageError, match=f"a job cannot have the setting {name}"):
        read_job_settings({name: "x"}, "fleet.toml, line 3", "nightly")


def test_of_several_jobs_one_must_take_a_setting() -> None:
    assert read_job_settings({"branch": "main"}, "x") == {"branch": ("main",)}
    with pytest.raises(UsageError, match="harness run or harness nightly or harness sweep takes no setting over"):
        read_job_settings({"over": "threads"}, "x")
