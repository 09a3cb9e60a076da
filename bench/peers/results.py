"""Results as files: {"setting": {...}, "rows": {key: entry}}. Those of different machines or peers are never mixed."""
import json
import os
from pathlib import Path

from programs import Failed

RESULTS = Path(__file__).resolve().parent / "results"
SAME = ("processor", "cores", "isa", "peer", "peer_build")


def opened(path: Path, setting: dict) -> dict:
    """What the file holds, to be gone on with; nothing yet if there is none. Fails where it is of another setting."""
    if not path.exists():
        return {"setting": setting, "rows": {}}
    try:
        results = json.loads(path.read_text())
        other = [what for what in SAME if results["setting"][what] != setting[what]]
        results["rows"]
    except (ValueError, KeyError, TypeError) as fault:
        raise Failed(f"{path} holds no results ({fault!r}): give another --out")
    if other:
        raise Failed(f"{path} is of another {other[0]} ({results['setting'][other[0]]}, here {setting[other[0]]}): give another --out")
    return results


def save(path: Path, results: dict) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(results, indent=1) + "\n")
    os.replace(part, path)


def kept() -> dict:
    """Name -> results, of those that the documents show."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}
