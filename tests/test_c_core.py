"""The C core on its own: drawn calls give the same bits by every compiler, on every machine, and no sanitizer objects."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from c_core import CSRC, ROOT, compilers, program, run

from fastloss import _core, _verify

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64" or not {"gcc", "clang"} & set(compilers()),
    reason="compares x86-64 with others, by gcc or clang on Linux",
)

FUSED = [name for name in _verify.usable_tiers() if name != "baseline"]
COMPILER = "gcc" if "gcc" in compilers() else "clang"
OPENMP = ("-fopenmp",)
SANITIZE = ("-fsanitize=address,undefined,fuzzer-no-link", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")


def needs(*names: str) -> None:
    for name in names:
        if name not in compilers() and not shutil.which(name):
            pytest.skip(f"{name} is not installed")


def drawn_calls(
    kind: str, tier: str, n: int, *arguments: str, flags: tuple[str, ...] = OPENMP, wrapper: tuple[str, ...] = ()
) -> str:
    return run([*wrapper, program("drawn_calls", kind, flags, tiers=(tier,)), tier, str(n), *arguments])


@pytest.fixture(scope="module")
def n_calls(depth) -> int:
    return 100_000 if depth.deep else 1500


@pytest.fixture(scope="module")
def optimisation(depth) -> tuple[str, ...]:
    """Without --deep compiling takes longer than running what it makes.

    With debug symbols, which change no code, so that valgrind and all others have the same objects.
    """
    return depth.of(("-O0",), ("-O1", "-g"), ("-g",))


@pytest.fixture(scope="module")
def sanitized(depth) -> tuple[str, ...]:
    """What every program of these two sanitizers is compiled with: of what they add, an optimiser makes hard work."""
    return (*SANITIZE, *OPENMP, *depth.of(("-O0",), ("-O0", "-g1"), ("-g",)))


@pytest.fixture(scope="module")
def expected(n_calls, optimisation) -> str:
    """What every machine with fused multiply-add must print."""
    if not FUSED:
        pytest.skip("this CPU has no fused multiply-add")
    return drawn_calls(COMPILER, FUSED[0], n_calls, flags=(*OPENMP, *optimisation))


@pytest.mark.at("deep")  # it takes 10,000 calls
def test_drawn_calls_are_of_every_kind(expected, record_property):
    """Without this the tests below might compare nothing."""
    lines = re.findall(r"(\w+) (\d+)-bit outputs (\d) status (\d) hash (\w+)", expected)
    # Of sums there is no Hessian, and one set of outputs less.
    n_sets = sum(3 if family == "sums" else 4 for _, family, _, _ in _core.losses())
    assert len({line[:3] for line in lines}) == 2 * n_sets
    statuses = Counter(line[3] for line in lines)
    assert {"0", "3", "4", "5"} <= set(statuses)
    assert statuses["0"] > len(lines) / 2
    assert len({line[4] for line in lines if line[3] == "0"}) > 0.6 * statuses["0"]
    record_property("calls", len(lines))
    record_property("calls that succeed", statuses["0"])


@pytest.mark.at("full")
@pytest.mark.parametrize("kind", ["gcc", "clang"])
@pytest.mark.parametrize("tier", FUSED)
def test_tiers_and_compilers_give_the_same_bits(kind, tier, expected, n_calls, record_property):
    """All at the level of optimisation at which they are built."""
    needs(kind)
    assert drawn_calls(kind, tier, n_calls) == expected
    record_property("calls", n_calls)


@pytest.mark.at("full")
def test_neon_gives_the_same_bits(expected, n_calls, optimisation, record_property):
    needs("aarch64", "qemu-aarch64")
    found = drawn_calls("aarch64", "neon", n_calls, flags=("-static", *optimisation), wrapper=("qemu-aarch64",))
    assert found == expected
    record_property("calls", n_calls)


@pytest.mark.at("full")
def test_numbers_of_threads_give_the_same_bits(expected, n_calls, optimisation, depth, record_property):
    needs(COMPILER)
    numbers = (1, 2, 3, 7, 16) if depth.deep else (3, 16)
    for n_threads in numbers:
        found = drawn_calls(COMPILER, FUSED[0], n_calls, "1", str(n_threads), flags=(*OPENMP, *optimisation))
        assert found == expected
    record_property("calls", len(numbers) * n_calls)


def test_calls_that_compute_alone_give_the_same_bits(optimisation, record_property):
    """Where threads are waited for, calls have none for a while; here every second one that would have had some."""
    needs(COMPILER)
    tier, options = FUSED[0] if FUSED else "baseline", (*OPENMP, *optimisation)
    plain, busy = (
        run([program(name, COMPILER, options, link, tiers=(tier,)), tier, "60", "1", threads, "20000"])
        for name, link, threads in (
            ("drawn_calls", (), "1"),
            ("busy_calls", ("-Wl,--wrap=omp_get_wtime,--wrap=fl_begin_alone",), "3"),
        )
    )
    *found, alone = busy.splitlines()
    assert found == plain.splitlines()
    assert 5 < int(alone) < 55
    record_property("calls", int(alone))


@pytest.fixture
def leaks(tmp_path, monkeypatch):
    """AddressSanitizer looks for leaks as well; but LLVM's OpenMP keeps the memory of its threads."""
    (tmp_path / "suppressions").write_text("leak:libomp.so\n")
    monkeypatch.setenv("LSAN_OPTIONS", f"suppressions={tmp_path / 'suppressions'}")


