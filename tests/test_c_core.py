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
SANITIZE = ("-fsanitize=address,undefined,fuzzer-no-link", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")


def needs(*names: str) -> None:
    for name in names:
        if name not in compilers() and not shutil.which(name):
            pytest.skip(f"{name} is not installed")


def drawn_calls(
    kind: str, tier: str, n: int, *arguments: str, flags: tuple[str, ...] = OPENMP, wrapper: tuple[str, ...] = ()
) -> str:
    return run([*wrapper, program("drawn_calls", kind, flags), tier, str(n), *arguments])


@pytest.fixture(scope="module")
def n_calls(deep) -> int:
    return 100_000 if deep else 10_000  # so many that every kernel is drawn


@pytest.fixture(scope="module")
def expected(n_calls) -> str:
    """What every machine with fused multiply-add must print."""
    if not FUSED:
        pytest.skip("this CPU has no fused multiply-add")
    return drawn_calls(COMPILER, FUSED[0], n_calls)


def test_drawn_calls_are_of_every_kind(expected, record_property):
    """Without this the tests below might compare nothing."""
    lines = re.findall(r"(\w+) (\d+)-bit outputs (\d) status (\d) hash (\w+)", expected)
    assert len({line[:3] for line in lines}) == 2 * 4 * len(_core.losses())
    statuses = Counter(line[3] for line in lines)
    assert {"0", "3", "4", "5"} <= set(statuses)
    assert statuses["0"] > len(lines) / 2
    assert len({line[4] for line in lines if line[3] == "0"}) > 0.6 * statuses["0"]
    record_property("calls", len(lines))
    record_property("calls that succeed", statuses["0"])


@pytest.mark.parametrize("kind", ["gcc", "clang"])
@pytest.mark.parametrize("tier", FUSED)
def test_tiers_and_compilers_give_the_same_bits(kind, tier, expected, n_calls, record_property):
    needs(kind)
    assert drawn_calls(kind, tier, n_calls) == expected
    record_property("calls", n_calls)


def test_neon_gives_the_same_bits(expected, n_calls, record_property):
    needs("aarch64", "qemu-aarch64")
    found = drawn_calls("aarch64", "neon", n_calls, flags=("-static",), wrapper=("qemu-aarch64",))
    assert found == expected
    record_property("calls", n_calls)


def test_numbers_of_threads_give_the_same_bits(expected, n_calls, record_property):
    needs(COMPILER)
    for n_threads in (1, 2, 3, 7, 16):
        assert drawn_calls(COMPILER, FUSED[0], n_calls, "1", str(n_threads)) == expected
    record_property("calls", 5 * n_calls)


@pytest.fixture
def leaks(tmp_path, monkeypatch):
    """AddressSanitizer looks for leaks as well; but LLVM's OpenMP keeps the memory of its threads."""
    (tmp_path / "suppressions").write_text("leak:libomp.so\n")
    monkeypatch.setenv("LSAN_OPTIONS", f"suppressions={tmp_path / 'suppressions'}")


@pytest.mark.parametrize("tier", _verify.usable_tiers())
def test_sanitizers_of_addresses_and_undefined_behaviour(tier, n_calls, leaks, record_property):
    needs("clang")
    drawn_calls("clang", tier, n_calls, "2", flags=(*SANITIZE, *OPENMP))
    record_property("calls", n_calls)


def test_valgrind(deep, record_property):
    """With one of the tiers that valgrind knows; it sees reads of what was never written, too."""
    needs("valgrind")
    tier = "avx2" if "avx2" in FUSED else "baseline"
    n = 20_000 if deep else 500
    valgrind = ("valgrind", "--quiet", "--error-exitcode=9", "--track-origins=yes")
    drawn_calls(COMPILER, tier, n, "3", flags=("-g",), wrapper=valgrind)
    record_property("calls", n)


def test_valgrind_of_python(deep, tmp_path, record_property):
    """Drawn calls of the Python API: no error of memcheck has this library among the callers.

    Python and NumPy have errors of their own, and floating point is not quite that of the CPU, so the log is what counts.
    """
    needs("valgrind")
    if not deep:
        pytest.skip("takes minutes: with --deep")
    n, log = 200, tmp_path / "log"
    calls = f"import sys; sys.path.insert(0, sys.argv[1]); import test_any_call as t; print(t.make_calls({n}, False)['calls'])"
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


def test_thread_sanitizer(deep, record_property):
    needs("clang")
    if not archer():
        pytest.skip("LLVM's libomp with libarcher is not installed")
    n, elements = 5000 if deep else 200, 400_000  # enough for each of three threads to get some
    built = program("drawn_calls", "clang", ("-fsanitize=thread", "-g", *OPENMP))
    environment = {**os.environ, "OMP_TOOL_LIBRARIES": str(archer()), "OMP_TOOL_VERBOSE_INIT": "stderr"}
    # Other libraries of the process are not instrumented; a race stops the run.
    environment["TSAN_OPTIONS"] = "ignore_noninstrumented_modules=1 halt_on_error=1"
    done = subprocess.run([built, FUSED[0], str(n), "4", "3", str(elements)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Tool was started and is using the OMPT interface" in done.stderr
    record_property("calls", n)


def test_fuzzer(deep, tmp_path, leaks, record_property):
    needs("clang")
    built = program("fuzz", "clang", (*SANITIZE, *OPENMP), ("-fsanitize=fuzzer",))
    length = ("-max_total_time=600",) if deep else ("-runs=3000",)
    options = ("-max_len=512", "-len_control=0", "-print_final_stats=1", f"-artifact_prefix={tmp_path}/", "-seed=1")
    done = subprocess.run([built, *length, *options], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-6000:]
    record_property("calls", int(re.search(r"number_of_executed_units: (\d+)", done.stderr)[1]))


@pytest.mark.parametrize("tier", _verify.usable_tiers())
def test_every_allocation_is_checked(tier, record_property):
    needs(COMPILER)
    n = 2000
    failures = int(run([program("no_memory", COMPILER, OPENMP, ("-Wl,--wrap=malloc",)), tier, str(n)]))
    assert failures > 100
    record_property("failed allocations", failures)


@pytest.mark.parametrize(
    ("target", "message"),
    [("i386-unknown-none", "64-bit machines only"), ("powerpc64-unknown-none", "little-endian machines only")],
)
def test_other_machines_are_refused_by_name(target, message):
    needs("clang")
    command = [compilers()["clang"], f"--target={target}", "-ffreestanding", "-fsyntax-only", str(CSRC / "fastloss.h")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert message in done.stderr
