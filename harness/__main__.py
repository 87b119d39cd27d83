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

# Whoever ignores the end of children hands that on to what it starts, and no exit code of a child would be known.
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
# Likewise of signals that are held back: nobody could stop it, or what it starts.
signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP))

# While modules are still being imported there is nothing to tidy up: an interrupt ends it without a word.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# How the dynamic loader ends then; for a folder from which no program may be loaded (noexec) it gives a reason after
# the first of these.
NO_MEMORY = (
    "failed to map segment from shared object",
    "Cannot allocate memory",
    "cannot allocate memory in static TLS block",
    "(can't load unicodedata module)",
)


def refuse_shortage(error):
    # type: (BaseException) -> None
    """End with a sentence where a limit of the system is behind an error. Nothing can be imported any more for that."""
    said = getattr(error, "msg", None) or str(error) or type(error).__name__
    number = getattr(error, "errno", None)
    if number in (23, 24) or "Error 24" in said:  # ENFILE, EMFILE; what the dynamic loader says has no number
        what = "no more files may be open", "ulimit -n shows the limit; ulimit -n 4096 raises it"
    elif number == 12 or isinstance(error, MemoryError) or said.endswith(NO_MEMORY):  # ENOMEM
        what = "there is no more memory", "ulimit -v and ulimit -d show the limits, free -m what the node has"
    else:
        return
    text = "harness: it cannot start: %s\n  cause: %s\n  try:   %s\n" % (what[0], said, what[1])
    try:
        os.write(2, text.encode("utf-8", "replace"))
    finally:  # where nobody is there to read it, the exit code remains
        os._exit(3)


try:
    from harness.system.stream import flush_streams, secure_streams

    secure_streams()

    if sys.argv[1:3] == ["completion", "--words"]:  # somebody waits for it: nothing more is imported, nor set up
        from harness.cli.word import answer

        sys.exit(answer(sys.argv[1:]))

    from harness.environment.dependency import find_culprit, find_missing

    missing = find_missing()
    if missing:
        from harness.environment.start import enter

        enter(sys.argv[1:], missing=missing)

    from harness.cli.main import main as run_command
    from harness.errors import InterruptedRunError
except (ImportError, MemoryError, OSError, SyntaxError) as error:
    refuse_shortage(error)  # a package that could not be loaded for that is there: it is not installed once more
    if not isinstance(error, ImportError) or not find_culprit(error):
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
        flush_streams()  # the last chance to fail: Python's own flush, at the very end, would print a traceback
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
