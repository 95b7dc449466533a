"""The rules of the house that a machine can check."""

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from c_core import kernels, losses_of_c
from promises import PROMISES, function_of

import fastloss as fl
from fastloss import _core, _names, _registry
from fastloss._registry import registries

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import catalogue  # noqa: E402
import curves  # noqa: E402

CSRC = ROOT / "csrc"


def files(*patterns):
    found = [path for pattern in patterns for path in ROOT.glob(pattern)]
    assert found
    return found


def mentions(pattern, paths):
    return {str(path.relative_to(ROOT)) for path in paths if re.search(pattern, path.read_text())}


def test_one_file_knows_openmp():
    knowing = mentions(
        r"omp\.h|#pragma omp (?!simd)|\bomp_\w+\(",
        files("csrc/**/*.[ch]", "csrc/**/*.inc", "fastloss/*.pyx", "fastloss/_binding/*.pxi"),
    )
    assert knowing == {"csrc/runtime/parallel.c"}


def test_intrinsics_stay_with_what_is_one_machine():
    knowing = mentions(r"\b_mm\d*_|__m\d{3}|immintrin|arm_neon|__builtin_ia32", files("csrc/**/*.[ch]"))
    assert knowing <= {"csrc/tiers/stream.h", "csrc/tiers/transpose.h", "csrc/runtime/float_mode.h"}


def test_no_flag_that_changes_results():
    places = files("setup.py", "tools/kernels.py", "pyproject.toml", ".github/workflows/*.yml")
    assert not mentions(r"-ffast-math|-Ofast|-funsafe|-fassociative|-freciprocal|/fp:fast", places)
    assert "-ffp-contract=off" in kernels.COMMON


def test_c_knows_no_python():
    assert not mentions(r"Python\.h|\bPy[A-Z]\w+\(|numpy", files("csrc/**/*.[ch]"))


#: What the files of a folder of csrc/ may include beside their own. A folder of `shapes` knows `rows` and no other.
LAYERS = {
    "math": set(),
    "losses": {"math"},
    "loops": {"math", "losses"},
    "runtime": {"loops", "math"},
    "memory": {"math", "loops", "runtime"},
    "shapes": {"loops", "runtime", "memory", "losses"},
    "tiers": {"losses", "loops"},
}


def of_c(root: Path = CSRC) -> dict[Path, str]:
    """The files of the C core, without comments."""
    found = [path for pattern in ("**/*.[ch]", "**/*.inc") for path in sorted(root.glob(pattern))]
    assert found
    return {path: re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL) for path in found}


def includes(path: Path, text: str) -> set[Path]:
    return {(path.parent / name).resolve() for name in re.findall(r'^#\s*include "([^"]+)"', text, re.MULTILINE)}


def neighbours(root: Path = CSRC) -> dict[Path, set[Path]]:
    """Of each file of the C core those that it includes, and those .c files of which it uses a name."""
    texts = of_c(root)
    function = r"^(?!static|extern|typedef|return)\w[\w *]*?\b(fl_\w+)\([^;{}]*\)\s*\{"
    sources = {path: text for path, text in texts.items() if path.suffix == ".c"}
    owner = {name: path for path, text in sources.items() for name in re.findall(function, text, re.MULTILINE)}
    assert owner
    found = {}
    for path, text in texts.items():
        used = {owner[name] for name in set(re.findall(r"\bfl_\w+", sources.get(path, ""))) & set(owner)}
        found[path] = (includes(path, text) | used) - {path}
    return found


def circle_of(graph: dict[Path, set[Path]]) -> list[str]:
    """The files that are left when what needs none of the others is taken away, again and again; and what needs them alone."""
    left = {path: {other for other in others if other in graph} for path, others in graph.items()}
    while free := [path for path, others in left.items() if not others]:
        left = {path: others - set(free) for path, others in left.items() if path not in free}
    while unused := set(left) - {other for others in left.values() for other in others}:
        left = {path: others for path, others in left.items() if path not in unused}
    return sorted(path.name for path in left)


def test_no_circle_of_files_of_c():
    assert circle_of(neighbours()) == []


def test_a_circle_of_files_of_c_is_found_out(tmp_path):
    (tmp_path / "rows.h").write_text("int fl_up(int n);\nint fl_down(int n);\n")
    (tmp_path / "up.c").write_text('#include "rows.h"\n\nint fl_up(int n)\n{\n    return fl_down(n);\n}\n')
    (tmp_path / "down.c").write_text('#include "rows.h"\n\nint fl_down(int n)\n{\n    return n ? fl_up(n - 1) : 0;\n}\n')
    (tmp_path / "top.c").write_text('#include "rows.h"\n\nint fl_top(void)\n{\n    return fl_up(1);\n}\n')
    assert circle_of(neighbours(tmp_path)) == ["down.c", "up.c"]


