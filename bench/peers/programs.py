"""The two programs of a race, each a process that stays: ours as `ttt bench --paced`, the peer's as llama_cpp_worker.py."""
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path


class Failed(Exception):
    """A program ended or refused; the text says which and why."""


class Process:
    def __init__(self, command: list, env: dict):
        self.command = [str(c) for c in command]
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, env={**os.environ, **env})

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            raise Failed(f"{' '.join(self.command)}\nended with status {self.process.returncode}:\n{self.errors.read()[-1500:]}")
        return json.loads(line)

    def say(self, line: str) -> None:
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.answer()  # raises with the reason

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.errors.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Ours(Process):
    """`ttt bench` that runs one repetition whenever it is asked."""

    def __init__(self, ttt: str, env: dict, folder: Path, threads: int, prompt: int, decode: int, depth: int, batch: int,
                 policy: list):
        super().__init__([ttt, "bench", folder, "--paced", "--json", "--threads", threads, "--prompt", prompt, "--decode",
                          decode, "--depth", depth, "--batch", batch, *policy], env)
        self.warm = self.answer()

    def once(self) -> dict:
        self.say("")
        return self.answer()

    def summary(self) -> dict:
        self.process.stdin.close()
        return self.answer()


class Peer(Process):
    def __init__(self, python: str, gguf: Path):
        super().__init__([python, Path(__file__).with_name("llama_cpp_worker.py"), gguf], {})

    def ask(self, do: str, **request) -> dict:
        self.say(json.dumps({"do": do, **request}))
        answer = self.answer()
        if "error" in answer:
            raise Failed(f"{' '.join(self.command)}\n{do} {request}: {answer['error']}")
        return answer


def run_json(command: list, env: dict) -> dict:
    return json.loads(run_text(command, env))


def run_text(command: list, env: dict | None = None) -> str:
    command = [str(c) for c in command]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(env or {})})
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}\nended with status {done.returncode}:\n{(done.stderr or done.stdout)[-1500:]}")
    return done.stdout


def seconds_of(command: list, env: dict) -> float:
    start = time.perf_counter()
    run_text(command, env)
    return time.perf_counter() - start
