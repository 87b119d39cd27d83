"""A run that is taken up again: its plan made anew, and what has changed meanwhile."""

from typing import Any

import pytest

from harness.errors import UsageError
from harness.judge.resume import (
    find_other_cpu,
    find_other_tool,
    hint_afresh,
    is_same_config,
    mark_changes,
    remember_changes,
    renew_plan,
)
from harness.plan.bench import repeat_step
from harness.plan.run import plan_run
from harness.records.build import Config
from harness.records.caveat import Caveat
from harness.records.plan import Placement, Plan
from tests import factory

RUN = factory.run()


def plan() -> Plan:
    return plan_run(factory.plan_inputs())


def change(number: int, **changes: Any) -> Plan:
    steps = list(plan().steps)
    steps[number] = steps[number].replace(**changes)
    return plan().replace(steps=tuple(steps))


def test_a_plan_that_nobody_changed_is_the_one_that_is_followed() -> None:
    assert renew_plan(plan(), plan(), RUN) == plan()


def test_the_hint_is_the_command_that_began_it() -> None:
    assert hint_afresh(RUN) == "harness run  # starts a new run"
    part = RUN.replace(sweep="20260101T000000Z-sweep-1")
    with pytest.raises(UsageError) as refused:
        renew_plan(plan(), plan().replace(sites=()), part)
    assert refused.value.hint == "harness sweep  # starts a new sweep"


def reword(config: Config) -> Config:
    return config.replace(options=tuple(option.replace(reason="in other words") for option in config.options))


def test_reasons_may_be_worded_anew() -> None:
    stored = plan().replace(sites=tuple(site.replace(config=reword(site.config)) for site in plan().sites))
    assert stored != plan()
    assert renew_plan(plan(), stored, RUN) == plan()
    config = plan().sites[-1].config
    assert is_same_config(config, reword(config))
    assert not is_same_config(config, config.replace(options=config.options[1:]))


