#!/usr/bin/env python3
"""Encoders from outside: ttt forward against golden data, what judges them, and what refuses them by name.

usage: encoder_command_test.py TTT
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from command_line import CommandLine  # noqa: E402
from safetensors_file import compared, read_tensors, write_integers  # noqa: E402
from tap import ROOT, Tap  # noqa: E402

GOLDEN = pathlib.Path(os.environ.get("TTT_GOLDEN") or ROOT.parent / "shared/golden")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-encoder-"))
ttt = CommandLine(sys.argv[1], WORK)
tap = Tap()
BERT = GOLDEN / "bert"
IN, OUT = WORK / "in.safetensors", WORK / "out.safetensors"


def forward(*options):
    return ttt("forward", BERT, "--inputs", IN, "--out", OUT, *options)


def check_goldens():
    golden = read_tensors(BERT / "golden.safetensors")
    for prompt in ("short", "long"):
        write_integers(IN, {k: golden[f"{prompt}.{k}"] for k in ("input_ids", "token_type_ids") if f"{prompt}.{k}" in golden})
        status, out, err = forward("--hidden", "--json")
        faults = [] if status == 0 else [err]
        if not faults:
            mine = read_tensors(OUT)
            wanted = {k.split(".", 1)[1]: v for k, v in golden.items()
                      if k.startswith(f"{prompt}.") and not k.endswith("_ids")}
            faults = [f for f in (compared(k, mine[k], v) for k, v in wanted.items()) if f]
            if prompt == "short" and sorted(mine) != sorted(wanted):
                faults.append(f"other tensors: {sorted(mine)}")
            if json.loads(out)["tensors"]["last_hidden_state"] != list(golden[f"{prompt}.last_hidden_state"][0]):
                faults.append(out)
        tap.case(f"forward gives the {prompt} sequence's rows", not faults, "\n".join(faults))

    write_integers(IN, {k: golden[f"batch.{k}"] for k in ("input_ids", "attention_mask")})
    status, _, err = forward("--hidden")
    (batch, tokens), mask = golden["batch.input_ids"][0], list(golden["batch.attention_mask"][1])
    width = golden["batch.last_hidden_state"][0][-1]
    faults = [] if status == 0 else [err]
    if not faults:
        mine = read_tensors(OUT)
        rows, wanted = mine["last_hidden_state"], golden["batch.last_hidden_state"]
        kept = [i for i in range(batch * tokens * width) if mask[i // width]]
        faults = [f for f in (compared("rows", (rows[0], [rows[1][i] for i in kept]), (wanted[0], [wanted[1][i] for i in kept])),
                              compared("pooler_output", mine["pooler_output"], golden["batch.pooler_output"])) if f]
        if any(rows[1][i] for i in range(batch * tokens * width) if not mask[i // width]):
            faults.append("a row of padding is not zero")
        if mine["hidden.3"] != rows or list(mine["hidden.0"][0]) != [batch, tokens, width]:
            faults.append("hidden.N have other shapes or rows")
    tap.case("forward gives the rows of padded sequences, and zeros for padding", not faults, "\n".join(faults))

    ids = list(golden["short.input_ids"][1])
    write_integers(IN, {"input_ids": ([len(ids)], ids)})
    status, _, err = forward()
    tap.case("ids of shape [T] give rows of shape [T, hidden]",
             status == 0 and list(read_tensors(OUT)["last_hidden_state"][0]) == [len(ids), width], err)
    status, _, err = forward("--device", "ttnn:wormhole_n150")
    tap.case("forward runs on an emulated chip", status == 0, err)
    mine = read_tensors(OUT)["last_hidden_state"][1] if status == 0 else []
    off = max((abs(a - b) for a, b in zip(mine, golden["short.last_hidden_state"][1])), default=1)
    tap.case("and comes near", len(mine) > 0 and 1e-6 < off < 0.15, f"differs by {off}")


def check_reports():
    status, out, err = ttt("plan", BERT, "--json")
    plan = json.loads(out) if status == 0 else {}
    tap.case("plan keeps no keys and values", status == 0 and plan["totals"]["kv"] == 0 and
             plan["step"]["positions"] == 64 and any(b["name"] == "keys_values" for b in plan["buffers"]), err)
    paths = [op["path"] for op in plan.get("ops", [])]
    tap.case("plan names the norms and the pooler", {"norm", "layers.0.attention.norm", "layers.2.mlp.norm", "pooler"} <= set(paths), str(paths))
    status, out, err = ttt("plan", BERT, "--device", "ttnn:wormhole_n150", "--json")
    plan = json.loads(out) if status == 0 else {}
    tap.case("plan on a chip times a pass, no decoding", status == 0 and "pass" in plan["expected"] and
             "decode" not in plan["expected"] and plan["totals"]["kv"] == 0, f"{out[-500:]}{err}")
    status, out, err = ttt("plan", BERT)
    tap.case("plan says what a pass takes", status == 0 and "One pass of batch 1, 64 tokens each" in out, f"{out[-800:]}{err}")
    for device in ("cpu", "ttnn:wormhole_n150", "ttnn:blackhole_p150", "cuda:h100"):
        status, out, err = ttt("check", BERT, "--device", device, "--json")
        tap.case(f"check: compatible with {device}", status == 0 and json.loads(out)["compatible"], f"{out}{err}")
    status, out, err = ttt("describe", BERT, "--json")
    tap.case("describe prints the declaration", status == 0 and "Bidirectional" in out and "Pooler<48>" in out and "PostNorm" in out, f"{out}{err}")
    for device in ((), ("--device", "ttnn:wormhole_n150")):
        status, out, err = ttt("verify", BERT, "--preset", "accuracy", "--json", *device, timeout=240)
        rows = json.loads(out)["rows"] if out else []
        layers = [r for r in rows if r["path"] in ("layers.0", "layers.1", "layers.2")]
        tap.case(f"verify has every layer's PCC {' '.join(device)}", status == 0 and len(layers) == 3 and
                 all(r["pcc"] > 0.999 for r in layers) and any(r["path"] == "pooler" for r in rows), f"exit {status}\n{out[:3000]}{err}")
    status, out, err = ttt("verify", BERT, "--against", f"{BERT / 'golden.safetensors'}#short", "--preset", "exact", "--json")
    tap.case("verify against HuggingFace's rows finds nothing wrong", status == 0 and json.loads(out)["first_bad"] is None, f"{out[:2000]}{err}")


def refusals():
    def r(name, anchor, *arguments, status=1):
        ttt.refused(tap, name, status, anchor, *arguments)
    for command in (("run", "-p", "hello"), ("generate-ids", "--ids", "1,2", "-n", "2"), ("logits", "--ids", "1,2", "--out", OUT),
                    ("bench",), ("profile",), ("tune", "--goal", "latency"), ("optimize",)):
        r(f"{command[0]} on an encoder", "encoder_does_not_generate", command[0], BERT, *command[1:])
    r("a prompt in the plan of an encoder", "option_conflict", "plan", BERT, "--device", "ttnn:wormhole_n150", "--prompt", "32", status=2)

    def inputs(**tensors):
        return write_integers(IN, tensors)
    def f(name, anchor, **tensors):
        inputs(**tensors)
        r(name, anchor, "forward", BERT, "--inputs", IN, "--out", OUT)
    two = ([2, 3], [5, 6, 7, 8, 9, 10])
    f("padding on the left", "mask_not_right_padded", input_ids=two, attention_mask=([2, 3], [0, 1, 1, 1, 1, 1]))
    f("a hole in a mask", "mask_not_right_padded", input_ids=two, attention_mask=([2, 3], [1, 1, 1, 1, 0, 1]))
    f("a mask of twos", "mask_not_right_padded", input_ids=two, attention_mask=([2, 3], [1, 1, 2, 1, 1, 1]))
    f("a sequence of padding alone", "mask_not_right_padded", input_ids=two, attention_mask=([2, 3], [1, 1, 1, 0, 0, 0]))
    f("a mask of another shape", "input_shapes_differ", input_ids=two, attention_mask=([2, 2], [1, 1, 1, 1]))
    f("token types of another shape", "input_shapes_differ", input_ids=two, token_type_ids=([6], [0] * 6))
    f("a token type beyond the model's", "token_type_out_of_range", input_ids=two, token_type_ids=([2, 3], [0, 1, 2, 0, 0, 0]))
    f("an id beyond the vocabulary", "token_out_of_range", input_ids=([2], [1, 293]))
    f("a negative mask", "input_malformed", input_ids=([2], [1, 2]), attention_mask=([2], [1, -1]))
    f("three dimensions", "input_malformed", input_ids=([1, 1, 2], [1, 2]))
    f("no ids", "input_malformed", input_ids=([0], []))
    f("no sequences", "input_malformed", input_ids=([0, 3], []))
    f("too many tokens", "context_full", input_ids=([65], [1] * 65))
    f("an input of another name", "input_unknown", input_ids=([2], [1, 2]), pixel_values=([1], [1]))
    f("no input_ids", "input_missing", attention_mask=([2], [1, 1]))

    def config(name, anchor, **fields):
        folder = WORK / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        text = {**json.loads((BERT / "config.json").read_text()), **fields}
        (folder / "config.json").write_text(json.dumps(text))
        os.symlink(BERT / "model.safetensors", folder / "model.safetensors")
        inputs(input_ids=([2], [1, 2]))
        r(f"config.json with {name}", anchor, "forward", folder, "--inputs", IN, "--out", OUT)
    config("no token types", "config_field", type_vocab_size=0)
    config("2^40 token types", "config_field", type_vocab_size=1 << 40)
    config("other token types than the weights", "tensor_shape", type_vocab_size=3)
    config("no positions", "config_field", max_position_embeddings=0)
    config("other positions than the weights", "tensor_shape", max_position_embeddings=65)
    config("relative positions", "config_field", position_embedding_type="relative_key")
    config("positions of no name", "config_field", position_embedding_type=7)
    config("a decoder's mask", "config_field", is_decoder=True)
    config("cross-attention", "config_field", add_cross_attention=True)
    config("heads that do not divide", "config_fields_disagree", num_attention_heads=5)
    config("an activation of no name", "activation_unknown", hidden_act="mish")
    config("more layers than the weights", "tensor_missing", num_hidden_layers=4)


if BERT.is_dir():
    check_goldens()
    check_reports()
    refusals()
else:
    tap.skip("encoders", "there is no golden data")
shutil.rmtree(WORK, ignore_errors=True)
sys.exit(tap.finish())
