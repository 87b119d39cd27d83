"""What a command line may say beside --resume: where and how to go on, not what to measure."""

from harness.errors import UsageError
from harness.records.run import SettingUsed
from harness.records.wording import join_words
from harness.settings.layer import Settings
from harness.settings.recall import DECISIVE, has_login
from harness.settings.setting import BISECT, PRINTING, RUN, SWEEP, SettingKind
from harness.settings.table import BY_NAME

# What a resumed run does not take from its record. A sweep and a search may have weights to fetch, and builds to begin.
_OF_RUN = frozenset(
    {"as_node", "results", "cache", "wait", "wait_quiet", "refuse_noise", "retries", "dry_run", *PRINTING}
)
_OF_TODAY = {
    RUN[0]: _OF_RUN,
    SWEEP[0]: _OF_RUN | {"weights_mirror", "jobs"},
    BISECT[0]: _OF_RUN | {"weights_mirror", "jobs", "budget", "strict"},
}


def refuse_idle_options(settings: Settings, verb: str) -> None:
    """Raise UsageError for options that have no effect on a run, sweep or search that is resumed, and for a dry one.

    Settings from a file or a variable are meant for all commands: they are ignored.
    """
    if settings.flag("dry_run"):
        raise UsageError(
            "--resume cannot be combined with --dry-run",
            cause="what is resumed has its plan already",
            hint=f"harness {verb} --resume --no-dry-run",
        )
    idle = [_name_option(one) for one in settings.from_flags if not _has_effect(one, verb)]
    if idle:
        what = "search" if verb in BISECT else verb
        raise UsageError(
            f"--resume cannot be combined with {join_words(idle, 'or')}",
            cause=f"a {what} that is resumed keeps the settings that it was started with",
            hint=f"leave out {join_words(idle, 'and')}; or leave out --resume to start a new {what}",
        )


def _has_effect(one: SettingUsed, verb: str) -> bool:
    # A sweep or a search fetches its source again, and logins are not recorded.
    return one.name in _OF_TODAY[verb] or (verb in (*SWEEP, *BISECT) and one.name in DECISIVE and has_login(one))


def _name_option(one: SettingUsed) -> str:
    setting = BY_NAME[one.name]
    return setting.opposite if setting.kind is SettingKind.FLAG and one.value == str(False) else setting.flag
