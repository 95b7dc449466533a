"""Every kernel of every tier is vectorised, by gcc and by clang: read off the assembly."""

from pathlib import Path
from typing import NamedTuple

import pytest
from assembly import WIDEST, compile_to_assembly, inner_loops
from c_core import CSRC, ON_X86, LossOfC, compilers, losses_of_c

from fastloss import _core
from fastloss._shapes import ENTRY_POINTS

KINDS = [kind for kind in ("gcc", "clang") if kind in compilers()]
pytestmark = pytest.mark.skipif(not ON_X86 or not KINDS, reason="reads the assembly that gcc or clang makes for x86-64")

#: The loops beside those of the losses, by file of csrc/tiers/.
COLUMN_LOOPS = ("maximum", "exponentials", "target", "grad", "dense_grad", "hess", "bent_hess", "find", "disperse", "log")
SHARED = {
    "softmax": [
        *("softmax_forward", "hess_loop", "bent_hess_loop", "dense_grad_loop", "grad_loop", "target_sums", "target_mix"),
        *(f"columns_{name}_{classes}" for name in COLUMN_LOOPS for classes in (1, 2, 4)),
        *("soften_capped", "soften_plain", "columns_soften_capped", "columns_soften_plain"),
        *("harden_hess", "harden_grad"),
        *("columns_frames", "columns_add", "columns_others", "columns_mix", "rows_given", "rows_statistics", "rows_shares"),
        *("finish_terms", "finish_logsumexp", "log_softmax_loop", "sum_beside", "dispersion_loop"),
    ],
    "pair": ["pair_exponentials", "sum_beside"],
    "loops": ["weigh", "add", "largest", "support", "sum", "weighted_sum", "sum_by_wide", "extremes"],
}
SUMS = ["largest", "support", "sum", "weighted_sum", "sum_by_wide", "extremes", "sum_beside", "dispersion_loop"]
#: The functions that are made of each body, after the name of its loss or before.
MADE = {
    "log_probability": ("finish_plain_{}", "finish_full_{}", "terms_loop_{}", "columns_terms_loop_{}"),
    "cross_entropy": ("finish_plain_{}", "finish_full_{}"),
    "pair": ("{}_terms", "{}_pair_grad", "{}_pair_hess", "{}_pair_target_grad"),
}
KERNELS_OF_SUMS = ("reduce", "spread", "spread_all")


class Unit(NamedTuple):
    """What is compiled on its own: the bodies of one loss, by a list of that loss alone; or a file of csrc/tiers/."""

    losses: tuple[str, ...]
    functions: tuple[str, ...]
    file: str = "bodies"
    group: str = ""  #: the list


def only(row: LossOfC) -> str:
    """A list of losses in which there is but this one."""
    return f'#ifdef WITH_BODIES\n#include "{CSRC}/losses/{row.name}.h"\n#else\n{row.line}\n#endif\n'


def units() -> list[Unit]:
    rows = losses_of_c()
    assert [row.name for row in rows] == [name for name, _, _, _ in _core.losses()]
    found = []
    for row in rows:
        if row.group in SHARED:
            continue
        if row.group == "sums":
            squares = ("", "_of_squares") if "squarable" in row.body else ("",)
            forms = ("_of_power_1", "_of_power_2", "") if row.body == "distance" else squares
            functions = [f"{row.name}{form}_{kernel}" for form in forms for kernel in KERNELS_OF_SUMS]
            found.append(Unit((row.name,), tuple(functions), "sums", only(row)))
            continue
        outputs = [*ENTRY_POINTS, *(("grads", "value_and_grads", "grads_and_hesses") if row.has_operand == 2 else ())]
        found.append(Unit((row.name,), tuple(f"{row.name}_{output}" for output in outputs), "bodies", only(row)))
    for file, shared in SHARED.items():
        own = [row for row in rows if row.group == file]
        functions = [function.format(row.name) for row in own for function in MADE.get(row.body, ())]
        if file == "loops":
            functions += [f"math_{name}" for name in _core.math_functions()]
        found.append(Unit(tuple(row.name for row in own) or (file,), (*functions, *shared), file))
    return found


UNITS = units()


def not_vectorised(unit: Unit, kind: str, tier: str, bits: int, folder: Path) -> list[str]:
    """The functions with an innermost loop that works on single numbers, or in which none has the tier's whole registers."""
    if unit.group:
        (folder / "only.inc").write_text(unit.group)
    flags = (f'-DGROUP_FILE="{folder / "only.inc"}"',) if unit.group else ()
    loops = inner_loops(compile_to_assembly(kind, tier, bits, CSRC / "tiers" / f"{unit.file}.c", *flags), tier)
    bad = []
    for name in unit.functions:
        # A value or Hessian that is constant needs no arithmetic, and so has no loop here.
        here = loops.get(name, [])
        if any(loop.scalar >= loop.packed for loop in here) or (
            here and name not in SUMS and not any(loop.full_width for loop in here)
        ):
            bad.append(name)
    assert sum(name in loops for name in unit.functions) > (0 if unit.group else 0.9 * len(unit.functions))
    return bad


@pytest.mark.sample(quick=48, full=70)
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: "+".join(unit.losses))
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("tier", WIDEST)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kernel_is_vectorised(unit, kind, tier, bits, tmp_path):
    assert not_vectorised(unit, kind, tier, bits, tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_with_a_loop_of_its_own_is_found_out(kind, tmp_path):
    (tmp_path / "looping.h").write_text(
        "POINTWISE(squared_error)\n{\n    real r = pred - target;\n"
        "    while (r > ONE)\n        r = r * HALF - ONE;\n"
        "    return (point){.value = r, .grad = r, .hess = r};\n}\n"
    )
    unit = next(unit for unit in UNITS if unit.losses == ("squared_error",))
    looping = unit._replace(group=unit.group.replace(f"{CSRC}/losses/squared_error.h", str(tmp_path / "looping.h")))
    assert "squared_error_value_and_grad" in not_vectorised(looping, kind, "avx2", 32, tmp_path)
