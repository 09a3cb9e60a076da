#!/usr/bin/env python3
"""The matrix engine's and the packer's rules written down a second time, apart from kernels/ttnn: held against the recorded results,
and then records of its own, in the recorded files' formats, against `ttt selftest ttnn`.

usage: ttnn_rules.py TTT [--many]     (--many: some thousands of records of each kind, for a quarter of an hour)
"""

import array
import json
import os
import pathlib
import random
import sys
import tempfile

from command_line import CommandLine
from tap import ROOT, Tap

FIDELITIES = ["LoFi", "HiFi2", "HiFi3", "HiFi4"]


# The matrix engine. Numbers are fp32 bit patterns.

def source(bits):
    """(sign, exponent, 11 bits of mantissa with the hidden one) in SrcA or SrcB."""
    exponent = bits >> 23 & 255
    return bits >> 31, exponent, (bits >> 13 & 1023 | 1024) if exponent else 0


def product(a, b, phase):
    """(sign, exponent, 12 bits) of SrcA times SrcB in a fidelity phase."""
    part_a = a[2] >> 1 & 31 if phase & 1 else a[2] >> 6
    part_b = (b[2] & 15) << 3 if phase & 2 else b[2] >> 4
    exponent = a[1] + b[1] - 127 - (5 if phase & 1 else 0) - (7 if phase & 2 else 0)
    if a[1] == 0 or b[1] == 0:
        return 0, max(exponent, 0), 0
    return a[0] ^ b[0], exponent, part_a * part_b


def group(a, b, phase):
    """(exponent, value in units of Dst's last bit at that exponent) of eight products."""
    products = [product(x, y, phase) for x, y in zip(a, b)]
    largest = max(e for _, e, _ in products)
    if largest <= 0:
        return 0, 0
    total = 0
    for sign, exponent, p in products:
        d = min(largest - exponent, 30)
        aligned = (2 * p + (1 << d)) >> (d + 1)
        total += -aligned if sign else aligned
    return largest, total << 13


def term(exponent, value, largest, fp32_dst, of_group):
    """A term in units of the largest exponent; its magnitude is rounded, with a group's negative ties towards zero."""
    magnitude, less = abs(value), 1 if of_group and value < 0 else 0
    d = largest - exponent
    if d >= 31:
        magnitude = 0
    elif d > 0:
        magnitude = (magnitude + (1 << (d - 1)) - less) >> d
    if not fp32_dst:
        magnitude = (magnitude + (1 << 12) - less) >> 13 << 13
    return -magnitude if value < 0 else magnitude


def encoded(value, exponent, fp32_dst):
    """value * 2^(exponent - 127 - 23) as Dst's fp32 bits."""
    magnitude = abs(value)
    if magnitude == 0:
        return 0
    excess = magnitude.bit_length() - 24
    exponent += excess
    magnitude = (magnitude + (1 << (excess - 1))) >> excess if excess > 0 else magnitude << -excess
    if magnitude >> 24:
        magnitude, exponent = magnitude >> 1, exponent + 1
    if exponent <= 0:
        return 0
    if not fp32_dst:
        magnitude = (magnitude + 0x8000) >> 16 << 16
        if magnitude >> 24:
            magnitude, exponent = magnitude >> 1, exponent + 1
    bits = 255 << 23 if exponent >= 255 else exponent << 23 | magnitude & 0x7fffff
    return bits | (1 << 31 if value < 0 else 0)


def mvmul(a, b, dst, phase, fp32_dst):
    """Dst after one step; a, b: 16 sources each."""
    exponent = dst >> 23 & 255
    value = (dst & 0x7fffff | 0x800000) if exponent else 0
    terms = [(*group(a[:8], b[:8], phase), True), (*group(a[8:], b[8:], phase), True), (exponent, -value if dst >> 31 else value, False)]
    largest = max(e for e, _, _ in terms)
    return encoded(sum(term(e, v, largest, fp32_dst, of_group) for e, v, of_group in terms), largest, fp32_dst)


