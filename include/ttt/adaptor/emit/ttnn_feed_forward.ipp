// The feed-forward network of a TTNN program.
#pragma once

#include <ttt/adaptor/emit/python_text.hpp>
#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt::emitting {

inline constexpr std::string_view feed_forward_ops_py = R"py(def gated(gate, up, place):
    """The activation is fused into the product, which is bfloat8_b as in the reference modules."""
    return ttnn.mul(gate, up, input_tensor_a_activations=[ttnn.UnaryOpType.<activation>], dtype=ttnn.bfloat8_b, memory_config=place)


def decode_gate_up(x, w):
    h = decode_norm(x, w.mlp_norm)
    gate, up = w.how.gate_up.decode(h, w.gate), w.how.gate_up.decode(h, w.up)
    del h
    return gated(gate, up, gate.memory_config())


def decode_mlp(x, w):
    product = decode_gate_up(x, w)
    y = w.how.down.decode(product, w.down)
    del product
    y = ttnn.to_memory_config(<sum_y>, RESIDUAL)
    return ttnn.add(x, y, memory_config=RESIDUAL)


def prompt_gate_up(x, w):
    h = prompt_norm(x, <norm>)
    gate, up = w.how.gate_up.prompt(h, w.gate), w.how.gate_up.prompt(h, w.up)
    del h
    return gated(gate, up, DRAM)


def prompt_mlp(x, w):
    y = w.how.down.prompt(prompt_gate_up(x, w), w.down)
    return ttnn.add(x, <sum_y>, memory_config=DRAM)
)py";

TTT_INLINE std::string feed_forward_text(const TtnnModel& m) {
  const Activation f = m.mlp().activation;
  return section("the feed-forward network") +
         filled(feed_forward_ops_py, {{"activation", f == Activation::gelu ? "GELU" : f == Activation::relu ? "RELU" : "SILU"},
                                   {"sum_y", m.ffn_chips() > 1 ? "summed(y)" : "y"},
                                   {"norm", m.first().prompt.norm_weights_in_tiles ? "w.prompt_norms[1]" : "w.mlp_norm"}});
}

}  // namespace ttt::emitting
