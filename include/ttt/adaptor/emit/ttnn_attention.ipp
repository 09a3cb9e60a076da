// Norm and attention of a TTNN program, for one token of each session and for a prompt's step.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include <ttt/adaptor/emit/python_text.hpp>
#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt::emitting {

inline constexpr std::string_view norms_py = R"py(def decode_norm(x, weight):
    return ttnn.rms_norm(x, weight=weight, epsilon=EPSILON, program_config=NORM, compute_kernel_config=DECODE_NORM_KERNEL,
                         memory_config=x.memory_config())


def prompt_norm(x, weight):
    return ttnn.rms_norm(x, weight=weight, epsilon=EPSILON, compute_kernel_config=PROMPT_NORM_KERNEL, memory_config=DRAM)
)py";

inline constexpr std::string_view head_norm_py = R"py(

def head_norm(x, weight):
    """Of each head of queries or keys, before its rotary embedding. TTNN's norm takes no shards by session."""
    place = x.memory_config()
    x = ttnn.rms_norm(ttnn.to_memory_config(x, L1) if place.is_sharded() else x, weight=weight, epsilon=HEAD_EPSILON,
                      compute_kernel_config=PROMPT_NORM_KERNEL)
    return ttnn.to_memory_config(x, place) if place.is_sharded() else x
)py";

inline constexpr std::string_view sum_py = R"py(

def summed(y):
    """The sum of what the chips hold apart: added up with its columns scattered over them, then gathered again."""
    place = y.memory_config()
    y = ttnn.reduce_scatter(ttnn.to_memory_config(y, L1) if place.is_sharded() else y, dim=3)
    return ttnn.all_gather(y, dim=3)
)py";

inline constexpr std::string_view decode_attention_py = R"py(

def decode_queries(x, w, step):
    """Queries of one token of every session; its keys and values go to their pages. x: [1, 1, 32, HIDDEN] in RESIDUAL."""
    how = w.how
    h = decode_norm(x, w.attention_norm)
    h = how.qkv.decode(h, w.qkv)
    h = ttnn.<spread>(h, L1)
<bias>
    h = ttnn.reshape(h, (1, 1, BATCH, how.qkv.n), (1, 1, TILE, how.qkv.n))
    q, k, v = ttnn.experimental.nlp_create_qkv_heads_decode(h, num_heads=HEADS, num_kv_heads=KV_HEADS, memory_config=by_session(HEAD_DIM))
    del h
<head_norm>
    cos, sin, turn = <rotary>
    q = ttnn.experimental.rotary_embedding_llama(q, cos, sin, turn, is_decode_mode=True)
    k = ttnn.experimental.rotary_embedding_llama(k, cos, sin, turn, is_decode_mode=True)
    ttnn.experimental.paged_update_cache(w.keys, k, update_idxs_tensor=step.position, page_table=step.pages)
    ttnn.experimental.paged_update_cache(w.values, v, update_idxs_tensor=step.position, page_table=step.pages)
    return q


def decode_scores(q, w, step):
    return ttnn.transformer.paged_scaled_dot_product_attention_decode(
        q, w.keys, w.values, page_table_tensor=step.pages, cur_pos_tensor=step.position, scale=SCALE<window>,
        program_config=attention_program(), compute_kernel_config=w.how.decode_scores, memory_config=DRAM)


def decode_heads(a):
    """The heads of each session side by side, as the output projection takes them."""
    a = ttnn.to_memory_config(a, by_session(HEAD_DIM, height=<head_rows>))
    return ttnn.experimental.nlp_concat_heads_decode(a, num_heads=HEADS<grid>)


def decode_attention(x, w, step):
    q = decode_queries(x, w, step)
    a = decode_scores(q, w, step)
    del q
    a = decode_heads(a)
    o = w.how.o.decode(a, w.o)
    del a
    o = ttnn.to_memory_config(<sum_o>, RESIDUAL)
    return ttnn.add(x, o, memory_config=RESIDUAL)
)py";

inline constexpr std::string_view prompt_attention_py = R"py(

def prompt_qkv(x, w, step):
    """Queries, keys and values of step.tokens tokens from position step.start on. x: [1, 1, tokens, HIDDEN] in DRAM."""
    h = w.how.qkv.prompt(prompt_norm(x, <norm>), w.qkv)
<bias>
    q, k, v = ttnn.experimental.nlp_create_qkv_heads(h, num_heads=HEADS, num_kv_heads=KV_HEADS, transpose_k_heads=False, memory_config=DRAM)
    del h
