"""`harness fleet collect`: what nodes left arrives whole or not at all, in any order, as often as one likes."""

import errno
import os
import shutil
import signal
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from harness.cli.main import main
from harness.records.plan import Phase
from harness.records.run import Run
from harness.store.bundle import create_bundle, load_run
from harness.store.enclosure import write_file
from harness.store.night_file import save_night
from tests import factory
from tests.answer import result_of
from tests.flow.kit import Kit, wait_for
from tests.server import PASSWORD, serve, why_not
from tests.unit.render.test_render_night import report

TODAY = datetime.now(UTC)
SSH = """\
#!/bin/sh
# Stands for ssh: the other computer is this one, and its home folder is @HOME@.
while [ $# -gt 0 ]; do
    case $1 in -o) shift 2 ;; -l) shift 2 ;; -*) shift ;; *) break ;; esac
done
host=$1; shift
echo "$host" >> @HOME@/asked
[ "$host" = nowhere ] && { echo "ssh: Could not resolve hostname nowhere: Name or service not known" >&2; exit 255; }
[ "$host" = bare ] && { echo "sh: 1: rsync: not found" >&2; exit 127; }
[ "$host" = closed ] && { echo "closed: Permission denied (publickey)." >&2; exit 255; }
cd @HOME@ && exec sh -c "$*"
"""


