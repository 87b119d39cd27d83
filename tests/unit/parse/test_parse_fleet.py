"""fleet.toml: what it may hold, and how everything else is refused, with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError, UnreadableError, UsageError
from harness.parse.fleet import EXAMPLE, parse_fleet
from harness.records.fleet import Fleet, FleetJob, NodeChoice, NodeClass, Scheduler

GOOD = """
name = "lab"
results = "r"
database = "postgresql+psycopg://me@db/bench"
silent_after = 2
[settings]
model = ["tiny", "base"]
pairs = 12
tests = false
[class.zen4]
features = "zen4&avx512"
nodes = ["a", "b"]
partition = "bench"
options = ["--account=x"]
harness = "/srv/harness"
results = "host:/srv/{node}"
cache = "/var/tmp/{node}"
[class.zen4.settings]
threads = 4
[[class.zen4.job]]
verb = "nightly"
budget = "2h"
model = "small"
[[class.zen4.job]]
verb = "sweep"
name = "lto"
on = "any"
file = "axes.toml"
axis = ["GGML_LTO=ON,OFF"]
define = ["GGML_OPENMP=OFF"]
[class.mac]
scheduler = "github"
labels = ["self-hosted", "macOS"]
job = [{ verb = "run", fa = 1 }]
"""


def test_a_fleet_with_everything() -> None:
    nightly = FleetJob(
        name="nightly",
        verb="nightly",
        settings=(
            ("model", ("small",)),
            ("pairs", ("12",)),
            ("tests", ("false",)),
            ("threads", ("4",)),
            ("budget", ("2h",)),
        ),
    )
    lto = FleetJob(
        name="lto",
        verb="sweep",
        settings=(("model", ("tiny", "base")), ("threads", ("4",)), ("define", ("GGML_OPENMP=OFF",))),
        words=("axes.toml", "--axis", "GGML_LTO=ON,OFF"),
        on=NodeChoice.ANY,
    )
    run = FleetJob(
        name="run",
        verb="run",
        settings=(("model", ("tiny", "base")), ("tests", ("false",)), ("flash_attn", ("1",))),
    )
    assert parse_fleet(GOOD, "fleet.toml") == Fleet(
        name="lab",
        results="r",
        database="postgresql+psycopg://me@db/bench",
        silent_nights=2,
        classes=(
            NodeClass(
                name="zen4",
                scheduler=Scheduler.SLURM,
                jobs=(nightly, lto),
                features="zen4&avx512",
                nodes=("a", "b"),
                partition="bench",
                options=("--account=x",),
                harness="/srv/harness",
                results="host:/srv/{node}",
                cache="/var/tmp/{node}",
            ),
            NodeClass(name="mac", scheduler=Scheduler.GITHUB, jobs=(run,), labels=("self-hosted", "macOS")),
        ),
    )


def test_the_example_is_a_fleet() -> None:
    (one,) = parse_fleet(EXAMPLE, "x").classes
    assert (one.features, one.jobs[0].verb, one.jobs[0].settings) == ("zen4", "nightly", (("budget", ("2h",)),))


JOB = '[[class.a.job]]\nverb = "nightly"\n'
HEAD = 'name = "lab"\n[class.a]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the fleet has no class of nodes"),
        ('[class.a]\nnodes = ["x"]\n' + JOB, "line 1: the fleet has no name"),
        ('name = "a/b"\n[class.a]\nnodes = ["x"]\n' + JOB, "line 1: 'a/b' cannot be a name"),
        ('nam = "lab"\n[class.a]\nnodes = ["x"]\n' + JOB, "line 1: unknown key 'nam'\n  try:   did you mean name?"),
        (HEAD + JOB, "line 2: the class has neither features nor nodes"),
        (HEAD + 'nodes = ["x", "x"]\n' + JOB, "line 3: nodes: 'x' stands there twice"),
        (HEAD + 'nodes = ["x", "n[1-3]"]\n' + JOB, "line 3: nodes: 'n[1-3]' cannot be the name of a node"),
        (HEAD + 'nodes = "x"\n' + JOB, "line 3: nodes: expected a list of words"),
        (HEAD + 'features = ["x"]\n' + JOB, "line 3: features: expected text on one line"),
        (HEAD + 'feature = "x"\n' + JOB, "line 3: unknown key 'feature'\n  try:   did you mean features?"),
        (HEAD + 'nodes = ["x"]\n', "line 2: the class has no job"),
        (HEAD + 'nodes = ["x"]\noptions = ["--mem=0", "--comment=x"]\n' + JOB, "line 4: options: '--comment=x' is not"),
        (HEAD + 'nodes = ["x"]\noptions = ["-Jmine"]\n' + JOB, "line 4: options: '-Jmine' is not for"),
        (HEAD + 'nodes = ["x"]\noptions = ["--wait"]\n' + JOB, "line 4: options: '--wait' is not for"),
        (HEAD + 'nodes = ["x"]\nscheduler = "slrm"\n' + JOB, "line 4: scheduler: 'slrm' is not one of slurm, github"),
        (HEAD + 'nodes = ["x"]\nscheduler = "github"\n' + JOB, "line 2: a class of runners has no labels"),
        (HEAD + 'nodes = ["x"]\nlabels = ["y"]\n' + JOB, "line 4: labels are for runners"),
        (HEAD + 'features = "x"\nlabels = ["y"]\nscheduler = "github"\n' + JOB, "line 3: features is for Slurm"),
        (HEAD + 'nodes = ["x"]\n' + JOB + JOB, "line 6: two jobs of the class are called 'nightly'"),
        (HEAD + 'nodes = ["x"]\n' + JOB + JOB + 'name = "nightly"\n', "line 8: two jobs of the class"),
        (HEAD + 'nodes = ["x"]\n' + JOB + 'budgt = "1h"\n', "line 6: unknown setting 'budgt'"),
        (HEAD + 'nodes = ["x"]\n' + JOB + 'budget = "soon"\n', "line 6: budget: expected a duration"),
        (HEAD + 'nodes = ["x"]\n' + JOB + 'ref = "v1"\n', "line 6: harness nightly takes no setting ref"),
        (HEAD + 'nodes = ["x"]\n' + JOB + 'results = "v1"\n', "line 6: a job cannot have the setting results"),
        (HEAD + 'nodes = ["x"]\n' + JOB + 'as-node = "v1"\n', "line 6: a job cannot have the setting as_node"),
        (HEAD + 'nodes = ["x"]\n' + JOB + 'notify = "mail"\n', "line 6: a job cannot have the setting notify"),
        (HEAD + 'nodes = ["x"]\n' + JOB + "fa = 1\nflash_attn = 0\n", "line 7: flash_attn is set twice"),
        (HEAD + 'nodes = ["x"]\n' + JOB + 'on = "some"\n', "line 6: on: 'some' is not one of each, any"),
        (HEAD + 'nodes = ["x"]\n' + JOB + 'axis = ["A=1,2"]\n', "line 6: file and axis are for a sweep"),
        (HEAD + 'nodes = ["x"]\n[[class.a.job]]\nverb = "nigtly"\n', "did you mean nightly?"),
        (HEAD + 'nodes = ["x"]\n[[class.a.job]]\nbudget = "1h"\n', "line 4: the job has no verb"),
        ('name = "lab"\n[settings]\nanchor = 3\nbase-url = 1\n' + HEAD[13:], "line 4: unknown setting"),
        ('name = "lab"\nsilent_after = 0\n[class.a]\nnodes = ["x"]\n' + JOB, "line 2: silent_after"),
        (HEAD + 'nodes = ["x"]\nharness = "it\'s"\n' + JOB, 'line 4: harness: "it\'s" is not a command'),
        (HEAD + 'nodes = ["x"]\nharness = ""\n' + JOB, "line 4: harness: '' is not a command"),
        (HEAD + 'nodes = ["x"]\nresults = "/r/{name}"\n' + JOB, "line 4: results: {name} stands for nothing"),
        (HEAD + 'nodes = ["x"]\ncache = "/c/{}"\n' + JOB, "line 4: cache: {} stands for nothing; only {node} does"),
        (HEAD + 'nodes = ["x"]\nresults = "-oProxyCommand=x:/r"\n' + JOB, "line 4: results: "),
        (HEAD + 'nodes = ["x"]\nresults = "host:;x"\n' + JOB, "line 4: results: 'host:;x' is not a folder on another"),
        (
            'name = "lab"\nresults = "host:/r"\n' + HEAD[13:] + 'nodes = ["x"]\n' + JOB,
            "line 2: results: 'host:/r' is not a folder on this",
        ),
        ('name = "lab"\nresults = "/r/{node}"\n' + HEAD[13:] + 'nodes = ["x"]\n' + JOB, "line 2: results: "),
        ('name = "lab"\nclass = 3\n', "line 2: class is not a table"),
        ('name = "lab"\nclass.a.nodes = 3\n', "line 2: nodes: expected a list"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_fleet(text, "fleet.toml")
    assert str(caught.value).startswith("fleet.toml, line ")
    assert said in str(caught.value)
    assert caught.value.hint


def test_what_is_no_toml_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match=r"fleet\.toml is not valid TOML"):
        parse_fleet("[class", "fleet.toml")


_KEYS = st.sampled_from(
    "name results class settings job verb on nodes features labels scheduler budget model axis silent_after".split()
)
_LEAVES = (
    st.sampled_from(["lab", "nightly", "run", "sweep", "x/y", "", "any", "2h", "\x00"]) | st.integers() | st.booleans()
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=25
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=8))
def test_no_document_ends_in_a_traceback(document: dict[str, object]) -> None:
    import tomlkit

    text = tomlkit.dumps(document)
    try:
        assert parse_fleet(text, "x").classes
    except HarnessError as error:
        assert error.hint
