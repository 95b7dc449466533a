"""The layers of the package: data flows one way, so no file of it imports one that imports it, not within a function either.

A file is read in one sitting: its lines are counted here, too.
"""

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "fastloss"

REFERENCE = PACKAGE / "reference"

#: Lines of a file that can be read in one sitting.
MOST_LINES = 400
#: Files that are longer, and are to be divided.
STILL_LONG: set[str] = set()


def modules(root):
    """Every file of a package by the name of its module, and the names that are packages."""
    files, packages = {}, set()
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.pyx")]):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
            packages.add(".".join(parts))
        files[".".join(parts)] = path
    return files, packages


def statements(path):
    """The import statements of a file, wherever they stand; those of Cython that are Python's alike."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".pyx":
        text = "\n".join(re.findall(r"^ *(?:from \S+ )?import .*$", text, re.MULTILINE))
        text = re.sub(r"^ +", "", text, flags=re.MULTILINE)
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]


def imported(statement, importer, packages):
    """The names that a statement may import, as modules."""
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    base = statement.module or ""
    if statement.level:
        home = importer.split(".") if importer in packages else importer.split(".")[:-1]
        base = ".".join([*home[: len(home) - statement.level + 1], *base.split(".")]).rstrip(".")
    return [base, *(f"{base}.{alias.name}" for alias in statement.names)]


def arrows(root):
    """For each module the modules of the package that it imports.

    A package that a module is part of runs before the module does: it counts only where it is imported by its name.
    """
    files, packages = modules(root)
    found = {}
    for importer, path in files.items():
        targets = set()
        for statement in statements(path):
            names = imported(statement, importer, packages)
            inner = [name for name in names[1:] if name in files] if isinstance(statement, ast.ImportFrom) else []
            # Of `from package import module` the package itself is not meant, unless something else is taken of it.
            meant = inner if inner and len(inner) == len(names) - 1 else [*inner, *(n for n in names if n in files)]
            for name in meant:
                targets.add(name)
                above = [".".join(name.split(".")[:i]) for i in range(1, name.count(".") + 1)]
                targets |= {package for package in above if not f"{importer}.".startswith(f"{package}.")}
        found[importer] = targets - {importer}
    return found


def circles(graph):
    """The groups of modules of which each leads to every other one."""

    def reached(start):
        seen, waiting = set(), [start]
        while waiting:
            for name in graph[waiting.pop()] - seen:
                seen.add(name)
                waiting.append(name)
        return seen

    beyond = {name: reached(name) for name in graph}
    groups = {frozenset(other for other in beyond[name] if name in beyond[other]) for name in graph if name in beyond[name]}
    return sorted(sorted(group) for group in groups)


def documentation(tree):
    """The docstrings of functions and classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            yield node.body[0]


def test_no_circle_of_imports():
    found = circles(arrows(PACKAGE))
    assert not found, f"these import each other, some of them within functions: {found}"


def lines_of(path):
    """The lines of a file; of a reference without the documentation of losses, which stands with their formulas."""
    text = path.read_text(encoding="utf-8")
    own = documentation(ast.parse(text)) if REFERENCE in path.parents else ()
    return len(text.splitlines()) - sum(docstring.end_lineno - docstring.lineno + 1 for docstring in own)


def test_every_file_is_read_in_one_sitting():
    files = {
        str(path.relative_to(PACKAGE)): path
        for path in sorted(p for kind in ("py", "pyx", "pxi") for p in PACKAGE.rglob(f"*.{kind}"))
    }
    counted = {
        name: lines_of(path) if path.suffix == ".py" else len(path.read_text().splitlines()) for name, path in files.items()
    }
    long = {name: lines for name, lines in counted.items() if lines > MOST_LINES}
    assert set(long) == STILL_LONG, f"more than {MOST_LINES} lines: {long}"


def test_every_file_says_what_it_is_for():
    for path in sorted(PACKAGE.rglob("*.py")):
        first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        assert first.endswith((".", ":")), f"{path.relative_to(PACKAGE)} opens with no sentence: {first!r}"


def test_circles_are_found(tmp_path):
    """Also through a package, a function, a relative import and a file of Cython."""
    root = tmp_path / "house"
    written = {
        "__init__.py": "from house import low, _core\n",
        "low.py": "def f():\n    from house.high.roof import g\n",
        "high/__init__.py": "from . import roof\n",
        "high/roof.py": "from .. import middle\n",
        "middle.py": "import math\nfrom house.low import f\n",
        "_core.pyx": "cimport numpy as cnp\nfrom house import low as l\ncdef f(x):\n    import house\n    return x\n",
        "alone.py": "from house import middle\n",
    }
    for name, text in written.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    expected = [["house", "house._core"], ["house.high", "house.high.roof", "house.low", "house.middle"]]
    assert circles(arrows(root)) == expected
