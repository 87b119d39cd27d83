"""What is said beside --resume is used, or refused by its name."""

import pytest

from harness.commands.request.resume import refuse_idle_options
from harness.errors import UsageError
from harness.settings.layer import Settings, layer_settings


def layered(**flags: object) -> Settings:
    return layer_settings(file={"threads": 2}, file_name="", environ={"HARNESS_MODEL": "tiny"}, flags=flags)


@pytest.mark.parametrize("verb", ["run", "sweep"])
def test_options_without_effect_are_named(verb: str) -> None:
    with pytest.raises(UsageError) as refused:
        refuse_idle_options(layered(model=["base"], repetitions=3, openmp="off", results="r"), verb)
    assert refused.value.what == "--resume cannot be combined with --model, --repetitions or --openmp"
    assert refused.value.cause == f"a {verb} that is resumed keeps the settings that it was started with"
    assert refused.value.hint == (
        f"leave out --model, --repetitions and --openmp; or leave out --resume to start a new {verb}"
    )
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("value", [True, False])
def test_a_switch_is_named_as_it_was_given(value: bool) -> None:  # noqa: FBT001
    with pytest.raises(UsageError, match="--tests" if value else "--no-tests"):
        refuse_idle_options(layered(tests=value), "run")


@pytest.mark.parametrize("verb", ["run", "sweep"])
def test_where_and_how_to_go_on_is_a_matter_of_today(verb: str) -> None:
    refuse_idle_options(layered(), verb)
    folders = {"results": "r", "cache": "c", "as_node": "n"}
    refuse_idle_options(
        layered(**folders, wait=False, wait_quiet="5m", retries=0, dry_run=False, format="json", quiet=True), verb
    )
    with pytest.raises(UsageError, match="--resume cannot be combined with --dry-run"):
        refuse_idle_options(layered(dry_run=True), verb)


def test_what_a_sweep_has_not_begun_may_be_built_and_fetched_in_another_way() -> None:
    login = {"repo": "https://me:secret@example.org/x"}
    refuse_idle_options(layered(jobs=2, weights_mirror="https://example.org", **login), "sweep")
    for given in ({"jobs": 2}, {"weights_mirror": "https://example.org"}, login):
        with pytest.raises(UsageError, match="--resume cannot be combined with"):
            refuse_idle_options(layered(**given), "run")
    with pytest.raises(UsageError, match="--repo"):
        refuse_idle_options(layered(repo="https://example.org/x"), "sweep")
