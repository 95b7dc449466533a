"""What a compiler made of the loops: the innermost loops of each function, and the arithmetic in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from c_core import compilers, kernels, run

#: Floating-point arithmetic of x86-64, on all lanes of a register (...ps, ...pd) or on one (...ss, ...sd).
ARITHMETIC = r"v?(?:add|sub|mul|div|sqrt|min|max|round|rndscale|cmp\w*|ucomi|comi|fn?m(?:add|sub)\d*)"
PACKED, SCALAR = re.compile(ARITHMETIC + r"p[sd]$"), re.compile(ARITHMETIC + r"s[sd]$")
WIDEST = {"baseline": "%xmm", "avx2": "%ymm", "avx512": "%zmm"}


class InnerLoop(NamedTuple):
    packed: int
    scalar: int
    full_width: bool


def compile_to_assembly(kind: str, tier: str, bits: int, source: Path, *flags: str) -> str:
    """A file of csrc/tiers/, as setup.py compiles it for x86-64."""
    own = [
        *kernels.optimization(source.stem if source.stem == "bodies" else "loops", kind),
        *kernels.flags_of(tier, bits, True),
    ]
    return run([compilers()[kind], *kernels.COMMON, "-fPIC", *own, *flags, "-S", "-o", "-", source])


def instructions_of_functions(assembly: str) -> Iterator[tuple[str, list[tuple[str, str]], dict[str, int]]]:
    """Each function's name, its instructions, and where among them its labels stand."""
    name, instructions, labels = "", [], {}
    for line in assembly.splitlines():
        if start := re.match(r"([A-Za-z_]\w*)(?:\.\w+)*:", line):
            if name:
                yield name, instructions, labels
            name, instructions, labels = start[1], [], {}
        elif label := re.match(r"(\.L\w+):", line):
            labels[label[1]] = len(instructions)
        elif instruction := re.match(r"\s+([a-z]\w*)\s*(.*)", line):
            instructions.append((instruction[1], instruction[2]))
    yield name, instructions, labels


def inner_loops(assembly: str, tier: str) -> dict[str, list[InnerLoop]]:
    """The loops that hold no other loop and do arithmetic, by function."""
    found: dict[str, list[InnerLoop]] = {}
    for name, instructions, labels in instructions_of_functions(assembly):
        spans = [
            (labels[target], i)
            for i, (operation, operands) in enumerate(instructions)
            if operation.startswith("j") and (target := operands.strip()) in labels and labels[target] <= i
        ]
        for first, last in spans:
            if any((a, b) != (first, last) and first <= a and b <= last for a, b in spans):
                continue
            body = instructions[first : last + 1]
            # A jump back from behind the function's end, where compilers put what is rarely needed, such as calls.
            operations = {operation for operation, _ in body}
            if operations & {"ret", "retq"} or (body[-1][0] == "jmp" and "call" in operations):
                continue
            packed = sum(bool(PACKED.match(operation)) for operation, _ in body)
            scalar = sum(bool(SCALAR.match(operation)) for operation, _ in body)
            if packed or scalar:
                wide = any(WIDEST[tier] in operands for _, operands in body)
                found.setdefault(name, []).append(InnerLoop(packed, scalar, wide))
    return found
