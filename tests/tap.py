"""What every script test shares: TAP output, the source tree, and the compilers to try."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "include"
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Wshadow", "-Wpedantic", "-Werror"]
JOBS = max(1, min(4, os.cpu_count() or 1))


class Tap:
    """Prints one TAP line per case; `finish()` prints the plan and gives the exit status."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def case(self, name, passed, detail=""):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        if detail and not passed:
            for line in str(detail).rstrip().splitlines():
                print(f"# {line}")
        sys.stdout.flush()

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def finish(self):
        print(f"1..{self.count}" if self.count else "1..0 # SKIP nothing to test yet")
        return 1 if self.failed else 0


def run(command, timeout=600, **more):
    """Runs a command without a stdin; returns (exit status, stdout and stderr together)."""
    try:
        done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout, **more)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        out = late.stdout or b""
        out = out if isinstance(out, str) else out.decode(errors="replace")
        return 124, f"{out}\ntook longer than {timeout} s"
    except OSError as fault:
        return 127, str(fault)


def in_parallel(function, items):
    """Calls function(item) for every item on a few threads; yields the results in order."""
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        yield from pool.map(function, items)


def gcc():
    return os.environ.get("CXX_GCC", "g++")


def clang(oldest=16):
    """The newest clang++ that is at least `oldest`, or None."""
    for name in [f"clang++-{n}" for n in range(30, oldest - 1, -1)] + ["clang++"]:
        if shutil.which(name):
            major = re.search(r"version (\d+)", run([name, "--version"])[1])
            if major and int(major[1]) >= oldest:
                return name
    return None


def compilers():
    """g++ and, where there is one, a clang++ that is new enough; TTT_COMPILERS=gcc or clang leaves one of them."""
    only = os.environ.get("TTT_COMPILERS", "gcc clang")
    found = [gcc() if "gcc" in only else "", clang() if "clang" in only else ""]
    return [c for c in found if c and shutil.which(c)]


def first_error(output):
    """The first line of a compiler's output that reports an error."""
    return next((line for line in output.splitlines() if re.search(r"\berror:", line)), "")
