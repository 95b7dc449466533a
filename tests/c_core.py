"""The C core without Python: csrc/ and a program of tests/c/, by any compiler, for any machine, under any sanitizer."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

#: The variable that names the folder of a run of pytest.
SHARED = "FASTLOSS_TEST_OBJECTS"

ROOT = Path(__file__).resolve().parent.parent
CSRC = ROOT / "csrc"
sys.path.insert(0, str(ROOT / "tools"))

import kernels  # noqa: E402

ON_X86 = platform.machine().lower() in ("x86_64", "amd64")


class LossOfC(NamedTuple):
    """A row of the list of losses: csrc/losses.inc and what it includes."""

    name: str
    shape: str
    body: str
    has_operand: int
    group: str  #: the file of csrc/losses/ in which it stands
    line: str


def losses_of_c() -> list[LossOfC]:
    found = []
    for group in kernels.groups():
        text = (CSRC / "losses" / f"{group}.inc").read_text()
        for row in re.finditer(r"^LOSS\((\w+),\s*(\w+),\s*(\w+),\s*\d+,\s*(\d),\s*\d\)", text, re.MULTILINE):
            found.append(LossOfC(row[3], row[1], row[2], int(row[4]), group, row[0]))
    return found


@functools.cache
def compilers() -> dict[str, str]:
    """gcc and clang, where there are such, and gcc for aarch64."""
    found = {}
    for kind in ("gcc", "clang"):
        for name in (kind, *(f"{kind}-{version}" for version in range(22, 13, -1))):
            path = shutil.which(name)
            # On macOS gcc is clang by another name.
            if path and ("clang" in subprocess.run([path, "--version"], capture_output=True, text=True).stdout) == (
                kind == "clang"
            ):
                found.setdefault(kind, path)
    if path := shutil.which("aarch64-linux-gnu-gcc"):
        found["aarch64"] = path
    return found


def run(command: list[str | Path], **keywords) -> str:
    """Run a command that must succeed; what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, **keywords)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return done.stdout


@functools.cache
def folder() -> Path:
    """Where objects lie: of a run of pytest one place for all processes, by conftest.py; else for as long as this one lives."""
    if shared := os.environ.get(SHARED):
        path = Path(shared)
        path.mkdir(parents=True, exist_ok=True)
        return path
    keeper = tempfile.TemporaryDirectory(prefix="fastloss-c-")
    folder.keeper = keeper  # its end is the folder's
    return Path(keeper.name)


def made_once(key: object, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills, by whichever process of the run is first; others wait."""
    place = folder() / hashlib.sha256(repr(key).encode()).hexdigest()[:16]
    with open(f"{place}.lock", "w") as lock:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "done").exists():
            place.mkdir(exist_ok=True)
            make(place)
            (place / "done").touch()
    return place


def core_objects(kind: str, flags: tuple[str, ...], csrc: Path, tiers: tuple[str, ...]) -> list[Path]:
    """csrc/, compiled as setup.py does and with further flags; tiers that are not named are left out.

    Each object is made once a run, so that programs of other tiers share what they have in common.
    """

    def compiled(unit: tuple[str, str, list[str]]) -> Path:
        name, source, own = unit
        # As in setup.py. Elsewhere it would change nothing but the command, and what differs is compiled again.
        further = [flag for flag in flags if flag != "-fopenmp" or name.startswith("runtime")]
        command = [compilers()[kind], *kernels.COMMON, "-fPIC", *kernels.WARNINGS, *own, *further, "-c", csrc.parent / source]
        return made_once(command, lambda into: run([*command, "-o", into / f"{name}.o"])) / f"{name}.o"

    units = kernels.units(kind != "aarch64" and ON_X86, tiers, "clang" if kind == "clang" else "gcc")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(compiled, units))


@functools.cache
def program(
    name: str,
    kind: str,
    flags: tuple[str, ...] = (),
    link: tuple[str, ...] = (),
    csrc: Path = CSRC,
    tiers: tuple[str, ...] = tuple(kernels.TIERS),
) -> Path:
    """The program tests/c/NAME.c with the core. `flags` hold for both and for linking, `link` for linking alone."""
    objects = core_objects(kind, flags, csrc, tiers)

    def make(into: Path) -> None:
        options = ["-std=c11", "-O2", "-Wall", "-Wextra", f"-I{csrc}", *flags]
        run([compilers()[kind], *options, ROOT / "tests" / "c" / f"{name}.c", *objects, *link, "-lm", "-o", into / name])

    return made_once((name, kind, flags, link, csrc, tiers), make) / name
