"""A real browser for the tests of pages: the system's Chromium, driven without a window by Playwright.

python -m tests.browser.chromium    says which tests are skipped for want of one, and why
"""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# On a busy node a cold browser takes long to start. No test is about how long.
PATIENCE_MS = 180_000


@functools.cache
def find_chromium() -> str:
    """Return the path of a browser that starts; empty where there is none.

    Ubuntu has a program of that name that only says how a browser can be installed.
    """
    return next((path for path in map(shutil.which, _NAMES) if path and _starts(path)), "")


def _starts(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=PATIENCE_MS / 1000, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def why_not() -> str:
    """Return why there is no browser to test with, and what would make one; empty where there is one."""
    if not find_chromium():
        return "there is no Chromium here that starts (Debian: apt install chromium)"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "the package playwright is not installed (python -m pip install playwright)"
    return ""


@contextmanager
def launch() -> Iterator[Any]:
    """Offer a browser; it is ended with the block."""
    from playwright.sync_api import sync_playwright

    # Its sandbox does not work for root, nor in most containers. It only sees pages that these tests made.
    words = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=words,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            timeout=PATIENCE_MS,
        )
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    if reason := why_not():
        sys.stderr.write(f"skipped: the tests of pages in a browser: {reason}\n")
