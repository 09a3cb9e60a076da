"""Plans of decoders on described devices, by the command: for tests of times and of advice."""

import json
import pathlib
import shutil
import subprocess
import tempfile

from decoder_config import decoder

MODELS = {
    "Llama-3.1-8B": decoder("llama", 128256, 4096, 14336, 32, 32, 8, 131072, rope_theta=500000.0),
    "Llama-3.2-3B": decoder("llama", 128256, 3072, 8192, 28, 24, 8, 131072, head_dim=128, tie_word_embeddings=True),
    "Llama-3.2-1B": decoder("llama", 128256, 2048, 8192, 16, 32, 8, 131072, head_dim=64, tie_word_embeddings=True),
    "Qwen2.5-0.5B": decoder("qwen2", 151936, 896, 4864, 24, 14, 2, 32768, tie_word_embeddings=True),
    "SmolLM2-135M": decoder("llama", 49152, 576, 1536, 30, 9, 3, 8192, head_dim=64, tie_word_embeddings=True),
    "narrow": decoder("llama", 32000, 1024, 2816, 4, 16, 4, 4096),
    "even": decoder("llama", 32000, 1024, 1024, 4, 16, 8, 4096),
}
DEVICES = {"n150": "ttnn:wormhole_n150", "n300": "ttnn:wormhole_n300", "T3000": "ttnn:wormhole_t3000",
           "P100": "ttnn:blackhole_p100", "P150": "ttnn:blackhole_p150"}


class Plans:
    def __init__(self, ttt, tap):
        self.ttt, self.tap = ttt, tap
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="ttt-device-plans-"))

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        shutil.rmtree(self.work, ignore_errors=True)

    def folder(self, model):
        path = self.work / model
        if not path.exists():
            path.mkdir()
            (path / "config.json").write_text(json.dumps(MODELS[model]))
        return path

    def run(self, *words):
        done = subprocess.run([self.ttt, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def asked(self, command, model, device, *words):
        """The command's object, or None where it refuses."""
        status, out, err = self.run(command, self.folder(model), "--device", DEVICES[device], *words, "--json")
        try:
            found = json.loads(out)
        except ValueError:
            self.tap.case(f"{command} of {model} on {device} {' '.join(map(str, words))}", False, f"exit status {status}\n{out[:500]}\n{err[:800]}")
            return None
        return None if "error" in found else found

    def plan(self, model, device, *words):
        """The plan's object; a test fails without one."""
        found = self.asked("plan", model, device, *words)
        if found is None:
            self.tap.case(f"plan of {model} on {device} {' '.join(map(str, words))}", False, "it is refused")
        return found
