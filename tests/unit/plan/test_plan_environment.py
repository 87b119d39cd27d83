"""The children's environment: little of the user's, and nothing silently."""

from harness.plan.environment import choose_environment


def test_only_what_is_needed_is_passed_on() -> None:
    environ = {"PATH": "/usr/bin", "HOME": "/home/me", "EDITOR": "vi", "HF_TOKEN": "secret", "PYTHONPATH": "/x"}
    pairs, caveats = choose_environment(environ, path=["/venv/bin"])
    assert dict(pairs) == {"PATH": "/venv/bin:/usr/bin", "HOME": "/home/me", "LC_ALL": "C"}
    assert caveats == ()


def test_git_and_ccache_find_the_users_settings_where_they_are() -> None:
    # What git ignores by them is no part of a tree, neither before a build nor after it.
    pairs, _ = choose_environment({"XDG_CONFIG_HOME": "/home/me/settings"}, path=[])
    assert ("XDG_CONFIG_HOME", "/home/me/settings") in pairs


def test_the_users_locale_does_not_reach_the_children() -> None:
    pairs, _ = choose_environment({"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}, path=["/b"])
    assert dict(pairs) == {"LC_ALL": "C", "PATH": "/b"}


def test_what_would_poison_the_build_is_kept_out_and_said() -> None:
    pairs, caveats = choose_environment({"SOURCE_DATE_EPOCH": "0", "CFLAGS": "-O0"}, path=[])
    assert "SOURCE_DATE_EPOCH" not in dict(pairs)
    assert "CFLAGS" not in dict(pairs)
    assert [caveat.code for caveat in caveats] == ["environment-ignored"]
    assert "CFLAGS, SOURCE_DATE_EPOCH" in caveats[0].message


def test_what_may_change_timings_is_passed_on() -> None:
    pairs, caveats = choose_environment({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "2"}, path=[])
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
    pairs, caveats = choose_environment({**secrets, "GGML_X": "1", "PATH": "/a@b"}, path=[])
    assert dict(pairs) == {"GGML_X": "1", "LC_ALL": "C", "PATH": "/a@b"}
    assert [caveat.code for caveat in caveats] == ["environment-secret"]
    assert all(name in caveats[0].message for name in secrets)
    assert "CANARY" not in caveats[0].message
