"""What venv, ensurepip, pip and the system say, and what becomes of it."""

import pytest

from harness.environment.failure import SetUpAction, explain

# (what was written, words of the sentence, words of the cause, words of the hint)
CASES = {
    "no ensurepip": (
        "/srv/v/bin/python: No module named ensurepip\n",
        "lacks venv or ensurepip",
        "No module named ensurepip",
        "apt install python3-venv",
    ),
    "no venv": (
        "/usr/bin/python3: No module named venv\n",
        "/usr/bin/python3 lacks venv",
        "No module named venv",
        "apt install python3-venv",
    ),
    "a full disk": (
        "Processing x.whl\nERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n\n",
        "the disk is full",
        "[Errno 28]",
        "HARNESS_VENV=FOLDER",
    ),
    "open files": (
        (
            "  Could not fetch URL https://index.test/anyio/: connection error: (Caused by NewConnectionError('x: "
            "Failed to establish a new connection: [Errno 24] Too many open files')) - skipping\n"
            "ERROR: No matching distribution found for anyio==4.16.0\n"
        ),
        "too many files are open",
        "Too many open files",
        "ulimit -n",
    ),
    "no network": (
        (
            "  Could not fetch URL http://127.0.0.1:9/anyio/: connection error: HTTPConnectionPool(...): "
            "Max retries exceeded with url: /anyio/ (Caused by NewConnectionError('<pip._vendor.urllib3.connection."
            "HTTPConnection object at 0x7f24>: Failed to establish a new connection: [Errno 111] Connection refused'))"
            " - skipping\n"
            "ERROR: Could not find a version that satisfies the requirement anyio==4.16.0 (from versions: none)\n"
            "ERROR: No matching distribution found for anyio==4.16.0\n"
        ),
        "the package index cannot be reached",
        "(Caused by NewConnectionError('Failed to establish a new connection: [Errno 111] Connection refused'))",
        "PIP_INDEX_URL=URL",
    ),
    "a login": (
        (
            "  Could not fetch URL https://me:secret@index.test/simple/anyio/: 401 Client Error: x - skipping\n"
            "ERROR: No matching distribution found for anyio==4.16.0\n"
        ),
        "asks for a login",
        "https://index.test/simple",
        "~/.netrc",
    ),
    "an index that lags": (
        (
            "ERROR: Could not find a version that satisfies the requirement msgspec==0.22.0 (from versions: 0.19)\n"
            "ERROR: No matching distribution found for msgspec==0.22.0\n"
        ),
        "has no msgspec==0.22.0",
        "No matching distribution",
        "PIP_INDEX_URL=URL",
    ),
    "no https": (
        (
            "WARNING: The repository located at index.test is not a trusted or secure host and is being ignored. If\n"
            "ERROR: No matching distribution found for anyio==4.16.0\n"
        ),
        "does not use the package index at index.test",
        "not a trusted",
        "PIP_TRUSTED_HOST=index.test",
    ),
    "another file": (
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated ...\n"
            "    msgspec==0.22.0 from https://index.test/msgspec.whl (from -r requirements.txt (line 3)):\n"
            "        Expected sha256 00\n             Got        11\n"
        ),
        "the SHA-256 of msgspec==0.22.0 does not match",
        "DO NOT MATCH",
        "pip cache purge",
    ),
    "a certificate": (
        (
            "Could not fetch URL https://index.test/: ... (Caused by "
            "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))) - skipping\n"
        ),
        "is not trusted",
        "CERTIFICATE_VERIFY_FAILED",
        "PIP_CERT=FILE",
    ),
    "a proxy": (
        "(Caused by ProxyError('Cannot connect to proxy.', NewConnectionError('<x>: [Errno 111]')))\n",
        "the proxy",
        "Cannot connect to proxy",
        "HTTPS_PROXY",
    ),
    "no wheel": (
        "error: command 'gcc' failed: No such file or directory\nERROR: Failed building wheel for psutil\n",
        "could not be built",
        "gcc",
        "apt install gcc python3-dev",
    ),
    "no execution": (
        "ImportError: /srv/v/lib/_core.so: failed to map segment from shared object\n",
        "noexec",
        "_core.so",
        "HARNESS_VENV=FOLDER",
    ),
    "read-only": (
        "[Errno 30] Read-only file system: '/srv/v'",
        "/srv/v is not writable",
        "[Errno 30]",
        "HARNESS_VENV=FOLDER",
    ),
    "anything else": ("first\nERROR: the moon is full\nlast\n", "making it failed", "the moon is full", "look up"),
    "nothing": ("", "making it failed", "", "look up"),
}


@pytest.mark.parametrize("case", CASES)
def test_cause_and_command_are_named(case: str) -> None:
    output, what, cause, hint = CASES[case]
    action = SetUpAction(
        doing="making it", hint="look up", python="/usr/bin/python3", folder="/srv/v", variable="HARNESS_VENV"
    )
    error = explain(output, action)
    assert error.exit_code == 3
    assert what in error.what
    assert cause in error.cause
    assert hint in error.hint
    assert "secret" not in str(error)
    assert len(str(error).splitlines()) <= 3
