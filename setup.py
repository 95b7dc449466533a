"""Build fastloss: one extension that holds the kernels of every SIMD tier of its architecture.

Each file of csrc/tiers/ is compiled with the flags of its tier; a tier whose flags do not fit the target compiles to an
empty table. Environment: FASTLOSS_OPENMP=auto|required|off; FASTLOSS_CFLAGS adds flags to every C file.
"""

import os
import platform
import runpy
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# No fast-math: only what changes no result. -ffp-contract=off keeps a*b+c from being fused on some tiers and not on others.
COMMON = [
    "-std=c11",
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
    "-fopenmp-simd",
    "-fvisibility=hidden",
]
WARNINGS = ["-Wall", "-Wextra", "-Wno-unknown-pragmas"]

#: Flags of each tier, for x86-64; elsewhere a tier has none. Only -m<feature>: -march would be refused in a universal2 build.
TIERS = {
    "baseline": ["-mssse3", "-msse4.1", "-msse4.2", "-mpopcnt"],
    "avx2": ["-mavx2", "-mfma"],
    "avx512": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"],
    "neon": [],
}

#: (compile flags, link flags) to try for OpenMP. On macOS the compiler needs telling, and libomp comes from a package manager.
OPENMP = {
    "darwin": [
        (["-Xpreprocessor", "-fopenmp", f"-I{prefix}/include"], [f"-L{prefix}/lib", "-lomp"])
        for prefix in ("/opt/homebrew/opt/libomp", "/usr/local/opt/libomp")
    ],
    "win32": [(["-openmp:llvm"], [])],
}
OPENMP_PROGRAM = """#include <omp.h>
#include <stdio.h>
int main(void)
{
#pragma omp parallel num_threads(2)
    printf("thread %d\\n", omp_get_thread_num());
    return 0;
}
"""
HEADERS = glob("csrc/**/*.h", recursive=True) + glob("csrc/**/*.inc", recursive=True)


class BuildExt(build_ext):
    """Compile every C file with its own flags, side by side, and link them into the one extension."""

    def build_extension(self, ext):
        if self.compiler.compiler_type == "msvc":
            self.compiler.initialize()
            self.compiler.cc = "clang-cl"  # MSVC itself has no C11 vector loops to speak of; clang-cl takes gcc's flags
        openmp_compile, openmp_link = self.probe_openmp()
        flags = self.common_flags()
        x86 = any(name in self.plat_name.lower() for name in ("x86_64", "amd64")) or (
            "universal2" not in self.plat_name and platform.machine().lower() in ("x86_64", "amd64")
        )
        jobs = [(source, flags + (TIERS[Path(source).stem.split("_")[0]] if x86 else [])) for source in glob("csrc/tiers/*.c")]
        jobs += [(source, flags + openmp_compile) for source in sorted(glob("csrc/runtime/*.c") + glob("csrc/drivers/*.c"))]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            compiled = list(pool.map(lambda job: self.compile(*job), jobs))
        ext.extra_objects = [*ext.extra_objects, *(path for paths in compiled for path in paths)]
        ext.extra_link_args = [*ext.extra_link_args, *openmp_link]
        super().build_extension(ext)

    def common_flags(self):
        prefix = ["/clang:" + flag for flag in COMMON] if self.compiler.compiler_type == "msvc" else [*COMMON, "-fPIC"]
        return prefix + WARNINGS + os.environ.get("FASTLOSS_CFLAGS", "").split()

    def compile(self, source, flags):
        return self.compiler.compile([source], output_dir=self.build_temp, extra_postargs=flags, depends=HEADERS)

    def probe_openmp(self):
        """The flags with which a program compiles, links, and runs on two threads; none if there are none."""
        wanted = os.environ.get("FASTLOSS_OPENMP", "auto")
        if wanted == "off":
            return [], []
        for compile_flags, link_flags in OPENMP.get(sys.platform, [(["-fopenmp"], ["-fopenmp"])]):
            with tempfile.TemporaryDirectory() as folder:
                source = Path(folder, "probe.c")
                source.write_text(OPENMP_PROGRAM)
                try:
                    objects = self.compiler.compile([str(source)], output_dir=folder, extra_postargs=compile_flags)
                    self.compiler.link_executable(objects, "probe", output_dir=folder, extra_postargs=link_flags)
                    found = subprocess.run([str(Path(folder, "probe"))], capture_output=True, text=True, timeout=60)
                except Exception as error:
                    print(f"OpenMP with {compile_flags} does not build: {error}")
                    continue
                if len(found.stdout.splitlines()) == 2:
                    return compile_flags, link_flags
        if wanted == "required":
            raise SystemExit("fastloss: FASTLOSS_OPENMP=required, but no OpenMP program compiles, links and runs here")
        print("fastloss: no OpenMP found: the library will compute on one thread")
        return [], []


extension = Extension(
    "fastloss._core",
    ["fastloss/_core.pyx"],
    include_dirs=["csrc", numpy.get_include()],
    define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"), ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION")],
    depends=[*HEADERS, *glob("csrc/**/*.c", recursive=True)],
)
description = runpy.run_path("tools/description.py")["long_description"](Path("README.md").read_text(encoding="utf-8"))
setup(
    ext_modules=cythonize([extension], language_level=3),
    cmdclass={"build_ext": BuildExt},
    long_description=description,
    long_description_content_type="text/markdown",
)
