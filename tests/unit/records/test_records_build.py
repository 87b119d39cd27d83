"""Configs: the canonical names of what their options say."""

import pytest

from harness.records.build import CMakeOption, Config
from tests import factory


def config(**options: str) -> Config:
    chosen = tuple(CMakeOption(name=f"GGML_{name}", value=value, reason="") for name, value in options.items())
    return factory.config().replace(options=chosen)


def test_what_is_left_to_ggml_has_no_name() -> None:
    assert (config().llamafile, config().openmp, config().blas) == ("", "", "")


def test_switches_are_named_however_they_are_written() -> None:
    assert (config(LLAMAFILE="ON").llamafile, config(LLAMAFILE="false").llamafile) == ("on", "off")
    assert (config(OPENMP="yes").openmp, config(OPENMP="0").openmp) == ("on", "off")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"BLAS": "ON", "BLAS_VENDOR": "OpenBLAS"}, "openblas"),
        ({"BLAS": "ON", "BLAS_VENDOR": "FLAME"}, "blis"),
        ({"BLAS": "ON", "BLAS_VENDOR": "SGI"}, "SGI"),
        ({"BLAS": "ON"}, "generic"),
        ({"BLAS": "OFF", "BLAS_VENDOR": "OpenBLAS"}, "none"),
    ],
)
def test_blas_libraries_have_names_of_ours(options: dict[str, str], name: str) -> None:
    assert config(**options).blas == name
