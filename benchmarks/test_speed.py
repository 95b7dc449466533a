"""The workloads of `fastloss bench` under pytest-benchmark: `pytest benchmarks/`, one group a workload.

Here one library is measured after the other. To compare libraries use `python benchmarks/bench.py`, where they alternate.
"""

from __future__ import annotations

import pytest
from opponents import OPPONENTS

from fastloss import get_num_threads
from fastloss.cli._libraries import FASTLOSS, disagreement
from fastloss.cli._workloads import select

# Warnings of libraries that are not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


def pytest_generate_tests(metafunc):
    workloads = select([], metafunc.config.getoption("size"))
    cases = [(workload, opponent) for workload in workloads for opponent in (FASTLOSS, *OPPONENTS.values())]
    metafunc.parametrize(("workload", "opponent"), cases, ids=[f"{w.name}-{o.name}" for w, o in cases])


def test_speed(benchmark, workload, opponent):
    reason = opponent.why_absent()
    if reason:
        pytest.skip(f"{opponent.name}: {reason}")
    threads = get_num_threads()
    inputs = workload.make_inputs()
    prepared = opponent.prepare(workload, inputs, threads)
    if prepared is None:
        pytest.skip(f"{opponent.name} has no {workload.loss}")
    # Tested before it is timed.
    ours = FASTLOSS.prepare(workload, inputs, threads)
    assert disagreement(ours.outcome(ours.call()), prepared.outcome(prepared.call())) == ""
    benchmark.group = workload.name
    benchmark.extra_info.update(opponent=opponent.name, threads=threads, compulsory_bytes=workload.compulsory_bytes)
    benchmark(prepared.call)
