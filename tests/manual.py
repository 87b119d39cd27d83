"""What the reference pages take from the code: settings, commands, exit codes, and the fields of run.json."""

import inspect
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from harness.cli.help import HEADINGS, render_usage
from harness.cli.verb import VERBS
from harness.commands.result_kind import RESULTS
from harness.commands.verb import Argument, ArgumentKind, Verb
from harness.records.caveat import CaveatCode
from harness.records.exit_code import ExitCode
from harness.records.outcome import Cause
from harness.records.run import Run
from harness.records.title import TITLES, VerbGroup
from harness.settings.setting import Setting, SettingKind
from harness.settings.table import SETTINGS

_KINDS = {
    SettingKind.TEXT: "text",
    SettingKind.INTEGER: "a whole number",
    SettingKind.SECONDS: "a duration",
    SettingKind.PERCENT: "a percentage",
    SettingKind.FLAG: "a switch",
    SettingKind.LIST: "a list",
    SettingKind.DEFINES: "can be repeated",
}
_FORMS = {ArgumentKind.MAYBE: "{} [{}]", ArgumentKind.ANY: "{} {}...", ArgumentKind.SOME: "{} {}..."}


def escape(text: str) -> str:
    """Return a text for a cell: no column ends in it, and <node> outside of backticks is no HTML."""
    parts = re.sub(r"(?<!\\)\|", r"\\|", text).split("`")
    return "`".join(part.replace("<", r"\<") if index % 2 == 0 else part for index, part in enumerate(parts))


def _render_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |\n" for cells in rows]
    return f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n{''.join(lines)}" if lines else ""


def render_settings() -> str:
    """Return the settings under their headings."""
    parts: list[str] = []
    for heading, members in HEADINGS.items():
        parts.append(f"\n## {heading[0].upper()}{heading[1:]}\n")
        parts += [_render_setting(setting) for setting in members]
    return "".join(parts)


def _render_setting(setting: Setting) -> str:
    shown = setting.opposite if setting.kind is SettingKind.FLAG and setting.default else setting.flag
    value = "" if setting.kind is SettingKind.FLAG else f" {setting.metavar}"
    options = [f"`{word}{value}`" for word in dict.fromkeys([shown, *setting.flags])]
    keys = [f"`{word}`" for word in (setting.name, setting.alias) if word]
    rows = (
        ("options", ", ".join(options)),
        ("key", ", ".join(keys)),
        ("variable", ", ".join(f"`{word}`" for word in setting.variables)),
        ("value", f"{_KINDS[setting.kind]}{_spell_default(setting)}"),
        ("commands", _list_verbs(setting)),
    )
    table = _render_table(("", ""), [(name, text.replace("|", r"\|")) for name, text in rows])
    return f"\n### {setting.flag}\n\n{_sentence(setting.help)}\n\n{table}"


def _spell_default(setting: Setting) -> str:
    """Return the default as harness.toml spells it; what happens without a value is said by the help."""
    value: object = setting.default
    if isinstance(value, float):
        value = f"{value:.0%}" if setting.kind is SettingKind.PERCENT else _spell_seconds(int(value))
    return f"; default: `{json.dumps(value)}`" if setting.default not in ("", (), 0) or value is False else ""


def _spell_seconds(seconds: int) -> str:
    return f"{seconds // 3600}h" if seconds % 3600 == 0 else f"{seconds // 60}m"


def _list_verbs(setting: Setting) -> str:
    return ", ".join(f"[{name}](commands.md#{name})" for name in TITLES if name in setting.commands)


