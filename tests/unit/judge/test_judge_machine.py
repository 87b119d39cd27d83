"""A machine is the same one under another name, and another one where a fact about it changed."""

from harness.judge.machine import describe_machine
from harness.records.run import Run
from tests import sheet


def facts(**changes: object) -> dict[str, str]:
    run = sheet.run()
    return dict(describe_machine(run.replace(node=run.node.replace(**changes))))


def test_the_name_of_a_node_is_no_fact_about_it() -> None:
    assert facts(name="another") == facts()


def test_facts_that_numbers_depend_on() -> None:
    assert facts() == {
        "CPU": "A CPU",
        "microarchitecture": "haswell",
        "features": "avx avx2 f16c fma",
        "physical cores": "4",
        "logical CPUs": "4",
        "usable CPUs": "4",
        "memory": "about 8 GiB",
        "operating system": "Debian",
        "kernel": "6.1",
        "compiler": "gcc 1, g++ 1",
    }
    assert facts(hypervisor="kvm")["hypervisor"] == "kvm"
    assert facts(kernel="6.2") != facts()


def test_memory_is_a_class_as_a_kernel_keeps_some_of_it() -> None:
    assert facts(memory_bytes=(8 << 30) - (200 << 20)) == facts()
    assert facts(memory_bytes=16 << 30) != facts()


def test_what_is_not_known_is_left_out() -> None:
    node = sheet.run().node
    nothing = node.replace(
        cpu=node.cpu.replace(
            brand="",
            microarchitecture="",
            features=(),
            cores=node.cpu.cores.replace(logical=0, physical=0, affinity=0),
        ),
        os="",
        kernel="",
        memory_bytes=0,
    )
    run: Run = sheet.run().replace(node=nothing)
    assert dict(describe_machine(run)) == {"compiler": "gcc 1, g++ 1"}