def element(in0, in1, row, column, k, phases, fp32_dst):
    """One number of Dst of in0 [32, k] times in1 [k, 32], both bfloat16, padded with zeros to whole tiles."""
    padding = [source(0)] * (-k % 32)
    b = [source(in0[row * k + i] << 16) for i in range(k)] + padding
    a = [source(in1[i * 32 + column] << 16) for i in range(k)] + padding
    dst = 0
    for tile in range(0, k, 32):
        for phase in range(phases):
            for face in (tile, tile + 16):
                dst = mvmul(a[face:face + 16], b[face:face + 16], dst, phase, fp32_dst)
    return dst


def packed(dst, fp32_dst):
    """The packer's bfloat16 of a number of Dst."""
    exponent = dst >> 23 & 255
    if not fp32_dst:
        return dst >> 16
    if exponent in (0, 255):
        return (dst >> 31 << 15 | 0x7f80) if exponent else 0
    return dst + 0x8000 >> 16


# Blocks of 16.

def packed_block(numbers, bits):
    """(shared exponent, codes) of 16 bfloat16."""
    rounded = []
    for x in numbers:
        magnitude = x & 0x7fff
        if magnitude < 0x80:
            magnitude = 0
        elif bits != 2:
            magnitude = 0x7f80 if magnitude >= 0x7f80 else magnitude + 1 & ~1
        rounded.append((x >> 15, magnitude >> 7, magnitude & 127 | 128 if magnitude else 0))
    largest = max(e for _, e, _ in rounded)
    codes = []
    for sign, exponent, mantissa in rounded:
        shift = largest - exponent
        seven = 0 if shift >= 8 else min((mantissa + (1 << shift)) >> (shift + 1), 127)
        magnitude = seven >> (8 - bits)
        codes.append(magnitude | sign << (bits - 1) if magnitude else 0)
    return largest, codes


def unpacked(exponent, code, bits):
    """The bfloat16 of one code."""
    sign, magnitude = code >> (bits - 1), code & (1 << (bits - 1)) - 1
    if magnitude == 0:
        return 0xff80 if sign else 0
    zeros = bits - 1 - magnitude.bit_length()
    return sign << 15 | (exponent - zeros & 255) << 7 | (magnitude << (zeros + 9 - bits) & 127)


# The recorded results.

