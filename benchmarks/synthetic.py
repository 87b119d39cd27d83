"""Wall time and peak memory of writing the synthetic weights of one size (default: base), in a child of its own.

python benchmarks/synthetic.py [MODEL] - the aim is 2.5 s and 200 MB for base.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "base"
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


if __name__ == "__main__":
    main()
