"""A check of ReFrame that runs a verb of the harness, on whatever scheduler ReFrame knows; see docs/how-to/fleet.md.

reframe -C settings.py -c contrib/reframe_harness.py -r -S 'command=run --model tiny' -S results=/srv/results/inbox
"""

import csv
from pathlib import Path

import reframe as rfm
import reframe.utility.sanity as sn
from reframe.core.builtins import run_before, sanity_function, variable

# The numbers of a run are written on its node, and come back with the folder of the check.
_REPORT = """\
id=$(python3 -c 'import json; print(json.load(open("outcome.json"))["result"]["id"])' 2>/dev/null || true)
test -z "$id" || {harness} report "$HARNESS_AS_NODE/$id" --format csv -o numbers.csv"""


@rfm.simple_test
class HarnessCheck(rfm.RunOnlyRegressionTest):
    """A verb on a node of its own: the exit code decides, and the medians of a run are ReFrame's performance."""

    descr = "whisper.cpp, measured by the harness"
    valid_systems = ["*"]
    valid_prog_environs = ["*"]
    exclusive_access = True
    time_limit = "4h"
    max_pending_time = "1d"
    # The words of the verb, as a shell reads them; the command, and the folders, as the node sees them.
    command = variable(str, value="run --model tiny")
    harness = variable(str, value="harness")
    results = variable(str, value="results")
    cache = variable(str, value="")
    # Expanded on the node. Slurm gives a node its name in the cluster.
    node = variable(str, value="${SLURMD_NODENAME:-$(hostname -s)}")

    @run_before("run")
    def write_job(self) -> None:
        self.executable = self.harness
        self.executable_opts = [self.command, "--json", "> outcome.json"]
        self.env_vars = {"HARNESS_AS_NODE": f'"{self.node}"', "HARNESS_RESULTS": f'"{self.results}"'}
        if self.cache:
            self.env_vars["HARNESS_CACHE"] = f'"{self.cache}"'
        self.postrun_cmds = ["echo exit code $?", _REPORT.format(harness=self.harness)]

    @sanity_function
    def is_finished(self) -> object:
        code = sn.extractsingle(r"^exit code (\d+)$", self.stdout, 1, int)
        return sn.assert_eq(
            code, 0, msg="the harness ended with exit code {0}; see outcome.json, docs/explanation/nightly.md"
        )

    @run_before("performance")
    def read_numbers(self) -> None:
        path = Path(self.stagedir) / "numbers.csv"
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []
        self.perf_variables = {
            f"{row['case']} {row['metric']}": sn.make_performance_function(sn.defer(float(row["median"])), row["unit"])
            for row in rows
            if row["median"]
        }