def wrong_in(folder):
    """(numbers that differ, numbers) over all files of a folder."""
    wrong = count = 0

    def compare(got, recorded):
        nonlocal wrong, count
        wrong, count = wrong + (got != recorded), count + 1

    for c in read(folder, "mvmul_dot16.json").get("cases", []):
        sources = [[source(x) for x in c[side]] for side in "ab"]
        compare(mvmul(*sources, c["dst"], c["phase"], c["fp32_dest"]), c["out"])
    for c in read(folder, "bfp.json").get("cases", []):
        compare(packed_block(c["in_bf16"], c["bits"]), (c["exp"], c["mant"]))
        compare([unpacked(c["exp"], code, c["bits"]) for code in c["mant"]], c["dequant_bf16"])
    decoded = read(folder, "bfp_decode_exhaustive.json")
    for bits in (8, 4, 2):
        for exponent, numbers in decoded.get(f"bfp{bits}", {}).items():
            compare([unpacked(int(exponent), code, bits) for code in range(1 << bits)], numbers)
    for name in ("matmul_tile", "matmul_ttnn"):
        data = (folder / f"{name}.bin").read_bytes() if (folder / f"{name}.bin").exists() else b""
        for r in read(folder, f"{name}.index.json").get("records", []) if data else []:
            k, at = r["K"], r["offset"]
            in0, in1 = (array.array("H", data[at + i * 64 * k:at + (i + 1) * 64 * k]) for i in (0, 1))
            out = array.array("H" if name == "matmul_ttnn" else "I", data[at + 128 * k:][:1024 * (2 if name == "matmul_ttnn" else 4)])
            phases = r.get("fidelity_phases") or FIDELITIES.index(r["fidelity"]) + 1
            fp32_dst = r.get("fp32_dest", r.get("dest") == "fp32")
            for i in range(0, 1024, 17):
                dst = element(in0, in1, i // 32, i % 32, k, phases, fp32_dst)
                compare(packed(dst, fp32_dst) if name == "matmul_ttnn" else dst, out[i])
    return wrong, count


def read(folder, name):
    return json.loads((folder / name).read_text()) if (folder / name).exists() else {}


# Records of our own: numbers that are hard in one way each.

def hard(rng, kind, mantissa_bits=7):
    """fp32 bits with that many bits of mantissa."""
    if kind == "special":
        return rng.choice([0, 0x8000, 1, 0x807f, 0x80, 0x8080, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc0, 0xffff, 0x3f80, 0xbf80]) << 16
    ends = {"near": (120, 132), "any": (0, 256), "tiny": (50, 72), "least": (0, 12), "largest": (240, 256), "halves": (185, 196),
            "ties": (122, 134), "sparse": (110, 140), "apart": (95, 170)}[kind]
    exponent = rng.randrange(*ends)
    if kind == "sparse" and rng.random() < 0.6:
        exponent = 0
    mantissa = rng.choice([0, 1, 32, 64, 96, 127]) << (mantissa_bits - 7) if kind == "ties" else rng.getrandbits(mantissa_bits)
    return rng.getrandbits(1) << 31 | exponent << 23 | mantissa << (23 - mantissa_bits)


KINDS = ["near", "any", "tiny", "least", "largest", "halves", "ties", "sparse", "apart", "special"]


def steps(rng, count):
    for i in range(count):
        kind, tf32, phase, fp32_dst = KINDS[i % len(KINDS)], rng.getrandbits(1), i // 2 % 4, i % 2
        other = rng.choice([kind, "near", "apart"])
        a, b = ([hard(rng, of, 10 if tf32 else 7) for _ in range(16)] for of in (kind, other))
        if rng.random() < 0.2:  # the groups, or halves of one, take each other away
            half = rng.choice([8, 4])
            a[half:2 * half], b[half:2 * half] = a[:half], [x ^ 1 << 31 for x in b[:half]]
        sources = [source(x) for x in a], [source(x) for x in b]
        alone = mvmul(*sources, 0, phase, True)
        near = max(0, min(255, (alone >> 23 & 255) + rng.randrange(-33, 34)))
        dst = rng.choice([0, alone ^ 1 << 31, hard(rng, kind, 23), hard(rng, "ties", 23) & 0x807fffff | near << 23])
        dst &= 0xffffffff if fp32_dst else 0xffff0000
        yield {"fmt": 4 if tf32 else 5, "fp32_dest": fp32_dst, "phase": phase, "a": a, "b": b, "dst": dst,
               "out": mvmul(*sources, dst, phase, fp32_dst)}


def blocks(rng, count):
    for i in range(count):
        bits, kind = (8, 4, 2)[i % 3], KINDS[i // 3 % len(KINDS)]
        numbers = [0] * 16 if i % 97 == 0 else [hard(rng, kind) >> 16 for _ in range(16)]
        exponent, codes = packed_block(numbers, bits)
        yield {"bits": bits, "in_bf16": numbers, "exp": exponent, "mant": codes,
               "dequant_bf16": [unpacked(exponent, code, bits) for code in codes]}


def products(rng, name, count):
    """(records, bytes of the data file)"""
    records, data = [], bytearray()
    for i in range(count):
        depth = 800 if i == 0 else rng.choice([32, 32, 64, 96, 1, 16, 48, 90])
        k, kind, phases, fp32_dst = depth, KINDS[i % len(KINDS)], i // 2 % 4 + 1, i % 2
        in0 = array.array("H", (hard(rng, kind) >> 16 for _ in range(32 * k)))
        in1 = array.array("H", (hard(rng, rng.choice([kind, "near"])) >> 16 for _ in range(32 * k)))
        record = {"K": k, "offset": len(data)}
        if name == "matmul_ttnn":
            bits = (16, 8, 4, 2)[i % 4]
            record |= {"weights": f"bfloat{bits}_b" if bits < 16 else "bfloat16", "fidelity": FIDELITIES[phases - 1],
                       "dest": "fp32" if fp32_dst else "bf16"}
            for first in range(0, 32 * k, 16) if bits < 16 else []:
                exponent, codes = packed_block(in1[first:first + 16], bits)
                if i // 4 % 3 == 1:  # what no packer makes: codes that all leave the first bits empty, -0, any exponent
                    exponent = rng.choice([rng.randrange(256), 120, 120, 120])
                    codes = [rng.getrandbits(bits) & ~(1 << bits - 2) for _ in codes]
                elif rng.random() < 0.1:
                    exponent, codes = 0, [0] * 16
                in1[first:first + 16] = array.array("H", (unpacked(exponent, code, bits) for code in codes))
        else:
            record |= {"fidelity_phases": phases, "fp32_dest": fp32_dst}
        dst = [element(in0, in1, j // 32, j % 32, k, phases, fp32_dst) for j in range(1024)]
        out = array.array("I", dst) if name == "matmul_tile" else array.array("H", (packed(x, fp32_dst) for x in dst))
        data += in0.tobytes() + in1.tobytes() + out.tobytes()
        records.append(record)
    return records, bytes(data)


def write(folder, rng, many):
    """All five formats, one of them in a file of another name; returns how many records they hold as `ttt selftest` counts them."""
    count = 3000 if many else 600
    (folder / "mvmul_dot16.json").write_text(json.dumps({"cases": list(steps(rng, count))}))
    (folder / "bfp.json").write_text(json.dumps({"cases": list(blocks(rng, count))}))
    exponents = range(256) if many else rng.sample(range(256), 16)
    (folder / "bfp_decode_exhaustive.json").write_text(json.dumps(
        {f"bfp{bits}": {e: [unpacked(e, code, bits) for code in range(1 << bits)] for e in exponents} for bits in (8, 4, 2)}))
    total = 2 * count + len(exponents) * (256 + 16 + 4)
    for name in ("matmul_tile", "matmul_ttnn"):
        records, data = products(rng, name, 500 if many else 12)
        (folder / f"{name}.index.json").write_text(json.dumps({"records": records}))
        (folder / f"{name}.bin").write_bytes(data)
        total += len(records)
    (folder / "bfp.json").rename(folder / "blocks of another name.json")
    return total


def main():
    many = "--many" in sys.argv
    tap = Tap()
    vectors = pathlib.Path(os.environ.get("TTT_TTNN_VECTORS") or ROOT.parent / "shared/ttnn/vectors")
    if vectors.is_dir():
        wrong, count = wrong_in(vectors)
        tap.case("the rules written a second time give the recorded results", wrong == 0 < count, f"{wrong} of {count} differ")
    else:
        tap.skip("the rules written a second time give the recorded results", f"{vectors} is not there")
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        ttt = CommandLine(sys.argv[1], folder)
        total = write(folder, random.Random(17), many)
        status, out, err = ttt("selftest", "ttnn", folder, "--json")
        report = json.loads(out) if out else {}
        tap.case("every level gives the bits of the rules on records of any numbers",
                 status == 0 and report.get("failed") == 0 and report.get("records") == total and report.get("left_out") == [], f"exit {status}, {total} records\n{out}\n{err}")
        data = bytearray((folder / "matmul_ttnn.bin").read_bytes())
        data[-1] ^= 128
        (folder / "matmul_ttnn.bin").write_bytes(data)
        status, out, err = ttt("selftest", "ttnn", folder, "--json")
        tap.case("a sign that is turned over in one of them is found", status == 1 and json.loads(out)["failed"] == 1, f"exit {status}\n{out}\n{err}")
        for name in ("mvmul_dot16.json", "blocks of another name.json", "bfp_decode_exhaustive.json", "matmul_tile.bin", "matmul_ttnn.index.json"):
            (folder / name).unlink()
        status, out, err = ttt("selftest", "ttnn", folder)
        tap.case("halves of files hold no record, which is no success", status == 1 and "without matmul_tile.bin" in out, f"exit {status}\n{out}\n{err}")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
