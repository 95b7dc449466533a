"""The elementary functions: float32 on every input there is, float64 on validation sets; the coefficients of polynomials."""

import json
import os
import re
import subprocess
import sys

import c_core
import numpy as np
import pytest
import validation

from fastloss import _core, _verify

#: Without --deep: of each so many bit patterns of float32 one, a prime; and so many numbers of float64.
STRIDE, QUICK_STRIDE, POINTS = 4099, 20_011, 2000
DEEP_POINTS = 100_000

#: Results on each tier around which more are looked at, and how often.
WORST, ROUNDS = 40, 4


@pytest.mark.parametrize("name", _verify.FUNCTION_BOUNDS)
def test_float32_is_within_its_bound_on_every_input(name, depth, record_property):
    if not depth.deep:
        check_some_inputs(name, depth.of(QUICK_STRIDE, STRIDE, 1), record_property)
        return
    kind = next((kind for kind in ("gcc", "clang") if kind in c_core.compilers()), None)
    if kind is None or sys.platform == "win32":
        pytest.skip("needs gcc or clang, and POSIX threads")
    program = c_core.program("exhaustive", kind, link=("-lpthread",), tiers=tuple(_verify.usable_tiers()))
    command = [program, "1", str(min(os.cpu_count() or 1, 64)), name]
    done = subprocess.run(command, capture_output=True, text=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["tier"] for line in found] == _verify.usable_tiers(), done.stderr
    for line in found:
        record_property("inputs", line["inputs"])
        record_property(f"worst on {line['tier']}", f"{line['worst']:.4f} ulp at {line['at']}")
        assert line["inputs"] >= 2**32
        assert line["wrong"] == 0, line
        assert 0.5 <= line["worst"] <= _verify.FUNCTION_BOUNDS[name], line
    assert done.returncode == 0


def check_some_inputs(name, stride, record_property):
    """The same of some bit patterns, by the library as it is installed and NumPy: what this sees needs no compiler."""
    x = np.arange(0, 2**32, stride, dtype=np.uint32).view(np.float32)
    with np.errstate(all="ignore"):
        expected = _verify.EXACT_FUNCTIONS[name](x.astype(np.float64))
    record_property("inputs", len(x))
    for tier in _verify.usable_tiers():
        error = _verify.errors_of_function(_core.math(name, tier, x), expected)
        where = int(np.argmax(error))
        record_property(f"worst on {tier}", f"{error[where]:.4f} ulp at {float(x[where]).hex()}")
        assert 0.5 <= error[where] <= _verify.FUNCTION_BOUNDS[name], (tier, float(x[where]).hex())


@pytest.mark.parametrize("name", _verify.FUNCTION_BOUNDS)
def test_float64_is_within_its_bound_on_the_validation_set(name, depth, record_property):
    count = depth.of(POINTS // 4, POINTS, DEEP_POINTS)
    x = validation.points(name, count)
    exact = validation.exact_results(name, x)
    for seed in range(ROUNDS):
        errors = [validation.errors(_core.math(name, tier, x), exact)[0] for tier in _verify.usable_tiers()]
        worst = np.unique(np.concatenate([np.argsort(error)[-WORST:] for error in errors]))
        more = validation.points_around(x[worst], count // 8, seed)
        x = np.concatenate([x, more])
        exact = tuple(np.concatenate(both) for both in zip(exact, validation.exact_results(name, more), strict=True))
    assert len(x) >= count
    record_property("inputs", len(x))
    for tier in _verify.usable_tiers():
        found = _core.math(name, tier, x)
        error, wrong = validation.errors(found, exact)
        where = int(np.argmax(error))
        record_property(f"worst on {tier}", f"{error[where]:.4f} ulp at {float(x[where]).hex()}")
        assert [(float(v).hex(), float(y)) for v, y in zip(x[wrong], found[wrong], strict=True)] == [], tier
        assert 0.5 <= error[where] <= _verify.FUNCTION_BOUNDS[name], (tier, float(x[where]).hex())


@pytest.mark.parametrize("name", _verify.FUNCTION_BOUNDS)
def test_what_verify_measures_is_within_its_bound(name, dtype, tier):
    assert _verify.measure_function(name, dtype, tier, 100_000) <= _verify.FUNCTION_BOUNDS[name]


def test_validation_sets_are_what_they_say():
    """With sets that miss the edges, or a reference that agrees with anything, the test above would be idle."""
    for name in validation.EXACT:
        x = validation.points(name, DEEP_POINTS)
        magnitudes = np.abs(x[np.isfinite(x)])
        assert len(np.unique(magnitudes)) > 0.6 * DEEP_POINTS
        exponents = np.frexp(magnitudes[magnitudes > 0])[1]
        assert len(np.unique(np.maximum(exponents, -1022))) == 2047
        assert {0.0, 1.0, np.inf, float(validation.INFO.max), validation.SUBNORMAL} <= set(np.abs(x).tolist())
    ones = validation.exact_results("exp", np.array([1.0, -745.0, 720.0, -800.0, np.nan]))
    assert ones[0][:3].tolist() == [float.fromhex("0x1.5bf0a8b145769p+1"), 5e-324, np.inf]
    off = np.array([np.nextafter(ones[0][0], 0), 1e-323, 1.0, -0.0, 0.0])
    error, wrong = validation.errors(off, ones)
    assert error[:2] == pytest.approx([1 + ones[2][0], 1 - ones[2][1]])
    assert wrong.tolist() == [False, False, True, True, True]
    # The hardest of exp and of log are so near to the middle of two numbers, or to a number, that nothing is left in float64.
    for name, hardest in validation.HARDEST.items():
        above = np.abs(validation.exact_results(name, np.array([float.fromhex(x) for x in hardest]))[2])
        assert np.all(np.minimum(above, 0.5 - above) < 2.0**-45)


def polynomials(source):
    """The coefficients of each polynomial of a header, lowest order first, as they are written."""
    chains = re.findall(r"real (\w) = (-?[\d.]+(?:e-\d+)?f?);\n((?:\s+\1 = fma_\(\1, \w+, \S+\);\n)*)", source)
    return [[*reversed(re.findall(r", (\S+)\);", steps)), leading] for _, leading, steps in chains if steps]


def minimax(*names):
    """What tools/minimax.py prints: the error and the coefficients of each polynomial, by name."""
    printed = c_core.run([sys.executable, c_core.ROOT / "tools" / "minimax.py", *names])
    blocks = re.findall(r"^(\w+): .*\n  error (\S+) ulp.*\n((?:  \S+\n)+)", printed, re.MULTILINE)
    return {name: (float(error), coefficients.split()) for name, error, coefficients in blocks}


def test_coefficients_are_those_of_the_tool(depth, record_property):
    headers = [path.read_text() for path in sorted((c_core.ROOT / "csrc").glob("*/*.h"))]
    standing = [(header, coefficients) for header in headers for coefficients in polynomials(header)]
    names = sorted(
        {name for header in headers for name in re.findall(r"\b(\w+_f(?:32|64))\b", header) if "minimax.py" in header}
    )
    assert len(names) == len(standing) > 10
    wanted = names if depth.deep else depth.some([name for name in names if name.endswith("f32")], "polynomials", quick=3)
    record_property("polynomials", len(wanted))
    for name, (_, coefficients) in minimax(*wanted).items():
        assert any(name in header and coefficients == found for header, found in standing), f"{name}: {coefficients}"
