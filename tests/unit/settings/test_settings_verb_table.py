"""The table of a verb in a file of settings wins over the top of the file, for that verb alone."""

import pytest

from harness.errors import UsageError
from harness.settings.verb_table import choose_table

FILE = {"model": "base", "repo": "/a", "nightly": {"model": ["tiny"], "cache-limit": "20GB", "fa": "1"}}


def test_the_table_of_a_verb_wins_over_the_top_of_the_file() -> None:
    assert choose_table(FILE, "nightly", "harness.toml") == {
        "model": ["tiny"],
        "repo": "/a",
        "cache_limit": "20GB",
        "flash_attn": "1",
    }
    assert choose_table(FILE, "run", "harness.toml") == {"model": "base", "repo": "/a"}
    assert choose_table({"fa": 0, "nightly": {"flash-attn": 1}}, "nightly", "x") == {"flash_attn": 1}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"nightly": "1h"}, "harness.toml: nightly is not a table"),
        ({"nightly": {"budgt": "1h"}}, "harness.toml: [nightly]: unknown setting 'budgt'"),
        ({"nightly": {"zzzzzz": "1h"}}, "try:   harness nightly --help"),
        ({"nightly": {"ref": "v1.8.4"}}, "harness.toml: [nightly]: harness nightly takes no setting ref"),
        ({"nightly": {"fa": "1", "flash_attn": "0"}}, "the setting flash_attn is given twice"),
    ],
)
def test_a_wrong_table_is_refused_by_the_verb_that_it_is_for(file: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        choose_table(file, "nightly", "harness.toml")
    assert said in str(refused.value)
    assert choose_table(file, "run", "harness.toml") == {}
