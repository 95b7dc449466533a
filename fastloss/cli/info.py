"""`fastloss info`: what the library is made of and how it runs here."""

from __future__ import annotations

import argparse
import os

from fastloss._threads import config
from fastloss.cli._terminal import print_pairs

__all__ = ["add_arguments", "run"]

DESCRIPTION = """\
Print versions, the SIMD tier in use and the tiers built and usable, the threads, and the OpenMP runtimes that are
loaded (found with threadpoolctl, if it is installed). Attach this to a bug report.
"""

EPILOG = """\
example:
  FASTLOSS_TIER=avx2 FASTLOSS_NUM_THREADS=1 fastloss info
"""

VARIABLES = ("FASTLOSS_TIER", "FASTLOSS_NUM_THREADS", "OMP_NUM_THREADS")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG


def openmp_runtimes() -> list[str]:
    """The OpenMP libraries that this process has loaded."""
    try:
        from threadpoolctl import threadpool_info  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return ["not known: threadpoolctl is not installed"]
    libraries = [library for library in threadpool_info() if library["user_api"] == "openmp"]
    return [f"{library['filepath']}, {library['num_threads']} threads" for library in libraries] or ["none loaded"]


def run(arguments: argparse.Namespace) -> int:
    pairs = config()
    for number, runtime in enumerate(openmp_runtimes(), start=1):
        pairs["runtime" if number == 1 else f"runtime {number}"] = runtime
    pairs.update({name: os.environ[name] for name in VARIABLES if name in os.environ})
    print_pairs(pairs)
    return 0
