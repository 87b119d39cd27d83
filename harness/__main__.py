"""`python -m harness`."""

# The part of `signal` that needs no import of its own: an interrupt may come in the midst of that, too.
import _signal as signal  # type: ignore[import-not-found]
import sys

# While modules are still being imported there is nothing to tidy up: an interrupt ends it without a word.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from harness.cli.main import main as run_command
from harness.errors import InterruptedRunError


def main() -> int:
    """Return the exit code of the command line; all that is left to do then is to end."""
    try:
        return run_command()
    except KeyboardInterrupt:  # in the very moment in which something else was complained of
        return InterruptedRunError.exit_code
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
