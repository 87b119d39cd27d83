"""What the result of each verb can be, in the document that `--json` prints; the schemas are made from it.

A verb of two words, such as `fleet plan`, has a line of its own.
"""

from harness.commands.importing import ImportTally
from harness.commands.site import SiteSummary
from harness.parse.pin import Catalog
from harness.records.bisection import BisectReport, StoredBisection
from harness.records.cache_contents import CacheContents, PruneResult
from harness.records.calibration import Calibration
from harness.records.card import IndexState
from harness.records.collection import FleetCollection
from harness.records.comment import CommentDraft
from harness.records.compare_result import CompareResult
from harness.records.condition import Diagnosis
from harness.records.explanation import ExplainResult
from harness.records.fleet import FleetPlan
from harness.records.history import History
from harness.records.listing import (
    EventList,
    ExportList,
    FailedTrial,
    NodeList,
    PlanList,
    PointList,
    RunList,
    UnfinishedList,
    WeightsList,
)
from harness.records.night import NightPlan
from harness.records.night_report import NightReport
from harness.records.node_health import FleetHealth
from harness.records.record import Record
from harness.records.roofline import Roofline
from harness.records.run_answer import BuildAnswer, RunAnswer, RunAnswers
from harness.records.share import Share
from harness.records.suite import Suite
from harness.records.sweep import Sweep, SweepTable
from harness.records.trial_report import TrialReport
from harness.records.tune import Tuning

RESULTS: dict[str, tuple[type[Record], ...]] = {
    "run": (RunAnswer, PlanList),
    "sweep": (SweepTable, Sweep),
    "tune": (Tuning, Suite),
    "roofline": (Roofline, PlanList),
    "ab": (TrialReport, PlanList),
    "bisect": (BisectReport, StoredBisection),
    "compare": (CompareResult,),
    "comment": (CommentDraft,),
    "calibrate": (Calibration, PlanList, FailedTrial),
    "nightly": (NightReport, NightPlan),
    "list": (RunList, UnfinishedList),
    "history": (History,),
    "events": (EventList,),
    "index": (IndexState, NodeList, PointList),
    "fleet plan": (FleetPlan,),
    "fleet submit": (FleetPlan,),
    "fleet status": (FleetPlan,),
    "fleet collect": (FleetCollection,),
    "fleet health": (FleetHealth,),
    "fleet cancel": (FleetPlan,),
    "show": (RunAnswers, SweepTable, BisectReport, Tuning, NightReport),
    "explain": (ExplainResult,),
    "doctor": (Diagnosis,),
    "build": (BuildAnswer, PlanList),
    "models": (Catalog, WeightsList),
    "cache": (CacheContents, PruneResult),
    "site": (SiteSummary,),
    "import": (ImportTally,),
    "export": (ExportList,),
    "share": (Share,),
}
