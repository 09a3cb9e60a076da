#!/usr/bin/env python3
"""Emitted TTNN programs on a mock device: `ttt emit` for the shapes of known models and for policies, devices and batches,
each accepted whole by TTNN, which validates, builds and allocates every op, on empty tensors and once with a checkpoint. What
they compute is for ttnn_values.py.

It needs the `ttt` command, a venv made by the mock's setup.sh (TTT_TTNN_VENV) and the folder of the mock (TTT_TTNN_MOCK,
else ../shared/ttnn/mock beside the source tree); without venv or mock it skips.

usage: ttnn_emit.py TTT [--all] [--only=WORD] [--random=N] [--seed=S]
--all takes every shape on every device instead of a sample. --random takes N random decoders with random policies (8 unless
said) from seed S on: each is accepted whole, or refused by ttt with a named error before anything is written.
"""

import collections
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

from mock_environment import mock_environment
from tap import Tap, run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "ttnn"))
from random_decoders import random_case

TTT = sys.argv[1]
every = "--all" in sys.argv
only = next((a.removeprefix("--only=") for a in sys.argv if a.startswith("--only=")), "")
count, seed = (int(next((a.split("=")[1] for a in sys.argv if a.startswith(f"--{name}=")), unless)) for name, unless in (("random", 8), ("seed", 1)))
tap = Tap()
DEVICES = {"n150": "ttnn:wormhole_n150", "n300": "ttnn:wormhole_n300", "p150": "ttnn:blackhole_p150"}

# family, hidden, layers, heads, kv heads, head_dim, ffn, vocabulary; as published.
SHAPES = {
    "SmolLM2-135M": ("llama", 576, 30, 9, 3, 64, 1536, 49152),
    "SmolLM2-360M": ("llama", 960, 32, 15, 5, 64, 2560, 49152),
    "TinyLlama-1.1B": ("llama", 2048, 22, 32, 4, 64, 5632, 32000),
    "Llama-3.2-1B": ("llama", 2048, 16, 32, 8, 64, 8192, 128256),
    "Llama-3.2-3B": ("llama", 3072, 28, 24, 8, 128, 8192, 128256),
    "Llama-3.1-8B": ("llama", 4096, 32, 32, 8, 128, 14336, 128256),
    "Qwen2.5-0.5B": ("qwen2", 896, 24, 14, 2, 64, 4864, 151936),
    "Qwen2.5-1.5B": ("qwen2", 1536, 28, 12, 2, 128, 8960, 151936),
    "Qwen2.5-3B": ("qwen2", 2048, 36, 16, 2, 128, 11008, 151936),
    "Qwen2.5-7B": ("qwen2", 3584, 28, 28, 4, 128, 18944, 152064),
    "Qwen3-0.6B": ("qwen3", 1024, 28, 16, 8, 128, 3072, 151936),
    "Qwen3-1.7B": ("qwen3", 2048, 28, 16, 8, 128, 6144, 151936),
    "Qwen3-4B": ("qwen3", 2560, 36, 32, 8, 128, 9728, 151936),
    "Qwen3-8B": ("qwen3", 4096, 36, 32, 8, 128, 12288, 151936),
    "Mistral-7B": ("mistral", 4096, 32, 32, 8, 128, 14336, 32000),
}
SAMPLE = [("n150", "SmolLM2-135M", []), ("n150", "Llama-3.2-1B", []), ("n150", "Qwen2.5-0.5B", ["--batch", "32"]),
          ("n150", "Qwen3-0.6B", ["--preset", "accuracy"]), ("n150", "Llama-3.1-8B", ["--preset", "speed"]),
          ("p150", "Mistral-7B", []), ("p150", "SmolLM2-135M", ["--preset", "exact"]), ("n300", "Llama-3.2-1B", []),
          ("n300", "Qwen3-0.6B", ["--policy", "layers.3.mlp:weights=bfloat4_b,fidelity=LoFi"]),
          ("n300", "Qwen2.5-1.5B", ["--batch", "8", "--context", "1024"]), ("n300", "SmolLM2-135M", ["--batch", "9"])]


def config(shape):
    family, hidden, layers, heads, kv_heads, head_dim, ffn, vocabulary = shape
    classes = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM", "mistral": "MistralForCausalLM"}
    out = {"model_type": family, "architectures": [classes[family]], "hidden_size": hidden, "num_hidden_layers": layers,
           "num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": head_dim, "intermediate_size": ffn,
           "vocab_size": vocabulary, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
           "max_position_embeddings": 32768, "tie_word_embeddings": hidden < 2500, "torch_dtype": "bfloat16"}
    if family == "mistral":
        out["sliding_window"] = 4096
    return out


def emit(folder, config, device, options):
    """The program's path, or None and what the command said."""
    (folder / "config.json").write_text(json.dumps(config))
    program = folder / "program.py"
    program.unlink(missing_ok=True)
    status, said = run([TTT, "emit", folder, "--device", DEVICES[device], "-o", program, *options])
    return (program, said) if status == 0 else (None, said)


