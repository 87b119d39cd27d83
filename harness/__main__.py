"""`python -m harness`. Every Python from 2.7 on can parse this file, so that an old one prints a clear error."""

import os
import sys

if not __package__:  # `python harness`: then the folder itself is where Python looks for modules
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if sys.version_info < (3, 11):
    from harness.environment.interpreter import refuse

    sys.exit(refuse(sys.argv[1:]))

# The part of `signal` that needs no further imports: an interrupt may arrive during those, too.
import _signal as signal  # type: ignore[import-not-found]

# A parent that ignores SIGCHLD passes that on, and then no exit code of a child would be known.
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
# Likewise blocked signals: nobody could stop the harness, or what it starts.
signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP))

# While modules are being imported there is nothing to clean up: an interrupt ends the process silently.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# How messages of the dynamic loader end when memory is short. On a noexec file system, a reason follows the first one.
NO_MEMORY = (
    "failed to map segment from shared object",
    "Cannot allocate memory",
    "cannot allocate memory in static TLS block",
    "(can't load unicodedata module)",
)


def refuse_shortage(error, what_fails="cannot start"):
    # type: (BaseException, str) -> None
    """Exit with a clear error if a system limit is behind `error`. This cannot import anything any more."""
    message = getattr(error, "msg", None) or str(error) or type(error).__name__
    number = getattr(error, "errno", None)
    if number in (23, 24) or "Error 24" in message:  # ENFILE, EMFILE; what the dynamic loader says has no number
        what = "too many open files", "ulimit -n 4096 (ulimit -n shows the limit)"
    # ENOMEM; where not even a MemoryError can be made, Python raises SystemError.
    elif number == 12 or isinstance(error, (MemoryError, SystemError)) or message.endswith(NO_MEMORY):
        what = "out of memory", "free -m shows the memory of the node, ulimit -v and ulimit -d the limits"
    else:
        return
    text = "harness: %s: %s\n  cause: %s\n  try:   %s\n" % (what_fails, what[0], message, what[1])
    try:
        os.write(2, text.encode("utf-8", "replace"))
    finally:  # if nobody can read the message, there is still the exit code
        os._exit(3)


try:
    from harness.system.stream import flush_streams, secure_streams

    secure_streams()

    if sys.argv[1:3] == ["completion", "--words"]:  # a user is waiting: import and set up nothing more
        from harness.cli.word import answer

        sys.exit(answer(sys.argv[1:]))

    from harness.environment.dependency import find_culprit, find_missing

    missing = find_missing()
    if missing:
        from harness.environment.start import enter

        enter(sys.argv[1:], missing=missing)

    from harness.cli.main import main as run_command
    from harness.errors import InterruptedRunError
except (ImportError, MemoryError, OSError, SyntaxError, SystemError) as error:
    refuse_shortage(error)  # then the package is installed, and installing it again would not help
    if not isinstance(error, ImportError) or not find_culprit(error):
        raise
    from harness.environment.start import enter

    enter(sys.argv[1:], missing=[], error=error)


def main():
    # type: () -> int
    """Run the command line and return the exit code."""
    try:
        return run_command()
    except ImportError as error:  # a package that only some commands import
        refuse_shortage(error)  # a verb's own modules are imported only now
        from harness.environment.start import explain

        return explain(error)
    except KeyboardInterrupt:  # while another error was being printed
        return InterruptedRunError.exit_code
    finally:
        flush_streams()  # Python's own flush, at the very end, would print a traceback if it failed
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (MemoryError, SystemError) as error:  # even an orderly end takes memory; all output was flushed
        refuse_shortage(error, "cannot go on")
