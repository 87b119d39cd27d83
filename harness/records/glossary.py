"""The words of the pages, messages and options, one meaning each: docs/glossary.md and `harness explain` show them."""

import re

from harness.records.record import Record


class GlossaryWord(Record):
    """A word, or several that belong together, joined by commas, and the meaning.

    In the meaning, words of the code stand between backticks, and a page of docs/ under its path.
    """

    word: str
    meaning: str


def _read(text: str) -> tuple[GlossaryWord, ...]:
    """Return the words of a text that has `word: meaning` on each line, and further lines of a meaning indented."""
    lines = re.sub(r"\n +", " ", text.strip()).splitlines()
    pairs = (line.partition(": ") for line in lines)
    return tuple(GlossaryWord(word=word, meaning=meaning) for word, _, meaning in pairs)


WORDS: tuple[GlossaryWord, ...] = _read("""
node: the machine, under its given name (`--as-node`, else the host name); its hardware is recorded beside the name
node facts: how a node is set up and what it did meanwhile: governor, load, steal, battery. They become caveats, never
  part of an identity
backend: what computes: `cpu`, `blas`, `cuda`, ...; asked for in the config, proven by the log of each model process
backend claim: a backend or an encoder that a log names; it holds as long as no other line takes it back
config: what the binary is: build type, instruction set, backend, compiler, CMake options; its id names the build
  folder
option, variable: a `NAME=VALUE` for CMake, with its reason and who asked for it; its value in CMake's cache
  afterwards
option flaw: an option that was asked for and changes nothing, or something else than it says
code digests: digests of the machine code of a build; two builds with equal code are the same thing to measure
suite: which cases, and how often
source: the tree that is measured, and its commit
checkout: a git work tree of whisper.cpp that somebody works in; it is read, never written to
home, view: where the parts of a git repository lie (`RepositoryHome`); a repository as git gets to see it: without
  the settings that others put there
commit: sha, date, author, message; `dirty` when the tree differs from it
run: one invocation: node x commit x config; one folder on disk, written once
bundle: that folder: `run.json`, `README.md`, `logs/`
unfinished run: a run in the results that was interrupted or killed (`harness list --unfinished`)
step: one child process of a run
placeholder: a word of a step that only the built tree can fill in: `@bench`, `@fa=0`, `@tests=Debug`
plan inputs: all that the plan of a run is made from
case: a benchmark and its parameters: `whisper/fa=0/model=base/threads=4`
metric: what is measured, always in the same unit
measurement: one number: case, metric, value, repetition
repetition: one process (of a case that is repeated), or one timed call of a worker
iteration: a loop inside the bench program; never a repetition
process: the number of the worker that made a measurement; workers with the same number ran side by side
bench program: whisper-bench, whatever a commit calls it; `--engine bench` measures with whole processes of it
worker: our small program that loads libwhisper and times single calls; `--engine library` measures with it
client: our small program that starts whisper-server, sends it requests and stops it (`--bench server`); also each of
  those who send requests at once in it (`--clients`)
server load: what a server answered to so many clients at once (`ServerLoad`)
result check: whether a build computes what the weights say, on one fixed input, before its speed is measured
  (`ResultCheck`, docs/explanation/quality.md)
reference: what results are compared with. For the check it is what a small program of ours computes from the weights;
  for `--bench quality` it is what whisper.cpp predicts with F16 weights on the CPU, without flash attention
divergence: how far predicted probabilities are from those of the reference, in nats for each token (Kullback and
  Leibler's; `--max-divergence`, column KL)
known text: what is said in a recording; `--text` names the file with it
VAD: voice activity detection: a small model finds the speech first, and only that is transcribed (`--vad`)
behaviour change: a release since which the bench program does something else, so that numbers before and after it
  cannot be compared
dialect: which options the bench program of a commit understands, and what it times
context, context field: everything around a run; one part of it (node, compiler, governor, ...) as text that can be
  compared
difference: a context field in which compared runs are known to differ
environment: the virtual environment with the locked packages that `python -m harness` sets up, once
baseline, contender: what is compared, always in this order
trial: a live comparison: two runs measured in turns
side: the baseline or the contender of a trial: its request (`SideRequest`), settings, plan and run
side case: one case on one side, ready to be measured
setup: what both sides of a trial, and all configs of a sweep, have in common: placement, condition of the node, the
  watch for quiet
trial loop: goes through a trial block by block until the answer is clear or the time is up
A/A trial: a trial of a build against itself (`AATrial`): any difference that it finds is false. `harness calibrate`
  runs them
block: two fresh processes, one per side, and the pairs that they measured; verdicts count blocks
pair: one timed call on each side, one right after the other
seed: the number from which the orders of a run, and all coins of a trial, are drawn. It is recorded, and differs each
  time unless you set it
coin: decides which side is first in a block or pair; trials with one seed throw the same coins, and each counts once
  (`PooledTrials`)
code layout: the order in which functions lie in a library, and the gaps between them; `ab --relink` draws another for
  every block (`CodeLayout`, `Relinking`)
heap padding: bytes that are added to the environment of a worker, drawn for each process; they move everything that
  it allocates
tensor layout: which tensors a model of a given shape consists of, and how many bytes each takes
fresh files: the files that one block measures, and no other: copies of the libraries of both sides, or libraries
  linked for it (`FreshFiles`)
hardware counter: what a CPU counts while the worker times a call: instructions, cycles, cache misses. Judged apart from
  the times (docs/explanation/counters.md)
planted slowdown: a known slowdown of a worker, on request, to test that it is found
verdict: IMPROVED, REGRESSED, UNCHANGED (we could have seen it and did not), UNRESOLVED (too little data to see it)
threshold: the smallest relative change that matters; a smaller change is UNCHANGED, however certain
MDE: minimum detectable effect: the change that these data would have shown in nine of ten cases
day: the UTC date on which a run of a node began; runs of one day count once for `compare`, and within days that both
  sides have
rank order: the order of all values, and which side each comes from; what `compare` judges (`RankOrder`)
test martingale, Holm: a score that may be looked at after every block, since chance alone seldom lets it grow; how the
  comparisons of a family share the chance of a false difference (docs/explanation/statistics.md)
family: all comparisons of one question; the chance of any false difference among them is bounded together
precision: half the 98 % interval of a median, over the median; wider where neighbouring rounds are alike
weights: a model file on disk: `official`, `synthetic` (seeded random values in the true shapes) or `file` (named by
  you); in a plan also `undecided`, where the network was not asked
quantised weights: a model file in fewer bits, made from the F16 file by the tree's own program
caveat: what you must know before you trust a number; it is stored with the run
gap: something that the suite asks for, and for which a finished run has neither a number nor a reason; the run has
  failed (`Gap`, caveat `incomplete`)
quiet: other processes use less than a tenth of a CPU (`harness doctor`, `--wait-quiet`;
  docs/explanation/quietness.md)
diagnosis: whether a node is fit to measure on now, point by point (`harness doctor`)
discarded: an attempt that others disturbed, that stood still, or that came from another build, and that was repeated;
  kept in the run, part of no sample
stop: a stretch of time in which the process, the harness or the node stood still; a measurement that holds one is
  repeated, or marked (docs/explanation/quietness.md)
pulse: the evidence that something stood still: the harness's own waits, reports of the kernel, two clocks
placement: the CPUs that a benchmark is pinned to, and its priority
limit: how many open files, processes, how much memory, file size or CPU time the system allows; an error that a limit
  was reached (`LimitError`) says nothing about the file or program at hand
captured output: the exit code and the output of a short child (`CapturedOutput`), or why there is none
roofline: the best that a node can do, as measured (`harness roofline`); a benchmark is shown as a share of it
bisection: the search for the commit that changed the speed, and its answer (`LineSearch`, `Bisection`;
  docs/explanation/bisect.md)
line of commits: the commits between two ends, along the first parents (`CommitLine`, `LineCommit`)
place: GOOD, the candidates behind it, BAD as the last of them; place 0 is GOOD (`LineBlock`, `NextBlock`)
candidate: a commit that may have changed the speed: its library has other code than the commit before it has
ends, final trial: GOOD against BAD, which begins a search; the culprit against the commit before it, which ends one
  (`TrialPurpose`)
culprit: the smallest set of commits that holds a change with a probability of 95 % (`Culprit`, `Suspect`); one
  commit, unless some do not build
FOUND, NOTHING: how a bisection ends, beside UNRESOLVED (`BisectVerdict`): a trial of its own shows each culprit; no
  change of the size looked for
effort: the seconds that blocks and builds are reckoned to take, by which a bisection chooses (`Effort`)
level: the cost of a commit over GOOD's, as a logarithm; it stays along the line, or jumps (`LevelGrid`, `ChainLink`,
  `BackwardPass`, `Shift`)
first change: the posterior of which commit behind a place is the first to change the level (`FirstChange`)
axis: a setting and the values that a sweep gives it; `model`, `quant`, `threads` and `fa` make cases, all others
  another binary
cell: one combination of all axes of a sweep
sweep table: the numbers of a sweep, a row for each cell, and which cells stand out
series: one metric of one case of one config on one node, measured with one yardstick, over commits (`Series`,
  `SeriesKey`)
point: the value of a series at a run: median, interval, MDE (`Point`); its position is that of its commit in the
  order of history
epoch: a stretch of a series in which node and yardstick stayed the same (`Epoch`); what ends it is a cut (`Cut`)
level: where the points of a stretch lie: middle, interval, spread, and how alike neighbours are (`Level`)
suspicion: a series that looks unlike its past: a reason to measure, never a verdict (`Suspicion`;
  docs/explanation/history.md)
change point: since which point a series lies on another level, and between which points that can have begun
  (`ChangePoint`)
event: something that changed on a node, once, with all series that show it (`Event`): a SUSPICION, or known to be
  CODE, NODE, YARDSTICK, MISSING or BROKEN
night: one sitting of `harness nightly`: items of work until the budget is used up, then a report
  (docs/explanation/nightly.md)
work item: one thing that a night can do, with its reason, minutes and bits (`WorkItem`, `WorkKind`, `NightPlan`)
morning report: what people read after a night (`NightReport`), with what is known of each event beside its numbers
  (`EventNote`)
alarm: an event about what was not measured: MISSING or BROKEN
notice: what the command of `--notify` reads, once for each event (`Notice`); its file is the mark that nobody is
  notified twice
fleet: many nodes that a scheduler starts, as `fleet.toml` describes them (`Fleet`; docs/how-to/fleet.md)
class: of a fleet: nodes that are alike, and what they run (`NodeClass`). The rules that sort nodes by their processor
  call it a kind
job: a verb with its settings on one node of a class, or on any (`FleetJob`); its key, `FLEET/ROUND/CLASS/NODE/JOB`,
  stands in all that it leaves (`JobKey`)
collect: to put what the nodes of a fleet left among its results, whole or not at all (`harness fleet collect`)
witness: a node beside an event of another one: it agrees, suspects the change, disagrees, shows no step, or did not
  look (`Witness`)
equals: nodes with the same processor, config and anchor, with which the health of a node is compared (`harness fleet
  health`)
common index: one index in PostgreSQL, which several collectors fill, and which is read where the bundles are not
triage: what somebody decided about an event, in `triage.toml` beside the bundles (`Triage`)
status: what is known of a series at its newest point: steady, suspicion, confirmed, too few points (`Judgement`,
  `SeriesStatus`; all of a node: `NodeHistory`)
round: of a sweep: one process of every cell, in an order that is drawn again for each round. Of a fleet: a word, by
  default the day in UTC, in which each of its jobs is done once
standing: which cell has the lowest median of a metric, and whether it is certainly better than every other cell
duel: the choice of a search's stages, measured in turns with another setting; only a duel moves the settings away
  from the start
variant: the kernels for one kind of CPU as a library, in a build that has several
""")
