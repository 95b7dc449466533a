"""What the C core is compiled of: objects, sources and flags. setup.py compiles them, tests compile them by other compilers."""

import hashlib
import os
import re
from pathlib import Path

# No fast-math: only what changes no result. -ffp-contract=off keeps a*b+c from being fused on some tiers and not on others.
# -g0 after Python's own -g: debug symbols were four fifths of the library.
COMMON = [
    "-std=c11",
    "-g0",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
    "-fopenmp-simd",
    "-fvisibility=hidden",
]
WARNINGS = ["-Wall", "-Wextra", "-Wno-unknown-pragmas"]

#: gcc vectorises the loop of a body, which `omp simd` asks for, at any level. With these passes inner loops have no more
#: instructions than at -O3 (but for a few, by 8 %), in three quarters of the time to compile. Without them constants are loaded
#: again in the loop, and what does not change in it is tested there. The two that are left out take time: threading of jumps,
#: without which inner loops have a twentieth less on the whole, and where pointers may point, which changes no instruction.
BODIES_OF_GCC = [
    "-O1",
    "-fgcse",
    "-fcse-follow-jumps",
    "-frerun-cse-after-loop",
    "-fexpensive-optimizations",
    "-funswitch-loops",
    "-fno-tree-dominator-opts",
    "-fno-tree-pta",
]

#: Flags of each tier, for x86-64; elsewhere a tier has none. Only -m<feature>: -march would be refused in a universal2 build.
TIERS = {
    "baseline": ["-mssse3", "-msse4.1", "-msse4.2", "-mpopcnt"],
    "avx2": ["-mavx2", "-mfma"],
    "avx512": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"],
    "neon": [],
}

ROOT = Path(__file__).resolve().parent.parent


def groups():
    """The names of the groups of losses: csrc/losses.inc."""
    return re.findall(r'^#include "losses/(\w+)\.inc"', (ROOT / "csrc" / "losses.inc").read_text(), re.MULTILINE)


def optimization(part, compiler):
    """The level for a part of the build, by "gcc" or "clang"."""
    if part == "core":  # what Cython makes; by gcc a call takes as many instructions at -O1 as at -O2, and is compiled sooner
        return ["-O2"]
    return BODIES_OF_GCC if (part, compiler) == ("bodies", "gcc") else ["-O3"]


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
