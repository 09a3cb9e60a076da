#!/usr/bin/env python3
"""ttt as other projects use it: each way to get it builds and runs the same program.

The program is in two files where that it is matters: header-only once, as the README has it, and linked. One way compiles
optimised; the others show that their build finds what it needs, and compile at -O0.

usage: consumers.py [WAY...]     ways: plain no_exceptions model_only meson cmake clang_linked installed
"""

import os
import pathlib
import shlex
import shutil
import sys
import tempfile

from tap import INCLUDE, ROOT, Tap, clang, gcc, in_parallel, run

HERE = ROOT / "tests/consumers"
PROGRAM = [HERE / "program/main.cpp", HERE / "program/other.cpp"]
WHOLE = HERE / "program/whole.cpp"
STRICT = ["-Wall", "-Wextra", "-Werror"]
LIBRARIES = ["fmt", "simdjson", "libpcre2-8", "libutf8proc"]

os.environ["TTT_DEMO"] = str(ROOT / "tools/demo_model/demo")
tap = Tap()


class Failed(Exception):
    pass


def do(*command, **more):
    status, out = run(command, timeout=900, **more)
    if status:
        raise Failed(f"$ {shlex.join(str(c) for c in command)}\n{out[-8000:]}\nexit status {status}")
    return out


def case(name, steps):
    """One test case: `steps(folder)` raises Failed where something goes wrong."""
    with tempfile.TemporaryDirectory(prefix="ttt-consumer-") as folder:
        try:
            steps(pathlib.Path(folder))
            tap.case(name, True)
        except Failed as fault:
            tap.case(name, False, fault)


def project(kind, folder):
    """A consumer's project, copied out of the tree."""
    shutil.copytree(HERE / kind, folder / "project")
    shutil.copytree(HERE / "program", folder / "project/program")
    shutil.copy(HERE / "tiny_model.hpp", folder / "project")
    return folder / "project"


def plain():
    def steps(folder):
        libraries = do("pkg-config", "--cflags", "--libs", *LIBRARIES).split()

        def compiled(source):
            do(gcc(), "-std=c++20", "-O2", *STRICT, "-I", INCLUDE, "-c", source, "-o", folder / f"{source.stem}.o")
            return folder / f"{source.stem}.o"

        do(gcc(), *in_parallel(compiled, PROGRAM), *libraries, "-pthread", "-o", folder / "program")
        do(folder / "program")
    case("two files that include ttt.hpp link and run after a plain g++ -O2", steps)
    case("a file that includes everything and uses nothing holds nothing but its main", nothing_for_nothing)


def nothing_for_nothing(folder):
    """No vtable, table or start-up code of ttt in a program that asks for none of it."""
    (folder / "empty.cpp").write_text("#include <ttt/everything.hpp>\nint main() { return 0; }\n")
    do(gcc(), "-std=c++20", "-O2", "-I", INCLUDE, "-c", folder / "empty.cpp", "-o", folder / "empty.o")
    held = do("nm", "--defined-only", "--demangle", folder / "empty.o").splitlines()
    if len(held) != 1 or not held[0].endswith(" T main"):
        raise Failed(f"{len(held)} symbols:\n" + "\n".join(held[:40]))


def no_exceptions():
    def steps(folder):
        libraries = do("pkg-config", "--cflags", "--libs", *LIBRARIES).split()
        do(gcc(), "-std=c++20", "-fno-exceptions", *STRICT, "-I", INCLUDE, WHOLE, *libraries, "-pthread", "-o",
           folder / "program")
        do(folder / "program")
    case("the program builds and runs with -fno-exceptions", steps)
    if clang():
        case("ttt.hpp compiles under clang with -fno-exceptions",
             lambda folder: do(clang(), "-std=c++20", "-fsyntax-only", "-fno-exceptions", *STRICT, "-I", INCLUDE, PROGRAM[1]))


def model_only():
    """Boost's folder and ttt's include folder alone, copied or linked where nothing else can be seen."""
    def steps(folder):
        (folder / "boost-only").mkdir()
        boost = pathlib.Path(os.environ.get("BOOST_ROOT", "/usr")) / "include/boost"
        (folder / "boost-only/boost").symlink_to(boost)
        for banned in ("fmt", "simdjson.h", "pcre2.h", "utf8proc.h", "CLI"):
            (folder / "banned" / banned).mkdir(parents=True)  # a folder of that name makes including it an error
        do(gcc(), "-std=c++20", *STRICT, "-I", folder / "banned", "-I", INCLUDE, "-isystem", folder / "boost-only",
           HERE / "model_only.cpp", "-o", folder / "program")
        do(folder / "program")
        used = do(gcc(), "-std=c++20", "-M", "-I", INCLUDE, "-isystem", folder / "boost-only", HERE / "model_only.cpp")
        heavy = [f for f in used.split() if any(b in f for b in ("/fmt/", "simdjson", "pcre2", "utf8proc", "/CLI/"))]
        if heavy:
            raise Failed("model.hpp reaches " + ", ".join(heavy))
    case("model.hpp needs the include folder and Boost's headers, nothing else", steps)


