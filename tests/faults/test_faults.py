"""Faults: a sample of the catalogue, the whole of it on demand (`-m campaign`), and a judge that can say no."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.catalog import CATALOG, count_by_family, injections
from tests.faults.deed import Write
from tests.faults.family.cut import Cut
from tests.faults.family.disk import CALLS
from tests.faults.family.order import judge_order
from tests.faults.fault import Deed, Family, Fault, Kind, Seen
from tests.faults.judge import play
from tests.faults.shim import Shimmed
from tests.faults.stage import SHORT, Stage, Template

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
CUTS = tuple(fault for fault in CATALOG if any(isinstance(deed, Cut) for deed in fault.deeds))
PLAYED = tuple(fault for fault in CATALOG if not any(isinstance(deed, Cut) for deed in fault.deeds))


def inject(fault: Fault, tmp_path: Path, template: Template) -> list[str]:
    return [f"{found.kind.value}: {found.what}" for found in play(fault, Stage(tmp_path, template))]


@pytest.mark.parametrize("fault", [one for one in PLAYED if one.sample], ids=lambda one: one.id)
def test_a_sample_of_faults_is_seen_rightly(fault: Fault, tmp_path: Path, template: Template) -> None:
    assert inject(fault, tmp_path, template) == []


@pytest.mark.campaign
@pytest.mark.parametrize("fault", [one for one in PLAYED if not one.sample], ids=lambda one: one.id)
def test_every_fault_is_seen_rightly(fault: Fault, tmp_path: Path, template: Template) -> None:
    assert inject(fault, tmp_path, template) == []


def test_no_log_that_breaks_off_passes() -> None:
    found = {fault.id: list(deed.look(None)) for fault in CUTS for deed in fault.deeds if isinstance(deed, Cut)}
    assert {name: one for name, one in found.items() if one} == {}
    assert len(found) > 1000


def test_the_catalogue_is_large_and_names_are_unique() -> None:
    assert [name for name, count in Counter(fault.id for fault in CATALOG).items() if count > 1] == []
    assert all(count_by_family().values())
    assert len(PLAYED) >= 200
    assert sum(injections(fault) for fault in CATALOG if fault.family is Family.KILL) >= 200
    assert all(fault.where and fault.what for fault in CATALOG)


def test_every_call_that_writes_is_struck(tmp_path: Path, template: Template) -> None:
    stage = Stage(tmp_path, template)
    Shimmed().strike(stage)
    assert stage.call(("run", *SHORT)).code == 0
    made: Counter[tuple[str, str]] = Counter()
    for line in stage.shim_log.read_text(encoding="utf-8", errors="replace").splitlines():
        call, _, path = line.partition(" ")
        below = [name for name in ("results", "cache", "tmp") if path.startswith(f"{stage.kit.folder / name}")]
        made.update((call, name) for name in below)
    assert {key: made[key] for key in CALLS if key[1] == "results"} == {
        key: count for key, count in CALLS.items() if key[1] == "results"
    }
    # What other tests have left in the cache is not written again, and a long path needs one write more.
    assert {key: count for key, count in CALLS.items() if abs(made[key] - count) > 1} == {}


def test_the_page_tells_the_counts_of_the_catalogue() -> None:
    rows = dict(re.findall(r"^\| ([a-z, ]+?) +\| +(\d+) +\|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows == {family.value: str(count) for family, count in count_by_family().items()} | {
        "all": str(len(CATALOG))
    }


def test_the_campaign_is_left_out_of_ordinary_runs() -> None:
    words = ["-m", "not native", "--collect-only", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=PAGE.parents[1], capture_output=True, text=True)
    assert "test_a_sample_of_faults_is_seen_rightly" in done.stdout
    assert "test_every_fault_is_seen_rightly" not in done.stdout


# A judge that never says no would be worth nothing.


class Witness(Deed):
    """The run that was finished before is changed."""

    def strike(self, stage: Stage) -> None:
        (stage.witness / "README.md").write_text("changed")


class Straggler(Deed):
    """A process that has the stage for its home stays."""

    def strike(self, stage: Stage) -> None:
        def act(_: object) -> None:
            code = "import time; time.sleep(30)"
            straggler = subprocess.Popen([sys.executable, "-c", code, str(stage.kit.folder)])

            def mend() -> None:
                straggler.kill()
                straggler.wait()

            stage.menders.append(mend)

        stage.during.append(act)


class Broken(Deed):
    """A harness that says nothing but a traceback."""

    def strike(self, stage: Stage) -> None:
        package = stage.kit.folder / "other" / "harness"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text("raise SystemExit(print('Traceback (most recent call last):'))")
        stage.environ["PYTHONPATH"] = str(package.parent)


LISTED = ("list",)


@pytest.mark.parametrize(
    ("deed", "seen", "words", "kind"),
    [
        (Write(path="x", text=""), Seen(codes=(5,)), LISTED, Kind.GREEN),
        (Write(path="cache/a.tmp", mended=False), Seen(), LISTED, Kind.FILE),
        (Write(path="tmp/tmpabcdefgh", mended=False), Seen(), LISTED, Kind.FILE),
        (Write(path="tmp/abcdefgh", text="x", mended=False), Seen(), LISTED, Kind.FILE),
        (Witness(), Seen(), LISTED, Kind.LOST),
        (Straggler(), Seen(), LISTED, Kind.PROCESS),
        (Broken(), Seen(), LISTED, Kind.TRACEBACK),
        (Broken(), Seen(), ("run",), Kind.GREEN),
        (Write(path="x", text=""), Seen(codes=(2,), says=("moon",)), ("list", "--nonsense"), Kind.WRONG),
    ],
)
def test_the_judge_sees(
    deed: Deed, seen: Seen, words: tuple[str, ...], kind: Kind, tmp_path: Path, template: Template
) -> None:
    fault = Fault(family=Family.TOOL, name="x", where="x", what="x", deeds=(deed,), seen=seen, words=words)
    assert kind in {found.kind for found in play(fault, Stage(tmp_path, template))}


def test_the_judge_of_orders_sees_a_rename_before_its_content(tmp_path: Path) -> None:
    top = f"{tmp_path}/results/n/m/a"
    early = [f"create {top}.tmp ", f"write {top}.tmp ", f"rename {top}.tmp {top}.json", f"fsync {top}.json "]
    assert [found.kind for found in judge_order(early, tmp_path)] == [Kind.LOST]
    well = [*early[:2], f"fsync {top}.tmp ", early[2]]
    assert list(judge_order(well, tmp_path)) == []
    sealed = [*well, f"rename {tmp_path}/results/n/m/run.partial {tmp_path}/results/n/m/run"]
    assert "not made durable" in next(iter(judge_order(sealed, tmp_path))).what
