"""The headers that a wheel brings, for what users compile: fastloss.get_include() is their folder."""

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

CSRC = Path(__file__).resolve().parent.parent / "csrc"
#: All that csrc/tiers/own.c includes, and that itself.
PATTERNS = [
    "fastloss.h",
    "losses/point.h",
    "loops/blocks.h",
    "loops/element_kernels.h",
    "loops/pointwise.h",
    "math/*",
    "tiers/own.c",
]


def headers():
    """The files, by their paths in the folder."""
    return {path.relative_to(CSRC).as_posix(): path for pattern in PATTERNS for path in sorted(CSRC.glob(pattern))}


class BuildPy(build_py):
    """Put the headers beside the modules; an editable installation has them in csrc/."""

    def targets(self):
        folder = Path(self.build_lib, "fastloss", "include")
        return {} if self.editable_mode else {folder / to: path for to, path in headers().items()}

    def run(self):
        super().run()
        for to, path in self.targets().items():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)

    def get_outputs(self, include_bytecode=True):
        return [*super().get_outputs(include_bytecode), *map(str, self.targets())]
