from collections.abc import Callable
from typing import Any

import pytest

from harness.records.build import CMakeOption, Config, Tool, Toolchain
from harness.records.caveat import Caveat
from harness.records.node import Cores, Cpu, Node
from harness.records.run import Run, SystemInfo
from harness.records.source import Commit, Source
from harness.records.suite import Suite
from harness.records.weights import Weights, WeightsKind

SHA = "f24588a272ae8e23280d9c220536437164e6ed28"


def tool(name: str, version: str) -> Tool:
    return Tool(name=name, version=version, path=f"/usr/bin/{name}")


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """Return a function that makes a run without results; its arguments replace fields."""

    def make(**changes: Any) -> Run:
        cores = Cores(logical=8, physical=4, affinity=8, usable_physical=4, threads_per_core=2, fast=8, efficient=0)
        cpu = Cpu(
            arch="x86_64",
            vendor="GenuineIntel",
            brand="Intel(R) Xeon(R)  Processor",
            microarchitecture="skylake",
            features=("avx2", "fma"),
            cores=cores,
        )
        run = Run(
            schema=1,
            id="20250321T093212Z-f24588a2-1a2b3c4d",
            harness="0.1.0",
            start="2025-03-21T09:32:12+00:00",
            end="2025-03-21T09:35:22+00:00",
            wall_s=189.891,
            node=Node(name="node-1", cpu=cpu, os="Debian 12", kernel="6.1.0", memory_bytes=16_000_000_000),
            source=Source(
                id="0123456789ab",
                kind="git",
                path="/source",
                commit=Commit(
                    sha=SHA,
                    release="v1.8.5",
                    author="Georgi Gerganov",
                    message="release : v1.8.5",
                    repo="https://github.com/ggml-org/whisper.cpp",
                ),
            ),
            config=Config(
                build_type="Release",
                isa="native",
                backend="auto",
                compiler="gcc",
                options=(CMakeOption(name="GGML_NATIVE", value="ON", reason="this CPU"),),
            ),
            toolchain=Toolchain(
                cc=tool("gcc", "12.2.0"),
                cxx=tool("g++", "12.2.0"),
                cmake=tool("cmake", "3.25.1"),
                ctest=tool("ctest", "3.25.1"),
                ninja=tool("ninja", "1.13.0"),
            ),
            suite=Suite(
                benchmarks=(),  # a record of parts: tests put in what they look at
                models=("tiny", "base", "small"),
                threads=(4,),
                flash_attn=(0,),
                repetitions=1,
                tests=False,
                test_build_types=("Debug", "Release"),
                seed=1,
            ),
            weights=(
                Weights(model="tiny", kind=WeightsKind.OFFICIAL, path="/w/tiny.bin", size_bytes=1, sha256="0" * 64),
                Weights(model="base", kind=WeightsKind.SYNTHETIC, path="/w/base.bin", size_bytes=1, sha256="1" * 64),
            ),
            environment=(("LC_ALL", "C"), ("PATH", "/usr/bin")),
            system_info=SystemInfo(
                n_threads=4,
                hardware_threads=8,
                features=(("CPU/SSE3", "1"), ("CPU/AVX", "1"), ("CPU/AVX2", "1")),
                backends=("CPU",),
            ),
            caveats=(Caveat(code="load", message="3.1 CPUs were busy with other work\nat the start"),),
        )
        return run.replace(**changes)

    return make