def accepted(mock, python, program, device):
    """(verdict, what was wrong or how much was used)."""
    done = subprocess.run([python, mock / "check.py", "--device", device, program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=600)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return False, f"exit status {done.returncode}: {done.stdout[-300:]} {done.stderr[-1000:]}"
    if done.returncode:
        error = report["error"]
        return False, f"{error['op']}, line {error.get('line')}, after {len(report.get('steps', []))} ops: {error['message'][:300]}"
    return True, (f"{len(report['steps'])} ops, {report['peak_l1_bytes_per_core']} of {report['l1_bytes_per_core']} bytes of L1, "
                  f"{report['dram_bytes'] / 1e9:.2f} of {report['dram_total_bytes'] / 1e9:.2f} GB{' ' + report['note'] if 'note' in report else ''}")


def check_shapes(mock, python, scratch):
    cases = [(d, s, []) for d in DEVICES for s in SHAPES] + SAMPLE if every else SAMPLE
    for device, name, options in cases:
        words = f"{name} on {device}{' ' if options else ''}{' '.join(options)}"
        if only and only not in words:
            continue
        program, said = emit(scratch, config(SHAPES[name]), device, options)
        if program is None:
            tap.case(f"{words}: refused before anything is written", "does_not_fit" in said and not (scratch / "program.py").exists(), said)
            print(f"# {said.splitlines()[1] if len(said.splitlines()) > 1 else said}")
            continue
        good, how = accepted(mock, python, program, device)
        tap.case(f"{words}: accepted whole", good, how)
        if good:
            print(f"# {how}", flush=True)
        program.unlink()


def check_random(mock, python, scratch):
    outcomes = collections.Counter()
    for number in range(seed, seed + count):
        decoder, device, options = random_case(random.Random(number))
        program, said = emit(scratch, decoder, device, options)
        if program:
            good, how = accepted(mock, python, program, device)
            outcomes["accepted"] += good
        else:
            good, how = "docs/errors.md#" in said and not (scratch / "program.py").exists(), said
            outcomes["refused: " + said.split("#")[-1].strip()] += 1
        tap.case(f"random decoder {number} on {device}: accepted whole, or refused by name", good, f"{how}\n{json.dumps(decoder)}\n{' '.join(options)}")
    print(f"# {dict(outcomes)}", flush=True)


def check_test(mock, python, scratch):
    """A program's unit test, of the demo model, whose activations ttt records."""
    test = scratch / "program_test.py"
    status, said = run([TTT, "emit", "demo", "--device", DEVICES["n150"], "-o", scratch / "program.py", "--test", test])
    good, how = accepted(mock, python, test, "n150") if status == 0 else (False, said)
    tap.case("the unit test of the demo model's ops: accepted whole", good, how)


# What a mock device runs of a program with a checkpoint: the calls that bring values to the device and logits back, and
# that formats are converted on the host as they should be.
WITH_CHECKPOINT = """

def run(_, device):
    model = Model(device, Checkpoint({folder!r}))
    pieces, row = model.prompt(0, [1] * 70)
    assert model.on_host(pieces)[row].shape == (VOCABULARY,)
    assert model.on_host(model.decode([1] * BATCH, [70] * BATCH)).shape == (TILE, VOCABULARY)
    values = np.linspace(-1, 1, 64 * 128 * CHIPS).reshape(1, 1, 64, -1).astype(np.float32)
    for dtype in (ttnn.float32, ttnn.bfloat16, ttnn.bfloat8_b):
        spread = ttnn.ShardTensorToMesh(device, 3)
        spread = spread.unwrap() if hasattr(spread, "unwrap") else spread
        there = ttnn.Tensor(values, dtype, layout=ttnn.TILE_LAYOUT, mesh_mapper=spread)
        back = ttnn.to_dtype(there, ttnn.float32).to_numpy(mesh_composer=ttnn.ConcatMeshToTensor(device, dim=3))
        assert np.abs(back - values).max() < 0.01, f"{{dtype}}: {{np.abs(back - values).max()}}"
"""


def write_zeros(folder, config):
    """A checkpoint whose numbers are all 0."""
    hidden, width = config["hidden_size"], config["head_dim"]
    rows, kv, ffn = config["num_attention_heads"] * width, config["num_key_value_heads"] * width, config["intermediate_size"]
    shapes = {"model.embed_tokens.weight": [config["vocab_size"], hidden], "model.norm.weight": [hidden]}
    for i in range(config["num_hidden_layers"]):
        for name, shape in {"self_attn.q_proj": [rows, hidden], "self_attn.k_proj": [kv, hidden], "self_attn.v_proj": [kv, hidden],
                            "self_attn.o_proj": [hidden, rows], "mlp.gate_proj": [ffn, hidden], "mlp.up_proj": [ffn, hidden],
                            "mlp.down_proj": [hidden, ffn], "input_layernorm": [hidden], "post_attention_layernorm": [hidden]}.items():
            shapes[f"model.layers.{i}.{name}.weight"] = shape
    header, offset = {}, 0
    for name, shape in shapes.items():
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + 2 * math.prod(shape)]}
        offset += 2 * math.prod(shape)
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(offset))


def check_checkpoint(mock, python, scratch):
    shape = ("llama", 256, 2, 4, 2, 64, 512, 301)
    write_zeros(scratch, config(shape))
    for device in DEVICES:
        program, said = emit(scratch, config(shape), device, ["--context", "256", "--batch", "2"])
        if program:
            text = program.read_text()
            program.write_text(text[:text.index("\ndef run(")] + WITH_CHECKPOINT.format(folder=str(scratch)))
        good, how = accepted(mock, python, program, device) if program else (False, said)
        tap.case(f"a program with a checkpoint on {device}: accepted whole", good, how)


def main():
    environment = mock_environment(tap, "emitted programs are accepted by TTNN")
    if environment is None:
        return tap.finish()
    mock, python = environment
    with tempfile.TemporaryDirectory() as scratch:
        check_shapes(mock, python, pathlib.Path(scratch))
        if not only or only in "random":
            check_random(mock, python, pathlib.Path(scratch))
        if not only or only in "checkpoint":
            check_checkpoint(mock, python, pathlib.Path(scratch))
        if not only or only in "test":
            check_test(mock, python, pathlib.Path(scratch))
    return tap.finish()


sys.exit(main())
