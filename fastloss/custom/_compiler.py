"""The body of a user's loss in C: compiled by the system's compiler with the flags of the tier in use, kept, and loaded."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fastloss import _core
from fastloss._flags import COMMON, TIERS, optimization
from fastloss._include import get_include
from fastloss.custom._cache import cache_folder, check_file

__all__ = ["library_of"]

#: Lines of a compiler's message that an error shows.
SHOWN = 12


@functools.cache
def compiler_of(wanted: str) -> tuple[tuple[str, ...], str]:
    """The command of the compiler, that of CC first, and what it says of its version."""
    configured = str(sysconfig.get_config_var("CC") or "")
    for words in map(shlex.split, (wanted, configured, "cc", "gcc", "clang")):
        if words and shutil.which(words[0]):
            said = subprocess.run([*words, "--version"], capture_output=True, text=True, check=False).stdout
            return tuple(words), said
        if words and wanted:
            raise FileNotFoundError(f"CC is {wanted!r}, and there is no {words[0]!r}")
    raise FileNotFoundError(
        "a body in C is compiled here, and there is no C compiler: install gcc or clang, or name yours in CC; without one, "
        "give the address of a function, or no body"
    )


#: What a body is compiled with, of the folder of headers.
SOURCES = ("*.h", "losses/point.h", "loops/*.h", "math/*.h", "tiers/own.c")


@functools.cache
def headers_digest(folder: str) -> bytes:
    """Another build of fastloss, which may have other loops and functions, compiles again."""
    digest = hashlib.sha256()
    for path in (path for pattern in SOURCES for path in sorted(Path(folder).glob(pattern))):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.digest()


def flags_of(tier: str, said: str) -> list[str]:
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    level = optimization("bodies", "clang" if "clang" in said else "gcc")
    return [*COMMON, *level, "-fPIC", "-Wno-unknown-pragmas", *(TIERS[tier] if x86 else [])]


def run(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip() and "In file included from" not in line]
        text = "\n".join(lines[:SHOWN] + ["..."] * (len(lines) > SHOWN))
        raise ValueError(f"the body of {name} does not compile:\n{text}")


def make(body: str, name: str, defines: list[str], flags: list[str], compiler: tuple[str, ...], folder: Path, to: Path) -> None:
    """Compile both types and link them, in a folder of its own; the result appears under its name when it is whole."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        source = Path(work, "body.c")
        source.write_text(f'#line 1 "body of {name}"\n{body}\n', encoding="utf-8")
        common = [*compiler, *flags, *defines, "-I", work, f'-DBODY_FILE="{source.name}"']
        objects = [str(Path(work, f"f{bits}.o")) for bits in (32, 64)]
        commands = [
            [*common, f"-DREAL_BITS={bits}", "-c", str(Path(get_include(), "tiers", "own.c")), "-o", made]
            for bits, made in zip((32, 64), objects, strict=True)
        ]
        with ThreadPoolExecutor() as pool:
            list(pool.map(run, commands, (name, name)))
        library = Path(work, to.name)
        run([*compiler, "-shared", *objects, "-lm", "-o", str(library)], name)
        library.chmod(0o700)
        os.replace(library, to)


def library_of(body: str, name: str, has_operand: int, slow: bool) -> ctypes.CDLL:
    """The compiled body, of which `fl_own` is the loss: from the cache, or compiled now."""
    if sys.platform == "win32":
        raise OSError("a body in C is compiled on Linux and macOS; here, give the address of a compiled function, or no body")
    if not re.search(rf"\bPOINTWISE\s*\(\s*{name}\s*\)", body):
        raise ValueError(f"the body must hold POINTWISE({name}) {{ ... }}, by the name of its reference")
    compiler, said = compiler_of(os.environ.get("CC", ""))
    flags = flags_of(_core.get_tier(), said)
    defines = [f"-DNAME={name}", f"-DOPERAND={has_operand}", f"-DSLOW={int(slow)}"]
    made_of = repr([body, defines, flags, compiler, shutil.which(compiler[0]), said, _core.interface_version()])
    digest = hashlib.sha256(made_of.encode() + headers_digest(get_include())).hexdigest()
    folder = cache_folder()
    library = folder / f"{name[:40]}-{digest[:32]}.so"
    if not library.is_symlink() and not library.exists():
        make(body, name, defines, flags, compiler, folder, library)
    check_file(library)
    try:
        return ctypes.CDLL(str(library))
    except OSError as error:
        raise OSError(
            f"{library} does not load ({error}): where its folder may hold no programs, name another in FASTLOSS_CACHE_DIR"
        ) from None
