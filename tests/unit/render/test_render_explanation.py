from harness.records.caveat import CaveatCode
from harness.records.outcome import Cause
from harness.render.explanation import list_explanations, render_explanations


def test_every_code_is_explained_in_eighty_columns() -> None:
    found = list_explanations()
    assert len(found) == len(CaveatCode) + len(Cause)
    text = render_explanations(found)
    assert all(one.meaning in " ".join(text.split()) for one in found)
    assert max(map(len, text.splitlines())) <= 80


def test_a_code_that_is_both_has_both_meanings() -> None:
    text = render_explanations([one for one in list_explanations() if one.code == "other-build"])
    assert [line for line in text.splitlines() if not line.startswith(" ")] == ["Caveats:", "", "Causes of failure:"]
    assert " ".join(text.split()).count("other-build") == 2
