"""The ttt command as a user runs it, for the script tests of one command each."""

import pathlib
import subprocess


class CommandLine:
    """`ttt(*arguments)` runs the command in a folder and returns (exit status, stdout, stderr)."""

    def __init__(self, path, folder):
        self.path, self.folder = str(pathlib.Path(path).resolve()), folder

    def __call__(self, *arguments, timeout=120):
        done = subprocess.run([self.path, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=timeout, cwd=self.folder)
        return done.returncode, done.stdout, done.stderr

    def refused(self, tap, name, status, link, *arguments):
        """A case: that exit status, the error of that name in docs/errors.md, nothing on standard output."""
        got, out, err = self(*arguments)
        anchor = next((line.split("#")[-1].strip() for line in err.splitlines() if line.startswith("see:")), "")
        tap.case(f"{name} is refused as {link}", got == status and anchor == link and out == "", f"exit {got}\n{out}\n{err}")