class FleetFolder:
    """A fleet.toml with two nodes, and the folders that they write to."""

    def __init__(self, kit: Kit) -> None:
        self.kit, self.folder = kit, kit.folder
        self.inbox = self.folder / "inbox"
        self.write('results = "inbox"\nnodes = ["a", "b"]')

    def write(self, *lines: str, more: str = "") -> None:
        text = "\n".join(("[class.zen4]", 'scheduler = "github"', 'labels = ["bench"]', *lines))
        job = '[[class.zen4.job]]\nverb = "run"\n'
        (self.folder / "fleet.toml").write_text(f'name = "lab"\nresults = "all"\n{text}\n{job}{more}')

    @property
    def results(self) -> Path:
        return self.folder / "all"

    def leave(self, node: str, minutes: int = 0, *, where: Path | None = None, **changes: Any) -> Path:
        """Leave a finished run of a node, and return its folder."""
        start = TODAY - timedelta(hours=12) + timedelta(minutes=minutes)
        run = factory.run(factory.result("bench", Phase.BENCHMARK))
        run = run.replace(
            id=f"{start:%Y%m%dT%H%M%SZ}-f24588a2-abcdef01",
            start=start.isoformat(timespec="seconds"),
            end=(start + timedelta(minutes=1)).isoformat(timespec="seconds"),
            node=run.node.replace(name=node),
        ).replace(**changes)
        run, bundle = create_bundle(where or self.inbox, run)
        (bundle.logs / "bench.log").write_text(f"{node} {minutes}\n" * 1000)
        return bundle.seal(run, f"report of {node}")

    def collect(self, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return self.kit.harness("fleet", "collect", *words, environ=environ)

    def runs(self) -> list[Run]:
        return [load_run(path.parent) for path in sorted(self.results.glob("*/*/*/run.json"))]

    def rows(self, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
        done = self.collect("--json", *words)
        assert done.returncode == code, done.stderr
        return {row["node"]: row for row in result_of(done.stdout)["nodes"]}


@pytest.fixture
def fleet(kit: Kit) -> FleetFolder:
    return FleetFolder(kit)


def same(one: Path, other: Path) -> bool:
    """Return whether two folders hold the same files with the same bytes."""
    names = [{path.relative_to(top) for path in top.rglob("*") if path.is_file()} for top in (one, other)]
    return names[0] == names[1] and all((one / name).read_bytes() == (other / name).read_bytes() for name in names[0])


def test_what_two_nodes_left_is_collected_once(fleet: FleetFolder) -> None:
    left = [fleet.leave(node, minutes) for node in ("a", "b") for minutes in (0, 5)]
    save_night(fleet.inbox, report().replace(node="a", began=(TODAY - timedelta(hours=2)).isoformat()))
    first = fleet.rows()
    assert {node: (row["new"], row["known"], row["refused"]) for node, row in first.items()} == {
        "a": (3, 0, 0),
        "b": (2, 0, 0),
    }
    assert all(same(path, fleet.results / path.relative_to(fleet.inbox)) for path in left)
    assert len(list(fleet.results.glob("a/*/*-night.json"))) == 1
    again = fleet.rows()
    assert {node: (row["new"], row["known"]) for node, row in again.items()} == {"a": (0, 3), "b": (0, 2)}
    fleet.leave("b", 10)
    text = fleet.collect().stdout
    assert "1 new in" in text
    assert len(fleet.runs()) == 5


def test_what_is_not_finished_stays_where_it_is(fleet: FleetFolder) -> None:
    path = fleet.leave("a")
    path.rename(path.with_name(f"{path.name}.partial"))
    (fleet.inbox / ".fleet-logs" / "lab").mkdir(parents=True)
    assert fleet.rows()["a"]["new"] == 0
    assert fleet.runs() == []


def test_results_that_are_the_results_of_the_fleet_are_looked_at(fleet: FleetFolder) -> None:
    fleet.write('results = "all"\nnodes = ["a", "b"]')
    fleet.leave("a", where=fleet.results)
    fleet.leave("b", where=fleet.results, harness="0.0.9", job="other/2026-05-29/x/b/run")
    done = fleet.collect("--json")
    assert done.returncode == 0, done.stderr
    found = result_of(done.stdout)
    assert [(row["node"], row["new"], row["known"], row["harness"]) for row in found["nodes"]] == [
        ("a", 0, 1, "0.1.0"),
        ("b", 0, 1, "0.0.9"),
    ]
    assert any("b: its runs are of harness 0.0.9" in note for note in found["notes"])
    assert any("one of another fleet" in note for note in found["notes"])


def test_strangers_are_refused_by_name_and_the_rest_is_collected(fleet: FleetFolder) -> None:
    good = fleet.leave("a", 0, job="lab/2026-05-29/zen4/a/run")
    other = fleet.leave("b", 0, job="attic/2026-05-29/zen4/b/run")
    stranger = fleet.leave("c", 0)
    moved = fleet.leave("a", 5)
    (fleet.inbox / "b" / moved.parent.name).mkdir(parents=True, exist_ok=True)
    moved.rename(fleet.inbox / "b" / moved.parent.name / moved.name)
    done = fleet.collect("--json")
    assert done.returncode == 5
    why = {one["path"]: one["why"] for one in result_of(done.stdout)["refused"]}
    assert "is one of the fleet 'attic'" in why[str(other)]
    assert "'c' is none of the nodes that write to this folder (a, b)" in why[str(stranger)]
    assert (
        "it names the node 'a', but lies in the folder of 'b'"
        in why[f"{fleet.inbox}/b/{moved.parent.name}/{moved.name}"]
    )
    assert [run.id for run in fleet.runs()] == [good.name]
    text = fleet.collect().stdout
    assert "refused: " in text
    assert "results folders of their own" in text


def test_what_no_harness_writes_is_refused(fleet: FleetFolder) -> None:
    good = fleet.leave("a", 0)
    linked, piped, many, changed, broken = (fleet.leave("a", minutes) for minutes in (1, 2, 3, 4, 5))
    (linked / "logs" / "secret.log").symlink_to("/etc/passwd")
    os.mkfifo(piped / "logs" / "endless.log")
    deep = many
    for _ in range(12):
        deep = deep / "deeper"
        deep.mkdir()
    (broken / "run.json").write_bytes(b"\0" * 100)
    begun = fleet.leave("a", 6)
    (begun / "run.json").unlink()
    assert fleet.collect().returncode == 5
    (changed / "run.json").write_text((changed / "run.json").read_text().replace("A CPU", "B CPU!"))
    month = good.parent
    (month / "20990101T000000Z-f24588a2-abcdef01").symlink_to(good)
    (fleet.inbox / "evil").symlink_to("/etc")
    done = fleet.collect("--json")
    assert done.returncode == 5
    why = {Path(one["path"]).name: one["why"] for one in result_of(done.stdout)["refused"]}
    assert why.keys() == {linked.name, piped.name, many.name, changed.name, broken.name, begun.name}
    assert why[begun.name] == "it has no run.json"
    assert "is a link" in why[linked.name]
    assert "is a FIFO" in why[piped.name]
    assert "12 folders" not in why[many.name]
    assert "levels of folders" in why[many.name]
    assert "has the same id and another run.json" in why[changed.name]
    assert sorted(run.id for run in fleet.runs()) == sorted([good.name, changed.name])
    assert not list(fleet.results.rglob("secret.log"))
    assert not (fleet.results / "evil").exists()


def test_names_that_are_no_text_are_shown_on_one_line(fleet: FleetFolder) -> None:
    fleet.write('results = "inbox"')
    good = fleet.leave("a")
    odd = ["two\nlines", "red\x1b[31m", os.fsdecode(b"\xff\xfe"), *(f"n{number}" for number in range(9))]
    for name in odd:
        shutil.copytree(good, fleet.inbox / name / good.parent.name / good.name)
    done = fleet.collect()
    assert done.returncode == 5, done.stderr
    lines = done.stdout.splitlines()
    assert lines[len(odd) + 2] == "", "a line for each node, and the header"
    assert "4 more are refused" in done.stdout
    assert "\x1b" not in done.stdout
    found = result_of(fleet.collect("--json").stdout)
    assert {one["node"] for one in found["nodes"]} == {"a", *odd}


def test_clocks_that_are_wrong_are_named(fleet: FleetFolder) -> None:
    ahead = (TODAY + timedelta(hours=3)).isoformat(timespec="seconds")
    fleet.leave("a", 0, start=ahead, end=ahead)
    fleet.leave("b", 0, end=(TODAY - timedelta(days=2)).isoformat(timespec="seconds"))
    text = fleet.collect().stdout
    assert "a: its clock is ahead by at least 2 hours" in text
    assert "b: its clock was set back by at least" in text
    log = fleet.inbox / ".fleet-logs/lab/2026-05-29/zen4/b/run.log"
    log.parent.mkdir(parents=True)
    log.write_text("done\n")
    newest = fleet.leave("b", 60, job="lab/2026-05-29/zen4/b/run")
    long_ago = (TODAY - timedelta(days=1)).timestamp()
    os.utime(log, (long_ago, long_ago))
    assert "b: its clock is ahead of the file server's by at least" in fleet.collect().stdout
    assert newest.name in {run.id for run in fleet.runs()}


def test_each_node_may_have_a_folder_of_its_own(fleet: FleetFolder) -> None:
    fleet.write('results = "from-{node}/out"')
    fleet.leave("a", where=fleet.folder / "from-a" / "out")
    wrong = fleet.leave("a", 5, where=fleet.folder / "from-b" / "out")
    done = fleet.collect("--json")
    assert done.returncode == 5
    found = result_of(done.stdout)
    assert [one["path"] for one in found["refused"]] == [str(wrong)]
    assert len(fleet.runs()) == 1
    only = fleet.rows("--node", "b", code=0)
    assert set(only) == {"b"}
    mistyped = fleet.collect("--node", "nobody")
    assert (mistyped.returncode, mistyped.stdout) == (2, "")
    assert "no node of this name has left results" in mistyped.stderr


def test_a_node_that_fell_silent_is_an_alarm(fleet: FleetFolder) -> None:
    fleet.leave("a")
    assert fleet.rows()["b"]["newest"] == ""
    fleet.leave("b", -7 * 24 * 60)
    row = fleet.rows(code=12)["b"]
    assert row["silent"].startswith("no report since ")
    assert "b: no report since" in fleet.collect().stdout


def test_a_run_of_a_clock_that_was_ahead_hides_no_newer_one(fleet: FleetFolder) -> None:
    fleet.leave("a", -20 * 24 * 60)
    good = fleet.leave("b")
    fleet.leave("b", 5 * 365 * 24 * 60)
    row = fleet.rows(code=12)["b"]
    assert (row["silent"], row["newest"][:10]) == ("", f"{good.name[:4]}-{good.name[4:6]}-{good.name[6:8]}")


def test_it_is_collected_while_nodes_write_and_by_several_at_once(fleet: FleetFolder) -> None:
    over = threading.Event()

    def write() -> None:
        minutes = 0
        while not over.is_set():
            minutes += 1
            fleet.leave("a", minutes)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_for(lambda: len(list(fleet.inbox.glob("a/*/*/run.json"))) > 5)
        for _ in range(2):
            children = [fleet.kit.start("fleet", "collect") for _ in range(2)]
            for child in children:
                stdout, stderr = child.communicate(timeout=120)
                assert child.wait() == 0, stdout + stderr
    finally:
        over.set()
        writer.join()
    assert fleet.collect().returncode == 0
    left = sorted(fleet.inbox.glob("a/*/*"))
    assert all(same(path, fleet.results / path.relative_to(fleet.inbox)) for path in left)
    assert len(fleet.runs()) == len(left)


def test_a_collection_that_was_killed_leaves_no_half_of_anything(fleet: FleetFolder) -> None:
    left = [fleet.leave("a", minutes) for minutes in range(40)]
    child = fleet.kit.start("fleet", "collect")
    wait_for(lambda: list(fleet.results.glob("a/*/*")) or child.poll() is not None)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    arrived = sorted(fleet.results.glob("a/*/*"))
    assert all(same(fleet.inbox / path.relative_to(fleet.results), path) for path in arrived)
    assert fleet.collect().returncode == 0
    assert all(same(path, fleet.results / path.relative_to(fleet.inbox)) for path in left)
    assert [path.name for path in fleet.results.iterdir()] == ["a"]


def test_a_full_disk_ends_a_collection_and_nothing_is_half(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [fleet.leave("a", minutes) for minutes in range(3)]

    def write(path: Path, source: Path) -> None:
        if left[1].name in str(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write_file(path, source)

    for name, value in fleet.kit.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(fleet.folder)
    with monkeypatch.context() as patched:
        patched.setattr("harness.store.bundle_import.write_file", write)
        assert main(["fleet", "collect"]) == 3
    assert [run.id for run in fleet.runs()] == [left[0].name]
    assert fleet.collect().returncode == 0
    assert len(fleet.runs()) == 3


@pytest.fixture
def remote(fleet: FleetFolder) -> FleetFolder:
    """Return a fleet whose nodes are reached with ssh."""
    home = fleet.folder / "there"
    fleet.inbox = home / "results"
    fleet.inbox.mkdir(parents=True)
    program = fleet.kit.tools / "ssh"
    program.write_text(SSH.replace("@HOME@", str(home)))
    program.chmod(0o755)
    fleet.write('results = "bench1:results"\nnodes = ["a", "b"]')
    return fleet


def path_of(fleet: FleetFolder, *programs: str) -> dict[str, str]:
    """Return the PATH of a collector: a folder with the fake ssh, and these programs of the system."""
    folder = fleet.folder / "bin"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("sh", "sleep", *programs):
        (folder / name).symlink_to(shutil.which(name) or "/nonexistent")
    (folder / "ssh").symlink_to(fleet.kit.tools / "ssh")
    return {"PATH": str(folder)}


@pytest.mark.skipif(shutil.which("rsync") is None, reason="there is no rsync")
def test_nodes_elsewhere_are_copied_with_rsync(remote: FleetFolder) -> None:
    left = [remote.leave(node, minutes) for node in ("a", "b") for minutes in (0, 5)]
    begun = remote.leave("a", 9)
    begun.rename(begun.with_name(f"{begun.name}.partial"))
    path = path_of(remote, "rsync")
    done = remote.collect(environ=path)
    assert done.returncode == 0, done.stderr
    assert "copying 12 files" in done.stderr
    assert all(same(one, remote.results / one.relative_to(remote.inbox)) for one in left)
    again = remote.collect("--json", environ=path)
    assert "copying" not in again.stderr, "what is here is not copied again"
    assert [(row["new"], row["known"]) for row in result_of(again.stdout)["nodes"]] == [(0, 2), (0, 2)]
    assert not list((remote.kit.cache / "fleet").glob("*/*"))
    remote.leave("b", 20)
    assert "1 new in" in remote.collect(environ=path).stdout


@pytest.mark.skipif(shutil.which("rsync") is None, reason="there is no rsync")
def test_a_copy_that_broke_off_is_not_looked_into(remote: FleetFolder) -> None:
    for minutes in range(3):
        remote.leave("a", minutes)
    path = path_of(remote)
    once, staged = remote.folder / "once", remote.kit.cache / "fleet"
    rsync, remove = shutil.which("rsync"), shutil.which("rm")
    whole = Path(path["PATH"]) / "rsync"
    # The first copy is ended before the logs of its first run are there.
    whole.write_text(
        f'#!/bin/sh\ncase "$*" in *--server* | *--dry-run*) exec {rsync} "$@" ;; esac\n'
        f'[ -e {once} ] && exec {rsync} "$@"\necho > {once}\n{rsync} "$@"\n'
        f"for one in {staged}/*/a/*/*; do {remove} -r $one/logs; break; done\n"
        'echo "rsync error: error in socket IO (code 10)" >&2; exit 10\n'
    )
    whole.chmod(0o755)
    broken = remote.collect(environ=path)
    assert broken.returncode == 12, broken.stderr + broken.stdout
    assert "bench1:results cannot be copied" in broken.stdout
    assert remote.runs() == []
    assert [len(list(staged.glob(name))) for name in ("*/a/*/*/run.json", "*/a/*/*/logs")] == [3, 2]
    done = remote.collect(environ=path)
    assert done.returncode == 0, done.stderr
    assert all(same(one, remote.results / one.relative_to(remote.inbox)) for one in remote.inbox.glob("a/*/*"))


def make_scp(fleet: FleetFolder) -> None:
    """Make a program scp that copies what it is asked for; the real one needs the SFTP server of the other side."""
    scp = fleet.folder / "bin" / "scp"
    scp.write_text(
        '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nfrom=${2#*:}\n'
        f'cd {fleet.folder}/there && exec cp -rp "$from" "$3"\n'
    )
    scp.chmod(0o755)


@pytest.mark.skipif(shutil.which("rsync") is None, reason="there is no rsync")
def test_scp_serves_where_the_other_side_has_no_rsync(remote: FleetFolder) -> None:
    left = [remote.leave(node, 0) for node in ("a", "b")]
    remote.write('results = "bare:results"\nnodes = ["a", "b"]')
    path = path_of(remote, "rsync", "cp")
    make_scp(remote)
    done = remote.collect(environ=path)
    assert done.returncode == 0, done.stderr
    assert "there is no rsync on bare: scp copies all of bare:results each time" in done.stderr
    assert all(same(one, remote.results / one.relative_to(remote.inbox)) for one in left)


@pytest.mark.skipif(shutil.which("rsync") is None, reason="there is no rsync")
def test_files_that_go_away_while_they_are_copied_are_no_trouble(remote: FleetFolder) -> None:
    left = remote.leave("a")
    path = path_of(remote)
    once, rsync = remote.folder / "once", shutil.which("rsync")
    program = Path(path["PATH"]) / "rsync"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *--server* | *--dry-run*) exec {rsync} "$@" ;; esac\n'
        f'[ -e {once} ] && exec {rsync} "$@"\necho > {once}\n{rsync} "$@"\nexit 24\n'
    )
    program.chmod(0o755)
    done = remote.collect(environ=path)
    assert done.returncode == 0, done.stderr
    assert once.exists()
    assert same(left, remote.results / left.relative_to(remote.inbox))


def test_scp_serves_where_there_is_no_rsync(remote: FleetFolder) -> None:
    left = [remote.leave(node, 0) for node in ("a", "b")]
    path = path_of(remote, "cp")
    make_scp(remote)
    done = remote.collect(environ=path)
    assert done.returncode == 0, done.stderr
    assert "there is no rsync here: scp copies all of bench1:results each time" in done.stderr
    assert all(same(one, remote.results / one.relative_to(remote.inbox)) for one in left)
    rows = result_of(remote.collect("--json", environ=path).stdout)["nodes"]
    assert [(row["new"], row["known"]) for row in rows] == [(0, 1), (0, 1)]


@pytest.mark.skipif(shutil.which("rsync") is None, reason="there is no rsync")
@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("nowhere:results", "its name is not known; try: getent hosts nowhere"),
        ("closed:results", "it does not accept a key of yours, and no password is asked for; try: ssh-copy-id closed"),
        ("bench1:nothing/there", "there is no such folder; try: ssh bench1 ls -d nothing/there"),
    ],
)
def test_a_computer_that_gives_nothing_does_not_stop_the_others(remote: FleetFolder, where: str, why: str) -> None:
    other = '[class.near]\nscheduler = "github"\nlabels = ["x"]\nnodes = ["n"]\nresults = "near"\n'
    remote.write(f'results = "{where}"\nnodes = ["a", "b"]', more=f'{other}[[class.near.job]]\nverb = "run"\n')
    remote.leave("n", where=remote.folder / "near")
    done = remote.collect(environ=path_of(remote, "rsync"))
    assert done.returncode == 12, done.stderr
    assert f"a: {where} cannot be copied: {why}" in done.stdout
    assert [run.node.name for run in remote.runs()] == ["n"]


