"""Weights named by the sum of their file."""

import pytest

from harness.errors import UsageError
from harness.settings.weights_sum import WeightsSum, read_sum

A, B = "a" * 64, "b" * 16


def test_sums_and_a_place_are_read_and_written() -> None:
    for text in (f"sha256:{A}", f"sha256:{A}+{B}", f"sha256:{B}@/models/a b"):
        found = read_sum(text)
        assert found is not None
        assert str(found) == text
    assert read_sum(f"sha256:{A}+{B}@x") == WeightsSum(sums=(A, B), place="x")
    assert [read_sum(text) for text in ("auto", "/sha256:x", "")] == [None] * 3


def test_a_sum_is_that_of_a_file_by_its_beginning() -> None:
    found = WeightsSum(sums=(B,))
    assert found.names("b" * 64)
    assert not found.names("b" * 15 + "c" * 49)
    assert not found.names("")


@pytest.mark.parametrize("text", ["sha256:", "sha256:abc", "sha256:" + "g" * 64, f"sha256:{A}+", f"sha256:{A}0"])
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not the SHA-256 sum of a file"):
        read_sum(text)
