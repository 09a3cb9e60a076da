"""Safetensors files, for the script tests: {name: (shape, numbers)}."""

import array
import json
import pathlib
import struct

TYPES = {"F32": "f", "I64": "q", "I32": "i"}


def read_tensors(path):
    data = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    out = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            out[name] = (entry["shape"], array.array(TYPES[entry["dtype"]], data[8 + size + begin:8 + size + end]))
    return out


def write_tensors(path, tensors):
    """tensors: {name: (dtype, shape, bytes)}"""
    header, at = {}, 0
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(raw)]}
        at += len(raw)
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(raw for _, _, raw in tensors.values()))


def write_integers(path, tensors):
    """tensors: {name: (shape, numbers)}, as I64"""
    write_tensors(path, {name: ("I64", list(shape), array.array("q", numbers).tobytes()) for name, (shape, numbers) in tensors.items()})
    return path


def compared(name, mine, golden):
    """Shapes equal and every number within the golden data's tolerance."""
    if list(mine[0]) != list(golden[0]):
        return f"{name}: shape {mine[0]}, not {golden[0]}"
    largest = max(map(abs, golden[1]), default=0)
    worst = max((abs(a - b) for a, b in zip(mine[1], golden[1])), default=0)
    limit = 2e-4 * max(1, largest / 5)
    return "" if worst <= limit else f"{name}: differs by {worst:.2e}, allowed {limit:.2e}"
