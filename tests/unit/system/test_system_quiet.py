import shutil
from pathlib import Path

import pytest

from harness.parse.host.capture import parse_capture
from harness.system.quiet import CounterReader
from tests.unit.judge.test_judge_diagnosis import NAMES, QUIET


def prepare(name: str, part: str, root: Path) -> None:
    for path, text in parse_capture((QUIET / name / f"{part}.txt").read_text()).items():
        if path.startswith("/"):
            file = root / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "mac-on-battery"])
def test_another_root_is_read_like_ones_own(name: str, tmp_path: Path) -> None:
    prepare(name, "before", tmp_path)
    watch = CounterReader({"HARNESS_SYSROOT": str(tmp_path)})
    before = watch.read()
    prepare(name, "after", tmp_path)
    after = watch.read()
    assert after.time_s > before.time_s
    assert after.busy_s
    assert before.busy_s
    assert after.busy_s > before.busy_s
    assert bool(watch.probe_condition().governors) is (name in ("laptop-on-battery", "quiet-server"))
    if name == "container-half-cpu":
        assert (before.quota_throttled, after.quota_throttled) == (300, 348)
    if name == "laptop-on-battery":
        assert (before.thermal_throttled, after.thermal_throttled) == (60, 74)


def test_a_folder_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    reading = CounterReader({"HARNESS_SYSROOT": str(tmp_path)}).read()
    assert (reading.busy_s, reading.processes, reading.load) == (None, (), None)


def test_this_machine_tells_something() -> None:
    reading = CounterReader({}).read()
    assert reading.busy_s
    assert reading.load is not None
    assert reading.own_s > 0
