"""Every kernel of every tier is vectorised, by gcc and by clang: read off the assembly."""

import platform
import re
import shutil

import pytest
from assembly import WIDEST, compile_to_assembly, inner_loops
from c_core import ROOT, compilers

from fastloss import _core
from fastloss._loss import ENTRY_POINTS

pytestmark = pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="reads the assembly of x86-64")

#: The loops beside those of the losses.
COLUMN_LOOPS = ("maximum", "exponentials", "target", "grad", "dense_grad", "hess", "bent_hess", "find", "disperse", "log")
SHARED = [
    *("softmax_forward", "hess_loop", "bent_hess_loop", "dense_grad_loop", "grad_loop", "target_sums", "target_mix", "weigh"),
    *(f"columns_{name}_{classes}" for name in COLUMN_LOOPS for classes in (1, 2, 4)),
    *("soften_capped", "soften_plain", "columns_soften_capped", "columns_soften_plain"),
    *("harden_hess", "harden_grad", "add"),
    *("columns_frames", "columns_add", "columns_others", "columns_mix", "rows_given", "rows_statistics", "rows_shares"),
    *("finish_terms", "finish_logsumexp", "log_softmax_loop"),
    "pair_exponentials",
    *(
        f"distillation_{loss}_{kernel}"
        for loss in ("kl", "js")
        for kernel in ("terms", "pair_grad", "pair_hess", "pair_target_grad")
    ),
]
SUMS = ["largest", "support", "sum", "weighted_sum", "sum_beside", "dispersion_loop"]


def kernels() -> list[str]:
    """The functions that loops/ makes of each loss: by sets of outputs, or what is done once a row of softmax."""
    rows = re.findall(r"^(\w+)\s*\((\w+),", (ROOT / "csrc" / "losses.inc").read_text(), re.MULTILINE)
    assert [name for _, name in rows] == [name for name, _, _, _ in _core.losses()]
    by_row = [name for kind, name in rows if kind in ("LOG_PROBABILITY_LOSS", "CROSS_ENTROPY_LOSS")]
    with_terms = [name for kind, name in rows if kind == "LOG_PROBABILITY_LOSS"]
    elsewhere = (*by_row, *(name for kind, name in rows if kind in ("LABEL_LOSS", "SOFTMAX_FUNCTION")))
    by_element = [name for _, name in rows if name not in elsewhere]
    assert len(by_element) > 10
    source = (ROOT / "csrc" / "losses.inc").read_text()
    of_two = re.findall(r"^POINTWISE_LOSS\s*\((\w+),\s*\d+,\s*2,", source, re.MULTILINE)
    assert len(of_two) > 5
    assert len(by_row) > len(with_terms) > 2
    return [
        *(f"{name}_{outputs}" for name in by_element for outputs in ENTRY_POINTS),
        *(f"{name}_{outputs}" for name in of_two for outputs in ("grads", "value_and_grads", "grads_and_hesses")),
        *(f"finish_{which}_{name}" for name in by_row for which in ("plain", "full")),
        *(f"{which}_loop_{name}" for name in with_terms for which in ("terms", "columns_terms")),
    ]


def not_vectorised(compiler: str, tier: str, type_name: str, csrc) -> list[str]:
    """The kernels with an innermost loop that works on single numbers, or in which none has the tier's whole registers."""
    loops = inner_loops(compile_to_assembly(compiler, tier, type_name, csrc), tier)
    wanted = [*kernels(), *SHARED, *SUMS, *(f"math_{name}" for name in _core.math_functions())]
    bad = []
    for name in wanted:
        # A value or Hessian that is constant needs no arithmetic, and so has no loop here.
        here = loops.get(name, [])
        if any(loop.scalar >= loop.packed for loop in here) or (
            here and name not in SUMS and not any(loop.full_width for loop in here)
        ):
            bad.append(name)
    assert sum(name in loops for name in wanted) > 0.9 * len(wanted)
    return bad


@pytest.mark.parametrize("type_name", ["float", "double"])
@pytest.mark.parametrize("tier", WIDEST)
@pytest.mark.parametrize("kind", ["gcc", "clang"])
def test_every_kernel_is_vectorised(kind, tier, type_name):
    if kind not in compilers():
        pytest.skip(f"{kind} is not installed")
    assert not_vectorised(compilers()[kind], tier, type_name, ROOT / "csrc") == []


@pytest.mark.parametrize("kind", ["gcc", "clang"])
def test_a_body_with_a_loop_of_its_own_is_found_out(kind, tmp_path):
    if kind not in compilers():
        pytest.skip(f"{kind} is not installed")
    csrc = shutil.copytree(ROOT / "csrc", tmp_path / "csrc")
    (csrc / "losses" / "squared_error.h").write_text(
        "POINTWISE(squared_error)\n{\n    real r = pred - target;\n"
        "    while (r > ONE)\n        r = r * HALF - ONE;\n"
        "    return (point){.value = r, .grad = r, .hess = r};\n}\n"
    )
    bad = not_vectorised(compilers()[kind], "avx2", "float", csrc)
    assert {name.removesuffix("_value_and_grad") for name in bad if name.startswith("squared_error")} >= {"squared_error"}
