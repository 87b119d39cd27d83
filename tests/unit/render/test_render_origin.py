"""Where a seed came from is said beside it, and what that means."""

import pytest

from harness.render.origin import describe_seed, name_fixture
from harness.settings.layer import layer_settings


@pytest.mark.parametrize(
    ("layers", "drawn", "told", "fixed_by"),
    [
        ({}, 42, "42, drawn at random; --seed 42 repeats the same orders", ""),
        ({}, 1, "1, the default of earlier versions", ""),
        ({"flags": {"dry_run": True}}, 0, "drawn at random when the measurement starts; --seed N fixes it", ""),
        ({"flags": {"seed": 5}}, 0, "5, as given: all measurements with this seed have the same random orders", ""),
        ({"flags": {"seed": 0}}, 9, "0, as given: all measurements with this seed have the same random orders", ""),
        ({"flags": {"seed": 5, "dry_run": True}}, 0, "5, as given", ""),
        ({"file": {"seed": 5}}, 9, "5, fixed by harness.toml: all measurements with it", "harness.toml"),
        ({"environ": {"HARNESS_SEED": "5"}}, 9, "5, fixed by HARNESS_SEED: all measurements", "HARNESS_SEED"),
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
