"""Draw the losses of an element for docs/catalogue.md: `python tools/curves.py`; `--check` sees whether that was done.

A picture a task, with a panel a loss: value and gradient by the prediction, of default parameters and one target. It holds a
digest of its curves, so that it is seen without matplotlib whether a loss is new or has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from catalogue import CURVES, EVERY, picture_of, task_of

from fastloss._kinds import Interval
from fastloss._registry import Declaration

POINTS, COLUMNS = 401, 5
VALUE, SLOPE = "#1f5fa8", "#d1661c"


class Curve(NamedTuple):
    name: str
    target: float
    x: np.ndarray
    value: np.ndarray
    slope: np.ndarray


def shown(interval: Interval) -> np.ndarray:
    """Predictions within a domain, 8 units of it at most."""
    low = interval.low if math.isfinite(interval.low) else -3.0
    high = interval.high if math.isfinite(interval.high) else low + 8
    margin = (high - low) / 200
    return np.linspace(low + margin, high - margin, POINTS)


def curve_of(declared: Declaration) -> Curve:
    x = shown(declared.prediction)
    target = next(number for number in (1.0, 0.5) if number in declared.target)
    parameters = {p.name: np.full(POINTS, p.default) if p.kind.array else p.default for p in declared.parameters}
    with np.errstate(all="ignore"):
        value, slope = declared.function(x, np.full(POINTS, target), **parameters)[:2]
    return Curve(declared.name, target, x, np.broadcast_to(value, x.shape), np.broadcast_to(slope, x.shape))


def curves(rows: Mapping[str, Any] = EVERY) -> dict[Path, list[Curve]]:
    """Each picture with its curves."""
    found: dict[Path, list[Curve]] = {}
    for declared in rows.values():
        if declared.is_of_elements:
            found.setdefault(picture_of(task_of(declared)), []).append(curve_of(declared))
    return found


def digest(panels: Sequence[Curve]) -> str:
    text = ";".join(f"{c.name} {c.target} {np.round([c.x, c.value, c.slope], 3).tolist()}" for c in panels)
    return hashlib.sha256(text.encode()).hexdigest()


def current(picture: Path, panels: Sequence[Curve]) -> bool:
    return picture.exists() and digest(panels).encode() in picture.read_bytes()


def draw(picture: Path, panels: Sequence[Curve]) -> None:
    from matplotlib.figure import Figure

    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(2.2 * columns, 1.95 * rows + 0.35), dpi=100, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for axes, curve in zip(grid, panels, strict=False):
        axes.axhline(0, color="#bbbbbb", linewidth=0.7)
        axes.plot(curve.x, curve.value, color=VALUE, linewidth=1.8, label="loss")
        axes.plot(curve.x, curve.slope, color=SLOPE, linewidth=1.4, linestyle=(0, (4, 1.5)), label="gradient")
        ends = np.concatenate([curve.value, curve.slope])
        axes.set_ylim(max(ends.min() - 0.1, -3), min(ends.max() + 0.1, 5))
        axes.set_title(curve.name, fontsize=min(8.5, 190 / len(curve.name)), family="monospace")
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)
    picture.parent.mkdir(exist_ok=True)
    figure.savefig(picture, metadata={"Curves": digest(panels), "Software": ""})


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=f"Draw the curves of losses into {CURVES}.")
    parser.add_argument("--check", action="store_true", help="draw nothing; exit status 1 if a picture is not current")
    arguments = parser.parse_args(argv)
    stale = {picture: panels for picture, panels in curves().items() if not current(picture, panels)}
    for picture, panels in stale.items():
        if arguments.check:
            print(f"{picture} is stale; run `python tools/curves.py`", file=sys.stderr)
        else:
            draw(picture, panels)
            print(f"drew {picture}")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
