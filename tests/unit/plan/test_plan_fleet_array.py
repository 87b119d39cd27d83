import pytest

from harness.plan.fleet_array import name_folder, spell_submission
from harness.records.fleet import JobArray, JobKey, NodeClass, PlannedJob, Scheduler


def _job(node: str, name: str, limit_s: float = 600) -> PlannedJob:
    key = JobKey(fleet="lab", round="r1", node_class="zen4", node=node, job=name)
    return PlannedJob(key=key, words=("harness",), limit_s=limit_s, why="")


def _class(**fields: object) -> NodeClass:
    return NodeClass(name="zen4", scheduler=Scheduler.SLURM, jobs=(), **fields)  # type: ignore[arg-type]


def test_the_words_of_sbatch() -> None:
    array = JobArray(node_class="zen4", node="a", jobs=(_job("a", "nightly", 3600), _job("a", "run", 7200)))
    one = _class(features="zen4&avx512", partition="bench", options=("--account=x", "--time=5"))
    assert spell_submission(one, array) == (
        "sbatch",
        "--parsable",
        "--job-name=harness:lab:r1:zen4:a",
        "--comment=nightly,run",
        "--array=0-1",
        "--nodes=1",
        "--exclusive",
        "--requeue",
        "--open-mode=append",
        "--time=122",
        "--signal=B:INT@120",
        "--output=/dev/null",
        "--constraint=zen4&avx512",
        "--nodelist=a",
        "--partition=bench",
        "--account=x",
        "--time=5",
    )


def test_any_node_is_no_node() -> None:
    array = JobArray(node_class="zen4", node="", jobs=(_job("", "sweep"),))
    words = spell_submission(_class(features="zen4"), array, ("a", "b"))
    assert "--job-name=harness:lab:r1:zen4:*" in words
    assert not [word for word in words if word.startswith(("--nodelist", "--exclude", "--partition"))]


def test_any_of_the_named_nodes_is_none_of_the_others() -> None:
    array = JobArray(node_class="zen4", node="", jobs=(_job("", "sweep"),))
    words = spell_submission(_class(nodes=("b", "a")), array, ("a", "b", "c", "d"))
    assert "--exclude=c,d" in words
    assert not [word for word in words if word.startswith("--nodelist")]
    on_one = array.replace(node="a", jobs=(_job("a", "sweep"),))
    assert "--exclude=c,d" not in spell_submission(_class(nodes=("b", "a")), on_one, ("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("results", "folder"),
    [
        ("/srv/in", "/srv/in"),
        ("nas:/srv/in/{node}", "/srv/in/{node}"),
        ("/srv/a:b", "/srv/a:b"),
        ("nas:in", "~/in"),
        ("nas:~/in", "~/in"),
    ],
)
def test_nodes_write_to_the_folder_of_their_own_computer(results: str, folder: str) -> None:
    assert name_folder(_class(results=results)) == folder
