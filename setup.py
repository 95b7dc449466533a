"""Build fastloss: one extension that holds the kernels of every SIMD tier of its architecture.

tools/kernels.py says what is compiled, and with which flags. Objects stay in build/objects-*, and are compiled again where what
they were made of has changed. Environment: FASTLOSS_OPENMP=auto|required|off; FASTLOSS_CFLAGS adds flags to every C file;
FASTLOSS_TIERS, for work on the kernels, names the tiers to build, separated by commas, instead of all.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

sys.path.insert(0, str(Path(__file__).resolve().parent / "tools"))

from description import long_description
from headers import BuildPy
from kernels import COMMON, WARNINGS, chosen_tiers, optimization, translated, units

#: (compile flags, link flags) to try for OpenMP. On macOS the compiler needs telling, and libomp comes from a package manager.
OPENMP = {
    "darwin": [
        (["-Xpreprocessor", "-fopenmp", f"-I{prefix}/include"], [f"-L{prefix}/lib", "-lomp"])
        for prefix in ("/opt/homebrew/opt/libomp", "/usr/local/opt/libomp")
    ],
    "win32": [(["-openmp:llvm"], [])],
}


class BuildExt(build_ext):
    """Compile every object with its own flags, side by side, and link them into the one extension."""

    def build_extension(self, ext):
        if self.compiler.compiler_type == "msvc":
            self.compiler.initialize()
            self.compiler.cc = "clang-cl"  # MSVC itself has no C11 vector loops to speak of; clang-cl takes gcc's flags
        self.look_for_compiler()
        openmp_compile, openmp_link = self.probe_openmp()
        prefix = ["/clang:" + flag for flag in COMMON] if self.compiler.compiler_type == "msvc" else [*COMMON, "-fPIC"]
        more = os.environ.get("FASTLOSS_CFLAGS", "").split()
        x86 = any(name in self.plat_name.lower() for name in ("x86_64", "amd64")) or (
            "universal2" not in self.plat_name and platform.machine().lower() in ("x86_64", "amd64")
        )
        kind = "clang" if "clang" in self.how[1] else "gcc"
        jobs = [("core", ext.sources[0], [*optimization("core", kind), "-g0", *more], ext.include_dirs, ext.define_macros)]
        for name, source, flags in units(x86, chosen_tiers(), kind):
            openmp = openmp_compile if name.startswith("runtime") else []
            jobs.append((name, source, [*prefix, *WARNINGS, *flags, *openmp, *more], [], []))
        # The longest first, lest one is left alone at the end.
        jobs.sort(key=lambda job: (job[0] != "core", "softmax" not in job[0], "distributions" not in job[0]))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            compiled = list(pool.map(lambda job: self.compile(*job), jobs))
        ext.sources, ext.depends = [], compiled
        ext.extra_objects = [*ext.extra_objects, *compiled]
        ext.extra_link_args = [*ext.extra_link_args, *openmp_link]
        super().build_extension(ext)

    def compile(self, name, source, flags, include_dirs, macros):
        """The path of an object; compiled again if compiler, flags or files are not those that it was made of."""
        folder = Path("build", f"objects-{self.plat_name}-{sys.implementation.cache_tag}", name)
        folder.mkdir(parents=True, exist_ok=True)
        made_of, digest = folder / "made-of.d", folder / "digest"
        how = repr([self.how, source, flags, macros, numpy.__version__ if include_dirs else ""])

        def state():
            # Headers of the system and of NumPy, whose place changes with each isolated build, count by their versions alone.
            files = re.split(r"(?<!\\)\s+", made_of.read_text().replace("\\\n", " ").partition(": ")[2])
            ours = sorted({path for path in files if path and not os.path.isabs(path)})
            return hashlib.sha256(how.encode() + b"".join(Path(path).read_bytes() for path in ours)).hexdigest()

        objects = list(folder.glob("**/*.o*"))
        try:
            if objects and state() == digest.read_text():
                return str(objects[0])
        except OSError:
            pass
        dependencies = ["-MMD", "-MF", str(made_of)]
        if self.compiler.compiler_type == "msvc":
            dependencies = ["/clang:" + flag for flag in dependencies]
        digest.unlink(missing_ok=True)  # an interrupted compiler leaves an object that nothing vouches for
        (made,) = self.compiler.compile(
            [source], output_dir=str(folder), include_dirs=include_dirs, macros=macros, extra_postargs=[*flags, *dependencies]
        )
        digest.write_text(state())
        return made

    def look_for_compiler(self):
        """Say in one sentence what is missing, before a page of flags does."""
        compiler = getattr(self.compiler, "compiler_so", None) or ["clang-cl"]
        command = next((word for word in compiler if "=" not in word and Path(word).name != "ccache"), compiler[0])
        if not shutil.which(command):
            raise SystemExit(
                f"fastloss: a C compiler is needed, and there is no {command!r}: "
                "install gcc or clang (apt install gcc; dnf install gcc; xcode-select --install), or name yours in CC"
            )
        if not Path(sysconfig.get_paths()["include"], "Python.h").exists():
            raise SystemExit("fastloss: Python's headers are needed (Python.h): apt install python3-dev, or the like")
        self.how = compiler, subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout

    def probe_openmp(self):
        """The flags with which a program compiles, links, and runs on two threads; none if there are none."""
        wanted = os.environ.get("FASTLOSS_OPENMP", "auto")
        if wanted == "off":
            return [], []
        for compile_flags, link_flags in OPENMP.get(sys.platform, [(["-fopenmp"], ["-fopenmp"])]):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    objects = self.compiler.compile(["tools/openmp.c"], output_dir=folder, extra_postargs=compile_flags)
                    self.compiler.link_executable(objects, "probe", output_dir=folder, extra_postargs=link_flags)
                    found = subprocess.run([str(Path(folder, "probe"))], capture_output=True, text=True, timeout=60)
                except Exception as error:
                    print(f"OpenMP with {compile_flags} does not build: {error}")
                    continue
                if len(found.stdout.splitlines()) == 2:
                    return compile_flags, link_flags
        missing = (
            "no OpenMP program runs here (gcc: apt install libgomp1; clang: apt install libomp-dev; macOS: brew install libomp)"
        )
        if wanted == "required":
            raise SystemExit(f"fastloss: FASTLOSS_OPENMP=required, but {missing}")
        print(f"fastloss: the library will compute on one thread: {missing}", file=sys.stderr)
        return [], []


extension = Extension(
    "fastloss._core",
    [translated(numpy.__version__)],
    include_dirs=["csrc", numpy.get_include()],
    define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"), ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION")],
)
setup(
    ext_modules=[extension],
    cmdclass={"build_ext": BuildExt, "build_py": BuildPy},
    long_description=long_description(Path("README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
)
