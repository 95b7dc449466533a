"""What takes part in a measurement: a library, fastloss as one of them, and the limit that memory sets.

Other libraries than fastloss are no part of it: they stand in benchmarks/opponents.py of the source.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import fastloss
from fastloss._registry import registry
from fastloss.cli._workloads import Inputs, Workload

__all__ = ["FASTLOSS", "CopyLimit", "Opponent", "Prepared", "defaults", "disagreement"]


class Prepared(NamedTuple):
    """A workload ready to be timed.

    `call` computes value and gradient; `outcome` turns what it returned into the mean and a NumPy array, untimed.
    """

    call: Callable[[], Any]
    outcome: Callable[[Any], tuple[float, Any]]


@dataclass(frozen=True)
class Opponent:
    """A library.

    Attributes
    ----------
    name : str
        As typed after `--against`, and as printed.
    module, distribution : str
        What is imported; what is installed.
    prepare : callable
        From a workload, its inputs and a number of threads to `Prepared`, or None where the library has no such loss.
    """

    name: str
    module: str
    distribution: str
    prepare: Callable[[Workload, Inputs, int], Prepared | None]

    def why_absent(self) -> str:
        """Why it cannot take part; "" where it can."""
        try:
            importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            wanted = error.name or self.module
            return "not installed" if wanted == self.module.partition(".")[0] else f"has no {wanted} in this version"
        except (ImportError, OSError) as error:  # OSError: a shared library that does not load
            return f"cannot be imported: {error}"
        return ""

    def version(self) -> str:
        return importlib.metadata.version(self.distribution)


def defaults(loss: str) -> dict[str, Any]:
    return {parameter.name: parameter.default for parameter in registry[loss].parameters}


def to_mean(loss: str) -> dict[str, str]:
    """What makes a loss reduce, as the opponents do; nothing where it does so by itself: an argument would be measured too."""
    return {} if registry[loss].reduction == "mean" else {"reduction": "mean"}


# ---- fastloss -------------------------------------------------------------------------------------------------------


def prepare_fastloss(workload: Workload, inputs: Inputs, threads: int) -> Prepared:
    # The number of threads is set by whoever measures, around all calls: as an argument it would be part of the call.
    entry, declared = fastloss.losses[workload.loss].value_and_grad, registry[workload.loss]
    several = {"wrt": declared.differentiable[0]} if declared.arguments[0].name != "pred" else {}
    return Prepared(
        functools.partial(entry, *inputs.arguments, out=inputs.out, **several, **to_mean(workload.loss)), lambda result: result
    )


FASTLOSS = Opponent("fastloss", "fastloss", "fastloss", prepare_fastloss)


# ---- checks and the limit -------------------------------------------------------------------------------------------


def disagreement(ours: tuple[float, Any], theirs: tuple[float, Any]) -> str:
    """How two outcomes differ by more than float32 explains; "" where they agree."""
    value, other_value = ours[0], theirs[0]
    gradient, other_gradient = ours[1], theirs[1]
    if not abs(value - other_value) <= 1e-4 * abs(value):
        return f"value {other_value:.8g} where fastloss has {value:.8g}"
    if gradient.shape != other_gradient.shape:
        return f"gradient of shape {other_gradient.shape} where fastloss has {gradient.shape}"
    # Sums of terms of both signs lose digits relative to the terms, so the largest gradient sets the absolute part.
    bound = 1e-4 * np.abs(gradient) + 1e-6 * np.abs(gradient).max(initial=0)
    apart = ~(np.abs(gradient - other_gradient) <= bound)
    if apart.any():
        first = np.unravel_index(int(apart.argmax()), gradient.shape)
        where = ", ".join(map(str, first))
        return f"gradient[{where}] {other_gradient[first]:.8g} where fastloss has {gradient[first]:.8g}"
    return ""


class CopyLimit:
    """`np.copyto` split over threads: the time in which the machine moves a number of bytes.

    The arrays do not depend on the workload and the time is scaled, because a copy becomes as fast as it can be only
    where the C library finds each thread's part large enough for stores that bypass the caches. On a server that has
    480 MiB of cache, two threads needed parts of 256 MiB, and copied 1.8 times as fast as with parts of 128 MiB.
    """

    def __init__(self, threads: int, array_bytes: int | None = None):
        if array_bytes is None:
            array_bytes = min(threads, 8) * (256 << 20)
        parts = np.linspace(0, array_bytes, threads + 1).astype(int)
        source, target = np.ones(array_bytes, np.uint8), np.ones(array_bytes, np.uint8)
        self.parts = [(target[a:b], source[a:b]) for a, b in itertools.pairwise(parts)]
        self.bytes_moved = 2 * array_bytes
        self.pool = ThreadPoolExecutor(threads)

    def __call__(self) -> None:
        wait([self.pool.submit(np.copyto, target, source) for target, source in self.parts])
