"""Simulated timings of two sides of which the contender costs exp(theta) times the baseline; in logarithms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Noise:
    """What disturbs a call; standard deviations and steps are relative.

    Calls have a deviation of `call` and remember their predecessor with the correlation `memory`; a share `tail` of
    them takes 3 to 10 times as long. Each process has a level of its own. Time adds `slope` from the first call to the
    last and a random walk. The second call of each pair, and the process that started second, take `place` more, and
    the latter `start`. Processes of the contender have a tail beside that, exponential, about its median.
    """

    name: str
    call: float = 0.02
    memory: float = 0.0
    tail: float = 0.0
    process: float = 0.0
    slope: float = 0.0
    walk: float = 0.0
    place: float = 0.0
    start: float = 0.0
    one_tail: float = 0.0


NOISES = (
    Noise(name="quiet, Gaussian 2 %"),
    Noise(name="drift: +10 % in all, walk 0.3 % a call", slope=0.10, walk=0.003),
    Noise(name="AR(1) rho .5, 3 %", call=0.03, memory=0.5),
    Noise(name="AR(1) rho .8, 3 %", call=0.03, memory=0.8),
    Noise(name="5 % of calls take 3 to 10 times as long", tail=0.05),
    Noise(name="processes differ by 2 %, calls by 1 %", call=0.01, process=0.02),
    Noise(
        name="all of it at once", call=0.03, memory=0.8, tail=0.05, process=0.015, slope=0.10, walk=0.003, place=0.01
    ),
)
QUIET, EVERYTHING = NOISES[0], NOISES[-1]


@dataclass(frozen=True, kw_only=True)
class Trials:
    """Many trials of the same kind, none of which has a change yet.

    `calls` are the timings in order of time, families x metrics x calls; `levels` those of processes, families x
    metrics x blocks x sides. `pairs` is what a live comparison makes of them: families x metrics x blocks x pairs x
    sides, the order in each pair and of each start drawn by a coin. `starts`, families x metrics x blocks, are 1 where
    the baseline's process started first, -1 where the contender's did.
    """

    calls: Floats
    levels: Floats
    pairs: Floats
    starts: Floats


def simulate(
    noise: Noise, draw: np.random.Generator, *, families: int, metrics: int, blocks: int, pairs: int
) -> Trials:
    """Return trials under `noise`; what belongs to a process is in part the same for all its metrics."""
    shape = (families, metrics, blocks * pairs * 2)
    shocks = draw.normal(0, noise.call * np.sqrt(1 - noise.memory**2), shape)
    shocks[..., 0] /= np.sqrt(1 - noise.memory**2)
    calls: Floats = lfilter([1.0], [1.0, -noise.memory], shocks, axis=-1)
    calls += noise.slope * np.arange(shape[-1]) / shape[-1]
    calls += np.cumsum(draw.normal(0, noise.walk, (families, 1, shape[-1])), axis=-1)
    calls += np.where(draw.random(shape) < noise.tail, np.log(draw.uniform(3, 10, shape)), 0.0)
    levels = noise.process * np.sqrt(0.5) * draw.standard_normal((families, metrics, blocks, 2))
    levels = levels + noise.process * np.sqrt(0.5) * draw.standard_normal((families, 1, blocks, 2))
    swapped = draw.random((families, metrics, blocks, pairs)) < 0.5
    late = draw.random((families, 1, blocks)) < 0.5
    timed = calls.reshape(families, metrics, blocks, pairs, 2) + noise.place * np.array([0.0, 1.0])
    taken = np.where(swapped[..., None], timed[..., ::-1], timed)
    levels[..., 1] += noise.one_tail * (draw.standard_exponential(levels.shape[:-1]) - np.log(2))
    starts = (noise.place + noise.start) * np.stack([late, ~late], axis=-1)
    return Trials(
        calls=calls,
        levels=levels,
        pairs=taken + (levels + starts)[:, :, :, None, :],
        starts=np.broadcast_to(np.where(late, -1.0, 1.0), (families, metrics, blocks)),
    )