def test_layers_look_down_only():
    for path, text in of_c().items():
        folder, *rest = path.relative_to(CSRC).parts
        if not rest:  # fastloss.h and losses.inc
            continue
        for other in includes(path, text):
            below, *further = other.relative_to(CSRC).parts
            assert not further or below == folder or below in LAYERS[folder], f"{path} includes {other}"
            if folder == below == "shapes" and len(further) > 1:
                assert further[0] in (rest[0], "rows"), f"{path} includes {other}"


def test_no_file_of_c_asks_which_shape_a_loss_has():
    asks = re.compile(r"\bkind\s*[!=]=|[!=]=\s*&?fl_shape_|strcmp\([^;]*\bshape\b|fl_is_(?!outside)")
    assert not [path.name for path, text in of_c().items() if asks.search(text)]


def test_every_file_of_c_can_be_read_in_one_sitting():
    long = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in of_c()}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_no_reduction_clause_on_floating_point_sums():
    assert not mentions(r"reduction\s*\(\s*[+*]|#pragma omp (atomic|critical)", files("csrc/**/*.[ch]"))


def test_every_group_of_losses_is_listed():
    assert {path.stem for path in files("csrc/losses/*.inc")} == set(kernels.groups())


@pytest.mark.skipif(not shutil.which("clang-format"), reason="clang-format is not installed")
def test_c_is_laid_out_as_the_file_says():
    """.clang-format has the rules; the lists of losses are tables, laid out by hand."""
    laid_out = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *files("csrc/**/*.[ch]", "tests/c/*.[ch]")], capture_output=True, text=True
    )
    assert laid_out.returncode == 0, laid_out.stderr[:2000]


def test_setup_fits_on_a_page():
    assert len((ROOT / "setup.py").read_text().splitlines()) <= 150


def test_both_lists_of_losses_agree():
    every = {name: (family, n_params, has_operand) for name, family, n_params, has_operand in _core.losses()}
    functions = {name for name, (family, _, _) in every.items() if family == "row functions"}
    assert functions == {declared.kernel for declared in registries["row_functions"].values()}
    compiled = {name: traits for name, traits in every.items() if name not in functions}
    missing = set(compiled) - set(_registry.registry)
    assert not missing, f"fastloss/reference/ has no function for {sorted(missing)} of csrc/losses.inc"
    missing = set(_registry.registry) - set(compiled)
    assert not missing, f"csrc/losses.inc has no row for {sorted(missing)}"
    for name, declared in _registry.registry.items():
        scalars = [p for p in declared.parameters if not p.kind.array and p.name not in _core.CALL_FIELDS]
        operands = [p for p in declared.parameters if p.kind.array == "elements"]
        assert compiled[name] == (declared.family, len(scalars), bool(operands)), f"csrc/losses.inc, row {name}"


def test_the_registry_knows_the_losses_of_softmax():
    rows = {row.name for row in losses_of_c() if row.shape == "softmax"}
    assert rows == {name for name, row in _registry.registry.items() if row.softmax}


@pytest.mark.parametrize("name", fl.losses)
def test_every_loss_has_its_three_places(name):
    row = next((row for row in losses_of_c() if row.name == name), None)
    assert row, f"no file of csrc/losses/*.inc has a row for {name}"
    if row.body != "none":
        header = CSRC / "losses" / f"{name}.h"
        assert header.exists(), f"{header.relative_to(ROOT)} is missing"
        group = CSRC / "losses" / f"{row.group}.inc"
        assert f'#include "{name}.h"' in group.read_text(), f"{group.relative_to(ROOT)} does not include {name}.h"
        assert header.read_text().startswith("/* "), f"{name}.h does not open with its derivation"


