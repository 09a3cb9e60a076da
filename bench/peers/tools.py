"""What a race needs beside its programs: the peer's environment, random checkpoints, the peer's files."""
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from programs import Failed, run_text
from rows import FORMATS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEER = "llama-cpp-python==0.3.36"
LEVELS = {
    "native": ("", {}),
    "avx2": ("-DGGML_NATIVE=OFF -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DGGML_AVX512=OFF",
             {"TTT_ISA": "avx2"}),
}
"""Instruction sets of both programs: how the peer is built, and what ours is told."""

QUANTISE = """
import ctypes, sys, llama_cpp as api
params = api.llama_model_quantize_default_params()
params.ftype, params.pure, params.allow_requantize = int(sys.argv[3]), True, True
sys.exit(api.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), ctypes.byref(params)))
"""
BITS = """
import gguf, sys
matrices = [t for t in gguf.GGUFReader(sys.argv[1]).tensors if len(t.shape) == 2]
print(8.0 * sum(int(t.n_bytes) for t in matrices) / sum(int(t.n_elements) for t in matrices))
"""


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Tools:
    def __init__(self, work: Path, level: str, ttt: str | None, python: str | None, golden: Path):
        self.work, self.level, self.golden = work, level, golden
        self.flags, self.env = LEVELS[level][0], dict(LEVELS[level][1])
        work.mkdir(parents=True, exist_ok=True)
        self.cache = work / "packed"
        self.env["TTT_CACHE"] = str(self.cache)
        self.python = python or self.install()
        self.ttt = ttt or self.build()

    def install(self) -> str:
        """A virtual environment with the peer built from its source package; made once."""
        venv = self.work / f"venv-{self.level}"
        python = venv / "bin" / "python"
        if not (venv / "complete").exists():
            progress(f"building {PEER} from source in {venv} (some 10 minutes)")
            log = self.work / f"venv-{self.level}.log"
            with open(log, "w") as out:
                for command in ([sys.executable, "-m", "venv", venv],
                                [python, "-m", "pip", "install", "--no-binary", "llama-cpp-python", PEER, "gguf", "numpy"]):
                    env = {**os.environ, "CMAKE_ARGS": self.flags}
                    if subprocess.run(command, stdout=out, stderr=out, env=env).returncode != 0:
                        raise Failed(f"the peer was not installed; see {log}")
            (venv / "complete").touch()
        return str(python)

    def build(self) -> str:
        progress("building ttt")
        done = subprocess.run([ROOT / "tools/build"], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failed("tools/build failed")
        return done.stdout.splitlines()[-1]

    def checkpoint(self, model: str) -> Path:
        if model == "demo":
            return ROOT / "tools/demo_model/demo"
        if model == "stories260K-trained":
            folder = self.golden / "real/stories260K"
            if not folder.is_dir():
                raise Failed(f"{folder} is not there: give --golden")
            return folder
        folder = self.work / model
        if not (folder / "model.safetensors").exists():
            progress(f"writing random weights: {model}")
            run_text([self.ttt, "synth", model, folder])
        return folder

    def golden_file(self, model: str) -> Path:
        return ROOT / "tools/demo_model/demo_golden.json" if model == "demo" else self.checkpoint(model) / "golden.json"

    def told_stories(self, count: int) -> str:
        tell = "import random, sys; from corpus import story; rng = random.Random(977)\n" \
               "print(*[story(rng) for _ in range(int(sys.argv[1]))], sep='\\n\\n')"
        return run_text([sys.executable, "-B", "-c", tell, count], {"PYTHONPATH": str(ROOT / "tools/demo_model")})

    def models(self, model: str, format: str) -> tuple:
        """The checkpoint and the peer's file of one format."""
        folder, plain = self.checkpoint(model), self.work / f"{model}.gguf"
        if not plain.exists():
            progress(f"converting {model}")
            run_text([self.python, HERE / "to_gguf.py", folder, f"{plain}.part"])
            os.replace(f"{plain}.part", plain)
        how = FORMATS[format]
        config = json.loads((folder / "config.json").read_text())
        if format == "bf16" and config.get("dtype", config.get("torch_dtype")) == "bfloat16":
            return folder, plain
        small = self.work / f"{model}-{how.peer}.gguf"
        if not small.exists():
            progress(f"quantising {model} to {how.peer}")
            run_text([self.python, "-c", QUANTISE, plain, f"{small}.part", how.file_type])
            os.replace(f"{small}.part", small)
        return folder, small

    def peer_bits(self, gguf: Path) -> float:
        return float(run_text([self.python, "-c", BITS, gguf]))

    def compare_logits(self, files: dict) -> dict:
        request = json.dumps({who: list(map(str, paths)) for who, paths in files.items()})
        done = subprocess.run([self.python, HERE / "compare_logits.py"], input=request, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"compare_logits.py: {done.stderr[-1500:]}")
        return json.loads(done.stdout)

    def forget_packed(self) -> None:
        """The next start of ttt is a first one."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def packed_files(self) -> list:
        return [path for path in self.cache.rglob("*") if path.is_file()]

    def setting(self) -> dict:
        """Machine and programs; results of different ones are never mixed."""
        names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("model name")]
        commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
        devices = json.loads(run_text([self.ttt, "devices", "--json"], self.env))["devices"][0]
        return {"processor": names[0] if names else platform.machine(), "cores": os.cpu_count(), "isa": devices["isa"],
                "level": self.level, "peer": PEER, "peer_build": self.flags or "native", "commit": commit.stdout.strip()}
