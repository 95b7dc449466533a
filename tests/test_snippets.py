"""Every snippet of README and the documentation does what it says, as it is printed.

A block of Python runs, after those above it on its page and in one namespace with them; what follows `>>>` must print what
stands below it. `<!-- needs: xgboost -->` above a block leaves it out where that package is missing. A block under
`<!-- of: csrc/losses/wing.h -->` is not run: it is an extract of that file, with `...` for what is left out. Of a shell
block the quick commands run, and must print what a block of text right below says; of the others scripts, extras and options
must exist.
"""

from __future__ import annotations

import doctest
import importlib.util
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
import warnings
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import threadpoolctl

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "benchmarks/README.md", "examples/**/README.md")
    for path in ROOT.glob(pattern)
)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


class Block(NamedTuple):
    line: int  #: of its first line in the page, from 1
    language: str
    text: str
    needs: tuple[str, ...] = ()
    origin: str = ""


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks of a page; what is indented by four spaces after an empty line is taken for a shell's."""
    found: list[Block] = []
    lines = text.splitlines()
    remark, i = "", 0
    while i < len(lines):
        line = lines[i]
        if fence := re.fullmatch(r"( *)```(\w*)", line):
            end = next(j for j in range(i + 1, len(lines)) if lines[j].strip() == "```")
            body = "\n".join(inner.removeprefix(fence[1]) for inner in lines[i + 1 : end])
            needs = re.fullmatch(r"<!-- needs: (.*) -->", remark)
            origin = re.fullmatch(r"<!-- of: (.*) -->", remark)
            names = tuple(needs[1].split(", ")) if needs else ()
            found.append(Block(i + 2, fence[2] or "no language", body, names, origin[1] if origin else ""))
            remark, i = "", end + 1
        elif re.match(r" {4}\S", line) and not lines[i - 1].strip():
            end = next((j for j in range(i, len(lines)) if lines[j] and not lines[j].startswith("    ")), len(lines))
            found.append(Block(i + 1, "sh", "\n".join(inner[4:] for inner in lines[i:end])))
            remark, i = "", end
        else:
            remark, i = line or remark, i + 1
    return found


def run_python(block: Block, page: str, names: dict[str, Any]) -> None:
    if ">>>" not in block.text:
        exec(compile("\n" * (block.line - 1) + block.text, page, "exec"), names)
        return
    example = doctest.DocTestParser().get_doctest(block.text + "\n", {}, page, page, block.line - 1)
    example.globs = names
    report: list[str] = []
    failed, _ = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST).run(example, out=report.append, clear_globs=False)
    assert not failed, "".join(report)


def check_extract(block: Block) -> None:
    """Each part stands in the file, in this order."""
    whole, place = text_of(block.origin), 0
    for part in block.text.split("..."):
        place = whole.find(part.strip(), place)
        assert place >= 0, f"{block.origin} does not hold, or not in this order:\n{part.strip()}"


# ---- shell ----------------------------------------------------------------------------------------------------------


@cache
def help_of(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", "fastloss", *command, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, f"there is no fastloss {' '.join(command)}: {done.stderr}"
    return done.stdout


def check_options(words: list[str], text: str) -> None:
    for word in words:
        if re.match(r"--\w", word):
            assert re.search(rf"{re.escape(word.partition('=')[0])}\b", text), f"{word} is no option of it"


def run(words: list[str]) -> str:
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stderr}"
    return done.stdout


def check_fastloss(words: list[str]) -> str:
    command = [word for word in words[:1] if not word.startswith("-")]
    files = [word for word in words if word.endswith(".npy")]
    if command == ["info"] or (command == ["score"] and files and all(Path(file).exists() for file in files)):
        return run(["-m", "fastloss", *words])
    if command == ["score"]:
        command.append(words[1])
    check_options(words, help_of(*command))
    return ""


def check_pip(words: list[str]) -> None:
    """Each extra of this package exists."""
    known = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    for word in words:
        if extras := re.fullmatch(r"(?:\.|fastloss)\[(.*)\]", word):
            assert set(extras[1].split(",")) <= set(known), word


def check_command(words: list[str]) -> str:
    """What it printed, if it ran."""
    while words and re.match(r"\w+=", words[0]):  # environment variables
        words = words[1:]
    if words[:2] == ["pip", "install"]:
        check_pip(words[2:])
    elif words[0] == "fastloss":
        return check_fastloss(words[1:])
    elif words[:3] == ["python", "-m", "fastloss"]:
        return check_fastloss(words[3:])
    elif words[:2] == ["python", "-c"]:
        return run(words[1:])
    elif words[0] in ("python", "bash"):
        (script,) = [word for word in words[1:2] if not word.startswith("-")] or [None]
        if script:
            assert (ROOT / script).exists(), f"there is no {script}"
            # A script may hand its options on to `fastloss bench`.
            text = text_of(script)
            check_options(words[2:], text + help_of("bench") if '"bench"' in text else text)
    return ""


