"""Why a program was killed by an illegal instruction: what its build uses and this CPU lacks, else the usual causes."""

import re
from collections.abc import Iterable, Iterator

from harness.build.feature import AVX512, X86, X86_FEATURES, Feature, list_features, list_missing
from harness.build.isa import ISA_NAMES, NATIVE, list_runnable
from harness.plan.roofline import has_option
from harness.records.build import Config, is_on
from harness.records.caveat import Caveat, CaveatCode
from harness.records.node import Cpu, Node
from harness.records.outcome import Cause
from harness.records.plan import Phase
from harness.records.record import Record
from harness.records.run import Run

_FLAGS = re.compile(r"CMAKE_(C|CXX)_FLAGS(_\w+)?")
_NEEDS = {re.sub(r"\W|_", "", need): need for feature in X86_FEATURES for need in feature.needs}
_LEVELS = {
    "x86-64-v2": ("sse4.2",),
    "x86-64-v3": ("avx", "avx2", "bmi2", "f16c", "fma"),
    "x86-64-v4": ("avx", "avx2", "bmi2", "f16c", "fma", *AVX512),
}


class FeatureUse(Record):
    """An option that makes the build use CPU features: those that it needs, or none if its name does not tell.

    `remedy` is how to undo it.
    """

    option: str
    remedy: str
    needs: tuple[str, ...]


def explain_illegal(run: Run) -> tuple[Caveat, ...]:
    """Return a caveat with the cause and the option to change if SIGILL killed a program of this run."""
    victims = [result for result in run.results if result.cause is Cause.ILLEGAL_INSTRUCTION]
    if not victims:
        return ()
    more = f" and {len(victims) - 1} more" if len(victims) > 1 else ""
    message = f"{victims[0].step}{more} was killed by an illegal instruction (SIGILL): {_explain(run)}"
    return (Caveat(code=CaveatCode.ILLEGAL_INSTRUCTION, message=message),)


def list_claims(config: Config, cpu: Cpu) -> Iterator[FeatureUse]:
    """Yield every option of a build that names instruction sets, by ggml's options or by compiler flags."""
    chosen = {option.name: option.value for option in config.options}
    # With all variants the library takes the one that fits when it is loaded; the options say nothing then.
    if not is_on(chosen.get("GGML_NATIVE", "ON")) and not is_on(chosen.get("GGML_CPU_ALL_VARIANTS", "OFF")):
        for claim in _list_options(chosen, cpu):
            named = config.isa in ISA_NAMES
            yield claim.replace(remedy=f"--isa {list_runnable(cpu)[-1]} instead of {config.isa}") if named else claim
    for name, value in chosen.items():
        if _FLAGS.fullmatch(name):
            for flag in re.findall(r"-m\S+", value):
                needs = _read_flag(flag, cpu)
                if needs is not None:
                    option = f"{flag} in -D {name}"
                    yield FeatureUse(option=option, remedy=f"leave out {option}", needs=needs)


def _list_options(chosen: dict[str, str], cpu: Cpu) -> Iterator[FeatureUse]:
    if cpu.arch.lower() in X86:
        for feature in X86_FEATURES:
            name = f"GGML_{feature.option}"
            if has_option(chosen, name):
                option = f"-D {name}=ON"
                remedy = f"leave out {option}" if name in chosen else f"-D {name}=OFF, because it is on by default"
                yield FeatureUse(option=option, remedy=remedy, needs=feature.needs)
    elif chosen.get("GGML_CPU_ARM_ARCH"):
        option = f"-D GGML_CPU_ARM_ARCH={chosen['GGML_CPU_ARM_ARCH']}"
        needs = _read_march(chosen["GGML_CPU_ARM_ARCH"], cpu)
        yield FeatureUse(option=option, remedy=f"leave out {option}", needs=needs)


def _read_flag(flag: str, cpu: Cpu) -> tuple[str, ...] | None:
    """Return the CPU features that a compiler flag needs, or None for `-mtune` and the like, which need none."""
    kind, _, value = flag.partition("=")
    if kind in ("-march", "-mcpu"):
        return None if value == NATIVE else _read_march(value, cpu)
    need = _NEEDS.get(re.sub(r"\W|_", "", flag[2:]))
    return (need,) if need else None


def _read_march(march: str, cpu: Cpu) -> tuple[str, ...]:
    """Return the CPU features that a value of `-march` names; nothing for the name of a processor."""
    tags = march.split("+")[1:]
    named = (need for feature in list_features(cpu) if feature.option in tags for need in feature.needs)
    least = ("asimd",) if march.startswith("armv") else ()
    return (*_LEVELS.get(march, least), *named)


def _explain(run: Run) -> str:
    cpu = run.node.cpu
    if not cpu.features:
        return "the instruction sets of this CPU are not known; build for fewer with --isa NAME"
    claims = list(list_claims(run.config, cpu))
    lacking = [claim for claim in claims if list_missing(claim.needs, cpu)]
    if lacking:
        missing = _join(need for claim in lacking for need in list_missing(claim.needs, cpu))
        options, remedies = (_join(words) for words in zip(*((one.option, one.remedy) for one in lacking), strict=True))
        make = "makes" if len({one.option for one in lacking}) == 1 else "make"
        return f"{options} {make} the build use {missing}, which {_name(run.node)} lacks: {remedies}"
    compiled = _compiled_in(run)
    if compiled:
        keys = ", ".join(feature.key for feature in compiled)
        missing = _join(need for feature in compiled for need in list_missing(feature.needs, cpu))
        return (
            f"ggml was compiled with {keys} ({missing}), which {_name(run.node)} lacks and no option asked for: its "
            f"object files were made for another CPU; {_blame(run)}"
        )
    opaque = [claim for claim in claims if not claim.needs]
    if opaque:
        options, remedies = (_join(words) for words in zip(*((one.option, one.remedy) for one in opaque), strict=True))
        return f"{options} may be for another CPU than {_name(run.node)}: {remedies}"
    return f"{_name(run.node)} has every instruction set that the build names; {_blame(run)}"


def _compiled_in(run: Run) -> list[Feature]:
    """Return what ggml reports as compiled in but the CPU lacks."""
    on, cpu = run.system_info.list_on() if run.system_info else (), run.node.cpu
    return [one for one in list_features(cpu) if one.key in on and list_missing(one.needs, cpu)]


def _blame(run: Run) -> str:
    """Return the causes that can apply to this run, the likeliest first, each with its remedy."""
    causes = []
    cache = run.toolchain.compiler_cache
    if cache:
        causes.append(f"{cache.name} may have returned object files for another CPU (empty it, then --rebuild)")
    if any(result.reused for result in run.results if result.phase is Phase.BUILD):
        causes.append("the build comes from an earlier run, in a cache that was copied or is shared (--rebuild)")
    if run.node.hypervisor:
        causes.append(
            f"the hypervisor ({run.node.hypervisor}) reports instructions that it does not let run (a lower --isa)"
        )
    if run.config.isa == NATIVE:
        causes.append("the compiler's idea of native is more than this CPU has (--isa with a name)")
    return (
        "; or ".join(causes)
        or f"a library that the build loads is for another CPU, or --isa {run.config.isa} asks for too much"
    )


def _name(node: Node) -> str:
    brand = " ".join(node.cpu.brand.split())
    return f"this CPU ({brand})" if brand else "this CPU"


def _join(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
