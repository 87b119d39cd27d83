"""Shared by the native tests: one folder, in which sources, objects and Zig's libraries are made once; real weights."""

from pathlib import Path

import pytest

from tests.real_weights import UnavailableError, fetch_weights


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """Return the folder with the `cache` of all native tests.

    What the compilers keep for themselves outlives the session, in the folder of pytest's cache: objects are found by
    their contents, whatever the folder is called today. Builds, sources and weights are made anew.
    """
    folder = tmp_path_factory.mktemp("native")
    kept = pytestconfig.cache.mkdir("compilers") if getattr(pytestconfig, "cache", None) else folder
    (folder / "cache").mkdir()
    (kept / "zig").mkdir(exist_ok=True)
    (folder / "cache" / "zig").symlink_to(kept / "zig")
    (folder / "ccache.conf").write_text(
        f"cache_dir = {kept / 'ccache'}\nbase_dir = {folder}\nhash_dir = false\nmax_size = 1G\n"
    )
    return folder


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """Return the folder of real weights, which outlives the session: 70 MB for tiny.en alone."""
    cache = getattr(pytestconfig, "cache", None)
    return cache.mkdir("weights") if cache else tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="session")
def tiny_en(weights_folder: Path) -> Path:
    """Return OpenAI's tiny.en as a file for whisper.cpp; tests that want it are skipped where no index gives it."""
    return _fetch("tiny.en", weights_folder)


@pytest.fixture(scope="session")
def base(weights_folder: Path) -> Path:
    """Return OpenAI's base, the same way: for what is tried before a release."""
    return _fetch("base", weights_folder)


def _fetch(model: str, folder: Path) -> Path:
    try:
        return fetch_weights(model, folder)
    except UnavailableError as error:
        pytest.skip(str(error))
