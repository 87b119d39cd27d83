"""A run without the words that identify somebody; its numbers, and what they were measured with, stay as they are."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from harness.judge.disguise import Disguise
from harness.judge.privacy import SAMPLE, is_public_commit
from harness.records.condition import Quietness
from harness.records.outcome import StepResult
from harness.records.run import Run, SettingUsed
from harness.records.share import NOWHERE, SHARED, PrivacyRule, PrivateWord
from harness.records.source import Commit
from harness.settings.provenance import is_upstream
from harness.settings.weights_sum import SUM

# Settings whose value is a command or a name of the one who measured; none of them decides what is measured.
_OF_OTHERS = frozenset({"notify", "as_node", "job", "results", "cache", "database", "weights_mirror", "text"})
_NAMED = {"USER": PrivacyRule.USER, "LOGNAME": PrivacyRule.USER}
_BRANCHES = frozenset({"ref", "branch", "anchor"})
# What `--weights` is where it names no file.
_WEIGHTS = frozenset({"", "auto", "official", "synthetic"})
_SWITCH = re.compile(r"[0-9.]*|on|off|true|false|yes|no", re.IGNORECASE)
_NODE_PREFIX, _COMPILERS = "GG_BUILD_", ("GG_BUILD_CC", "GG_BUILD_CXX")
_HEX = re.compile(r"[0-9a-f]{7,40}|v[0-9.]+")
_LEFT_OUT = "(left out)"
# The fields of a case, whose names of recordings are names of files.
_CASE = {"benchmark", "params"}

Words = Mapping[str, PrivateWord]


def disguise_run(run: Run, words: Words, disguise: Disguise) -> Run:
    """Return a run without private words: fields by what they hold, all other texts by the words in them.

    Its id is another one if its config is, because private folders were among its options.
    """
    own = run.replace(
        node=run.node.replace(name=_put(words, run.node.name, disguise)),
        source=run.source.replace(commit=_disguise_commit(run, words, disguise)),
        settings=tuple(_disguise_setting(one, run, words, disguise) for one in run.settings),
        environment=tuple((name, _disguise_variable(name, value, words, disguise)) for name, value in run.environment),
        results=tuple(_disguise_result(one, disguise) for one in run.results),
        discarded=tuple(_disguise_result(one, disguise) for one in run.discarded),
        caveats=tuple(_disguise_programs(one, run, disguise) for one in run.caveats),
        audio=tuple(
            one.replace(name=_put(words, one.name, disguise), text=one.text if one.name == SAMPLE else "")
            for one in run.audio
        ),
        job="",
    )
    cleaned = msgspec.convert(clean_json(msgspec.to_builtins(own), words, disguise), Run)
    old, new = run.config.id, cleaned.config.id
    return cleaned.replace(id=run.id.replace(f"-{old}", f"-{new}", 1)) if old != new else cleaned


def clean_json(value: Any, words: Words, disguise: Disguise) -> Any:
    """Return what JSON holds without private words; names of fields and numbers stay."""
    clean: Callable[[Any], Any] = lambda one: clean_json(one, words, disguise)  # noqa: E731
    if isinstance(value, str):
        return disguise.clean(value)
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == _CASE:
        params = [[name, _put(words, text, disguise) if name == "audio" else text] for name, text in value["params"]]
        return {"benchmark": value["benchmark"], "params": params}
    return {name: clean(one) for name, one in value.items()}


def _put(words: Words, text: str, disguise: Disguise) -> str:
    return disguise.put(words[text]) if text in words else text


def _disguise_commit(run: Run, words: Words, disguise: Disguise) -> Commit:
    commit = run.source.commit
    if is_public_commit(run):
        return commit
    author = _put(words, commit.author, disguise)
    message = PrivateWord(rule=PrivacyRule.COMMIT, word=commit.message, stand_in=_LEFT_OUT)
    return commit.replace(author=author, message=disguise.put(message), repo=_put(words, commit.repo, disguise))


def _disguise_setting(one: SettingUsed, run: Run, words: Words, disguise: Disguise) -> SettingUsed:
    if one.name in _OF_OTHERS:
        return one.replace(value="")
    if one.value in words:
        return one.replace(value=_put(words, one.value, disguise))
    rule, stand_in = _choose_stand_in(one, run, words)
    if stand_in and one.value:
        return one.replace(value=disguise.put(PrivateWord(rule=rule, word=one.value, stand_in=stand_in)))
    return one


def _choose_stand_in(one: SettingUsed, run: Run, words: Words) -> tuple[PrivacyRule, str]:
    """Return what stands for the whole value of a setting, which may be a relative path; empty if it may stay."""
    name, value = one.name, one.value
    if name in _BRANCHES and not (is_public_commit(run) or _HEX.fullmatch(value)):
        return PrivacyRule.COMMIT, "branch"
    if name == "repo" and not is_upstream(value):
        return PrivacyRule.COMMIT, f"https://{NOWHERE}/whisper.cpp"
    if name == "source":
        return PrivacyRule.FOLDER, f"{SHARED}/source"
    if name == "audio" and value != SAMPLE:
        return PrivacyRule.FILE, ",".join(
            words[one.name].stand_in if one.name in words else one.name for one in run.audio
        )
    if name == "weights" and value not in _WEIGHTS and not value.startswith("/"):
        return PrivacyRule.PATH, value.partition("@")[0] if value.startswith(SUM) else f"{SHARED}/weights"
    return PrivacyRule.PATH, ""


def _disguise_variable(name: str, value: str, words: Words, disguise: Disguise) -> str:
    if name in _NAMED and value:
        return disguise.put(PrivateWord(rule=_NAMED[name], word=value, stand_in="somebody"))
    if (
        name.startswith(_NODE_PREFIX) and name not in _COMPILERS and not _SWITCH.fullmatch(value)
    ):  # what somebody says of a node, in any words
        return disguise.put(PrivateWord(rule=PrivacyRule.NODE, word=value, stand_in=_LEFT_OUT))
    return _put(words, value, disguise)


def _disguise_result(result: StepResult, disguise: Disguise) -> StepResult:
    quiet = result.quiet
    return result.replace(quiet=_disguise_quietness(quiet, disguise)) if quiet and quiet.neighbours else result


def _disguise_quietness(quiet: Quietness, disguise: Disguise) -> Quietness:
    """Return it with the names of other programs replaced: what else somebody runs is nobody's business."""
    others = [one.replace(name=_number_program(one.name, disguise)) for one in quiet.neighbours]
    return quiet.replace(neighbours=tuple(others))


def _number_program(name: str, disguise: Disguise) -> str:
    return disguise.assign(PrivacyRule.PROGRAM, name, "program-{}")


def _disguise_programs(caveat: Any, run: Run, disguise: Disguise) -> Any:
    """Return a caveat in which other programs, as `describe_others` names them, have no names."""
    message = caveat.message
    for result in (*run.results, *run.discarded):
        for one in result.quiet.neighbours if result.quiet else ():
            text = f"{one.name} {one.pid}: "
            if text in message:
                message = message.replace(text, f"{_number_program(one.name, disguise)} {one.pid}: ")
    return caveat.replace(message=message)
