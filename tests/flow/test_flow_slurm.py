"""Programs of Slurm that hang, are missing or refuse, played by small scripts."""

from pathlib import Path

import pytest

from harness.errors import UnavailableError, UnfitError
from harness.fleet import slurm


def _play(folder: Path, program: str, text: str) -> dict[str, str]:
    path = folder / program
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_an_sbatch_that_hangs_is_ended_and_may_have_done_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm, "_LIMIT_S", 0.5)
    environ = _play(tmp_path, "sbatch", "echo 17; exec sleep 60")
    with pytest.raises(slurm.SilentSlurmError) as caught:
        slurm.submit_array(["sbatch", "--parsable"], "#!/bin/sh\n", environ)
    assert "whether Slurm took the jobs is not known" in caught.value.cause
    assert caught.value.hint == "scontrol ping"


@pytest.mark.parametrize(
    ("said", "silent"),
    [
        ("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)", True),
        ("sbatch: error: Batch job submission failed: Invalid node name specified", False),
        ("sbatch: error: Batch job submission failed: Zebras", False),
    ],
)
def test_a_refusal_is_told_from_silence(tmp_path: Path, said: str, *, silent: bool) -> None:
    environ = _play(tmp_path, "sbatch", f"echo '{said}' >&2; exit 1")
    with pytest.raises(UnavailableError) as caught:
        slurm.submit_array(["sbatch", "--parsable"], "#!/bin/sh\n", environ)
    assert isinstance(caught.value, slurm.SilentSlurmError) is silent
    # Nobody is asked to type an sbatch without its script.
    assert not caught.value.hint.startswith("sbatch")


def test_the_script_is_what_sbatch_reads(tmp_path: Path) -> None:
    environ = _play(tmp_path, "sbatch", f"cat > '{tmp_path}/read'; echo '17;cluster'")
    assert slurm.submit_array(["sbatch"], "#!/bin/sh\necho ü\n", environ) == "17"
    assert (tmp_path / "read").read_text() == "#!/bin/sh\necho ü\n"


def test_without_slurm_it_is_said_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="scontrol is not installed"):
        slurm.look_at_cluster("lab", {"PATH": str(tmp_path)})
