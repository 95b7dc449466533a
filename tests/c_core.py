"""The C core without Python: csrc/ and a program of tests/c/, by any compiler, for any machine, under any sanitizer."""

from __future__ import annotations

import ast
import functools
import os
import platform
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CSRC = ROOT / "csrc"


@functools.cache
def build_constants() -> dict[str, object]:
    """The constants of setup.py, which cannot be imported."""
    constants = {}
    for node in ast.parse((ROOT / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                constants[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return constants


def build_flags(tier: str | None = None) -> list[str]:
    """The flags with which setup.py compiles a file of csrc/; those of a tier for x86-64."""
    constants = build_constants()
    return [*constants["COMMON"], "-fPIC", *(constants["TIERS"][tier] if tier else [])]


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
    """Where objects lie, for as long as this process lives."""
    keeper = tempfile.TemporaryDirectory(prefix="fastloss-c-")
    folder.keeper = keeper  # its end is the folder's
    return Path(keeper.name)


@functools.cache
def core_objects(kind: str, flags: tuple[str, ...] = (), csrc: Path = CSRC) -> tuple[Path, ...]:
    """csrc/, compiled as setup.py does and with further flags."""
    into = Path(tempfile.mkdtemp(dir=folder()))

    def compiled(source: Path) -> Path:
        x86 = kind != "aarch64" and platform.machine().lower() in ("x86_64", "amd64")
        tier = source.stem.split("_")[0] if source.parent.name == "tiers" and x86 else None
        target = into / f"{source.stem}.o"
        run([compilers()[kind], *build_flags(tier), *flags, "-c", source, "-o", target])
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return tuple(pool.map(compiled, sorted(csrc.glob("*/*.c"))))


@functools.cache
def program(name: str, kind: str, flags: tuple[str, ...] = (), link: tuple[str, ...] = (), csrc: Path = CSRC) -> Path:
    """The program tests/c/NAME.c with the core. `flags` hold for both and for linking, `link` for linking alone."""
    objects = core_objects(kind, flags, csrc)
    target = Path(tempfile.mkdtemp(dir=folder())) / name
    source = ROOT / "tests" / "c" / f"{name}.c"
    options = ["-std=c11", "-O2", "-Wall", "-Wextra", f"-I{csrc}", *flags]
    run([compilers()[kind], *options, source, *objects, *link, "-lm", "-o", target])
    return target
