"""Shared by the native tests: one folder, in which sources, weights, objects and Zig's libraries are made once."""

from pathlib import Path

import pytest


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
