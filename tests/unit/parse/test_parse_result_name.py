from pathlib import PurePosixPath

import pytest

from harness.parse.result_name import is_result

RUN = "20261126T101112Z-5f5fe951-0a1b2c3d"


@pytest.mark.parametrize(
    "path",
    [
        f"results/node-1/2026-11/{RUN}/run.json",
        f"results/node-1/2026-11/{RUN}.partial/logs/1.log",
        f"results/node-1/2026-11/{RUN}-2/README.md",
        f"bench/old/node-1/2026-11/{RUN}/plan.json",
        f"node-1/2026-11/{RUN}/run.json",
        "results/node-1/2026-11/20261126T101112Z-0a1b2c3d.sweep.json",
        "results/node-1/2026-11/20261126T101112Z-0a1b2c3d.sweep.json.tmp",
        "results/n/undated/0-undated-5f5fe951-0a1b2c3d/run.json",
        "results/n/0000-00/00000000T000000Z-5f5fe951-0a1b2c3d/run.json",
        "results/.import-ab12/lock",
        f"out/whisper.cpp/23/{'0a' * 19}/node-1/README.md",
        "harness.toml",
        "examples/harness.toml",
        "harness.toml.0a1b2c3d.tmp",
        "tmp/harness-git-ab12/info/exclude",
        "tmp/whisper-harness-node.lock",
    ],
)
def test_what_the_harness_wrote_is_known_by_its_name(path: str) -> None:
    assert is_result(PurePosixPath(path).parts)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "CMakeLists.txt",
        "results/notes.md",
        "results/node-1/2026-11/notes.md",
        f"2026-11/{RUN}/run.json",
        f"results/node-1/{RUN}/run.json",
        f"results/node-1/2026-11/{RUN}x".replace("Z-", "-"),
        "src/2026-11/whisper.cpp",
        ".import-ab12",
        "harness-git-ab12",
        "src/harness.toml.c",
        "src/import-x/a.c",
        f"out/whisper.cpp/23/{'0a' * 18}/README.md",
    ],
)
def test_all_else_belongs_to_the_tree(path: str) -> None:
    assert not is_result(PurePosixPath(path).parts)