def test_version_stands_once():
    assert fl.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_generated_files_are_current():
    """What is generated needs no package that is optional."""
    optional = [
        "rich",
        "torch",
        "jax",
        "sklearn",
        "scipy",
        "xgboost",
        "lightgbm",
        "catboost",
        "matplotlib",
        "ml_dtypes",
        "mpmath",
    ]
    code = f"""
import runpy, sys
sys.modules.update(dict.fromkeys({optional!r}))
sys.argv = ["tools/refresh.py", "--check"]
runpy.run_path({str(ROOT / "tools" / "refresh.py")!r}, run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stale_file_is_named_with_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(ROOT / "tools")
    refresh = importlib.import_module("refresh")
    (tmp_path / "a_generator.py").write_text(
        "from pathlib import Path\n\ndef files():\n    return {Path(__file__).parent / 'page.md': 'new\\n'}\n"
    )
    monkeypatch.setattr(refresh, "ROOT", tmp_path)
    monkeypatch.setattr(refresh, "GENERATORS", ("a_generator.py",))
    monkeypatch.delitem(sys.modules, "a_generator", raising=False)
    page = tmp_path / "page.md"
    for before in (None, "old\n"):
        if before:
            page.write_text(before)
        assert refresh.main(["--check"]) == 1
        assert capsys.readouterr().out == "page.md: stale (a_generator.py); run: python tools/refresh.py\n"
        assert (page.read_text() if page.exists() else None) == before
    assert refresh.main([]) == 0
    assert capsys.readouterr().out == "page.md: written (a_generator.py)\n"
    assert page.read_text() == "new\n"
    assert refresh.main(["--check"]) == 0
    monkeypatch.delitem(sys.modules, "a_generator")


def test_every_loss_has_one_task():
    listed = [entry.name for entries in catalogue.grouped().values() for entry in entries]
    assert sorted(listed) == sorted([*fl.losses, *fl.row_functions, *fl.linear_losses])
    assert set(catalogue.grouped()) == set(catalogue.GROUPS)
    assert set(catalogue.TASKS) <= set(listed)
    assert all(entry.summary and entry.formula for entries in catalogue.grouped().values() for entry in entries)


def test_a_new_loss_is_in_the_catalogue_without_an_edit(monkeypatch):
    new = replace(_registry.registry["fair"], name="fairer")
    groups = catalogue.grouped({**catalogue.EVERY, "fairer": new})
    assert groups[catalogue.OUTLIERS][-1].name == "fairer"
    assert "### `fairer`" in catalogue.page(groups)
    module = ModuleType("fastloss.reference._orders", "Losses of orders.\n\nMore of them.")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(new.function, "__module__", module.__name__)
    groups = catalogue.grouped({**catalogue.EVERY, "fairer": new})
    assert [entry.name for entry in groups["Losses of orders"]] == ["fair", "fairer"]
    assert list(groups)[-1] == "Losses of orders"


def test_the_curves_are_those_of_the_losses():
    drawn = curves.curves()
    stale = [picture.name for picture, panels in drawn.items() if not curves.current(picture, panels)]
    assert not stale, "run: python tools/curves.py"
    assert set(catalogue.CURVES.glob("curves-*")) == set(drawn)


# An editable installation would be found before a copy.
COPY_ONLY = "import sys; sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f)]; "


def run_in_copy(folder, code, core=None):
    """Run a program beside a copy of the source: without a compiled core, or with a file in its place."""
    if not (folder / "fastloss").exists():
        shutil.copytree(ROOT / "fastloss", folder / "fastloss", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    if core:
        shutil.copy(core, folder / "fastloss" / Path(_core.__file__).name)
    return subprocess.run([sys.executable, "-c", COPY_ONLY + code], cwd=folder, capture_output=True, text=True)


def test_the_source_folder_says_that_it_is_not_compiled(tmp_path):
    done = run_in_copy(tmp_path, "import fastloss")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: fastloss is not compiled in this folder ({tmp_path / 'fastloss'}): ")
    assert "`pip install -e .`" in last
    assert done.stderr.count("Traceback") == 1


def test_a_core_that_does_not_load_says_why(tmp_path):
    (tmp_path / "broken").write_text("no shared library")
    done = run_in_copy(tmp_path, "import fastloss", tmp_path / "broken")
    assert done.returncode == 1
    assert "not compiled" not in done.stderr
    assert Path(_core.__file__).name in done.stderr.splitlines()[-1]


def test_a_loss_without_its_compiled_row_fails_alone(tmp_path):
    assert run_in_copy(tmp_path, "").returncode == 0
    source = tmp_path / "fastloss" / "reference" / "_pointwise.py"
    added = """

@pointwise()
def without_a_row(pred, target, *, delta: Positive = 1.0):
    \"\"\"A loss that is not compiled.\"\"\"
    return pred, pred, pred
"""
    text = source.read_text(encoding="utf-8")
    more = re.sub(r"def huber\(pred, target, \*, ", "def huber(pred, target, *, more: Positive = 1.0, ", text)
    assert more != text
    source.write_text(more + added, encoding="utf-8")
    code = """
