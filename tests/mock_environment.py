"""Where TTNN's mock device is, for the tests that give it something to judge."""

import os
import pathlib

from tap import ROOT


def mock_environment(tap, words):
    """(the mock's folder, its venv's Python), or None and a skipped case where either is missing."""
    venv = os.environ.get("TTT_TTNN_VENV", "")
    folder = pathlib.Path(os.environ.get("TTT_TTNN_MOCK", ROOT.parent / "shared/ttnn/mock"))
    python = pathlib.Path(venv) / "bin/python"
    if not venv or not python.exists():
        tap.skip(words, "TTT_TTNN_VENV names no venv of the TTNN mock")
        return None
    if not (folder / "check.py").exists():
        tap.skip(words, "no check.py of the TTNN mock (TTT_TTNN_MOCK)")
        return None
    return folder, python
