"""Options of `pytest benchmarks/`."""

from __future__ import annotations

import pytest

from fastloss.cli._workloads import SIZES


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--size", choices=[*SIZES, "all"], default="small", help="workloads to measure (default: small)")
