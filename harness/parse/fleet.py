"""A fleet as its owner describes it: fleet.toml."""

import re
import shlex

from harness.errors import UsageError
from harness.parse.notation import parse_toml
from harness.parse.toml_reader import Table, TomlReader, TomlSpot
from harness.parse.tool.remote_copy import is_remote, parse_remote
from harness.records.fleet import NODE_WORD, Fleet, FleetJob, NodeChoice, NodeClass, Scheduler
from harness.settings.fleet import JOB_VERBS, JobSettings, choose_job_settings, read_job_settings
from harness.settings.value import DURATIONS, parse_duration

# The shortest file that does something.
EXAMPLE = """\
name = "lab"

[class.zen4]
features = "zen4"            # sbatch --constraint; the cluster's nodes that have it

[[class.zen4.job]]
verb = "nightly"             # run, nightly or sweep; other keys are settings of it
budget = "2h"
"""
_HINT = '[class.NAME] with features = "...", and below it [[class.NAME.job]] with verb = "nightly"'
# Names stand in the names of jobs and files, and in keys.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# What stands for the name of a node in a folder, and what looks as if it did.
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_OF_FLEET = ("name", "results", "database", "silent_after", "settings", "class")
_OF_CLASS = ("scheduler", "features", "labels", "nodes", "partition", "options", "harness", "results", "cache")
_OF_JOB = ("verb", "name", "on", "file", "axis", "limit")
# Words of sbatch by which a job is known again; others would be submitted again and again, or not at all.
_OWN_OPTIONS = ("--comment", "--job-name", "-J", "--array", "-a", "--wait", "-W", "--wrap", "--test-only")
_SIGNS = "up to 32 letters, digits, dots, dashes and underscores, a letter or digit first"
# A job that is ended sooner has measured nothing.
_LEAST_LIMIT_S = 300.0
_NIGHTS = range(1, 1000)


def parse_fleet(text: str, name: str) -> Fleet:
    """Return the fleet that a document describes; raises UnreadableError for what is not TOML.

    Raises UsageError with the line for everything else that is wrong with it, calling the document `name`.
    """
    return _FleetReader(text, name).read(parse_toml(text, name, hint=_HINT))


