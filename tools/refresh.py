"""Write all that is generated, or check it: `python tools/refresh.py`, and `python tools/refresh.py --check`.

Each generator is a module with a function `files()`, which gives the whole text of each of its files as it should be, and
writes nothing. It needs nothing but fastloss, NumPy and the standard library. A new generator is a line in GENERATORS.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent

GENERATORS = (
    "tools/make_stubs.py",
    "benchmarks/report.py",
    "tools/catalogue.py",
    "benchmarks/options.py",
    "benchmarks/boosting.py",
)

COMMAND = "python tools/refresh.py"


def loaded(script: str) -> ModuleType:
    """A generator as a module; it may import its neighbours."""
    path = ROOT / script
    sys.path.insert(0, str(path.parent))
    try:
        return importlib.import_module(path.stem)
    finally:
        sys.path.remove(str(path.parent))


def stale(write: bool = False) -> Iterator[tuple[str, Path]]:
    """Each generator with each of its files that is not as it should be; `write`: it is, afterwards.

    Two generators may each have a part of one file, and so each looks at what the one before has written.
    """
    for script in GENERATORS:
        for path, text in loaded(script).files().items():
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                if write:
                    path.write_text(text, encoding="utf-8")
                yield script, path


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check; the exit status."""
    parser = argparse.ArgumentParser(description="Write all files that are generated.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1, and their names, if some are stale")
    check = parser.parse_args(argv).check
    found = 0
    for script, path in stale(write=not check):
        found += 1
        name = path.relative_to(ROOT)
        print(f"{name}: stale ({script}); run: {COMMAND}" if check else f"{name}: written ({script})")
    if not found:
        print(f"{len(GENERATORS)} generators: all current")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
