"""The types of the whole house, by mypy: one test among the others, which do not wait for it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_types() -> None:
    done = subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
