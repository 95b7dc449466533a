"""`fastloss bench` with opponents: `python benchmarks/bench.py`.

`--help` describes it, and benchmarks/README.md what is counted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from opponents import OPPONENTS

from fastloss import cli
from fastloss.cli import bench


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    bench.OPPONENTS.update(OPPONENTS)
    return cli.main(["bench", *(sys.argv[1:] if argv is None else argv)])


if __name__ == "__main__":
    sys.exit(main())
