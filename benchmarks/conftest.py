"""Options of `pytest benchmarks/`."""

from __future__ import annotations

import pytest

from fastloss.cli._workloads import SIZES


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--size", choices=[*SIZES, "all"], default="small", help="workloads to measure (default: small)")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """In one process, whatever pyproject.toml says for tests: what runs beside a measurement spoils it."""
    config.option.numprocesses, config.option.dist = None, "no"
