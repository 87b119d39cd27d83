"""What is around a node when `harness doctor` looks: weights, the network, stored runs, a checkout, the harness."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from harness import __version__
from harness.errors import HarnessError
from harness.judge.next_step import Outlook
from harness.records.condition import Finding, FindingStatus
from harness.settings.request import CheckupRequest
from harness.store.layout import find_places, keep_newest, list_months
from harness.system.download.fetch import mirrored
from harness.system.download.reach import ServerCheck
from harness.system.source.checkout import find_checkout
from harness.system.weights import AUTO, OFFICIAL, SYNTHETIC, WeightsStore

_MODELS = ("tiny", "base")
# A folder of results may hold very many runs, and more than this changes no advice.
_ENOUGH_RUNS = 2
_WAIT_S = 0.5
_HOME = Path(__file__).resolve().parents[2]


def ask_for_weights(request: CheckupRequest, environ: Mapping[str, str]) -> ServerCheck | None:
    """Return a question to the server of the weights, which runs in the background; None if it need not be asked."""
    store = WeightsStore(cache=request.cache, environ=environ)
    if request.weights.choice not in (AUTO, OFFICIAL) or store.offline or _list_official(store):
        return None
    try:
        return ServerCheck(mirrored(store.catalog.entry(_MODELS[0]).url, request.weights.mirror), environ)
    except HarnessError:  # a mirror that is no address: every verb that fetches says so
        return None


def find_weights(request: CheckupRequest, server: ServerCheck | None) -> Finding:
    """Return which weights a run would use here: official ones, the user's, or synthetic ones."""
    choice = request.weights.choice
    if choice == SYNTHETIC:
        return _weigh("synthetic, as asked for", FindingStatus.FIT)
    if choice not in (AUTO, OFFICIAL):
        return _weigh(choice, FindingStatus.FIT)
    store = WeightsStore(cache=request.cache, environ={})
    if here := _list_official(store):
        return _weigh(f"official, in the cache: {', '.join(here)}", FindingStatus.FIT)
    if server is None:
        return _weigh("none in the cache, and downloads are switched off", FindingStatus.UNKNOWN)
    if server.has_answered(wait_s=_WAIT_S):
        return _weigh(f"none in the cache yet; {server.host} answers", FindingStatus.FIT)
    return _weigh(f"none in the cache, and {server.host} does not answer", FindingStatus.UNKNOWN)


def find_harness() -> Finding:
    """Return which harness this is, and whether it is a clone or was installed."""
    found = f"{__version__}, {f'a clone in {_HOME}' if _is_cloned() else f'installed in {sys.prefix}'}"
    return Finding(topic="harness", fitness=FindingStatus.FIT, found=found)


def look_around(request: CheckupRequest, environ: Mapping[str, str], *, synthetic: bool) -> Outlook:
    """Return what next steps depend on; what cannot be read counts as not there."""
    try:
        runs = len(find_places(keep_newest(list_months(request.results), _ENOUGH_RUNS)))
    except HarnessError:
        runs = 0
    try:
        here = find_checkout(Path(), environ) is not None
    except HarnessError:
        here = False
    return Outlook(runs=runs, here=here, synthetic=synthetic, unreached=_find_unreached(environ))


def _find_unreached(environ: Mapping[str, str]) -> str:
    """Return the folder of the command `harness`, or nothing if a shell finds one."""
    if shutil.which("harness", path=environ.get("PATH", os.defpath)):
        return ""
    return str(_HOME / "scripts" if _is_cloned() else Path(sys.prefix) / "bin")


def _is_cloned() -> bool:
    return (_HOME / "pyproject.toml").is_file()


def _list_official(store: WeightsStore) -> tuple[str, ...]:
    return tuple(name for name in _MODELS if (store.folder / f"ggml-{name}.bin").is_file())


def _weigh(found: str, fitness: FindingStatus) -> Finding:
    return Finding(topic="weights", fitness=fitness, found=found)
