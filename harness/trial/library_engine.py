"""Blocks of two workers that take turns at single calls."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.build.recipe import ON_CPU
from harness.errors import UnfitError, UnreadableError
from harness.judge.retry import SHARE, has_stayed
from harness.parse.bench.backend import find_lost, find_mismatch
from harness.parse.bench.worker import PROTOCOLS, WorkerAnswer, count_answer, parse_answer
from harness.parse.outcome import describe_exit, find_exit_cause
from harness.plan.block import ROLES, BlockPlan, PairPlan
from harness.plan.worker import PIECE, choose_worker_argv, choose_worker_environment
from harness.records.measurement import Measurement
from harness.records.outcome import Cause, CompletedProcess, Status, StepResult
from harness.records.plan import Phase
from harness.records.trial import Role
from harness.run.prepare import PACKAGE
from harness.system.built import find_shared
from harness.system.limit import limit_of
from harness.system.process.dialogue import Dialogue
from harness.trial.side_case import BlockOutcome, BlockResult, LostBlock, SideCase

# With this much CPU use by other processes, a call is worth repeating; the kernel counts in ticks of 10 ms.
BUSY_CPUS = 0.2
_BUSY_S = 0.03
# A log lies in MONTH/BUNDLE/logs.
_ABOVE_BUNDLES = 2


class _LostError(Exception):
    def __init__(self, reason: str, role: Role, *, hopeless: bool = False, cause: Cause | None = None) -> None:
        super().__init__(reason)
        self.lost = LostBlock(reason=reason, role=role, hopeless=hopeless, cause=cause)


class _SideWorker:
    """A worker that serves one side case for one block."""

    def __init__(self, side_case: SideCase, place: int, heap_padding: int, log: Path, timeout_s: float) -> None:
        self.side_case = side_case
        self.place = place
        self.shared = ""
        self.measurements: list[Measurement] = []
        self.counts: list[Measurement] = []
        self.idle_ns = self.waited_ns = 0
        self._timeout_s = timeout_s
        gpu = side_case.backend not in ON_CPU
        argv = choose_worker_argv(sys.executable, side_case.library, gpu=gpu, plant=side_case.plant)
        given = dict(side_case.environment)
        environment = given | choose_worker_environment(given, PACKAGE, heap_padding)
        # The folder above both bundles: any other difference between the sides would move their heaps.
        folder = log.parents[_ABOVE_BUNDLES]
        self.dialogue = Dialogue(argv, cwd=folder, env=environment, log=log, placement=side_case.placement)

    def begin(self, metrics: Iterable[str]) -> None:
        """Greet the worker, load the weights and warm up what the block will measure."""
        side_case = self.side_case
        hello = self._read(self.dialogue.hear(self._timeout_s), "start", hopeless=True)
        if hello.protocol not in PROTOCOLS:
            raise _LostError(
                f"the worker speaks protocol {hello.protocol}, not {max(PROTOCOLS)}", side_case.role, hopeless=True
            )
        self.shared = find_shared(hello.files, side_case.root)
        self.ask(f"load {side_case.weights.path} {side_case.threads} {side_case.flash_attn}", hopeless=True)
        self.prove()
        self.ask("warm " + " ".join(PIECE[metric].split()[0] for metric in metrics))

    def prove(self) -> None:
        """Raise _LostError if the log so far shows another backend than the requested one."""
        mismatch = find_mismatch(self.side_case.backend, self.dialogue.read_log())
        if mismatch:
            raise _LostError(mismatch, self.side_case.role, hopeless=True)

    def ask(self, line: str, *, hopeless: bool = False) -> WorkerAnswer:
        """Return the answer to a command; raises _LostError if there is none, or a refusal."""
        return self._read(self.dialogue.ask(line, self._timeout_s), line.split(maxsplit=1)[0], hopeless=hopeless)

    def _read(self, line: str | None, command: str, *, hopeless: bool) -> WorkerAnswer:
        role = self.side_case.role
        if line is None:
            completed = self.dialogue.close(0.0)
            how = self.dialogue.stopped or describe_exit(completed.exit_code)
            lost = find_lost(self.side_case.backend, self.dialogue.read_log())
            reason = f"the worker of the {role} failed at {command!r}: {how}{f'; {lost}' if lost else ''}"
            cause = None if self.dialogue.stopped else find_exit_cause(completed.exit_code)
            raise _LostError(reason, role, cause=cause)
        try:
            answer = parse_answer(line, command)
        except UnreadableError as error:
            raise _LostError(error.what, role) from None
        if not answer.ok:
            raise _LostError(answer.error, role, hopeless=hopeless)
        return answer


class LibraryEngine:
    """Measures blocks with workers; the two calls of a pair directly follow each other."""

    def __init__(self, logs: Mapping[Role, Path], *, timeout_s: float, retries: int) -> None:
        self._logs = logs
        self._timeout_s = timeout_s
        self._retries = retries
        # Seconds of the trial's pairs that count, and of those that were repeated.
        self._counted_s = self._repeated_s = 0.0
        # Pairs of the trial that were repeated because something was stopped.
        self._stood = 0

    def measure_block(self, block: BlockPlan, side_cases: Mapping[Role, SideCase]) -> BlockOutcome:
        """Return the outcome of a block of two fresh workers."""
        workers: dict[Role, _SideWorker] = {}
        disturbed = retried = 0
        stood = self._stood
        try:
            for place, role in enumerate(block.order, 1):
                side = ROLES.index(role)
                log = self._logs[role] / _log(block)
                workers[role] = _SideWorker(side_cases[role], place, block.heap_paddings[side], log, self._timeout_s)
                workers[role].begin(dict.fromkeys(pair.metric for pair in block.pairs))
            for pair in block.pairs:
                again, clean = self._take(pair, workers, block.number)
                retried += again
                disturbed += int(not clean)
            for worker in workers.values():
                worker.ask("quit")
                worker.prove()  # a device may fail in the middle of its work
        except _LostError as error:
            return error.lost.replace(halted_s=_sum_halted(workers))
        except UnfitError as error:
            if limit := limit_of(error):
                raise limit from None
            return LostBlock(reason=error.what, role=block.order[len(workers)], hopeless=True)
        finally:
            completed = {role: worker.dialogue.close() for role, worker in workers.items()}
        results = tuple(_result(block, workers[role], completed[role]) for role in ROLES)
        share = max(worker.idle_ns / worker.waited_ns for worker in workers.values())
        return BlockResult(
            results=(results[0], results[1]),
            disturbed=disturbed,
            retried=retried,
            stood=self._stood - stood,
            idle_share=share,
            halted_s=_sum_halted(workers),
            shared=next((worker.shared for worker in workers.values() if worker.shared), ""),
        )

    def _ask(self, pair: PairPlan, workers: Mapping[Role, _SideWorker]) -> dict[Role, WorkerAnswer]:
        """Return the answers of both sides; ask again if a side, the harness or the node was stopped meanwhile.

        Stops are known from the kernel and from clocks, not from the timings, so that repeating favours no result. A
        block in which it happens too often is lost.
        """
        for _ in range(self._retries + 1):
            answers: dict[Role, WorkerAnswer] = {}
            still_s: dict[Role, float] = {}
            for role in pair.order:
                answers[role] = workers[role].ask(PIECE[pair.metric])
                still_s[role] = workers[role].dialogue.asked_still_s
            if not any(still_s.values()):
                return answers
            self._stood += 1
        role = max(still_s, key=lambda one: still_s[one])
        what = f"the worker of the {role}, the harness or the node"
        raise _LostError(
            f"{what} was stopped or frozen for {max(still_s[role], 0.1):.1f} s while a call was timed", role
        )

    def _take(self, pair: PairPlan, workers: Mapping[Role, _SideWorker], number: int) -> tuple[int, bool]:
        """Ask both sides, and repeat while others use the CPUs; return the retries, and whether it ended clean.

        Repeating ends if the load stays, and takes at most a quarter of the time of the pairs that count.
        """
        attempt, before_cpus = 0, 0.0
        while True:
            answers = self._ask(pair, workers)
            backwards = next((role for role, answer in answers.items() if answer.wall_ns <= 0), None)
            if backwards:
                raise _LostError(f"the clock of the {backwards}'s worker went backwards", backwards)
            longest_s = max(answer.wall_ns for answer in answers.values()) / 1e9
            clean = not any(_is_disturbed(answer, longest_s) for answer in answers.values())
            others_cpus = max(answer.other_cpus or 0.0 for answer in answers.values())
            took_s = sum(answer.wall_ns for answer in answers.values()) / 1e9
            stays = attempt > 0 and has_stayed(before_cpus, others_cpus)
            dear = self._repeated_s + took_s > SHARE * (self._counted_s + took_s)
            if clean or attempt == self._retries or stays or dear:
                self._counted_s += took_s
                break
            self._repeated_s += took_s
            attempt, before_cpus = attempt + 1, others_cpus
        for (role, answer), other in zip(answers.items(), reversed(answers.values()), strict=True):
            worker = workers[role]
            worker.idle_ns += answer.idle_cpu_ns
            worker.waited_ns += other.wall_ns
            timed = Measurement(
                case=worker.side_case.case,
                metric=pair.metric,
                value=answer.value_ms,
                repetition=pair.repetition,
                process=number,
                place=worker.place,
            )
            worker.measurements.append(timed)
            worker.counts += count_answer(answer, timed)
        return attempt, clean


def _sum_halted(workers: Mapping[Role, _SideWorker]) -> float:
    return sum(worker.dialogue.halted_s for worker in workers.values())


def _is_disturbed(answer: WorkerAnswer, longest_s: float) -> bool:
    """Return whether other processes used the CPUs, measured against the longer call of the pair to favour no side."""
    others = answer.other_cpus or 0.0
    return others > BUSY_CPUS and others * longest_s > _BUSY_S


def _log(block: BlockPlan) -> str:
    return f"block-{block.number}.log"


def _result(block: BlockPlan, worker: _SideWorker, completed: CompletedProcess) -> StepResult:
    return StepResult(
        step=f"block_{block.number}",
        phase=Phase.BENCHMARK,
        status=Status.PASSED,
        completed=completed,
        case=worker.side_case.case,
        repetition=block.number,
        log=_log(block),
        measurements=tuple(worker.measurements),
        counts=tuple(worker.counts),
        layout=worker.side_case.code_layout,
    )
