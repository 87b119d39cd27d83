"""Wall time and peak memory of writing the synthetic weights of one size (default: base), in a child of its own.

    python benchmarks/synthetic.py [MODEL]

The goal is 2.5 s and 200 MB for base.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402

RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    model = parser().parse_args().model
    print_head()
    with tempfile.TemporaryDirectory() as scratch:
        write = (
            "import sys; from pathlib import Path; from harness.system.synthetic import obtain_synthetic; "
            "folder = Path(sys.argv[2]); obtain_synthetic(sys.argv[1], folder=folder, memory=folder)"
        )
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", write, model, scratch], cwd=ROOT, check=True)
        wall_s = time.perf_counter() - began
        size_bytes = max(path.stat().st_size for path in Path(scratch).iterdir())
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{model}: {size_bytes / 1e6:.1f} MB in {wall_s:.2f} s wall, {usage.ru_utime + usage.ru_stime:.2f} s CPU")
    print(f"peak memory {usage.ru_maxrss * RSS_UNIT_BYTES / 1e6:.1f} MB")


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("model", nargs="?", default="base", metavar="MODEL")
    return made


if __name__ == "__main__":
    perform(main)
