"""`python -m harness`. Every Python from 2.7 on can read this file: one that is too old gets a sentence."""

import os
import sys

if not __package__:  # `python harness`: then the folder itself is where Python looks for modules
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if sys.version_info < (3, 11):
    from harness.environment.interpreter import refuse

    sys.exit(refuse(sys.argv[1:]))

# The part of `signal` that needs no import of its own: an interrupt may come in the midst of that, too.
import _signal as signal  # type: ignore[import-not-found]

# While modules are still being imported there is nothing to tidy up: an interrupt ends it without a word.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from harness.environment.dependency import find_culprit, find_missing

missing = find_missing()
if missing:
    from harness.environment.start import enter

    enter(sys.argv[1:], missing=missing)

try:
    from harness.cli.main import main as run_command
    from harness.errors import InterruptedRunError
except ImportError as error:
    if not find_culprit(error):
        raise
    from harness.environment.start import enter

    enter(sys.argv[1:], missing=[], error=error)


def main():
    # type: () -> int
    """Return the exit code of the command line; all that is left to do then is to end."""
    try:
        return run_command()
    except ImportError as error:  # of a package that only some commands import
        from harness.environment.start import explain

        return explain(error)
    except KeyboardInterrupt:  # in the very moment in which something else was complained of
        return InterruptedRunError.exit_code
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