@pytest.mark.parametrize(
    "changes",
    [
        {"argv": ("/bin/rm", "-rf", "/home")},
        {"cwd": "/home"},
        {"env": (("LD_PRELOAD", "/tmp/x.so"),)},
        {"wipe": "/home"},
        {"products": ("/home/x",)},
        {"stamp": "/home/x"},
        {"key": "0"},
        {"output": "../../x"},
        {"log": "../../x"},
        {"needs": ()},
        {"timeout_s": 1e9},
        {"placement": Placement(cpus=(0,))},
        {"backend": "CUDA"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_step_that_is_another_is_refused_by_its_name_and_field(changes: dict[str, Any]) -> None:
    for number in (0, len(plan().steps) - 1):
        if change(number, **changes) == plan():
            continue
        name = plan().steps[number].name
        with pytest.raises(UsageError, match=rf"step {name} \({next(iter(changes))}\)\n"):
            renew_plan(plan(), change(number, **changes), RUN)


def test_steps_that_are_more_or_fewer_or_in_another_order_are_refused() -> None:
    steps = plan().steps
    with pytest.raises(UsageError, match="is missing"):
        renew_plan(plan(), plan().replace(steps=steps[:-1]), RUN)
    for other in ((*steps, factory.step("x")), (*steps, steps[-1].replace(name="x")), (steps[1], steps[0], *steps[2:])):
        with pytest.raises(UsageError, match="is not planned now"):
            renew_plan(plan(), plan().replace(steps=other), RUN)


def test_other_builds_are_refused() -> None:
    site = plan().sites[-1]
    for field, other in {"folder": "/home", "config": factory.config("Debug"), "variant": "x"}.items():
        sites = (plan().sites[0], site.replace(**{field: other}))
        with pytest.raises(UsageError, match=rf"the build \({field}\)\n"):
            renew_plan(plan(), plan().replace(sites=sites), RUN)
    with pytest.raises(UsageError, match=r"the build \(number\)"):
        renew_plan(plan(), plan().replace(sites=()), RUN)


def test_rounds_that_the_run_added_are_made_anew() -> None:
    last = plan().steps[-1]
    assert last.case
    more = repeat_step(last, last.case, last.repetition + 1, " (within 3.0 %)")
    longer = plan().replace(steps=(*plan().steps, more))
    assert renew_plan(plan(), longer, RUN) == longer
    with pytest.raises(UsageError, match=rf"step {more.name} \(argv\)"):
        renew_plan(plan(), plan().replace(steps=(*plan().steps, more.replace(argv=("/bin/rm",)))), RUN)


def test_a_program_that_is_another_is_found() -> None:
    was = factory.toolchain()
    assert find_other_tool(was, was) is None
    for name in ("cc", "cxx", "cmake", "ctest", "ninja"):
        tool = getattr(was, name)
        for other in (tool.replace(version="2"), tool.replace(version=""), tool.replace(path="/x")):
            assert find_other_tool(was, was.replace(**{name: other})) == (tool, other)
    cached = was.replace(compiler_cache=was.ninja)
    assert find_other_tool(cached, cached.replace(compiler_cache=was.ninja.replace(version=""))) is not None


def test_a_cpu_that_is_another_is_found() -> None:
    node = factory.node()
    cpu = node.cpu
    assert find_other_cpu(node, node.replace(kernel="7")) == ""
    assert "became Other" in find_other_cpu(node, node.replace(cpu=cpu.replace(brand="Other")))
    assert "without f16c and with vaes" in find_other_cpu(
        node, node.replace(cpu=cpu.replace(features=("avx", "avx2", "fma", "vaes")))
    )


@pytest.mark.parametrize(("arch", "refused"), [("x86_64", False), ("aarch64", True)])
def test_flags_that_come_with_a_kernel_are_no_other_cpu(arch: str, refused: bool) -> None:  # noqa: FBT001
    node = factory.node()
    node = node.replace(cpu=node.cpu.replace(arch=arch))
    now = node.replace(cpu=node.cpu.replace(features=(*node.cpu.features, "bhi_ctrl", "user_shstk")))
    assert bool(find_other_cpu(node, now)) is refused
    (caveat,) = remember_changes(RUN.replace(node=node), now, dict(RUN.environment), (), RUN.harness).caveats
    assert "the system now lists the CPU with bhi_ctrl, user_shstk" in caveat.message


def test_each_thing_that_changed_around_the_run_is_a_caveat_and_said_once() -> None:
    node = factory.node()
    same = dict(RUN.environment) | {"PATH": "/elsewhere", "HOME": "/x"}
    assert remember_changes(RUN, node, same, (), RUN.harness) == RUN
    other = node.replace(kernel="6.2", memory_bytes=4 << 30)
    battery = Caveat(code="battery", message="the node ran on battery")
    run = remember_changes(RUN, other, same | {"OMP_NUM_THREADS": "1", "GGML_TOKEN": "secret"}, (battery,), "0.2.0")
    assert {caveat.code for caveat in run.caveats} == {"resumed-changed"}
    messages = [caveat.message for caveat in run.caveats]
    parts = (
        "kernel 6.1 became 6.2",
        "8.6 GB of memory became 4.3",
        "GGML_TOKEN, OMP_NUM_THREADS",
        "battery",
        "harness 0.1.0 became 0.2.0",
    )
    for message, told in zip(messages, parts, strict=True):
        assert told in message
    assert not any("secret" in message for message in messages)
    kept = run.replace(caveats=(*run.caveats, battery))
    again = remember_changes(kept, node, same, (), run.harness)
    assert again.caveats[:-1] == kept.caveats
    assert "no longer: the node ran on battery" in again.caveats[-1].message
    assert remember_changes(again, node, same, (), run.harness) == again


def test_what_changes_while_a_run_goes_on_is_said_once() -> None:
    cpus = RUN.node.cpu.cores.affinity
    battery = Caveat(code="battery", message="the node ran on battery")
    assert mark_changes(RUN, cpus, ()) == RUN
    assert mark_changes(RUN, None, ()) == RUN, "not known is no change"
    run = mark_changes(RUN, 1, (battery,))
    assert [caveat.code for caveat in run.caveats] == ["node-changed"] * 2
    for caveat, told in zip(run.caveats, (battery.message, f"{cpus} usable CPUs became 1"), strict=True):
        assert caveat.message.endswith(told)
    assert mark_changes(run, 1, (battery,)) == run
    more = mark_changes(run, 1, (battery, Caveat(code="governor", message="it is powersave")))
    assert more.caveats[:-1] == run.caveats
    assert more.caveats[-1].message.endswith("it is powersave")
    resumed = remember_changes(RUN, RUN.node, dict(RUN.environment), (battery,), RUN.harness)
    assert mark_changes(resumed, cpus, (battery,)) == resumed, "it was said when the run was resumed"
