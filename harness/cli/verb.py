"""All verbs, in the order in which the help lists them within their groups."""

from harness.commands.ab import VERB as AB
from harness.commands.bisect import VERB as BISECT
from harness.commands.build import VERB as BUILD
from harness.commands.cache import VERB as CACHE
from harness.commands.calibrate import VERB as CALIBRATE
from harness.commands.compare import VERB as COMPARE
from harness.commands.completion import VERB as COMPLETION
from harness.commands.doctor import VERB as DOCTOR
from harness.commands.events import VERB as EVENTS
from harness.commands.explain import VERB as EXPLAIN
from harness.commands.exporting import VERB as EXPORT
from harness.commands.fleet import VERB as FLEET
from harness.commands.history import VERB as HISTORY
from harness.commands.importing import VERB as IMPORT
from harness.commands.index import VERB as INDEX
from harness.commands.list import VERB as LIST
from harness.commands.models import VERB as MODELS
from harness.commands.nightly import VERB as NIGHTLY
from harness.commands.report import VERB as REPORT
from harness.commands.roofline import VERB as ROOFLINE
from harness.commands.run import VERB as RUN
from harness.commands.schema import VERB as SCHEMA
from harness.commands.show import VERB as SHOW
from harness.commands.site import VERB as SITE
from harness.commands.sweep import VERB as SWEEP
from harness.commands.tune import VERB as TUNE
from harness.commands.verb import Verb

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        *(RUN, SWEEP, TUNE, ROOFLINE),
        *(AB, BISECT, COMPARE, CALIBRATE),
        *(NIGHTLY, LIST, HISTORY, EVENTS, INDEX, FLEET),
        *(SHOW, EXPLAIN, SCHEMA),
        *(DOCTOR, BUILD, MODELS, CACHE, COMPLETION),
        *(REPORT, SITE, IMPORT, EXPORT),
    )
}
