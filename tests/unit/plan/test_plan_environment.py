"""The children's environment: little of the user's, and nothing silently."""

import pytest

from harness.plan.environment import caveat_influences, choose_child_variables, list_influences
from harness.records.build import CMakeOption, Config


def test_only_what_is_needed_is_passed_on() -> None:
    environ = {"PATH": "/usr/bin", "HOME": "/home/me", "EDITOR": "vi", "HF_TOKEN": "secret", "PYTHONPATH": "/x"}
    pairs, caveats = choose_child_variables(environ, path=["/venv/bin"])
    assert dict(pairs) == {"PATH": "/venv/bin:/usr/bin", "HOME": "/home/me", "LC_ALL": "C"}
    assert caveats == ()


def test_git_and_ccache_find_the_users_settings_where_they_are() -> None:
    # What git ignores by them is no part of a tree, neither before a build nor after it.
    pairs, _ = choose_child_variables({"XDG_CONFIG_HOME": "/home/me/settings"}, path=[])
    assert ("XDG_CONFIG_HOME", "/home/me/settings") in pairs


def test_the_users_locale_does_not_reach_the_children() -> None:
    pairs, _ = choose_child_variables({"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}, path=["/b"])
    assert dict(pairs) == {"LC_ALL": "C", "PATH": "/b"}


def test_what_would_poison_the_build_is_kept_out_and_said() -> None:
    pairs, caveats = choose_child_variables({"SOURCE_DATE_EPOCH": "0", "CFLAGS": "-O0"}, path=[])
    assert "SOURCE_DATE_EPOCH" not in dict(pairs)
    assert "CFLAGS" not in dict(pairs)
    assert [caveat.code for caveat in caveats] == ["environment-ignored"]
    assert "CFLAGS, SOURCE_DATE_EPOCH" in caveats[0].message


def test_what_may_change_timings_is_passed_on() -> None:
    pairs, caveats = choose_child_variables({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "2"}, path=[])
    assert {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "2"}.items() <= dict(pairs).items()
    assert caveats == ()


def test_what_sounds_like_a_secret_reaches_neither_children_nor_the_record() -> None:
    secrets = {
        "GGML_HUB_TOKEN": "CANARY",
        "MKL_LICENSE_KEY": "CANARY",
        "OMP_SECRET": "CANARY",
        "GG_BUILD_PASSWORD": "CANARY",
        "OPENBLAS_MIRROR": "https://me:CANARY@example.org/",
    }
    pairs, caveats = choose_child_variables({**secrets, "GGML_X": "1", "PATH": "/a@b"}, path=[])
    assert dict(pairs) == {"GGML_X": "1", "LC_ALL": "C", "PATH": "/a@b"}
    assert [caveat.code for caveat in caveats] == ["environment-secret"]
    assert all(name in caveats[0].message for name in secrets)
    assert "CANARY" not in caveats[0].message


def config(backend: str = "cpu", compiler: str = "gcc", **options: str) -> Config:
    made = tuple(CMakeOption(name=name, value=value, reason="") for name, value in options.items())
    return Config(build_type="Release", isa="native", backend=backend, compiler=compiler, options=made)


PLAIN = config()
OPENBLAS = config("blas", GGML_BLAS="ON", GGML_BLAS_VENDOR="OpenBLAS")


@pytest.mark.parametrize(
    ("name", "build", "os", "read"),
    [
        ("OPENBLAS_NUM_THREADS", PLAIN, "Debian 12", False),
        ("OPENBLAS_NUM_THREADS", OPENBLAS, "Debian 12", True),
        ("OPENBLAS_NUM_THREADS", config(GGML_BLAS="1", GGML_BLAS_VENDOR="FlexiBLAS"), "Debian 12", True),
        ("OPENBLAS_NUM_THREADS", config(GGML_BLAS="ON"), "Debian 12", True),
        ("MKL_NUM_THREADS", OPENBLAS, "Debian 12", False),
        ("MKL_NUM_THREADS", config(GGML_BLAS="ON", GGML_BLAS_VENDOR="Intel10_64lp"), "Debian 12", True),
        ("BLIS_NUM_THREADS", PLAIN, "Debian 12", False),
        ("OMP_NUM_THREADS", PLAIN, "Debian 12", True),
        ("OMP_NUM_THREADS", config(GGML_OPENMP="OFF"), "Debian 12", False),
        ("OMP_NUM_THREADS", config(GGML_OPENMP="OFF", GGML_BLAS="ON"), "Debian 12", True),
        ("GOMP_SPINCOUNT", PLAIN, "Debian 12", True),
        ("GOMP_SPINCOUNT", config(compiler="clang"), "Debian 12", False),
        ("KMP_BLOCKTIME", PLAIN, "Debian 12", False),
        ("KMP_BLOCKTIME", config(compiler="clang"), "Debian 12", True),
        ("GGML_VK_DISABLE_F16", PLAIN, "Debian 12", False),
        ("GGML_VK_DISABLE_F16", config("vulkan", GGML_VULKAN="ON"), "Debian 12", True),
        ("GGML_CUDA_FORCE_MMQ", config("hip"), "Debian 12", True),
        ("GGML_CUDA_FORCE_MMQ", config(GGML_CUDA="ON"), "Debian 12", True),
        ("GGML_METAL_NO_RESIDENCY", PLAIN, "Debian 12", False),
        ("GGML_KLEIDIAI_SME", PLAIN, "Debian 12", False),
        ("GGML_KLEIDIAI_SME", config(GGML_CPU_KLEIDIAI="ON"), "Debian 12", True),
        ("GGML_CPU_DISABLE_FUSION", PLAIN, "Debian 12", True),
        ("MALLOC_ARENA_MAX", PLAIN, "Debian 12", True),
        ("MALLOC_ARENA_MAX", PLAIN, "macOS 15.1", False),
        ("HOME", PLAIN, "Debian 12", False),
    ],
)
def test_a_variable_counts_where_something_reads_it(name: str, build: Config, os: str, *, read: bool) -> None:
    assert list(list_influences([(name, "1")], build, os)) == ([(name, "1")] if read else [])
    codes = [caveat.code for caveat in caveat_influences([(name, "1")], build, os)]
    assert codes == (["timing-environment"] if read else [])


def test_the_caveat_names_them_with_their_values() -> None:
    environment = [("OPENBLAS_NUM_THREADS", "2"), ("OMP_NUM_THREADS", "1"), ("PATH", "/bin")]
    (caveat,) = caveat_influences(environment, OPENBLAS, "Debian 12")
    what = "the benchmarks ran with these variables, which can change timings"
    assert caveat.message == f"{what}: OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=2"
    (caveat,) = caveat_influences(environment, PLAIN, "Debian 12")
    assert "OPENBLAS" not in caveat.message
