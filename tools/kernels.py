"""What the C core is compiled of: objects, sources and flags. setup.py compiles them, tests compile them by other compilers."""

import hashlib
import os
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A file of the package, which itself is not there before it is compiled.
_flags = runpy.run_path(str(ROOT / "fastloss" / "_flags.py"))
COMMON, TIERS, optimization = (_flags[name] for name in ("COMMON", "TIERS", "optimization"))
WARNINGS = ["-Wall", "-Wextra", "-Wno-unknown-pragmas"]


def groups():
    """The names of the groups of losses: csrc/losses.inc."""
    return re.findall(r'^#include "losses/(\w+)\.inc"', (ROOT / "csrc" / "losses.inc").read_text(), re.MULTILINE)


def flags_of(tier, bits, x86):
    """With which a file of csrc/tiers/ is compiled for a tier and type."""
    return [f"-DTIER={tier}", f"-DREAL_BITS={bits}", *(TIERS[tier] if x86 else [])]


def units(x86, tiers=TIERS, compiler="gcc"):
    """Name, source and flags of each object of the C core. Of a tier that is not among `tiers` there is an empty table."""
    for tier in TIERS:
        for bits in (32, 64):
            flags = flags_of(tier, bits, x86)
            if tier not in tiers:
                flags.append("-DTIER_IS_LEFT_OUT")
            yield f"{tier}_f{bits}_loops", "csrc/tiers/loops.c", [*optimization("loops", compiler), *flags]
            for group in groups() if tier in tiers else ():
                name, source = f"{tier}_f{bits}_{group}", f"csrc/tiers/{group}.c"
                group_file = f'-DGROUP_FILE="../losses/{group}.inc"'
                if (ROOT / source).exists():  # with the loops of its shape
                    yield name, source, [*optimization("loops", compiler), *flags, group_file]
                else:
                    yield name, "csrc/tiers/bodies.c", [*optimization("bodies", compiler), *flags, group_file]
    for folder in ("memory", "shapes", "runtime"):
        for source in sorted((ROOT / "csrc" / folder).rglob("*.c")):
            path = source.relative_to(ROOT).as_posix()
            yield path.removeprefix("csrc/").removesuffix(".c").replace("/", "_"), path, optimization(folder, compiler)


def chosen_tiers():
    named = [name.strip() for name in os.environ.get("FASTLOSS_TIERS", "").split(",") if name.strip()]
    if unknown := [name for name in named if name not in TIERS]:
        raise SystemExit(f"fastloss: FASTLOSS_TIERS names no tier {unknown[0]!r}; there are {', '.join(TIERS)}")
    return named or list(TIERS)


def translated(numpy_version):
    """The binding in C, made anew only where its source has changed: to times, the NumPy of each isolated build is new."""
    import Cython
    from Cython.Build import cythonize

    source, record = Path("fastloss/_core.pyx"), Path("build", "core-made-of")
    files = [source, *sorted(Path("fastloss/_binding").glob("*.pxi"))]
    versions = repr((Cython.__version__, numpy_version)).encode()
    made_of = hashlib.sha256(b"".join(path.read_bytes() for path in files) + versions).hexdigest()
    if not (source.with_suffix(".c").exists() and record.exists() and record.read_text() == made_of):
        cythonize([str(source)], language_level=3, force=True)
        record.parent.mkdir(exist_ok=True)
        record.write_text(made_of)
    return "fastloss/_core.c"