@pytest.mark.at("full")
@pytest.mark.parametrize("tier", _verify.usable_tiers())
def test_sanitizers_of_addresses_and_undefined_behaviour(tier, n_calls, sanitized, leaks, record_property):
    needs("clang")
    drawn_calls("clang", tier, n_calls, "2", flags=sanitized)
    record_property("calls", n_calls)


@pytest.mark.at("full")
def test_valgrind(depth, optimisation, record_property):
    """With one of the tiers that valgrind knows; it sees reads of what was never written, too."""
    needs("valgrind")
    tier = "avx2" if "avx2" in FUSED else "baseline"
    n = depth.of(0, 300, 20_000)
    valgrind = ("valgrind", "--quiet", "--error-exitcode=9", "--track-origins=yes")
    drawn_calls(COMPILER, tier, n, "3", flags=optimisation, wrapper=valgrind)
    record_property("calls", n)


@pytest.mark.at("deep")
def test_valgrind_of_python(tmp_path, record_property):
    """Drawn calls of the Python API: no error of memcheck has this library among the callers.

    Python and NumPy have errors of their own, and floating point is not quite that of the CPU, so the log is what counts.
    """
    needs("valgrind")
    n, log = 200, tmp_path / "log"
    calls = f"import sys; sys.path.insert(0, sys.argv[1]); import test_any_call as t; print(t.make_calls({n})['calls'])"
    command = ["valgrind", "--error-limit=no", "--trace-children=no", f"--log-file={log}", sys.executable, "-c", calls]
    # So that each allocation is known to valgrind.
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    done = subprocess.run([*command, str(ROOT / "tests")], env=environment, capture_output=True, text=True)
    library = Path(_core.__file__).name
    errors = [text for text in re.split(r"\n==\d+== \n", log.read_text()) if library in text]
    assert not errors, "\n\n".join(errors[:3])
    assert int(done.stdout) >= n, done.stderr
    record_property("calls", int(done.stdout))


def archer() -> Path | None:
    """The tool of LLVM's OpenMP that tells ThreadSanitizer how its threads wait for each other."""
    found = sorted(Path("/usr/lib").glob("llvm-*/lib/libarcher.so"))
    return found[-1] if found else None


@pytest.mark.at("full")
def test_thread_sanitizer(depth, optimisation, record_property):
    needs("clang")
    if not archer():
        pytest.skip("LLVM's libomp with libarcher is not installed")
    n, elements = depth.of(0, 200, 5000), 400_000  # enough for each of three threads to get some
    built = program("drawn_calls", "clang", ("-fsanitize=thread", *OPENMP, *optimisation), tiers=(FUSED[0],))
    environment = {**os.environ, "OMP_TOOL_LIBRARIES": str(archer()), "OMP_TOOL_VERBOSE_INIT": "stderr"}
    # Other libraries of the process are not instrumented; a race stops the run.
    environment["TSAN_OPTIONS"] = "ignore_noninstrumented_modules=1 halt_on_error=1"
    done = subprocess.run([built, FUSED[0], str(n), "4", "3", str(elements)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Tool was started and is using the OMPT interface" in done.stderr
    record_property("calls", n)


@pytest.mark.at("full")
def test_fuzzer(depth, sanitized, tmp_path, leaks, record_property):
    needs("clang")
    built = program("fuzz", "clang", sanitized, ("-fsanitize=fuzzer",), tiers=tuple(_verify.usable_tiers()))
    length = ("-max_total_time=300",) if depth.deep else ("-runs=1000",)
    options = ("-max_len=512", "-len_control=0", "-print_final_stats=1", f"-artifact_prefix={tmp_path}/", "-seed=1")
    done = subprocess.run([built, *length, *options], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-6000:]
    record_property("calls", int(re.search(r"number_of_executed_units: (\d+)", done.stderr)[1]))


def test_every_allocation_is_checked(optimisation, depth, record_property):
    needs(COMPILER)
    tier, n = FUSED[0] if FUSED else "baseline", depth.of(500, 2000, 2000)
    built = program("no_memory", COMPILER, (*OPENMP, *optimisation), ("-Wl,--wrap=malloc",), tiers=(tier,))
    # Calls of the quick sample are of fewer elements: without an optimiser long rows take seconds.
    failures = int(run([built, tier, str(n), depth.of("20000", "50000", "50000")]))
    assert failures > 100
    record_property("failed allocations", failures)


@pytest.mark.parametrize(
    ("kind", "machine", "message"),
    [
        ("gcc", "-m32", "64-bit machines only"),
        ("clang", "--target=i386-unknown-none", "64-bit machines only"),
        ("clang", "--target=powerpc64-unknown-none", "little-endian machines only"),
    ],
)
def test_other_machines_are_refused_by_name(kind, machine, message):
    needs(kind)
    command = [compilers()[kind], machine, "-ffreestanding", "-fsyntax-only", str(CSRC / "fastloss.h")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert message in done.stderr
