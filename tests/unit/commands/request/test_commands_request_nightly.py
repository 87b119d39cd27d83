"""A night's watch as it is asked for, and what is refused before anything is fetched."""

import pytest

from harness.commands.request import measure, nightly
from harness.commands.request.nightly import resolve_night
from harness.commands.request.place import open_workplace
from harness.errors import UsageError
from harness.records.secret import HIDDEN
from harness.records.suite import Engine
from harness.settings.layer import layer_settings
from harness.settings.request import NightRequest
from harness.system.console import Console
from tests import factory


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (measure, nightly):
        monkeypatch.setattr(module, "resolve_node", lambda settings, environ: factory.haswell())


def ask(environ: dict[str, str] | None = None, **flags: object) -> NightRequest:
    settings = layer_settings(file={}, file_name="", environ=environ or {}, flags=flags)
    return resolve_night(settings, open_workplace(settings, {}, Console(quiet=True)))


def test_a_night_is_an_ordinary_run_of_upstream_and_comparisons_of_models() -> None:
    request = ask()
    assert request.repo == "https://github.com/ggml-org/whisper.cpp"
    assert (request.branch, request.anchor, request.budget_s, request.dry) == ("", "", 3600.0, False)
    suite, side = request.run.measure.suite, request.side.measure.suite
    assert (suite.models, side.models) == (("tiny", "base", "small"), ("tiny", "base", "small"))
    assert (suite.engine, side.engine) == (Engine.BENCH, Engine.LIBRARY)
    assert (suite.tests, side.tests) == (True, False)
    assert [one.value for one in suite.benchmarks] == ["memcpy", "mul_mat", "whisper"]
    assert (request.cache_limit_bytes, request.notify, request.silent_nights) == (None, (), 3)
    assert ask(model=["tiny"], budget="2h", branch="dev", anchor="v1.8.4").run.measure.suite.models == ("tiny",)


def test_comparisons_relink_wherever_it_is_possible() -> None:
    assert ask().design.relink
    assert not ask(relink=False).design.relink
    assert not ask(define=["GGML_LTO=ON"]).design.relink
    with pytest.raises(UsageError, match="--relink does not work with GGML_LTO=ON"):
        ask(define=["GGML_LTO=ON"], relink=True)


def test_what_is_notified_is_split_as_a_shell_would_and_is_not_recorded() -> None:
    request = ask(notify="curl -d @- 'https://chat.example/hook?token=a b'")
    assert request.notify == ("curl", "-d", "@-", "https://chat.example/hook?token=a b")
    (used,) = [one for one in request.run.used if one.name == "notify"]
    assert used.value == HIDDEN


def test_sources_of_other_verbs_are_none_of_a_night() -> None:
    assert ask(environ={"HARNESS_SOURCE": "/tree", "HARNESS_REF": ""}).run.source.tree == ""
    request = ask(environ={"HARNESS_REF": "v1.8.4"}, repo="/clone")
    assert (request.run.source.ref, request.repo) == ("", "/clone")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"budget": "30s"}, "--budget 30s is too short for a night"),
        ({"bench": ["memcpy"]}, "a night needs the benchmark whisper"),
        ({"notify": "mail 'x"}, "is not a command line"),
        ({"cache_limit": "much"}, "--cache-limit: expected a size"),
        ({"silent_after": 0}, "--silent-after: expected a number of nights"),
        ({"model": ["huge"]}, "huge"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_way_out(flags: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        ask(None, **flags)
    assert said in str(refused.value)
    assert refused.value.hint


def test_the_cache_limit_is_a_size() -> None:
    assert ask(cache_limit="20GB").cache_limit_bytes == 20_000_000_000
