"""`harness models`: list the models, or fetch or make their weights."""

from collections.abc import Mapping, Sequence

from harness.commands.output import Output
from harness.commands.request.measure import resolve_weights_request
from harness.commands.request.place import open_workplace
from harness.commands.verb import Argument, ArgumentKind, CompletionSource, Verb
from harness.parse.pin import ModelKind, expand_models
from harness.records.listing import WeightsList
from harness.records.weights import Weights
from harness.run.prepare import prepare_weights
from harness.settings.layer import Settings
from harness.system.weights import load_catalog


def models(settings: Settings, environ: Mapping[str, str], output: Output, *, names: Sequence[str]) -> int:
    """List the catalogue, or download or generate the weights of `names`; return the exit code."""
    catalog = load_catalog()
    if not names:
        entries = [entry for entry in catalog.model if entry.kind is ModelKind.WHISPER]
        rows = [("model", "size", "file")]
        rows += [(entry.name, _megabytes(entry.size_bytes), entry.file) for entry in entries]
        output.show("\n".join(f"{name:<22} {size:>10}  {file}" for name, size, file in rows), catalog)
        return 0
    work = open_workplace(settings, environ, output.console)
    request = resolve_weights_request(settings)
    ready: list[Weights] = []
    for name in expand_models(names, catalog):
        weights, _ = prepare_weights(name, request, work)
        ready.append(weights)
    output.show(
        "\n".join(f"{weights.model:<22} {weights.kind:<10} {weights.path}" for weights in ready),
        WeightsList(weights=tuple(ready)),
    )
    return 0


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes else "?"


VERB = Verb(
    name="models",
    call=lambda call: models(call.settings, call.environ, call.output, names=call.words("name")),
    arguments=(
        Argument(
            name="NAME",
            takes=ArgumentKind.ANY,
            metavar="NAME",
            words=CompletionSource.MODELS,
            help="fetch the weights of these models, or generate them with --weights synthetic",
        ),
    ),
    first=("weights", "weights_mirror", "dry_run"),
    examples=(
        ("harness models", "names and sizes"),
        ("harness models base large-v3-turbo", "fetch these two"),
    ),
)
