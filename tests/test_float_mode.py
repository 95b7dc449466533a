"""The floating-point mode of the caller is neither changed nor felt: rounding, and subnormal numbers taken for zeros."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import platform
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from c_core import run
from conftest import call, same_bits

import fastloss as fl

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc",
    reason="MXCSR is read and written through glibc's fenv_t for x86-64",
)

#: Bits of MXCSR (Intel SDM volume 1, 10.2.3): subnormal inputs are zeros, subnormal results are zeros, the rounding modes.
DAZ, FTZ, DOWN, UP, TOWARDS_ZERO = 1 << 6, 1 << 15, 1 << 13, 2 << 13, 3 << 13
CONTROL = DAZ | FTZ | TOWARDS_ZERO | 0x1F80
MODES = {"DAZ": DAZ, "FTZ": FTZ, "both": DAZ | FTZ, "down": DOWN, "up": UP, "towards zero and both": TOWARDS_ZERO | DAZ | FTZ}

#: glibc's fenv_t for x86-64: 28 bytes of the x87 environment, then MXCSR.
FENV_BYTES, MXCSR_AT = 32, 28


def libm():
    return ctypes.CDLL(ctypes.util.find_library("m"))


def mxcsr() -> int:
    environment = ctypes.create_string_buffer(FENV_BYTES)
    libm().fegetenv(environment)
    return ctypes.c_uint32.from_buffer(environment, MXCSR_AT).value


def set_mxcsr(value: int) -> None:
    environment = ctypes.create_string_buffer(FENV_BYTES)
    libm().fegetenv(environment)
    ctypes.c_uint32.from_buffer(environment, MXCSR_AT).value = value
    libm().fesetenv(environment)


@contextmanager
def mode(bits: int):
    before = mxcsr()
    set_mxcsr(before | bits)
    try:
        yield
    finally:
        set_mxcsr(before)


def drawn_with_subnormals(given, dtype):
    """Enough for two threads; a third of the predictions is subnormal."""
    shape = (2001, 9) if given.rows else (17_001,)
    pred, target = given.draw(shape, dtype)
    pred = pred.copy()
    tiny = pred[::3] * float(np.finfo(dtype).smallest_normal) / 64
    pred[::3] = given.loss.domain.prediction.clip(tiny.astype(dtype))
    assert np.any((pred != 0) & (np.abs(pred) < np.finfo(dtype).smallest_normal))
    return pred, target


def test_modes_do_what_their_names_say():
    """Without this the tests below would prove nothing."""
    tiny, one = np.array([np.finfo(np.float64).smallest_subnormal]), np.array([1.0])
    for name, bits in MODES.items():
        with mode(bits):
            doubled, third = float((tiny * 2)[0]), float((one / 3)[0])
        assert (doubled == 0) == bool(bits & (DAZ | FTZ)), name
        assert (third == 1 / 3) == (bits & TOWARDS_ZERO != UP), name  # 1/3 rounded to nearest lies below it


@pytest.mark.sample(quick=40)
def test_the_mode_is_neither_felt_nor_changed(given, dtype, entry_point, depth):
    pred, target = drawn_with_subnormals(given, dtype)
    for reduction in ("mean", "none"):
        expected = call(given.loss, entry_point, pred, target, reduction=reduction, n_threads=1)
        for name, bits in MODES.items() if depth.deep else [("towards zero and both", MODES["towards zero and both"])]:
            for n_threads in (1, 2):
                with mode(bits):
                    before = mxcsr()
                    found = call(given.loss, entry_point, pred, target, reduction=reduction, n_threads=n_threads)
                    after = mxcsr()
                assert after & CONTROL == before & CONTROL
                assert all(same_bits(a, b) for a, b in zip(found, expected, strict=True)), (name, n_threads)


def test_a_subnormal_number_outside_the_domain_is_named():
    pred = np.full(70_000, 0.5, np.float32)
    pred[69_999] = -np.finfo(np.float32).smallest_subnormal
    for bits in MODES.values():
        with mode(bits):
            before = mxcsr()
            with pytest.raises(ValueError, match=r"pred\[69999\] = -1.4\d*e-45 is outside"):
                fl.binary_cross_entropy(pred, np.ones_like(pred), n_threads=2)
            assert mxcsr() & CONTROL == before & CONTROL


def test_the_import_leaves_the_mode():
    program = (
        f"import ctypes, ctypes.util\nlibm = ctypes.CDLL(ctypes.util.find_library('m'))\n"
        f"def control():\n    e = ctypes.create_string_buffer({FENV_BYTES}); libm.fegetenv(e)\n"
        f"    return ctypes.c_uint32.from_buffer(e, {MXCSR_AT}).value & {CONTROL}\n"
        "import json, numpy\nfound = [control()]\nimport fastloss\nfound.append(control())\n"
        "fastloss.squared_error(numpy.ones(100_000), numpy.zeros(100_000), n_threads=2)\nfound.append(control())\n"
        "print(json.dumps(found))"
    )
    assert len(set(in_another_process(program))) == 1


def test_threads_created_in_another_mode_compute_the_same():
    program = (
        "import json, sys; sys.path.insert(0, sys.argv[1])\n"
        "import numpy as np, fastloss as fl, test_float_mode as t\n"
        "x = np.full(100_000, np.finfo(np.float32).smallest_normal / 4)\n"
        "with t.mode(t.DAZ | t.FTZ):\n    fl.squared_error(x, x, n_threads=2)\n"
        "print(json.dumps([fl.absolute_error(x, np.zeros_like(x), reduction='sum', n_threads=n) for n in (1, 2)]))"
    )
    alone, together = in_another_process(program)
    assert alone == together
    assert alone == pytest.approx(100_000 * float(np.finfo(np.float32).smallest_normal / 4), rel=1e-14, abs=0)


def in_another_process(program: str):
    command = [sys.executable, "-c", program, str(Path(__file__).parent)]
    return json.loads(run(command, timeout=60))
