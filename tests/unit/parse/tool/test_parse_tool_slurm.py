import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.parse.tool import slurm
from harness.records.fleet import JobKey
from harness.records.fleet_name import name_array, name_jobs, name_log, read_name

QUEUE = """\
6_0|PENDING|0||2026-11-28T00:20:15|N/A|harness:lab:2026-11-28:zen4:b|nightly,run|ReqNodeNotAvail, UnavailableNodes:b
6_1|RUNNING|2|b|2026-11-28T00:20:15|2026-11-28T00:21:00|harness:lab:2026-11-28:zen4:b|nightly,run|None
7_0|PENDING|1||2026-11-28T00:20:15|2026-11-28T04:21:00|harness:lab:2026-11-28:zen4:*|sweep|BeginTime
8_0|RUNNING|0|a|2026-11-28T00:20:15|2026-11-28T00:20:16|harness:other:2026-11-28:zen4:a|nightly|None
1_1|PENDING|0||2026-11-28T00:20:15|2026-11-28T02:20:16|wrap|(null)|None
9|PENDING|0||2026-11-28T00:20:15|N/A|ev
il|x|(null)|None
10_5|RUNNING|0|a|2026-11-28T00:20:15|2026-11-28T00:20:16|harness:lab:2026-11-28:zen4:a|nightly|None
"""
NODES = """\
a|idle|1|zen3,avx2|none
b|drained*|64|zen4,avx512|fan is broken | loud
b|drained*|64|zen4,avx512|fan is broken | loud
c|allocated|2+|(null)|none
"""


def test_the_queue_has_the_jobs_of_the_fleet_alone() -> None:
    first, second, third = slurm.parse_queue(QUEUE, "lab")
    assert str(first.key) == "lab/2026-11-28/zen4/b/nightly"
    assert (first.state, first.reason) == ("PENDING", "ReqNodeNotAvail, UnavailableNodes:b")
    assert (first.submitted, first.started) == ("2026-11-28T00:20:15+00:00", "")
    assert str(second.key) == "lab/2026-11-28/zen4/b/run"
    assert (second.number, second.restarts, second.node, second.reason) == ("6_1", 2, "b", "")
    assert second.started == "2026-11-28T00:21:00+00:00"
    assert str(third.key) == "lab/2026-11-28/zen4/*/sweep"
    assert third.started == ""  # Slurm's guess when it may start


def test_nodes_have_one_record_whatever_their_partitions() -> None:
    a, b, c = slurm.parse_nodes(NODES)
    assert (a.states, a.features, a.reason) == (("idle",), ("zen3", "avx2"), "")
    assert (b.states, b.reason, b.cpus) == (("drained", "not responding"), "fan is broken | loud", 64)
    assert (c.features, c.cpus) == ((), 2)


def test_settings_of_the_cluster() -> None:
    text = "RequeueExit             = 75\nSLURM_VERSION           = 22.05.8\n\nSlurmctld(primary) at vm is UP\n"
    config = slurm.parse_config(text)
    assert slurm.parse_exit_codes(config["RequeueExit"]) == (75,)
    assert slurm.parse_version(config["SLURM_VERSION"]) == (22, 5)
    assert slurm.parse_version("unknown") is None
    assert slurm.parse_exit_codes("1,75-77,(null)") == (1, 75, 76, 77)
    assert slurm.parse_exit_codes("0-99999999999")[-1] == 255


@pytest.mark.parametrize(
    ("text", "number"), [("17\n", "17"), ("17;cluster\n", "17"), ("", ""), ("sbatch: error: no\n", "")]
)
def test_the_number_of_a_submission(text: str, number: str) -> None:
    assert slurm.parse_submission(text) == number


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            (
                "squeue: error: Munge encode failed: Failed to connect to '/run/munge.socket.2': Connection refused\n"
                "slurm_load_jobs error: Protocol authentication error"
            ),
            "munged does not run",
        ),
        ("slurm_load_jobs error: Unable to contact slurm controller (connect failure)", "slurmctld does not run"),
        ("sbatch: error: Munge decode failed: Expired credential", "clocks"),
        ("sbatch: error: Munge decode failed: Rewound credential", "clocks"),
        ("sbatch: error: Batch job submission failed: Invalid feature specification", "features"),
        ("sbatch: error: Batch job submission failed: Requested node configuration is not available", "named node"),
        ("sbatch: error: invalid partition specified: zz", "partition"),
        ("sbatch: error: Batch job submission failed: Invalid node name specified", "no node of that name"),
        (
            (
                "squeue: error: resolve_ctls_from_dns_srv: res_nsearch error: Unknown host\n"
                "squeue: error: fetch_config: DNS SRV lookup failed\n"
                "squeue: fatal: Could not establish a configuration source"
            ),
            "no slurm.conf",
        ),
        ("sbatch: unrecognized option '--foo'\nTry \"sbatch --help\" for more information", "options"),
        ("scancel: error: Kill job error on job id 17_0: Access/permission denied", "jobs are those of another user"),
        ("sbatch: error: Batch job submission failed: Invalid job array specification", "MaxArraySize"),
        (
            "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified",
            "--account",
        ),
    ],
)
def test_complaints_of_slurm_have_a_cause_and_a_command(text: str, said: str) -> None:
    found = slurm.read_complaint(text)
    assert found
    assert said in found.cause
    assert found.hint


def test_a_refusal_is_not_silence() -> None:
    silent = slurm.read_complaint("sbatch: error: Batch job submission failed: Unable to contact slurm controller")
    refusal = slurm.read_complaint("sbatch: error: Batch job submission failed: Invalid node name specified")
    assert silent
    assert silent.silent
    assert refusal
    assert not refusal.silent


def test_an_unknown_complaint_is_repeated() -> None:
    text = "sbatch: error: something new\nsbatch: error: Batch job submission failed: Zebras\n\n"
    assert slurm.read_complaint(text) is None
    assert slurm.last_complaint(text.splitlines()) == "Batch job submission failed: Zebras"
    assert slurm.last_complaint([]) == ""


@given(st.text(), st.text())
def test_no_text_is_too_strange(text: str, fleet: str) -> None:
    slurm.parse_queue(text, fleet)
    slurm.parse_nodes(text)
    slurm.parse_exit_codes(text)
    slurm.parse_submission(text)
    slurm.read_complaint(text)


WORDS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,12}\Z")


@given(WORDS, WORDS, WORDS, WORDS | st.just(""), st.lists(WORDS, min_size=1, unique=True))
def test_a_job_is_known_by_its_name_and_index(fleet: str, word: str, one: str, node: str, jobs: list[str]) -> None:
    keys = tuple(JobKey(fleet=fleet, round=word, node_class=one, node=node, job=job) for job in jobs)
    for index, key in enumerate(keys):
        assert read_name(name_array(key), name_jobs(keys), index) == key
    assert read_name(name_array(keys[0]), name_jobs(keys), len(keys)) is None
    assert len({name_log(key) for key in keys}) == len(keys)


@pytest.mark.parametrize("name", ["harness:lab:x:y", "harness::x:y:z", "other:lab:x:y:z", "harness:lab:x:y:z:1", ""])
def test_names_of_others_are_no_keys(name: str) -> None:
    assert read_name(name, "nightly", 0) is None
