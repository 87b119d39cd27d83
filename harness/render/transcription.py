"""Transcriptions for people: the real-time factor of each recording, measured from end to end."""

from collections.abc import Iterator, Mapping, Sequence

from harness.records.comparison import Summary
from harness.records.measurement import RTF, Case
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.sweep import TOKENS_PER_WINDOW, WINDOW_S
from harness.render.plain import align_runs, format_summary
from harness.render.table import weights_kind
from harness.stats.realtime import model_case_rtf

Summaries = Mapping[tuple[Case, str], Summary]
DETECTED = "vad: whisper.cpp's own test model finds the speech first, and only that is transcribed"
MODELLED = f"  RTF: modelled, (encode + {TOKENS_PER_WINDOW} x decode) / {WINDOW_S:g} s of speech; --audio measures it"


def format_modelled(summaries: Summaries, case: Case) -> str:
    """Return the modelled real-time factor of a model case, or a dash if a part of it is not known."""
    rtf = model_case_rtf(summaries, case)
    return "-" if rtf is None else f"{rtf:.3f}"


def list_transcriptions(runs: Sequence[Run], summaries: Sequence[Summaries]) -> Iterator[str]:
    """Yield a line per recording, case and run, grouped by case."""
    found: dict[Case, list[int]] = {}
    for number, mine in enumerate(summaries):
        for case, _ in mine:
            if case.benchmark == Benchmark.TRANSCRIBE:
                found.setdefault(case, []).append(number)
    if not found:
        return
    detected = any(case.get("vad") for case in found)
    header = [
        "audio",
        "#",
        "length",
        "model",
        "weights",
        "threads",
        "fa",
        *(["vad"] if detected else []),
        RTF.label,
        "n",
    ]
    units = ["", "", "s", "", "", "", "", *([""] if detected else []), RTF.unit, ""]
    rows = [
        [
            case.get("audio"),
            str(number + 1),
            next((f"{one.duration_s:.1f}" for one in runs[number].audio if one.name == case.get("audio")), "-"),
            case.get("model"),
            weights_kind(runs[number], case) or "-",
            case.get("threads"),
            case.get("fa"),
            *([case.get("vad") or "0"] if detected else []),
            format_summary(summary, digits=3),
            str(summary.n),
        ]
        for case, numbers in sorted(found.items())
        for number in numbers
        for summary in [summaries[number][case, RTF.name]]
    ]
    yield from align_runs([header, units, *rows], several=len(runs) > 1, indent="  ")
    yield (
        "  RTF: the time whisper-cli took from audio to text, without loading the weights, over the length of the audio"
    )
    if detected:
        yield f"  {DETECTED}"
