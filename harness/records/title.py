"""The titles of all verbs: what the help lists without importing what carries a verb out."""

from enum import StrEnum
from typing import NamedTuple


class VerbGroup(StrEnum):
    """The purposes of verbs, in the order in which the help lists them."""

    MEASURE = "measure"
    COMPARE = "compare"
    HISTORY = "history"
    LOOK = "look"
    SET_UP = "set up"
    EXCHANGE = "exchange"


class Title(NamedTuple):
    """The name of a verb, its group, and what it does; the `module` of the room `commands` defines it."""

    name: str
    group: VerbGroup
    summary: str
    module: str


# In the order in which the help lists them.
_SUMMARIES = {
    VerbGroup.MEASURE: {
        "run": "fetch, build, test and benchmark whisper.cpp, and write a report",
        "sweep": "measure many settings side by side, and print a table of the results",
        "tune": "find the best settings for a model on this node, within a time budget",
        "roofline": "measure this node's peak speed: arithmetic, and reading and copying memory",
    },
    VerbGroup.COMPARE: {
        "ab": "measure two things live, in turns, and say which is faster",
        "bisect": "find the commit that changed the speed, or say which ones cannot be told apart",
        "compare": "say whether stored runs differ",
        "comment": "write the comment of a pull request, from what `harness ab --json` has printed",
        "calibrate": "measure a build against itself, to learn what differences this node can detect, and how soon",
    },
    VerbGroup.HISTORY: {
        "nightly": "watch a branch: measure what is most urgent, tell code from machine, and report",
        "list": "list the runs in the results folder, or the unfinished ones",
        "history": "every number over time: newest value, change, and what looks unlike its past",
        "events": "what happened on the nodes: changes of code or machine, suspicions, silence",
        "index": "bring the index of the runs up to date, or make it anew; what it holds of each node",
        "fleet": "many nodes, which a scheduler starts: what runs where, and what became of it",
    },
    VerbGroup.LOOK: {
        "show": "print runs, caveats first, or a sweep, a search or a night",
        "explain": "say what a word in a result means, and what to do about it",
        "schema": "print the JSON Schema of what a verb prints with --json, or of a stored file",
    },
    VerbGroup.SET_UP: {
        "doctor": "check whether this node is ready for measurements, and say how to fix what is not",
        "build": "build whisper.cpp and print the build folder",
        "models": "list the models, or fetch their weights",
        "cache": "list the contents of the cache folder, or free space there",
        "completion": "print the script that lets your shell complete harness commands",
    },
    VerbGroup.EXCHANGE: {
        "report": "write runs in the format of another program, or as csv, json or markdown",
        "site": "write pages about all results: an overview, events, every series, commit, node and run",
        "import": "import bundles, ggml-ci reports, pasted tables and logs into the results",
        "export": "write runs as a ggml-ci results tree",
        "share": "make a text to paste and an archive of runs, without names of people, nodes and folders",
    },
}
_MODULES = {"import": "importing", "export": "exporting"}  # Python knows one of these words, and the other goes with it
TITLES: dict[str, Title] = {
    name: Title(name, group, summary, _MODULES.get(name, name))
    for group, summaries in _SUMMARIES.items()
    for name, summary in summaries.items()
}
