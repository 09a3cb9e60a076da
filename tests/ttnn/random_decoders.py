"""Random decoders and ways to run them, for programs that nobody thought of: each as a config.json, a device and options
of `ttt emit`."""

FAMILIES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM", "mistral": "MistralForCausalLM"}
ROPES = [
    {"rope_type": "linear", "factor": 4.0},
    {"rope_type": "dynamic", "factor": 2.0, "original_max_position_embeddings": 4096},
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 2048},
    {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192},
]


def config_of(dice):
    family = dice.choice(list(FAMILIES))
    head_dim = dice.choice([32, 64, 64, 64, 80, 96, 128, 128, 128, 256])
    kv_heads = dice.choice([1, 2, 2, 3, 4, 4, 5, 8, 8, 16])
    heads = kv_heads * dice.choice([1, 1, 2, 3, 4, 4, 5, 7, 8])
    wide = heads * head_dim
    hidden = dice.choice([wide, wide, dice.randrange(4, 161) * 32, dice.randrange(1, 21) * 256])
    if not 128 <= hidden <= 5120 or wide > 10240:
        return config_of(dice)
    ffn = dice.choice([dice.randrange(2, 450) * 32, (2 * dice.randrange(2, 225) + 1) * 32, dice.randrange(64, 14000), 4 * hidden, 2 * hidden + 64])
    config = {"model_type": family, "architectures": [FAMILIES[family]], "hidden_size": hidden, "num_hidden_layers": 36 if dice.random() < 0.03 else dice.randrange(1, 4),
              "num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": head_dim, "intermediate_size": ffn,
              "vocab_size": dice.choice([dice.randrange(200, 160000), dice.randrange(1000, 5000) * 32, 32000, 49152, 128256, 151936]), "hidden_act": "silu",
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 32768, "tie_word_embeddings": dice.random() < 0.5,
              "torch_dtype": "bfloat16"}
    if dice.random() < 0.3:
        config["rope_scaling"] = dice.choice(ROPES)
    if family == "mistral" and dice.random() < 0.7:
        config["sliding_window"] = dice.choice([100, 512, 1024, 4096])
    if family == "qwen2" and dice.random() < 0.3:
        config |= {"use_sliding_window": True, "sliding_window": dice.choice([128, 1000]), "max_window_layers": 1}
    if family == "llama" and dice.random() < 0.05:
        config["attention_bias"] = True
    return config


def policies_of(dice, layers, chips):
    formats = ["bf16", "bfloat8_b", "bfloat4_b"]
    groups = ["qkv", "o", "gate_up", "down", "head"]
    fidelities = ["LoFi", "HiFi2", "HiFi3", "HiFi4"]
    layer = dice.randrange(layers)
    whole = [
        lambda: f"kv={dice.choice(formats)}", lambda: f"page={dice.choice([32, 64, 64, 128, 128, 256, 96])}", lambda: "kv_form=contiguous",
        lambda: f"chunk={dice.choice([32, 64, 100, 128, 256, 512, 1024, 3000, 4096])}", lambda: f"chunk={dice.choice([128, 512, 1024, 2048])}",
        lambda: f"weights={dice.choice([*formats, 'fp32'])}", lambda: f"weights.{dice.choice(groups)}={dice.choice(formats)}",
        lambda: f"fidelity={dice.choice(fidelities)}", lambda: f"fidelity.{dice.choice(groups)}={dice.choice(fidelities)}",
        lambda: f"scores={dice.choice(fidelities)}", lambda: f"accumulate={dice.choice(['fp32', 'bf16'])}", lambda: "activations=bfloat8_b",
    ]
    parts = [
        lambda: f"layers.{layer}.mlp:weights={dice.choice(formats)},fidelity={dice.choice(fidelities)}",
        lambda: f"layers.{layer}.attention:kv={dice.choice(formats)}", lambda: f"layers.{layer}:accumulate=fp32",
        lambda: f"layers.{layer}.attention:weights.o={dice.choice(formats)},scores.prompt={dice.choice(fidelities)}",
    ]
    rare = [lambda: "qkv=separate", lambda: "kernel=naive", lambda: "layers.*.attention:kernel=naive", lambda: "layout=row_major"]
    if chips > 1:
        rare += [lambda: f"shard={dice.choice(['replicate', 'none', 'column'])}", lambda: "shard.qkv=replicate,shard.o=replicate",
                 lambda: "shard.gate_up=replicate,shard.down=replicate", lambda: "shard.head=replicate", lambda: "shard.embedding=replicate"]
    picked = [f() for f in dice.sample(whole, dice.choice([0, 0, 1, 1, 2, 3]))]
    picked += [f() for f in dice.sample(parts, dice.choice([0, 0, 0, 1]))]
    picked += [f() for f in dice.sample(rare, dice.choice([0, 0, 0, 0, 0, 0, 1]))]
    return [word for p in picked for word in ("--policy", p)]


def random_case(dice):
    """(config, device, options)."""
    config = config_of(dice)
    device = dice.choice(["n150", "n150", "p150", "n300", "n300"])
    options = policies_of(dice, config["num_hidden_layers"], 2 if device == "n300" else 1)
    if dice.random() < 0.6:
        options += ["--batch", str(dice.choice([1, 2, 3, 7, 8, 16, 31, 32]))]
    if dice.random() < 0.6:
        options += ["--context", str(dice.choice([32, 128, 256, 512, 640, 1000, 1024, 2048, 4096, 8192, 16384]))]
    if dice.random() < 0.3:
        options += ["--preset", dice.choice(["exact", "memory", "speed", "accuracy"])]
    return config, device, options
