"""What people decided about events."""

import pytest

from harness.errors import UnreadableError
from harness.parse.triage import parse_triage
from harness.records.triage import Triage, TriageState

GOOD = """# decided on Monday
[057ac09d]
state = "acknowledged"
note = "another kernel"
who = "ann"

["7757fbc7"]
state = "wontfix"
"""


def test_states_notes_and_names() -> None:
    assert parse_triage(GOOD, "triage.toml") == (
        Triage(event="057ac09d", state=TriageState.ACKNOWLEDGED, note="another kernel", who="ann"),
        Triage(event="7757fbc7", state=TriageState.WONTFIX),
    )
    assert parse_triage("", "triage.toml") == ()


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ('\n[057ac09d]\nstate = "don"\n', 3, "acknowledged, fixed, wontfix"),
        ('[057ac09d]\nstate = "fixed"\nnot = "x"\n', 3, "'not' is not one of state, note, who"),
        ('[057ac09d]\nnote = "x"\n', 1, "state"),
        ('[057ac09d]\nstate = "fixed"\nwho = 3\n', 3, "who"),
        ("a = 3\n", 1, "'a' is not the id of an event"),
        ("\n\n057ac09d = 3\n", 3, "is not the id of an event"),
        ('[7757fbc7]\nstate = "fixed"\n\n[SUSPICION]\nstate = "fixed"\n', 4, "'SUSPICION' is not the id"),
        ('[057ac09d]\nstate = "fixed"\n[7757fbc7]\nstate = 1\n', 4, "7757fbc7"),
        ('057ac09d = { state = "don" }\n[7757fbc7]\nstate = "fixed"\n', 1, "057ac09d"),
        ('057ac09d.note = "x"\n057ac09d.state = "don"\n', 2, "057ac09d"),
        ('[057ac09d]\nnote = "x"\n[7757fbc7]\nstate = "fixed"\n', 1, "`state`"),
        ('[057ac09d1]\nstate = "fixed"\n[057ac09d]\nstate = 1\n', 4, "057ac09d"),
        ('[[057ac09d]]\nstate = "fixed"\n', 1, "is not the id of an event"),
    ],
)
def test_nonsense_has_its_line(text: str, line: int, cause: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        parse_triage(text, "r/triage.toml")
    assert f"r/triage.toml, line {line} cannot be understood" in str(raised.value)
    assert cause in raised.value.cause


def test_what_is_no_toml_has_its_line_too() -> None:
    with pytest.raises(UnreadableError, match=r"r/triage\.toml is not valid TOML") as raised:
        parse_triage("[057ac09d]\nstate = \n", "r/triage.toml")
    assert "line 2" in raised.value.cause
