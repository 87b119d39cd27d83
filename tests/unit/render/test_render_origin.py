"""Where a seed came from is said beside it, and what that means."""

import pytest

from harness.render.origin import describe_seed, name_fixture
from harness.settings.layer import layer_settings


@pytest.mark.parametrize(
    ("layers", "drawn", "told", "fixed_by"),
    [
        ({}, 42, "42, drawn from the system; --seed 42 gives the same orders again", ""),
        ({}, 1, "1, which an earlier harness always took where no seed was given", ""),
        ({"flags": {"dry_run": True}}, 0, "drawn from the system when it is measured; --seed N fixes it", ""),
        ({"flags": {"seed": 5}}, 0, "5, as given: the same orders as in everything else that has this seed", ""),
        ({"flags": {"seed": 0}}, 9, "0, as given: the same orders as in everything else that has this seed", ""),
        ({"flags": {"seed": 5, "dry_run": True}}, 0, "5, as given", ""),
        ({"file": {"seed": 5}}, 9, "5, fixed by harness.toml: everything that is measured with it", "harness.toml"),
        ({"environ": {"HARNESS_SEED": "5"}}, 9, "5, fixed by HARNESS_SEED: everything", "HARNESS_SEED"),
        ({"file": {"seed": 5}, "flags": {"seed": 6}}, 9, "6, as given", ""),
    ],
)
def test_the_origin_of_a_seed(layers: dict[str, dict[str, object]], drawn: int, told: str, fixed_by: str) -> None:
    given = {"file": {}, "environ": {}, "flags": {}, **layers}
    settings = layer_settings(file_name="harness.toml", **given).supply("seed", drawn)  # type: ignore[arg-type]
    assert describe_seed(int(settings.number("seed")), settings.describe()).startswith(told)
    assert name_fixture(settings.describe()) == fixed_by


def test_a_record_without_settings_says_the_number() -> None:
    assert describe_seed(42, ()).startswith("42, ")
    assert name_fixture(()) == ""
