"""llama.cpp through its C API, as a process that answers requests: one JSON object a line, one answer a line.

`run` starts it with the Python that has llama-cpp-python:  llama_cpp_worker.py MODEL.gguf
  {"do": "load", "repack": bool}                    -> {"vocab", "system", "baseline_bytes"}; once
  {"do": "context", "name", "length", "sequences", "flash", "kv", "unified", "threads"} -> {}
  {"do": "time", "context", "threads", "prompt", "decode", "depth", "repeat"} -> {"prompt": [s], "decode": [s]}
  {"do": "first_token", "threads", "length", "kv"}  -> {"seconds"}: loading, a context and the first token's logits
  {"do": "logits", "ids", "out"}                    -> {}: fp32 of every position, raw, into a file
  {"do": "memory"}                                  -> {"peak_bytes"}
  {"do": "close", "context"}                        -> {}
Anything that fails answers {"error"}.
"""
import ctypes
import json
import random
import sys
import time

import llama_cpp as api

QUIET = api.llama_log_callback(lambda *_: None)
KV = {"f16": 1, "q8_0": 8}  # ggml_type
CHUNK = 512


def peak_bytes() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


class Worker:
    def __init__(self, path: str):
        self.path = path.encode()
        self.model = None
        self.contexts = {}

    def load(self, repack: bool = True) -> dict:
        api.llama_log_set(QUIET, None)
        api.llama_backend_init()
        baseline = peak_bytes()
        params = api.llama_model_default_params()
        params.use_extra_bufts = repack
        self.model = api.llama_model_load_from_file(self.path, params)
        if not self.model:
            raise RuntimeError("the model was not loaded")
        self.vocab = api.llama_vocab_n_tokens(api.llama_model_get_vocab(self.model))
        return {"vocab": self.vocab, "system": api.llama_print_system_info().decode(), "baseline_bytes": baseline}

    def context(self, name: str, length: int, threads: int, sequences: int = 1, flash: bool = False, kv: str = "f16",
                unified: bool = True) -> dict:
        params = api.llama_context_default_params()
        params.n_ctx = length * sequences
        params.n_batch = params.n_ubatch = max(CHUNK, sequences)
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = int(flash)
        params.type_k = params.type_v = KV[kv]
        params.kv_unified = unified
        context = api.llama_init_from_model(self.model, params)
        if not context:
            raise RuntimeError(f"no context of {params.n_ctx} positions, {kv}, flash {flash}")
        self.contexts[name] = context, api.llama_batch_init(max(CHUNK, sequences), 0, 1), sequences
        return {}

    def close(self, context: str) -> dict:
        held, batch, _ = self.contexts.pop(context)
        api.llama_batch_free(batch)
        api.llama_free(held)
        return {}

    def decode(self, name: str, batch) -> None:
        context = self.contexts[name][0]
        if api.llama_decode(context, batch) != 0:
            raise RuntimeError(f"llama_decode of {batch.n_tokens} tokens failed")
        api.llama_synchronize(context)

    def of_many(self, name: str, tokens: list):
        """The context's batch, filled anew. tokens: (id, position, sequence, whether its logits are wanted)"""
        batch = self.contexts[name][1]
        batch.n_tokens = len(tokens)
        for i, (token, position, sequence, logits) in enumerate(tokens):
            batch.token[i], batch.pos[i], batch.logits[i] = token, position, logits
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, sequence
        return batch

    def steps(self, name: str, ids: list, begin: int, end: int, chunk: int) -> list:
        """ids[begin:end] in chunks, as calls to make: of one sequence all is laid out before the clock starts."""
        spans = [(at, min(at + chunk, end)) for at in range(begin, end, chunk)]
        if self.contexts[name][2] == 1:  # the next positions, logits of the last
            arrays = [(api.llama_token * (b - a))(*ids[a:b]) for a, b in spans]
            return [lambda array=array: self.decode(name, api.llama_batch_get_one(array, len(array))) for array in arrays]
        sequences = range(self.contexts[name][2])
        if chunk == 1:
            return [lambda a=a: self.decode(name, self.of_many(name, [(ids[a], a, s, 1) for s in sequences])) for a, _ in spans]
        return [lambda a=a, b=b, s=s: self.decode(name, self.of_many(name, [(ids[i], i, s, i == end - 1) for i in range(a, b)]))
                for s in sequences for a, b in spans]

    def timed(self, name: str, depth: int, ids: list, tokens: int, chunk: int) -> float:
        self.cut(name, depth)
        steps = self.steps(name, ids, depth, depth + tokens, chunk)
        start = time.perf_counter()
        for step in steps:
            step()
        return time.perf_counter() - start

    def cut(self, name: str, length: int) -> None:
        context, _, sequences = self.contexts[name]
        memory = api.llama_get_memory(context)
        if length == 0:
            api.llama_memory_clear(memory, False)
        else:
            for sequence in range(sequences):
                api.llama_memory_seq_rm(memory, sequence, length, -1)

    def time(self, context: str, threads: int, prompt: int, decode: int, depth: int = 0, repeat: int = 1) -> dict:
        """Seconds for the prompt and for the decoded tokens of all sequences, both behind `depth` tokens. The depth is
        filled at a context's first call and kept."""
        held = self.contexts[context][0]
        api.llama_set_n_threads(held, threads, threads)
        rng = random.Random(0)
        ids = [rng.randrange(self.vocab) for _ in range(depth + max(prompt, decode, 1))]
        if api.llama_memory_seq_pos_max(api.llama_get_memory(held), 0) + 1 < depth:
            self.timed(context, 0, ids, depth, CHUNK)
        answer = {"prompt": [], "decode": []}
        for _ in range(repeat):
            if prompt:
                answer["prompt"].append(self.timed(context, depth, ids, prompt, CHUNK))
            if decode:
                answer["decode"].append(self.timed(context, depth, ids, decode, 1))
        return answer

    def first_token(self, threads: int, length: int, kv: str = "f16") -> dict:
        start = time.perf_counter()
        self.load()
        self.context("first", length, threads, kv=kv, flash=kv != "f16")
        self.decode("first", self.of_many("first", [(1, 0, 0, 1)]))
        return {"seconds": time.perf_counter() - start}

    def logits(self, ids: list, out: str) -> dict:
        self.context("logits", len(ids), 2)
        with open(out, "wb") as file:
            for at in range(0, len(ids), CHUNK):
                part = ids[at : at + CHUNK]
                self.decode("logits", self.of_many("logits", [(token, at + i, 0, 1) for i, token in enumerate(part)]))
                rows = api.llama_get_logits(self.contexts["logits"][0])
                file.write(ctypes.string_at(rows, len(part) * self.vocab * 4))
        return self.close("logits")

    def memory(self) -> dict:
        return {"peak_bytes": peak_bytes()}


def main() -> None:
    worker = Worker(sys.argv[1])
    requests = {name: getattr(worker, name) for name in ("load", "context", "close", "time", "first_token", "logits", "memory")}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = requests[request.pop("do")](**request)
        except Exception as fault:  # the answer says so; whoever asked decides
            answer = {"error": f"{type(fault).__name__}: {fault}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