def _sentence(text: str) -> str:
    text = text.replace("%%", "%").strip()
    return escape(f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", ":")) else "."))


def render_commands() -> str:
    """Return the commands in their groups."""
    parts: list[str] = []
    for group in VerbGroup:
        mine = [title.name for title in TITLES.values() if title.group is group]
        rows = [(f"[{name}](#{name})", TITLES[name].summary) for name in mine]
        parts.append(f"\n## {group[0].upper()}{group[1:]}\n\n{_render_table(('command', 'what it does'), rows)}")
        parts += [_render_verb(VERBS[name]) for name in mine]
    return "".join(parts)


def _render_verb(verb: Verb) -> str:
    rows = [(_name_argument(one), _describe_argument(one)) for one in verb.arguments if not one.hidden]
    parts = [
        f"### {verb.name}\n\n{_sentence(verb.summary)}\n\n```text\n{render_usage(verb)}\n```\n",
        _render_table(("argument", "what it does"), rows),
        _render_details(verb.details),
        "".join(f"- {line}\n" for line in _list_settings(verb)),
        _render_examples(verb.examples),
    ]
    return "".join(f"\n{part}" for part in parts if part)


def _name_argument(argument: Argument) -> str:
    value = argument.metavar or "|".join(argument.choices)
    if not argument.name.startswith("-"):
        words = [f"{value}..." if argument.takes in (ArgumentKind.ANY, ArgumentKind.SOME) else value]
    elif argument.takes is ArgumentKind.SWITCH:
        words = [f"--no-{argument.name.removeprefix('--')}" if argument.on else argument.name]
    else:
        form = _FORMS.get(argument.takes, "{} {}")
        words = [form.format(word, value) for word in (argument.name, argument.short) if word]
    return ", ".join(f"`{word}`" for word in words).replace("|", r"\|")


def _describe_argument(argument: Argument) -> str:
    text = escape(argument.help.replace("%%", "%"))
    missing = [f"`{word}`" for word in map(str, argument.choices) if word not in argument.help + argument.metavar]
    choices = f" ({', '.join(missing)})" if missing and len(missing) == len(argument.choices) else ""
    default = f" (default: {argument.default})" if argument.default and "default" not in argument.help else ""
    return f"{text}{choices}{default}"


def _render_details(text: str) -> str:
    """Return what stands below the options in the help: lines that are put in columns keep them."""
    if "\n" in text.strip():
        return f"```text\n{text.strip()}\n```\n"
    return f"{escape(text)}\n" if text else ""


def _render_examples(examples: Sequence[tuple[str, str]]) -> str:
    width = max((len(command) for command, _ in examples), default=0)
    lines = [f"{command:<{width}}  # {means}\n" for command, means in examples]
    return f"```sh\n{''.join(lines)}```\n" if lines else ""


def _list_settings(verb: Verb) -> Iterator[str]:
    mine = {setting.name: setting for setting in SETTINGS if verb.name in setting.commands}
    first = [mine.pop(name) for name in verb.first]
    if first:
        yield f"most used settings: {_link_settings(first)}"
    for heading, members in HEADINGS.items():
        if found := [setting for setting in members if setting.name in mine]:
            yield f"{heading}: {_link_settings(found)}"


def _link_settings(settings: Iterable[Setting]) -> str:
    return ", ".join(f"[`{one.flag}`](settings.md#{one.flag})" for one in settings)


def render_exit_codes() -> str:
    """Return the table of exit codes."""
    rows = [(str(int(one)), f"`{one.word}`", escape(one.meaning)) for one in ExitCode]
    return f"\n{_render_table(('code', 'word', 'meaning'), rows)}"


def render_results() -> str:
    """Return what the result of each verb can be, in the document that `--json` prints."""
    rows = (
        (f"`{verb}`", f"`{one.__name__}`", escape((one.__doc__ or "").partition("\n")[0]))
        for verb, kinds in RESULTS.items()
        for one in kinds
    )
    return "\n" + _render_table(("verb", "record", "what it is"), rows)


def render_run_json() -> str:
    """Return the records that run.json is made of, each with its fields."""
    records = msgspec.json.schema(Run)["$defs"]
    return "\n## Records\n\n" + "\n".join(_render_record(name, records) for name in records)


def _render_record(name: str, records: dict[str, Any]) -> str:
    record = records[name]
    about = f"### {name}\n\n{_describe_record(record)}\n"
    if name in (CaveatCode.__name__, Cause.__name__):
        return f"{about}\nThe codes and what they mean: [caveats and causes of failure](caveats.md).\n"
    if "enum" in record:
        return f"{about}\nOne of {', '.join(f'`{json.dumps(value)}`' for value in record['enum'])}.\n"
    required = record.get("required", ())
    rows = [
        (f"`{field}`", _name_type(kind), "" if field in required else f"`{json.dumps(kind.get('default'))}`")
        for field, kind in record["properties"].items()
    ]
    return f"{about}\n{_render_table(('field', 'value', 'if it is missing'), rows)}"


def _describe_record(record: dict[str, Any]) -> str:
    paragraphs = inspect.cleandoc(record.get("description", "")).split("\n\n")
    return escape("\n\n".join(" ".join(part.split()) for part in paragraphs)).replace(r"\|", "|")


def _name_type(kind: dict[str, Any]) -> str:
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in kind:
        return " or ".join(map(_name_type, kind["anyOf"]))
    if "prefixItems" in kind:
        return f"[{', '.join(map(_name_type, kind['prefixItems']))}]"
    if kind.get("type") == "array":
        return f"list of {_name_type(kind['items'])}"
    return {"string": "text", "boolean": "true or false"}.get(kind.get("type", ""), str(kind.get("type", "any")))
