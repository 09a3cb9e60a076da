"""The config.json of a decoder, from its sizes."""


def decoder(model_type, vocab, hidden, ffn, layers, heads, kv_heads, positions, **more):
    return {"model_type": model_type, "vocab_size": vocab, "hidden_size": hidden, "intermediate_size": ffn,
            "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": kv_heads,
            "max_position_embeddings": positions, "rms_norm_eps": 1e-5, "torch_dtype": "bfloat16", **more}
