"""Work shared among processes, any of which may be killed: its current item is known, and is done once more."""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

# Elsewhere processes cannot be forked safely; here they start sooner, and have this one's modules already.
_CONTEXT = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
_CHUNK = 50
_MOST = 8
# They come to this process alone, which ends the others.
_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
_T = TypeVar("_T")
_R = TypeVar("_R")


def share(
    work: Callable[[_T], _R],
    items: Sequence[_T],
    *,
    fallen: Callable[[_T], _R],
    note: Callable[[str], None],
    chunk: int = _CHUNK,
) -> Iterator[_R]:
    """Yield the results of `work` for each item, in order; its exceptions are raised here.

    A process gets a `chunk` of items at a time: fewer where one takes long.
    An item whose process was killed is done by another one; if that is killed as well, `fallen` gives the result.
    `note` is called each time. All processes end before this does, and also if this process is killed.
    """
    crew = _Crew(work, items, fallen, note)
    crew.divide(chunk)
    try:
        yield from crew.answer()
    finally:
        crew.dismiss()


class _Member(Generic[_T, _R]):
    """A process, the pipe to it, and the numbers of its unfinished items."""

    def __init__(self, work: Callable[[_T], _R]) -> None:
        self.pipe, theirs = _CONTEXT.Pipe()
        self.left: deque[int] = deque()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until it has said what it does with them
        try:
            self.process = _CONTEXT.Process(target=_serve, args=(work, theirs, self.pipe), daemon=True)
            self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def dismiss(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class _Crew(Generic[_T, _R]):
    def __init__(
        self,
        work: Callable[[_T], _R],
        items: Sequence[_T],
        fallen: Callable[[_T], _R],
        note: Callable[[str], None],
    ) -> None:
        self._work, self._items, self._fallen, self._note = work, items, fallen, note
        self._waiting: deque[list[int]] = deque()
        self._answers: dict[int, _R] = {}
        self._tried: set[int] = set()
        self._workers: list[_Member[_T, _R]] = []

    def divide(self, chunk: int) -> None:
        numbers = range(len(self._items))
        self._waiting.extend(list(numbers[first : first + chunk]) for first in numbers[::chunk])

    def answer(self) -> Iterator[_R]:
        for _ in range(min(_count_usable(), _MOST, len(self._waiting))):
            self._hire()
        for number in range(len(self._items)):
            while number not in self._answers:
                self._go_on()
            yield self._answers.pop(number)

    def dismiss(self) -> None:
        for worker in self._workers:
            worker.dismiss()

    def _hire(self) -> None:
        with contextlib.suppress(OSError):  # no more processes are allowed: fewer do, and none
            self._workers.append(_Member(self._work))

    def _go_on(self) -> None:
        if not self._workers:
            for number in self._waiting.popleft():
                self._answers[number] = self._work(self._items[number])
            return
        for worker in self._workers:
            if not worker.left and self._waiting:
                worker.left.extend(self._waiting.popleft())
                with contextlib.suppress(OSError):  # it was killed: that is seen below
                    worker.pipe.send([(number, self._items[number]) for number in worker.left])
        by_pipe = {worker.pipe: worker for worker in self._workers}
        for pipe in wait([worker.pipe for worker in self._workers]):
            self._receive(by_pipe[pipe])  # type: ignore[index]

    def _receive(self, worker: _Member[_T, _R]) -> None:
        try:
            number, answer, error = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker)
            return
        if error is not None:
            raise error
        worker.left.remove(number)
        self._answers[number] = answer

    def _replace(self, worker: _Member[_T, _R]) -> None:
        worker.dismiss()
        self._workers.remove(worker)
        if worker.left:
            first = worker.left.popleft()
            if worker.left:
                self._waiting.appendleft(list(worker.left))
            if first in self._tried:
                self._answers[first] = self._fallen(self._items[first])
            else:
                self._note("a helper process was killed, probably because memory ran out: its work is repeated")
                self._tried.add(first)
                self._waiting.appendleft([first])
        self._hire()


def _serve(work: Callable[[_T], _R], pipe: Connection, other_end: Connection) -> None:
    """Process items from the pipe until its other end is closed."""
    other_end.close()  # of which this process has a copy
    for number in (signal.SIGINT, signal.SIGQUIT):  # a terminal sends them to all of us
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    with contextlib.suppress(EOFError, OSError):
        while True:
            for number, item in pipe.recv():
                pipe.send((number, *_try(work, item)))


def _try(work: Callable[[_T], _R], item: _T) -> tuple[_R | None, Exception | None]:
    try:
        return work(item), None
    except Exception as error:  # raised again where the answers are
        return None, error


def _count_usable() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
