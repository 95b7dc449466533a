"""Where a result came to be: the machine and the versions that stand beside it in a file."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import fastloss
from fastloss._config import config

__all__ = ["machine", "versions"]


def cpu_model() -> str:
    """The name that the CPU gives itself."""
    if platform.system() == "Linux":
        try:
            text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
        if found:
            return found[1].strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        if asked.stdout.strip():
            return asked.stdout.strip()
    return platform.processor() or platform.machine()


def machine(threads: int) -> dict[str, Any]:
    """What times depend on beside the code."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": cpu_model(),
        "cores": cores,
        "threads": threads,
        "tier": config()["tier"],
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Those of Python, fastloss, NumPy and further distributions that are installed."""
    installed = {"Python": platform.python_version(), "fastloss": fastloss.__version__, "numpy": np.__version__}
    return installed | {name: importlib.metadata.version(name) for name in distributions}
