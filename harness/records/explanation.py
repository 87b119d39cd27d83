"""What a word means: one record for every word that the harness prints, and the kinds of words."""

from typing import Self

from harness.records.record import ExplainedWord, Record


class WordKind(ExplainedWord):
    """The kinds of words that `harness explain` knows, each under the word that lists it."""

    page: str

    def __new__(cls, word: str, meaning: str = "", page: str = "") -> Self:
        """Return the member for a word; `page` says more about all words of the kind."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning, member.page = meaning, page
        return member

    CAVEATS = "caveats", "the codes in brackets after a caveat", "docs/reference/caveats.md"
    CAUSES = "causes", "why a step failed", "docs/reference/caveats.md"
    METRICS = "metrics", "what is measured, by name and by column", "docs/glossary.md"
    COLUMNS = "columns", "other columns of tables", "docs/glossary.md"
    VERDICTS = "verdicts", "what a comparison or a bisection found", "docs/explanation/statistics.md"
    COUNTERS = "counters", "what hardware counters say beside a time", "docs/explanation/counters.md"
    EVENTS = "events", "what happened on a node", "docs/explanation/history.md"
    EXIT_CODES = "exit-codes", "how a command ended: its number and its word", "docs/reference/exit-codes.md"
    STATUSES = "statuses", "how a step, a run, a trial, a series or a finding stands", "docs/glossary.md"
    JOBS = "jobs", "the states of a job of a fleet", "docs/how-to/fleet.md"
    HEALTH = "health", "what is wrong with a node, and what nodes say about an event", "docs/how-to/fleet.md"
    WORK = "work", "what a night does, why, and what came of it", "docs/explanation/nightly.md"
    PURPOSES = "purposes", "what a run was measured for", "docs/glossary.md"
    TRIAGE = "triage", "what somebody decided about an event", "docs/explanation/history.md"
    CHOICES = "choices", "benchmarks, engines, goals and kinds of weights", "docs/glossary.md"
    SHARED = "shared", "why a word is replaced in what harness share makes", "docs/reference/security.md"
    COMMANDS = "commands", "the verbs of harness, and what each does", "docs/reference/commands.md"
    WORDS = "words", "the glossary", "docs/glossary.md"
    SETTINGS = "settings", "options, with their variable and their key in harness.toml", "docs/reference/settings.md"


class Explanation(Record):
    """A word, and what it means: `label` says what it is said of, `advice` is a command that helps.

    `names` are all words under which it is found, `page` says more.
    """

    word: str
    kind: WordKind
    label: str
    meaning: str
    advice: str = ""
    page: str = ""
    names: tuple[str, ...] = ()


class WordCount(Record):
    """A kind of words, and how many it has."""

    kind: WordKind
    meaning: str
    words: int


class ExplainResult(Record):
    """What `harness explain` answers: the `words` that were asked for, or all `kinds` of words if none was."""

    words: tuple[Explanation, ...] = ()
    kinds: tuple[WordCount, ...] = ()