def meson():
    def steps(folder):
        where = project("meson", folder)
        (where / "subprojects").mkdir()
        (where / "subprojects/ttt").symlink_to(ROOT, target_is_directory=True)
        do("meson", "setup", "build", "-Ddebug=false", cwd=where)  # -O0 is what meson has where nothing is said
        do("ninja", "-C", "build", "header_only", "linked", cwd=where)
        do(where / "build/header_only")
        do(where / "build/linked")
    case("a Meson project with ttt as a subproject builds header-only and linked", steps)


def with_cmake(where, *options):
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    do("cmake", "-S", where, "-B", where / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=", *launcher, *options)
    do("cmake", "--build", where / "build", "--target", "header_only", "linked")
    do(where / "build/header_only")
    do(where / "build/linked")


def cmake():
    name = "a CMake project with FetchContent builds header-only and linked"
    if not shutil.which("cmake"):
        tap.skip(name, "cmake is not on PATH")
        return
    case(name, lambda folder: with_cmake(project("cmake", folder), f"-DFETCHCONTENT_SOURCE_DIR_TTT={ROOT}"))


def clang_linked():
    """The one linked build under clang: whole models against the goldens, on every level the machine has."""
    name = "the library, built and linked by clang, agrees with the goldens"
    if not clang():
        tap.skip(name, "no clang of version 16 or newer")
        return

    def steps(folder):
        do("meson", "setup", folder / "build", ROOT, "-Doptimization=1", "-Dcommand=disabled", "-Dexamples=disabled",
           "-Dbench=disabled", env={**os.environ, "CXX": str(clang())})
        do("ninja", "-C", folder / "build", "tests/engine_golden_test")
        do(folder / "build/tests/engine_golden_test")
    case(name, steps)


def installed():
    prefixes = {}

    def install(folder):
        do("meson", "setup", folder / "build", ROOT, f"--prefix={folder / 'prefix'}", "-Doptimization=0", "-Dcommand=disabled", "-Dtests=disabled",
           "-Dexamples=disabled", "-Dbench=disabled")
        do("meson", "install", "-C", folder / "build")
        prefixes["at"] = folder / "prefix"

    def by_pkg_config(folder):
        path = os.pathsep.join(str(p) for p in prefixes["at"].rglob("pkgconfig"))
        env = {**os.environ, "PKG_CONFIG_PATH": path}
        for package, sources in ("ttt", [WHOLE]), ("ttt_runtime", PROGRAM):
            flags = do("pkg-config", "--cflags", "--libs", package, env=env).split()
            do(gcc(), "-std=c++20", *STRICT, *sources, *flags, "-o", folder / package)
            do(folder / package)

    with tempfile.TemporaryDirectory(prefix="ttt-installed-") as folder:
        folder = pathlib.Path(folder)
        try:
            install(folder)
            tap.case("meson install into a prefix", True)
        except Failed as fault:
            tap.case("meson install into a prefix", False, fault)
            return
        case("an installed ttt is found by pkg-config, header-only and linked", by_pkg_config)
        name = "an installed ttt is found by CMake's find_package, header-only and linked"
        if shutil.which("cmake"):
            case(name, lambda f: with_cmake(project("cmake", f), "-DINSTALLED=ON", f"-DCMAKE_PREFIX_PATH={prefixes['at']}"))
        else:
            tap.skip(name, "cmake is not on PATH")


WAYS = {"plain": plain, "no_exceptions": no_exceptions, "model_only": model_only, "meson": meson, "cmake": cmake,
        "clang_linked": clang_linked, "installed": installed}
NEEDS = {"model_only": "model.hpp"}
for way in sys.argv[1:] or WAYS:
    header = INCLUDE / "ttt" / NEEDS.get(way, "ttt.hpp")
    if header.exists():
        WAYS[way]()
    else:
        tap.skip(way, f"there is no {header.relative_to(ROOT)} yet")
sys.exit(tap.finish())