def check_shell(block: Block) -> str:
    printed = ""
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        separators = [i for i, word in enumerate(words) if word in ("&&", ";") or word.endswith(";")]
        for begin, end in zip([-1, *separators], [*separators, len(words)], strict=True):
            command = [word.rstrip(";") for word in words[begin + 1 : end + 1] if word not in ("&&", ";")]
            if command:
                printed += check_command(command)
    return printed


def is_there(need: str) -> bool:
    """A package; or, as "cc", a C compiler that compiles bodies of losses."""
    if need == "cc":
        return sys.platform != "win32" and shutil.which("cc") is not None
    return importlib.util.find_spec(need) is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_snippet_runs_as_printed(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FASTLOSS_CACHE_DIR", str(tmp_path / "cache"))
    names: dict[str, Any] = {"__name__": "__main__"}
    missing: list[tuple[int, str]] = []
    printed, below = "", 0
    for block in blocks_of(text_of(page)):
        lacking = [need for need in block.needs if not is_there(need)]
        if lacking:
            missing += [(block.line, need) for need in lacking]
        elif block.origin:
            check_extract(block)
        elif block.language == "python":
            # Threads of the BLAS that wait for each other on busy cores would take most of the time.
            with warnings.catch_warnings(), threadpoolctl.threadpool_limits(1):
                # What pages say of NumPy's formulas they show as it is.
                warnings.filterwarnings("ignore", "overflow encountered", RuntimeWarning)
                run_python(block, page, names)
        elif block.language == "sh":
            printed, below = check_shell(block), block.line + len(block.text.splitlines()) + 3
        else:
            assert block.language == "text", f"{page}, line {block.line}: a block of {block.language}"
            if block.line == below:
                assert block.text.split() == printed.split(), f"{page}, line {block.line}: it prints\n{printed}"
    for line, need in missing:
        pytest.importorskip(need, reason=f"all ran but what needs {need}, from line {line} on")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("```python\nimport fastloss as fl\n\nfl.huber([1.0], [0.0], gamma=1)\n```", TypeError),
        ("```python\n>>> 1 + 1\n3\n```", AssertionError),
        ("```sh\npip install . && fastloss score huber --gamma 2\n```", AssertionError),
        ("```sh\npip install '.[tests]'\n```", AssertionError),
        ("    python tools/no_such_script.py\n", AssertionError),
        ("<!-- of: csrc/losses/wing.h -->\n```c\nPOINTWISE(wings)\n```", AssertionError),
        ("```\nno language\n```", AssertionError),
        ("```sh\npython -c 'print(1)'\n```\n\n```text\n2\n```", AssertionError),
    ],
)
def test_a_wrong_snippet_is_seen(text, error, tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("\n" + text)
    with pytest.raises(error):
        test_every_snippet_runs_as_printed(str(page), tmp_path, monkeypatch)


def test_an_example_names_what_it_lacks():
    script = str(ROOT / "examples" / "imbalanced.py")
    code = f"import runpy, sys; sys.modules['sklearn'] = None; runpy.run_path({script!r}, {{}}, '__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("not installed, but needed here: scikit-learn")


# ---- links and pictures ---------------------------------------------------------------------------------------------

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def anchors_of(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(text_of(page)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        assert path.resolve().is_relative_to(ROOT), target
        assert path.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors_of(path.resolve().relative_to(ROOT).as_posix()), f"{page}: {target}"


def test_every_picture_is_kept_and_shown():
    shown = {
        ((ROOT / page).parent / target).resolve().relative_to(ROOT).as_posix()
        for page in PAGES
        for target in LINK.findall(text_of(page))
        if target.endswith((".png", ".svg"))
    }
    assert shown == {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/pictures/*")}
    if shutil.which("git") and subprocess.run(["git", "status"], cwd=ROOT, capture_output=True).returncode == 0:
        done = subprocess.run(["git", "ls-files", "docs/pictures"], cwd=ROOT, capture_output=True, text=True)
        assert shown == set(done.stdout.split())


# ---- README ---------------------------------------------------------------------------------------------------------


def test_readme_is_short_and_has_no_tables():
    assert (ROOT / "README.md").stat().st_size <= 8192
    assert not re.search(r"^\||Unsteady", text_of("README.md"), re.MULTILINE)


def test_readme_shows_no_dead_link_away_from_the_source():
    description = runpy.run_path(str(ROOT / "tools/description.py"))["long_description"](text_of("README.md"))
    assert all(target.startswith("https://") for target in LINK.findall(description))
    assert "long_description=long_description(" in text_of("setup.py")
    for target in LINK.findall(text_of("README.md")):
        assert target in description


def test_the_tour_keeps_its_arrays():
    """A line of README's tour changes nothing that a later one uses."""
    (tour,) = [block.text for block in blocks_of(text_of("README.md")) if "import numpy as np\nimport" in block.text]
    names: dict[str, Any] = {}
    exec(tour, names)
    expected = names["np"].random.default_rng(0).normal(size=(64, 1000)).astype("f4")
    assert (names["logits"] == expected).all()
