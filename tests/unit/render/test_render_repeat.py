"""Commands that measure again what a record holds, and what two sides differ in."""

from harness.records.run import Run, SettingOrigin, SettingUsed
from harness.render.repeat import name_unlike, repeat_trial
from tests import factory


def side(**settings: str) -> Run:
    used = (SettingUsed(name=name, value=value, origin=SettingOrigin.FLAG) for name, value in settings.items())
    return factory.run().replace(settings=tuple(used))


def test_what_sides_differ_in_is_named_and_nothing_else() -> None:
    one, other = side(flash_attn="0", model="tiny", threads="2"), side(flash_attn="1", model="tiny", threads="4")
    assert name_unlike(one, other) == ("threads=2 fa=0", "threads=4 fa=1")
    assert name_unlike(one, one) == ("", "")
    assert name_unlike(side(ref="a"), side(ref="b")) == ("", ""), "a commit is no setting"
    command = repeat_trial(one, other)
    assert command.startswith("harness ab ")
    assert [word.partition(",")[2] for word in command.split()[2:4]] == ["threads=2,fa=0", "threads=4,fa=1"]