class _FleetReader(TomlReader):
    """The tables of fleet.toml, read one inside the other."""

    def read(self, top: Table) -> Fleet:
        """Return the fleet."""
        here = TomlSpot()
        self.require_keys(top, _OF_FLEET, here)
        shared = self._read_settings(self.table(top, "settings", here), TomlSpot(("settings",)))
        tables = self.table(top, "class", here)
        if not tables:
            self.refuse("the fleet has no class of nodes", here, hint=_HINT)
        classes = tuple(self._read_class(key, value, shared) for key, value in tables.items())
        nights = top.get("silent_after", 3)
        if type(nights) is not int or nights not in _NIGHTS:
            self.refuse("silent_after: expected a number of nights", here.at("silent_after"), hint="silent_after = 3")
        return Fleet(
            name=self._read_name(top, here, "the fleet has no name", 'name = "lab" at the top: it names the jobs'),
            classes=classes,
            results=self._read_results(top, here),
            database=self.word(top, "database", here),
            silent_nights=nights,
        )

    def _read_results(self, top: Table, here: TomlSpot) -> str:
        word = self.word(top, "results", here, "results")
        if not word or "{" in word or is_remote(word):
            what = f"results: {word!r} is not a folder on this computer, in which everything is collected"
            self.refuse(what, here.at("results"), hint='results = "results"; a class may have "HOST:FOLDER"')
        return word

    def _read_class(self, name: str, table: object, shared: JobSettings) -> NodeClass:
        here = TomlSpot(("class", name))
        if not isinstance(table, dict):
            self.refuse(f"class.{name} is not a table", TomlSpot(("class",), name), hint=_HINT)
        if not _NAME.fullmatch(name):
            self.refuse(f"{name!r} cannot be the name of a class", here, hint=_SIGNS)
        self.require_keys(table, (*_OF_CLASS, "settings", "job"), here)
        word = self.word(table, "scheduler", here, Scheduler.SLURM)
        if word not in tuple(Scheduler):
            self.refuse_choice("scheduler", word, Scheduler, here)
        own = self._read_settings(self.table(table, "settings", here), TomlSpot((*here.table, "settings")))
        nodes = self.words(table, "nodes", here)
        for node in nodes:
            if not _NODE.fullmatch(node) or nodes.count(node) > 1:
                what = "stands there twice" if _NODE.fullmatch(node) else "cannot be the name of a node"
                self.refuse(f"nodes: {node!r} {what}", here.at("nodes"), hint='each name once: nodes = ["a", "b"]')
        found = NodeClass(
            name=name,
            scheduler=Scheduler(word),
            jobs=self._read_jobs(table.get("job"), here, (shared, own)),
            features=self.word(table, "features", here),
            labels=self.words(table, "labels", here),
            nodes=nodes,
            partition=self.word(table, "partition", here),
            options=self.words(table, "options", here),
            harness=self.word(table, "harness", here, "harness"),
            results=self.word(table, "results", here),
            cache=self.word(table, "cache", here),
        )
        self._require_whole(found, here)
        self._require_places(found, here)
        return found

    def _require_whole(self, one: NodeClass, here: TomlSpot) -> None:
        """Refuse keys of one scheduler in a class of another, and a class that says of no node that it is one of it."""
        if one.scheduler is Scheduler.GITHUB:
            for key, value in (("features", one.features), ("partition", one.partition), ("options", one.options)):
                if value:
                    self.refuse(f"{key} is for Slurm", here.at(key), hint='labels = ["self-hosted", "bench"]')
            if not one.labels:
                self.refuse("a class of runners has no labels", here, hint='labels = ["self-hosted", "bench"]')
            return
        for word in one.options:
            if word.partition("=")[0] in _OWN_OPTIONS or word[:2] in _OWN_OPTIONS:
                hint = "leave it out: the fleet names its jobs, and knows them again by that"
                self.refuse(f"options: {word!r} is not for the owner of a fleet", here.at("options"), hint=hint)
        if one.labels:
            self.refuse("labels are for runners", here.at("labels"), hint='features = "zen4", or scheduler = "github"')
        elif not one.features and not one.nodes:
            self.refuse("the class has neither features nor nodes", here, hint='features = "zen4", or nodes = ["a"]')

    def _require_places(self, one: NodeClass, here: TomlSpot) -> None:
        """Refuse a command that a shell would not understand, and folders that no node could have."""
        try:
            words = shlex.split(one.harness)
        except ValueError:
            words = []
        if not words:
            what = f"harness: {one.harness!r} is not a command"
            self.refuse(what, here.at("harness"), hint='harness = "/srv/harness/scripts/harness"')
        for key, folder in (("results", one.results), ("cache", one.cache)):
            for word in _PLACEHOLDER.findall(folder):
                if word != NODE_WORD:
                    hint = f"{key} = {folder.replace(word, NODE_WORD)!r}"
                    self.refuse(f"{key}: {word} stands for nothing; only {NODE_WORD} does", here.at(key), hint=hint)
        if is_remote(one.results):
            try:
                parse_remote(one.results.replace(NODE_WORD, "node"))
            except UsageError as error:
                self.refuse(f"results: {error.what}", here.at("results"), hint=error.hint)

    def _read_jobs(self, found: object, here: TomlSpot, settings: tuple[JobSettings, ...]) -> tuple[FleetJob, ...]:
        tables = found if isinstance(found, list) else [] if found is None else [found]
        if not tables:
            self.refuse("the class has no job", here, hint=f'[[{here}.job]] with verb = "nightly" on the next line')
        jobs: list[FleetJob] = []
        for number, table in enumerate(tables):
            spot = TomlSpot((*here.table, "job"), nth=number)
            if not isinstance(table, dict):
                self.refuse(f"{spot} is not a table", here.at("job"), hint=f"[[{spot}]]")
            job = self._read_job(table, spot, settings)
            if any(job.name == other.name for other in jobs):
                hint = f'name = "{job.name}-2", or any other name that the class does not have'
                self.refuse(f"two jobs of the class are called {job.name!r}", spot.at("name"), hint=hint)
            jobs.append(job)
        return tuple(jobs)

    def _read_job(self, table: Table, here: TomlSpot, settings: tuple[JobSettings, ...]) -> FleetJob:
        verb = self.word(table, "verb", here)
        if not verb:
            self.refuse("the job has no verb", here, hint='verb = "nightly"; run and sweep are jobs, too')
        if verb not in JOB_VERBS:
            self.refuse_choice("verb", verb, JOB_VERBS, here)
        on = self.word(table, "on", here, NodeChoice.EACH)
        if on not in tuple(NodeChoice):
            self.refuse_choice("on", on, NodeChoice, here)
        extra = self.word(table, "file", here), self.words(table, "axis", here)
        if any(extra) and verb != "sweep":
            self.refuse(
                f"file and axis are for a sweep, not for {verb}",
                here.at("file" if extra[0] else "axis"),
                hint='verb = "sweep"',
            )
        own = self._read_settings({key: value for key, value in table.items() if key not in _OF_JOB}, here, verb)
        file, axes = extra
        return FleetJob(
            name=self._read_name({"name": verb, **table}, here, "the name of the job is empty", f'name = "{verb}"'),
            verb=verb,
            settings=choose_job_settings((*settings, own), verb),
            words=(*((file,) if file else ()), *(word for axis in axes for word in ("--axis", axis))),
            limit_s=self._read_limit(table, here),
            on=NodeChoice(on),
        )

    def _read_limit(self, table: Table, here: TomlSpot) -> float:
        word = self.word(table, "limit", here)
        seconds = parse_duration(word) if word else 0.0
        if seconds is None or (word and seconds < _LEAST_LIMIT_S):
            self.refuse(f"limit: expected {DURATIONS}, not {word!r}", here.at("limit"), hint='limit = "6h"')
        return seconds

    def _read_name(self, table: Table, here: TomlSpot, empty: str, hint: str) -> str:
        word = self.word(table, "name", here)
        if not _NAME.fullmatch(word):
            what = f"{word!r} cannot be a name: {_SIGNS}" if word else empty
            self.refuse(what, here.at("name"), hint=hint)
        return word

    def _read_settings(self, table: Table, here: TomlSpot, verb: str = "") -> JobSettings:
        found: JobSettings = {}
        for key, value in table.items():
            where = self.name_line(here.at(key))
            for name, words in read_job_settings({key: value}, where, verb).items():
                if name in found:
                    self.refuse(f"{name} is set twice, once as {key}", here.at(key), hint="remove one of the two")
                found[name] = words
        return found