import copy, pickle
import fastloss as fl
assert fl.smooth_l1([3.0], [0.0]) == 2.5
for loss in (fl.without_a_row, fl.huber):
    repr(loss), repr(loss.grad), loss.bind(delta=2.0), pickle.dumps(loss), copy.deepcopy(loss.grad)
    for entry_point in (loss, loss.grad, loss.value_and_grad, loss.grad_and_hess):
        try:
            entry_point([3.0], [0.0])
        except ImportError as error:
            print(error)
"""
    done = run_in_copy(tmp_path, code, _core.__file__)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert len(told) == 8
    for line, name in zip(told, ["without_a_row"] * 4 + ["huber"] * 4, strict=True):
        assert name in line
        assert "csrc/losses/*.inc" in line
        assert "pip install -e ." in line
    assert "parameters: 2" in told[-1]
    assert "parameters: 1" in told[-1]


def test_promises_name_tests_that_exist_and_lines_that_can_be_broken():
    for promise in PROMISES:
        for name in [*promise.tests, *(test for broken in promise.breaks for test in broken.tests)]:
            run, _, test = name.rpartition(": ")
            if run:
                continue
            file, _, function = function_of(test).partition("::")
            assert f"def {function}(" in (ROOT / "tests" / file).read_text(), test
        for broken in promise.breaks:
            assert (ROOT / broken.file).read_text().count(broken.before) == 1, broken.what
    assert "docs/assurance.md" in (ROOT / "README.md").read_text()


def test_plain_pytest_notices_nine_of_ten_breaks():
    breaks = [broken for promise in PROMISES for broken in promise.breaks]
    assert sum(broken.late for broken in breaks) <= len(breaks) / 10


def test_every_promise_was_seen_broken():
    """Every test of the report was seen failing, in one of its ways."""
    seen = {function_of(test) for promise in PROMISES for broken in promise.breaks for test in broken.tests}
    named = {test for promise in PROMISES for test in promise.tests if not test.startswith("sanitized")}
    assert named <= seen


#: What the remarks of the page name of other libraries.
ELSEWHERE = {"robust_loss_pytorch", "BetaModel", "l2_loss", "normalized", "full"}


def test_the_page_of_other_libraries_losses_names_losses_and_their_parameters():
    page = (ROOT / "docs/losses.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) > 20
    for _, _, here, remark, _ in rows[2:]:
        losses = re.findall(r"`(\w+)`", here)
        assert set(losses) <= set(fl.losses), here
        for name, keywords in re.findall(r"`(\w+)\(([^`]*)\)`", here + remark):
            given = eval(f"dict({keywords})")
            shared = {key: given.pop(key) for key in ("reduction",) if key in given}
            assert np.isfinite(fl.losses[name].bind(**given)(np.full(2, 0.5), np.ones(2), **shared)).all()
        for word in re.findall(r"`(\w+)`", remark):
            named = [fl.losses[name] for name in re.findall(r"`(\w+)", here + remark) if name in fl.losses]
            parameters = {key for loss in named for key in loss.params}
            assert word in {*parameters, *fl.losses, "weight"} | ELSEWHERE, (here, word)


def test_the_page_of_other_libraries_losses_and_the_code_agree():
    """Each name of another library on the page is one of ours, or the code knows it for one of the losses beside it."""
    rows = [
        line.split("|") for line in (ROOT / "docs/losses.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")
    ]
    ours = {_names.plain(name): name for name in fl.losses}
    for row in rows[1:]:
        named = set(re.findall(r"`(\w+)`", row[2]))
        assert named <= set(_registry.registry)
        for elsewhere in re.split(r"[,;]", re.sub(r"\(.*?\)", "", row[1])) if named else ():
            key = _names.plain(elsewhere)
            known = _names.ELSEWHERE.get(key) or (ours.get(key),)
            assert set(known) & named, f"fastloss/_names.py does not know {elsewhere.strip()!r} for one of {sorted(named)}"


def test_names_of_other_libraries_are_not_our_own():
    ours = {_names.plain(name): name for name in fl.losses}
    every = {**fl.losses, **fl.linear_losses, **fl.row_functions, **fl.composed}
    for elsewhere, names in _names.ELSEWHERE.items():
        assert elsewhere == _names.plain(elsewhere)
        assert set(names) <= set(every)
        assert names != (ours.get(elsewhere),), f"{elsewhere} is found without a row of ELSEWHERE"
