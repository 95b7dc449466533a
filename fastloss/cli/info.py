"""`fastloss info`: what the library is made of and how it runs here."""

from __future__ import annotations

import argparse
import os

from fastloss import _core
from fastloss._config import config
from fastloss.cli._json import STDOUT, JsonFile, about, add_json_option, print_json
from fastloss.cli._terminal import print_pairs

__all__ = ["add_arguments", "run"]

DESCRIPTION = """\
Print versions, the SIMD tier in use and the tiers built and usable, the threads, and the OpenMP runtimes that are
loaded (found with threadpoolctl, if it is installed). Attach this to a bug report.
"""

EPILOG = """\
examples:
  FASTLOSS_TIER=avx2 FASTLOSS_NUM_THREADS=1 fastloss info
  fastloss info --json
"""

VARIABLES = ("FASTLOSS_TIER", "FASTLOSS_NUM_THREADS", "OMP_NUM_THREADS", "FASTLOSS_KEEP_MEMORY")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    add_json_option(parser, "it, with the CPU,")


def openmp_runtimes() -> list[str] | None:
    """The OpenMP libraries that this process has loaded; None where nothing can tell."""
    try:
        from threadpoolctl import threadpool_info  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return None
    libraries = [library for library in threadpool_info() if library["user_api"] == "openmp"]
    return [f"{library['filepath']}, {library['num_threads']} threads" for library in libraries]


def run(arguments: argparse.Namespace) -> int:
    pairs, runtimes = config(), openmp_runtimes()
    environment = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    if arguments.json is not None:
        file = JsonFile(arguments.json) if arguments.json != STDOUT else None
        built = {name: {"built": is_built, "usable": is_usable} for name, is_built, is_usable in _core.tiers()}
        openmp = {"OpenMP": pairs["OpenMP"], "runtimes": runtimes}
        found = {**about(), "tiers": built, **openmp, "environment": environment}
        if file:
            file.finish(found)
        else:
            print_json(found)
        return 0
    lines = ["not known: threadpoolctl is not installed"] if runtimes is None else runtimes or ["none loaded"]
    for number, runtime in enumerate(lines, start=1):
        pairs["runtime" if number == 1 else f"runtime {number}"] = runtime
    print_pairs({**pairs, **environment})
    return 0
