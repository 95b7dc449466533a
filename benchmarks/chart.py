"""Draw docs/pictures/speed.png from results of a run: `python benchmarks/chart.py`; with `--check` see whether it is current.

It shows a few workloads of the file that comes first on docs/speed.md. The picture carries the name of that file and a digest
of it and of this script, so that the check needs no matplotlib.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from report import RESULTS, TITLES, Found, newest

from fastloss.cli._libraries import FASTLOSS
from fastloss.cli.bench import duration, ratio

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "speed.png"
#: What is drawn: losses that people know, of each kind and of several shapes.
WORKLOADS = (
    *("cross_entropy-1024x50257", "cross_entropy-65536x1000", "cross_entropy-1000000x10"),
    *("binary_cross_entropy_with_logits-10000000", "sigmoid_focal-10000000"),
    *("squared_error-10000000", "huber-10000000", "poisson-10000000"),
)
#: Colours that people who see few of them can tell apart, and that differ in grey.
COLOURS = {"numpy": "#4477aa", "torch": "#ee6677", "torch.compile": "#aa3377", "jax": "#66ccee", "sklearn": "#ccbb44"}
DIGEST, SOURCE = "fastloss:digest", "fastloss:results"
#: Of a screen: at 100 dots an inch the text is readable where a page shows the picture 800 pixels wide.
INCHES, DOTS = (8.0, 11.0), 200


def digest(path: Path) -> str:
    """Of the results and of this script, whatever ends their lines."""
    content = b"".join(file.read_bytes().replace(b"\r\n", b"\n") for file in (path, Path(__file__)))
    return hashlib.sha256(content).hexdigest()


def texts(picture: Path) -> dict[str, str]:
    """The texts in a PNG file: a signature of 8 bytes, then chunks of length, kind, content and checksum."""
    content, found, place = picture.read_bytes(), {}, 8
    while place + 12 <= len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        if kind == b"tEXt":
            name, _, text = content[place + 8 : place + 8 + size].decode("latin-1").partition("\0")
            found[name] = text
        place += size + 12
    return found


def current(picture: Path, source: Found) -> bool:
    if not picture.is_file():
        return False
    found = texts(picture)
    return (found.get(SOURCE), found.get(DIGEST)) == (source.path.name, digest(source.path))


def label(result: dict[str, Any]) -> str:
    """What stands beside the bars of a workload."""
    shape = " × ".join(f"{size:,}" for size in result["shape"])
    name = result["loss"].replace("_with_logits", "\nwith_logits")
    return f"{name}\n{shape}\nfastloss {duration(result['seconds'][FASTLOSS.name]['median'])}"


def draw(source: Found, picture: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    results, machine = source.results, source.results["machine"]
    by_name = {result["name"]: result for result in results["workloads"]}
    rows = [by_name[name] for name in WORKLOADS if name in by_name]
    opponents = [name for name in TITLES if any(name in result["seconds"] for result in rows)]
    height = 0.85 / len(opponents)
    figure, axes = pyplot.subplots(figsize=INCHES, dpi=DOTS, facecolor="white")
    smallest = largest = 1.0
    for place, name in enumerate(opponents):
        for row, result in enumerate(rows):
            if name not in result["seconds"]:
                continue
            times = result["seconds"][name]["median"] / result["seconds"][FASTLOSS.name]["median"]
            smallest, largest = min(smallest, times), max(largest, times)
            y = row + (place - (len(opponents) - 1) / 2) * height
            axes.barh(y, times - 1, height * 0.92, left=1, color=COLOURS[name], label=TITLES[name] if row == 0 else None)
            axes.annotate(ratio(times) + "x", (max(times, 1), y), (3, 0), textcoords="offset points", va="center", size=9)
    axes.axvline(1, color="black", linewidth=1.2)
    axes.set_xscale("log")
    axes.set_xlim(0.8 * smallest, 1.35 * largest)
    ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20, 50, 100, 200) if 0.8 * smallest < tick < 1.3 * largest]
    axes.set_xticks(ticks, [f"{tick}x" for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.set_yticks(range(len(rows)), [label(result) for result in rows])
    axes.tick_params(axis="y", length=0, labelsize=10)
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel("time divided by that of fastloss, on a logarithmic scale; right of 1x fastloss is faster", size=10)
    figure.suptitle("Time of loss and gradient, relative to fastloss", size=14, weight="bold", x=0.5, y=0.985)
    handles = {text: handle for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)}
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.962), "ncol": len(handles)}
    figure.legend(handles.values(), handles, frameon=False, fontsize=10, **place)
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items() if name != "Python")
    threads = f"{machine['threads']} thread{'s'[: machine['threads'] > 1]} (NumPy: 1)"
    text = f"{machine['cpu']}, {machine['tier']}, {threads}, {results['date'][:10]}; float32, medians\n{versions}"
    figure.text(0.5, 0.008, text, ha="center", va="bottom", size=8.5, color="#444444")
    figure.subplots_adjust(left=0.235, right=0.975, top=0.925, bottom=0.085)
    metadata = {SOURCE: source.path.name, DIGEST: digest(source.path), "Software": ""}
    picture.parent.mkdir(exist_ok=True)
    figure.savefig(picture, metadata=metadata, facecolor="white")
    pyplot.close(figure)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the picture, or check it; the exit status."""
    parser = argparse.ArgumentParser(description="Draw docs/pictures/speed.png from the results of measurements.")
    parser.add_argument("--check", action="store_true", help="draw nothing; exit status 1 if the picture is not current")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIRECTORY")
    parser.add_argument("--picture", type=Path, default=PICTURE, metavar="FILE")
    arguments = parser.parse_args(argv)
    source = newest(arguments.results)[0]
    if arguments.check:
        if current(arguments.picture, source):
            return 0
        print(f"{arguments.picture}: stale; run `python benchmarks/chart.py`", file=sys.stderr)
        return 1
    draw(source, arguments.picture)
    print(f"{arguments.picture}: drawn from {source.path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
