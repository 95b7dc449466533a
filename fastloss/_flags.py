"""The flags of the C compiler: what the build takes, and what the body of a user's loss is compiled by.

Imports nothing of the package: setup.py reads this file before there is one.
"""

from __future__ import annotations

__all__ = ["BODIES_OF_GCC", "COMMON", "TIERS", "optimization"]

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


def optimization(part: str, compiler: str) -> list[str]:
    """The level for a part of the build, by "gcc" or "clang"."""
    if part == "core":  # what Cython makes
        return ["-O2"]
    return BODIES_OF_GCC if (part, compiler) == ("bodies", "gcc") else ["-O3"]