@pytest.mark.parametrize(
    "where", ["-oProxyCommand=x:results", "host:a b", "host:$(id)", "rsync://host/x", "host::module"]
)
def test_what_is_no_computer_is_refused(remote: FleetFolder, where: str) -> None:
    remote.write(f'results = "{where}"\nnodes = ["a"]')
    done = remote.collect()
    assert done.returncode == 2
    assert "is not a folder on another computer" in done.stderr
    assert not (remote.folder / "there" / "asked").exists()


def test_a_job_that_ended_without_results_is_named_where_slurm_can_be_asked(fleet: FleetFolder) -> None:
    text = (fleet.folder / "fleet.toml").read_text()
    slurm = text.replace('scheduler = "github"\nlabels = ["bench"]', 'scheduler = "slurm"')
    (fleet.folder / "fleet.toml").write_text(slurm)
    fleet.leave("a")
    path = path_of(fleet)
    absent = fleet.collect(environ=path)
    assert absent.returncode == 0, absent.stderr
    assert "whether a job ended without results is not known: " in absent.stdout
    for name in ("scontrol", "sinfo", "squeue"):
        program = Path(path["PATH"]) / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    assert fleet.collect(environ=path).returncode == 0
    log = fleet.inbox / ".fleet-logs/lab/2026-05-29/zen4/a/run.log"
    log.parent.mkdir(parents=True)
    log.write_text("harness: out of luck\n")
    done = fleet.collect("--round", "2026-05-29", environ=path)
    assert done.returncode == 12, done.stdout
    assert "lab/2026-05-29/zen4/a/run ended without results: harness fleet status says more" in done.stdout
    fleet.leave("a", 5, job="lab/2026-05-29/zen4/a/run")
    assert fleet.collect("--round", "2026-05-29", environ=path).returncode == 0


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_common_index_is_brought_up_to_date(fleet: FleetFolder) -> None:
    for node in ("a", "b"):
        fleet.leave(node)
    with serve() as server:
        url = server.create()
        text = (fleet.folder / "fleet.toml").read_text()
        (fleet.folder / "fleet.toml").write_text(f'database = "{url}"\n{text}')
        environ = {"PGPASSWORD": PASSWORD}
        assert fleet.collect(environ=environ).returncode == 0
        with sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool).connect() as connection:
            assert connection.execute(sqlalchemy.text("SELECT count(*) FROM harness_run")).scalar() == 2
            connection.execute(sqlalchemy.text("CREATE ROLE looker LOGIN PASSWORD 'x'"))
            connection.execute(sqlalchemy.text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker"))
            connection.commit()
        fleet.leave("a", 9)
        looker = f"postgresql+psycopg://looker@{url.rpartition('@')[2]}"
        (fleet.folder / "fleet.toml").write_text(f'database = "{looker}"\n{text}')
        done = fleet.collect(environ={"PGPASSWORD": "x"})
        assert done.returncode == 3, done.stderr
        assert "1 new in" in done.stdout
        assert "the index cannot be brought up to date from here\n  cause: this login may only read" in done.stderr
