#!/usr/bin/env python3
"""`ttt compile` from outside: the three variants agree bitwise, and nothing but what was compiled is ever loaded.

usage: compile_test.py TTT [--all]     --all: the variants of every golden checkpoint under both presets, and no more
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tap import ROOT, Tap, clang, in_parallel  # noqa: E402

TTT = sys.argv[1]
GOLDEN = pathlib.Path(os.environ.get("TTT_GOLDEN") or ROOT.parent / "shared/golden")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="ttt-compile-"))
HOME = WORK / "cache"
CHEAP = ("--device", "cpu:scalar")  # compiles in half the time of a level with vectors
tap = Tap()


class Done:
    def __init__(self, status, out, err, seconds):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds

    def json(self):
        return json.loads(self.out)

    def error(self):
        """The name of the error on standard output."""
        try:
            return self.json()["error"]["link"].split("#")[1]
        except (ValueError, KeyError):
            return None

    def __str__(self):
        return f"exit status {self.status} after {self.seconds:.1f} s\nstdout: {self.out[:1500]}\nstderr: {self.err[:1500]}"


def environment(cache, **more):
    env = {k: v for k, v in os.environ.items() if k not in ("CXX", "TTT_INCLUDE", "TTT_CXXFLAGS", "TTT_ISA")}
    return {**env, "XDG_CACHE_HOME": str(cache), **{k: str(v) for k, v in more.items()}}


def ttt(*arguments, cache=HOME, timeout=240, umask=-1, **env):
    start = time.monotonic()
    done = subprocess.run([TTT, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, env=environment(cache, **env), umask=umask)
    return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"),
                time.monotonic() - start)


def files(cache, end):
    return sorted((cache / "ttt").glob(f"*{end}")) if (cache / "ttt").is_dir() else []


def script(name, text):
    """A compiler of our own."""
    path = WORK / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# --- the three variants -----------------------------------------------------------------------------------------------

def agree(job):
    """(name, fault) of one model under one preset."""
    name, model, preset, device = job
    case = f"{name}, {preset}: compiled, exact and dynamic give the same bits"
    options = ["--preset", preset, *device]
    made = ttt("compile", model, *options, "--json")
    if made.status != 0 or made.json()["variant"] != "compiled":
        return case, str(made)
    seen = {}
    for variant in ("compiled", "auto", "exact", "dynamic"):
        out = WORK / f"{re.sub(r'[^a-z0-9]', '-', name)}-{preset}-{variant}.safetensors"
        ids = ",".join(str((7 * i * i + 3) % 97) for i in range(40))
        done = ttt("logits", model, "--ids", ids, "--out", out, "--hidden", "--variant", variant, *options, "--json")
        if variant == "exact" and done.error() == "variant_not_found":
            continue  # no known model: dynamic is what there is
        if done.status != 0:
            return case, str(done)
        if done.json()["variant"] != {"auto": "compiled"}.get(variant, variant):
            return case, f"--variant {variant} ran {done.json()['variant']}"
        seen[variant] = out.read_bytes()
        ids = ttt("generate-ids", model, "--ids", "5,6,7", "-n", 12, "--variant", variant, *options, "--json")
        seen[variant] += str(ids.json().get("ids")).encode() if ids.status == 0 else str(ids).encode()
    if len(set(seen.values())) != 1:
        return case, f"the outputs of {', '.join(seen)} differ"
    return case, ""


def variants_agree(whole):
    jobs = [("the demo", "demo", preset, ()) for preset in ("exact", "standard")]
    names = ["llama3-rope", "qwen2"] if not whole else \
        ["llama", "llama-legacycfg-tied-bias", "llama-rope-dynamic", "llama-rope-linear", "llama-rope-yarn", "llama3-rope",
         "mistral", "qwen2", "qwen3"]
    there = [n for n in names if (GOLDEN / n / "model.safetensors").exists()]
    if not there:
        tap.skip("the golden checkpoints in three variants", "there is no golden data")
    for name in there:
        jobs.append((name, GOLDEN / name, "exact", ()))
        if whole:
            jobs.append((name, GOLDEN / name, "standard", ()))
    jobs.append(("the demo on the scalar level", "demo", "exact", CHEAP))
    for case, fault in in_parallel(agree, jobs):
        tap.case(case, not fault, fault)


def one_layer_apart(model):
    """A policy of one layer: its kernels are compiled too, and the bits stay the same."""
    policy = ("--policy", "layers.1.attention:kv=fp32")
    if ttt("describe", model, *CHEAP, *policy).status != 0:
        tap.skip("a layer's own policy, compiled", "the command takes no policies for paths")
        return
    made = ttt("compile", model, *CHEAP, *policy, "--json")
    outs = [WORK / f"layer-{variant}.safetensors" for variant in ("compiled", "dynamic")]
    done = [ttt("logits", model, *CHEAP, *policy, "--preset", "standard", "--ids", "5,6,7,8", "--hidden", "--out", out,
                "--variant", out.stem.split("-")[1]) for out in outs]
    tap.case("a layer's own policy, compiled", made.status == 0 and all(d.status == 0 for d in done) and
             outs[0].read_bytes() == outs[1].read_bytes() and
             {"scalar::attention<fp32, 8>", "scalar::attention<fp16, 8>"} <= set(made.json()["kernels"]), f"{made}\n{done}")


# --- what is kept and found -------------------------------------------------------------------------------------------

def found_again(model):
    cache, log = WORK / "again", WORK / "calls"
    counting = script("counting", f'case "$*" in *-shared*) echo x >> {log};; esac\nexec c++ "$@"')
    first = ttt("compile", model, *CHEAP, "--json", cache=cache, CXX=counting)
    tap.case("compile says what it made", first.status == 0 and first.json()["cached"] is False and
             {"declaration", "key", "library", "source", "compile_s", "compiler", "flags", "kernels", "totals", "policy",
              "isa", "variant"} <= set(first.json()) and "Embedding<" in first.json()["declaration"], first)
    tap.case("compiling one level takes less than 30 s", first.status == 0 and first.json()["compile_s"] < 30, first)
    second = ttt("compile", model, *CHEAP, "--json", cache=cache, CXX=counting)
    tap.case("the second time nothing is compiled", second.status == 0 and second.json()["cached"] is True and
             second.json()["key"] == first.json()["key"] and log.read_text() == "x\n" and second.seconds < 2, second)
    mode = (cache / "ttt").stat().st_mode & 0o777
    tap.case("the cache folder is its owner's alone", mode == 0o700, oct(mode))
    described = ttt("describe", model, *CHEAP, "--json", cache=cache)
    tap.case("describe says compiled", described.status == 0 and described.json()["variant"] == "compiled" and
             "compiled ahead of time" in described.json()["reason"], described)
    bench = ttt("bench", model, *CHEAP, "--prompt", 8, "--decode", 4, "--repeat", 1, "--variant", "compiled", "--json",
                cache=cache)
    tap.case("bench runs it", bench.status == 0 and bench.json()["variant"] == "compiled", bench)
    for what, options in {"another level": ("--device", "cpu:x86_64_v2"), "another policy": (*CHEAP, "--policy", "kv=fp32"),
                          "another preset": (*CHEAP, "--preset", "exact")}.items():
        other = ttt("describe", model, *options, "--json", cache=cache)
        tap.case(f"{what} is another variant", other.status == 0 and other.json()["variant"] != "compiled", other)
    missing = ttt("describe", model, *CHEAP, "--policy", "kv=fp32", "--variant", "compiled", "--json", cache=cache)
    tap.case("--variant compiled names the command that makes it", missing.error() == "compiled_variant_missing" and
             f"ttt compile {model} --preset standard --policy kv=fp32 --device cpu:scalar" in missing.err, missing)
    spelled = ttt("describe", model, *CHEAP, "--policy", "kv=fp16,chunk=256", "--json", cache=cache)
    tap.case("a policy that spells the default out is the same one", spelled.status == 0 and
             spelled.json()["variant"] == "compiled", spelled)
    out = WORK / "copies"
    copied = ttt("compile", model, *CHEAP, "-o", out, cache=cache, CXX=counting)
    names = sorted(p.name for p in out.iterdir()) if out.is_dir() else []
    tap.case("-o copies source and library", copied.status == 0 and len(names) == 2 and
             all(re.fullmatch(r"[a-z0-9_]+\.(cpp|so)", n) for n in names), f"{names}\n{copied}")
    narrow = ttt("compile", model, *CHEAP, "--json", cache=WORK / "umask", umask=0)
    usable = ttt("describe", model, *CHEAP, "--variant", "compiled", "--json", cache=WORK / "umask")
    tap.case("a umask of 0 leaves nothing that others can write", narrow.status == 0 and usable.status == 0 and
             all(p.stat().st_mode & 0o022 == 0 for p in [WORK / "umask/ttt", *files(WORK / "umask", "")]), usable)
    other = clang()
    if other:
        made = ttt("compile", model, *CHEAP, "--json", cache=cache, CXX=other)
        tap.case("another compiler's is kept beside it", made.status == 0 and made.json()["cached"] is False and
                 len(files(cache, ".so")) == 2, made)
    else:
        tap.skip("another compiler's is kept beside it", "there is no clang++ 16 or newer")


def two_at_once(model):
    cache, log = WORK / "race", WORK / "race-calls"
    slow = script("slow", f'case "$*" in *-shared*) echo x >> {log}; sleep 1;; esac\nexec c++ "$@"')
    start = lambda: subprocess.Popen([TTT, "compile", str(model), *CHEAP, "--json"], stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, env=environment(cache, CXX=slow))
    results = [(p.communicate(timeout=120), p.returncode) for p in [start() for _ in range(3)]]
    good = all(status == 0 for _, status in results)
    cached = sorted(json.loads(out)["cached"] for (out, _), _ in results) if good else []
    tap.case("of three at once one compiles and all end well", cached == [False, True, True] and
             log.read_text() == "x\n", f"{results}")


def interrupted(model):
    cache, pids = WORK / "killed", WORK / "pids"
    endless = script("endless", f'case "$*" in *-shared*) echo $$ >> {pids}; sleep 300;; esac\nexec c++ "$@"')

    def begun():
        pids.unlink(missing_ok=True)
        process = subprocess.Popen([TTT, "compile", str(model), *CHEAP, "--json"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment(cache, CXX=endless))
        for _ in range(200):
            if pids.exists() and pids.read_text().strip():
                break
            time.sleep(0.05)
        return process, int(pids.read_text())

    def is_gone(pid):
        for _ in range(100):
            try:
                if pathlib.Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z":
                    return True
            except OSError:
                return True
            time.sleep(0.05)
        return False

    process, pid = begun()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    tap.case("Ctrl-C ends the compiler too", process.returncode == 1 and b"compile_cancelled" in out and is_gone(pid),
             f"{process.returncode}\n{out}\n{err}")
    process, pid = begun()
    process.kill()
    process.communicate(timeout=20)
    os.killpg(pid, signal.SIGKILL)
    for left in ("x.so.tmp.1", "y.so"):  # what a kill or a power cut may leave
        (cache / "ttt" / (files(cache, ".cpp")[0].stem + "." + left)).write_bytes(b"\x7fELF")
    run = ttt("describe", model, *CHEAP, "--json", cache=cache)
    tap.case("a killed compile leaves nothing that is loaded", run.status == 0 and run.json()["variant"] != "compiled" and
             "note" not in run.err, run)
    again = ttt("compile", model, *CHEAP, "--json", cache=cache)
    tap.case("and the next one works", again.status == 0, again)
    late = ttt("compile", model, *CHEAP, "--json", cache=WORK / "late", CXX=endless, TTT_COMPILE_TIMEOUT=1)
    tap.case("a compiler that does not end is ended", late.error() == "compile_timeout" and late.seconds < 10, late)
    tap.case("and leaves no library", not files(WORK / "late", ".so") and not files(WORK / "late", ".json"), late)


# --- what must not be loaded ------------------------------------------------------------------------------------------

def tampered(model):
    """Each change to a good cache: `--variant compiled` refuses with a name, `auto` runs without it and says so."""
    good = WORK / "good"
    made = ttt("compile", model, *CHEAP, cache=good)
    other = ttt("compile", model, *CHEAP, "--preset", "exact", cache=WORK / "other")
    if made.status != 0 or other.status != 0:
        tap.case("a cache to tamper with", False, f"{made}\n{other}")
        return
    library, record = files(good, ".so")[0].name, files(good, ".json")[0].name

    def flip(f):
        data = bytearray((f / library).read_bytes())
        data[len(data) // 2] ^= 1
        (f / library).write_bytes(data)

    def edit(f, **fields):
        (f / record).write_text(json.dumps({**json.loads((f / record).read_text()), **fields}))

    def another_plan(f):
        text = next(f.glob("*.cpp")).read_text()
        key = re.search(r'"([0-9a-f]{64})"', text)[1]
        source = WORK / "forged.cpp"
        source.write_text(text.replace("request() {\n", "request() { /* of another context */\n", 1)
                          .replace("bf16_dot, ", "bf16_dot, 1 + ", 1))
        subprocess.run(["c++", *json.loads((f / record).read_text())["flags"], f"-I{ROOT / 'include'}", "-o", f / library,
                        source], check=True)
        (f / library).chmod(0o600)
        edit(f, sha256=hashlib.sha256((f / library).read_bytes()).hexdigest(), key=key)

    def not_ours(f):
        (f / library).write_bytes(b"\x7fELF" + bytes(5000))
        edit(f, sha256=hashlib.sha256((f / library).read_bytes()).hexdigest())

    def other_pair(f):
        for path in [*files(WORK / "other", ".so"), *files(WORK / "other", ".json")]:
            shutil.copy(path, f / (library if path.suffix == ".so" else record))

    def other_library(f):
        shutil.copy(files(WORK / "other", ".so")[0], f / library)
        edit(f, sha256=hashlib.sha256((f / library).read_bytes()).hexdigest())

    def link(f, name):
        shutil.move(f / name, WORK / "moved")
        (f / name).symlink_to(WORK / "moved")

    def linked_folder(f):
        elsewhere = WORK / "elsewhere"
        shutil.rmtree(elsewhere, ignore_errors=True)
        shutil.move(f, elsewhere)
        f.symlink_to(elsewhere)

    def fifo(f):
        (f / library).unlink()
        os.mkfifo(f / library, 0o600)

    changes = {
        "one bit of the library": ("compiled_variant_rejected", flip),
        "a library cut short": ("compiled_variant_rejected", lambda f: os.truncate(f / library, 4096)),
        "an empty library": ("compiled_variant_rejected", lambda f: os.truncate(f / library, 0)),
        "a library that is not there": ("file_missing", lambda f: (f / library).unlink()),
        "a file that is no library, with its own hash": ("compiled_variant_rejected", not_ours),
        "a library of another plan, with its own hash": ("compiled_variant_rejected", another_plan),
        "another variant under this one's name": ("compiled_variant_rejected", other_pair),
        "another variant's library with its own hash": ("compiled_variant_rejected", other_library),
        "a record of another version": ("compiled_variant_rejected", lambda f: edit(f, ttt_variant=99)),
        "a record of another key": ("compiled_variant_rejected", lambda f: edit(f, key="0" * 64)),
        "a record without a hash": ("compiled_variant_rejected", lambda f: edit(f, sha256=None)),
        "a record cut short": ("json_malformed", lambda f: os.truncate(f / record, 20)),
        "a library that the group can write": ("cache_refused", lambda f: (f / library).chmod(0o660)),
        "a library that all can write": ("cache_refused", lambda f: (f / library).chmod(0o606)),
        "a record that all can write": ("cache_refused", lambda f: (f / record).chmod(0o602)),
        "a folder that all can write": ("cache_refused", lambda f: f.chmod(0o777)),
        "a folder that the group can write": ("cache_refused", lambda f: f.chmod(0o770)),
        "a link as library": ("cache_refused", lambda f: link(f, library)),
        "a link as record": ("cache_refused", lambda f: link(f, record)),
        "a link as folder": ("cache_refused", linked_folder),
        "a FIFO as library": ("cache_refused", fifo),
    }
    if os.getuid() == 0:
        changes |= {"a library of another user's": ("cache_refused", lambda f: os.chown(f / library, 1, 0)),
                    "a record of another user's": ("cache_refused", lambda f: os.chown(f / record, 1, 0)),
                    "a folder of another user's": ("cache_refused", lambda f: os.chown(f, 1, 0))}
    else:
        tap.skip("files of another user's", "only root can give files away")
    for what, (name, change) in changes.items():
        cache = WORK / "bad"
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(good, cache, copy_function=shutil.copy)
        (cache / "ttt").chmod(0o700)
        change(cache / "ttt")
        demanded = ttt("describe", model, *CHEAP, "--variant", "compiled", "--json", cache=cache)
        ignored = ttt("describe", model, *CHEAP, "--json", cache=cache)
        tap.case(f"{what}: refused", demanded.status == 1 and demanded.error() == name, demanded)
        tap.case(f"{what}: not used, with a note", ignored.status == 0 and ignored.json()["variant"] != "compiled" and
                 "note: the compiled variant is not used" in ignored.err, ignored)
        if name == "compiled_variant_rejected" and what.startswith(("one bit", "a record of another v")):
            repaired = ttt("compile", model, *CHEAP, "--json", cache=cache)
            tap.case(f"{what}: compiled anew", repaired.status == 0 and repaired.json()["cached"] is False, repaired)


# --- what keeps it from compiling -------------------------------------------------------------------------------------

def refusals(model):
    def refused(what, name, *arguments, **env):
        done = ttt("compile", model, *CHEAP, *arguments, "--json", cache=env.pop("cache", WORK / "never"), **env)
        lines = [line.split(":")[0] for line in done.err.splitlines()]
        tap.case(f"refused: {what}", done.status == 1 and done.error() == name and
                 [l for l in lines if l != "file"] == ["module", "issue", "suggestion", "see"], done)
        return done

    (WORK / "nothing").mkdir()
    refused("no compiler on PATH", "compiler_missing", PATH=WORK / "nothing")
    refused("a compiler that is not there", "compiler_missing", CXX="no-such-compiler")
    refused("a compiler that is a folder", "compiler_missing", CXX=WORK)
    refused("a compiler that does not answer", "compiler_missing", CXX="false")
    shouting = script("shouting", 'case "$*" in --version) echo shouting 1;; *) for i in 1 2 3 4 5 6 7 8; do '
                      'echo "x.cpp:$i: error: \033[1mbad\007 thing $i"; done; exit 4;; esac')
    done = refused("a compiler that fails", "compile_failed", CXX=shouting)
    tap.case("its first errors are shown, and no more", "status 4" in done.err and "thing 1" in done.err and
             "thing 3" in done.err and "thing 4" not in done.err and "\033" not in done.err, done)
    silent = script("silent", 'case "$*" in --version) echo silent 1;; esac')
    refused("a compiler that writes nothing", "file_missing", CXX=silent)
    wrong = script("wrong", 'case "$*" in --version) echo wrong 1;; esac\nwhile [ $# -gt 1 ]; do '
                   '[ "$1" = -o ] && echo rubbish > "$2"; shift; done')
    refused("a compiler that writes rubbish", "compiled_variant_rejected", CXX=wrong)
    crashing = script("crashing", 'case "$*" in --version) echo crashing 1;; *) kill -SEGV $$;; esac')
    refused("a compiler that crashes", "compile_failed", CXX=crashing)
    refused("flags it does not know", "compile_failed", TTT_CXXFLAGS="-fno-such-flag")
    refused("no headers", "compile_headers", TTT_INCLUDE=WORK / "nothing")
    changed = WORK / "include"
    shutil.copytree(ROOT / "include", changed)
    with open(changed / "ttt/kernels/args.hpp", "a") as f:
        f.write("// changed\n")
    refused("headers of another version", "compile_headers", TTT_INCLUDE=changed)
    refused("no home", "cache_refused", cache="", HOME="")
    (WORK / "file").write_text("")
    refused("a file as cache", "file_unwritable", cache=WORK / "file")
    done = ttt("compile", model, "--policy", "weights=bfloat8_b", "--json")
    tap.case("refused: a policy without kernels", done.status == 1 and done.error() not in (None, "compile_failed"), done)
    done = ttt("compile", WORK / "nothing", "--json")
    tap.case("refused: no model", done.error() == "config_missing", done)
    done = ttt("run", model, "-p", "x", "-n", "1", cache="", HOME="")
    tap.case("without a home the other commands are as ever", done.error() is None and "note" not in done.err and
             "tokenizer_missing" in done.err, done)


def hostile_names(model):
    """Names and texts from files are nowhere in the source."""
    names = ['x"; system("touch pwned"); //', "$(touch pwned)", "a\nint main() {}", "`touch pwned`", "%s%n", "class", "-o", "é",
             "x" * 200]
    allowed = ttt("compile", model, *CHEAP, "--json", cache=WORK / "hostile")
    source = pathlib.Path(allowed.json()["source"]).read_text() if allowed.status == 0 else ""
    for name in names:
        folder = WORK / "hostile-models" / name
        shutil.copytree(model, folder)
        config = json.loads((folder / "config.json").read_text())
        config |= {"_name_or_path": 'y"; #include "/etc/passwd"', "architectures": ['Z"; int z;'], "transformers_version": "?"}
        (folder / "config.json").write_text(json.dumps(config))
        out = WORK / "hostile-out"
        shutil.rmtree(out, ignore_errors=True)
        done = ttt("compile", folder, *CHEAP, "-o", out, "--json", cache=WORK / "hostile")
        made = sorted(p.name for p in out.iterdir()) if out.is_dir() else []
        tap.case(f"a folder called {name!r:.40}", done.status == 0 and done.json()["cached"] is True and
                 all(re.fullmatch(r"[a-z0-9_]{1,64}\.(cpp|so)", n) for n in made) and len(made) == 2 and
                 re.match(r"constexpr auto [a-z0-9_]+ =\n", done.json()["declaration"]), f"{made}\n{done}")
    words = set(re.findall(r'"([^"]*)"', source))
    tap.case("the source's texts are its key, a path of the model and C", bool(words) and all(
        re.fullmatch(r"[0-9a-f]{64}|[a-z0-9_.]*|C", w) for w in words), words)
    for field, value in {"model_type": 'llama"; int x;', "hidden_act": 'silu"; int x;', "rope_scaling": {
            "rope_type": 'yarn"', "factor": 2}, "rms_norm_eps": 1e999, "rope_theta": float("nan")}.items():
        folder = WORK / "hostile-models" / f"field-{field}"
        shutil.copytree(model, folder)
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, field: value}))
        done = ttt("compile", folder, *CHEAP, "--json", cache=WORK / "hostile")
        tap.case(f"a hostile {field} is refused before there is a source", done.status == 1 and
                 done.error() not in (None, "compile_failed", "internal_fault"), done)
    tap.case("nothing was run", not list(WORK.rglob("pwned")) and not pathlib.Path("pwned").exists())


model = WORK / "model"
synth = ttt("synth", "stories260k", model)
tap.case("synth writes a checkpoint to compile", synth.status == 0, synth)
try:
    variants_agree("--all" in sys.argv)
    rest = (one_layer_apart, found_again, two_at_once, interrupted, tampered, refusals, hostile_names)
    for part in () if "--all" in sys.argv else rest:
        part(model)
finally:
    shutil.rmtree(WORK, ignore_errors=True)
sys.exit(tap.finish())
