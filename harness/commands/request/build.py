"""The source and the binary that the settings ask for."""

from harness.build.isa import choose_isa_options, choose_loadable_options, choose_variant
from harness.build.recipe import BinaryWords, choose_recipe
from harness.commands.request.recording import choose_recordings
from harness.records.node import Node
from harness.records.source import SourceRequest
from harness.run.places import list_own
from harness.settings.layer import Settings
from harness.settings.request import BuildRequest, Places


def resolve_source_request(settings: Settings, places: Places) -> SourceRequest:
    """Return the source to measure."""
    return SourceRequest(
        ref=settings.text("ref"),
        repo=settings.text("repo"),
        tree=settings.text("source"),
        ours=list_own(places),
    )


def resolve_build(settings: Settings, node: Node) -> BuildRequest:
    """Return the build that the settings describe, for a node.

    Raises UsageError for unknown or contradictory settings, UnfitError for a build that the CPU cannot run.
    """
    isa, defines = settings.text("isa"), settings.words("define")
    loadable = settings.flag("loadable")
    words = BinaryWords(
        build_type=settings.text("build_type"),
        backend=settings.text("backend"),
        blas=settings.text("blas"),
        llamafile=settings.text("llamafile"),
        openmp=settings.text("openmp"),
        defines=defines,
    )
    variant = choose_variant(isa, node.cpu) if loadable else ""
    return BuildRequest(
        isa_options=choose_loadable_options() if loadable else choose_isa_options(isa, node.cpu),
        recipe=choose_recipe(words, node.os),
        isa=isa,
        variant=variant,
        compiler=settings.text("compiler"),
        tools=settings.text("tools"),
        defines=defines,
        whole=bool(choose_recordings(settings)),
        werror=settings.flag("werror"),
        rebuild=settings.flag("rebuild"),
        jobs=int(settings.number("jobs")),
    )
