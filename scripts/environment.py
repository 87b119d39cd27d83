"""Used by the other scripts: `start ARGUMENTS` runs the harness, `prepare KIND` prints an environment's folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.environment.start import prepare, start
from harness.system.stream import secure_streams

secure_streams()
verb, *words = sys.argv[1:]
if verb == "start":
    start(words)
sys.exit(prepare(*words))
