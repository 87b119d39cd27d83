"""Standard streams as whoever starts a program may leave them: statements for the process that becomes the program.

`{0}` is the number of the descriptor.
"""

from pathlib import Path

_OPENED = "f = os.open('{1}', os.{2}); os.dup2(f, {0}); os.close(f)"
CLOSED = "os.close({0})"
FULL = _OPENED.replace("{1}", "/dev/full").replace("{2}", "O_WRONLY")
READ_ONLY = _OPENED.replace("{1}", "/dev/null").replace("{2}", "O_RDONLY")
GONE = "r, w = os.pipe(); os.close(r); os.dup2(w, {0}); os.close(w)"
HUNG = "import pty; m, s = pty.openpty(); os.close(m); os.dup2(s, {0}); os.close(s)"
# A pipe that is non-blocking, full at once, and read by and by; what was read goes to where the stream went before.
SLOW = """
import fcntl, time
r, w = os.pipe()
if hasattr(fcntl, "F_SETPIPE_SZ"):
    fcntl.fcntl(w, fcntl.F_SETPIPE_SZ, 4096)
os.set_blocking(w, False)
if os.fork():
    os.close(r); os.dup2(w, {0}); os.close(w)
else:
    os.close(w)
    while data := os.read(r, 3000):
        os.write({0}, data)
        time.sleep(0.01)
    os._exit(0)
"""
# Python ignores SIGPIPE, and what it starts inherits that.
LIKE_A_SHELL = "import signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL)"
# Of these an answer is lost; where only its reader has gone away, nobody misses it.
REFUSING = {"closed": CLOSED, "full": FULL, "read-only": READ_ONLY}
if not Path("/dev/full").exists():  # Linux and some others have one
    del REFUSING["full"]
STATES = {**REFUSING, "gone": GONE, "hung-up": HUNG}


def arrange(state: str, *numbers: int) -> str:
    """Return the statements that leave these descriptors in a state."""
    return "\n".join([LIKE_A_SHELL, *(state.replace("{0}", str(number)) for number in numbers)])