<widen>
<head_norm>
    q = ttnn.experimental.rotary_embedding_llama(q, step.cos, step.sin, step.turn, is_decode_mode=False)
    k = ttnn.experimental.rotary_embedding_llama(k, step.cos, step.sin, step.turn, is_decode_mode=False)
    return q, k, v


def prompt_scores(q, k, v, w, step):
    """Puts keys and values into their pages; gives the heads side by side."""
    how = w.how
    q = ttnn.typecast(q, ttnn.bfloat8_b)  # as the reference modules do, whatever the policies
    k = ttnn.typecast(k, how.kv) if k.dtype != how.kv else k
    v = ttnn.typecast(v, how.kv) if v.dtype != how.kv else v
    ttnn.experimental.paged_fill_cache(w.keys, k, step.new_pages, batch_idx=0)
    ttnn.experimental.paged_fill_cache(w.values, v, step.new_pages, batch_idx=0)
    if step.start == 0:
        a = ttnn.transformer.scaled_dot_product_attention(
            q, k, v, is_causal=True, scale=SCALE<window>, program_config=attention_program(step.tokens), compute_kernel_config=how.prompt_scores)
    else:  # earlier tokens are in the cache
        a = ttnn.transformer.chunked_scaled_dot_product_attention(
            input_tensor_q=q, input_tensor_k=w.keys, input_tensor_v=w.values, page_table_tensor=step.pages, chunk_start_idx=step.start,
            scale=SCALE<window>, program_config=attention_program(step.tokens), compute_kernel_config=how.prompt_scores)
    return ttnn.experimental.nlp_concat_heads(a, memory_config=DRAM)


def prompt_attention(x, w, step):
    q, k, v = prompt_qkv(x, w, step)
    a = prompt_scores(q, k, v, w, step)
    del q, k, v
    o = w.how.o.prompt(a, w.o)
    del a
    return ttnn.add(x, <sum_o>, memory_config=DRAM)
)py";

inline constexpr std::string_view add_bias_py = "    h = ttnn.add(h, w.qkv_bias, memory_config=<place>)\n";
inline constexpr std::string_view norm_heads_py = "    q, k = head_norm(q, w.q_norm), head_norm(k, w.k_norm)\n";
inline constexpr std::string_view widen_py = "    q, k = ttnn.typecast(q, ttnn.bfloat16), ttnn.typecast(k, ttnn.bfloat16)  # the rotary embedding takes bf16\n";

TTT_INLINE std::string attention_text(const TtnnModel& m) {
  const AttentionSpec& a = m.attention();
  const bool sums = m.attention_chips() > 1;
  const int heads = m.share.attention.heads;
  const bool qkv_in_l1 = std::all_of(m.kinds.begin(), m.kinds.end(), [](const LayerKind& kind) { return kind.decode.qkv.in_l1(); });
  std::string out = section("attention");
  out += norms_py;
  if (a.qk_norm) out += head_norm_py;
  if (sums || m.ffn_chips() > 1) out += sum_py;
  const std::string head_norms = a.qk_norm ? std::string(norm_heads_py) : "", sum_o = sums ? "summed(o)" : "o";
  out += filled(decode_attention_py,
                {{"spread", qkv_in_l1 ? "sharded_to_interleaved" : "to_memory_config"},
                 {"bias", a.qkv_bias ? filled(add_bias_py, {{"place", "L1"}}) : ""},
                 {"head_norm", head_norms},
                 {"rotary", m.rotary_stays ? "step.rotary"
                                           : "(ttnn.to_memory_config(t, by_session(t.shape[-1])) for t in step.rotary)  # L1 has no room for them all along"},
                 {"window", m.windows() ? ", sliding_window_size=w.how.window" : ""},
                 {"grid", m.batch > 8 && m.batch % 8 != 0 ? ", sub_core_grids=rectangle(8, 8)" : ""},  // shards on no rectangle
                 {"head_rows", std::to_string((heads + 31) / 32 * 32)},
                 {"sum_o", sum_o}});
  out += filled(prompt_attention_py, {{"bias", a.qkv_bias ? filled(add_bias_py, {{"place", "DRAM"}}) : ""},
                                      {"head_norm", head_norms},
                                      {"window", m.windows() ? ", sliding_window_size=how.window" : ""},
                                      {"sum_o", sum_o},
                                      {"norm", m.first().prompt.norm_weights_in_tiles ? "w.prompt_norms[0]" : "w.attention_norm"},
                                      {"widen", m.activations() != DType::bf16 ? std::string(widen_py) : ""}});
  return out;
}

}  // namespace ttt::emitting
