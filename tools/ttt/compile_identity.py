#!/usr/bin/env python3
"""Writes what this build of ttt is: its version and the SHA-256 of the headers it is made from.

usage: compile_identity.py INCLUDE VERSION OUT DEPFILE

The hash is the one of `headers_hash` (include/ttt/adaptor/compiled_variant.hpp): variants compiled ahead of time serve
the build with the same headers and no other.
"""

import hashlib
import os
import pathlib
import sys

include, version, out, depfile = sys.argv[1:]
root = pathlib.Path(include)
paths = sorted((pathlib.Path(folder, name).relative_to(root).as_posix()
                for folder, _, names in os.walk(root / "ttt", followlinks=True)
                for name in names if name.endswith((".hpp", ".ipp", ".inc", ".def")) and not name.startswith(".")),
               key=os.fsencode)
digest = hashlib.sha256()
for path in paths:
    text = (root / path).read_bytes()
    digest.update(os.fsencode(path) + b"\0" + str(len(text)).encode() + b"\0" + text)
pathlib.Path(out).write_text(f"""// Made by tools/ttt/compile_identity.py.
#define TTT_VERSION "{version}"
#define TTT_HEADERS "{digest.hexdigest()}"
#define TTT_INCLUDE "{root.absolute().as_posix()}"
""")
pathlib.Path(depfile).write_text(f"{out}: " + " ".join(f"{root}/{p}".replace(" ", "\\ ") for p in paths) + "\n")
