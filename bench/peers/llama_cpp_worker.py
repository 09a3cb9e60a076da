"""Times llama.cpp through its C API. Reads one JSON request a line, answers one JSON object a line.

Started by compare.py with a Python that has llama-cpp-python installed:
    llama_cpp_worker.py MODEL.gguf THREADS CONTEXT [flash]
Requests: {"prompt": tokens, "decode": tokens, "depth": tokens} -> {"prompt_s", "decode_s"};
          {"logits": [ids]} -> {"logits": [the last token's]}.
"""
import json
import random
import sys
import time

import llama_cpp as api


def context_of(path: str, threads: int, length: int, flash: bool):
    api.llama_backend_init()
    api.llama_log_set(QUIET, None)
    model = api.llama_model_load_from_file(path.encode(), api.llama_model_default_params())
    params = api.llama_context_default_params()
    params.n_ctx = length
    params.n_batch = params.n_ubatch = 512
    params.n_threads = params.n_threads_batch = threads
    if hasattr(params, "flash_attn_type"):
        params.flash_attn_type = 1 if flash else 0
    return model, api.llama_init_from_model(model, params)


QUIET = api.llama_log_callback(lambda *_: None)


def decode(context, ids: list[int]) -> None:
    array = (api.llama_token * len(ids))(*ids)
    if api.llama_decode(context, api.llama_batch_get_one(array, len(ids))) != 0:
        raise RuntimeError("llama_decode failed")
    api.llama_synchronize(context)


def timed(context, vocab: int, prompt: int, steps: int, depth: int) -> dict:
    rng = random.Random(0)
    api.llama_memory_clear(api.llama_get_memory(context), True)
    ids = [rng.randrange(vocab) for _ in range(max(prompt, depth, 1))]
    answer = {}
    start = time.perf_counter()
    for at in range(0, prompt, 512):
        decode(context, ids[at : min(at + 512, prompt)])
    answer["prompt_s"] = time.perf_counter() - start
    if steps:
        api.llama_memory_clear(api.llama_get_memory(context), True)
        for at in range(0, max(depth, 1), 512):
            decode(context, ids[at : min(at + 512, max(depth, 1))])
        start = time.perf_counter()
        for _ in range(steps):
            decode(context, [rng.randrange(vocab)])
        answer["decode_s"] = time.perf_counter() - start
    return answer


def main() -> None:
    path, threads, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    model, context = context_of(path, threads, length, "flash" in sys.argv[4:])
    vocab = api.llama_vocab_n_tokens(api.llama_model_get_vocab(model))
    print(json.dumps({"ready": True, "vocab": vocab}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "logits" in request:
            api.llama_memory_clear(api.llama_get_memory(context), True)
            decode(context, request["logits"])
            row = api.llama_get_logits_ith(context, -1)
            answer = {"logits": [row[i] for i in range(vocab)]}
        else:
            answer = timed(context, vocab, request["prompt"], request["decode"], request.get("depth", 0))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
