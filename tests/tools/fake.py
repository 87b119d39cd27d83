"""Starts a fake tool (toolbox.py): python fake.py HOME TOOL ARGUMENT...

The tool itself is a module, so that Python compiles it once and not in every call.
"""

import _signal as signal  # type: ignore[import-not-found]
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
signal.signal(signal.SIGINT, signal.SIG_DFL)

from tests.tools.toolbox import main

sys.exit(main())
