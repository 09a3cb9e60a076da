// Configurations that turn every knob: what printed policies are held against.
#pragma once

#include <ttt/checks/join.hpp>
#include <ttt/checks/tune.hpp>
#include <ttt/kernels/args.hpp>
#include <ttt/policy/configured.hpp>
#include <ttt/policy/use.hpp>

/// A kernel of the user's, by a type that has its name.
struct my_attention {
  static constexpr std::string_view name = "my_attention";
  static constexpr ttt::OpKind op = ttt::OpKind::attention;
  static constexpr bool supports(const ttt::OpShape&) { return true; }
  static constexpr std::int64_t scratch_bytes(const ttt::OpShape&, int) { return 0; }
  static constexpr ttt::OpCost cost(const ttt::OpShape&) { return {}; }
  static void run(const ttt::kernels::AttentionArgs&, ttt::kernels::Part) noexcept {}
};

namespace ttt::test {

constexpr HardwareConfig config(auto&& set) {
  HardwareConfig c;
  set(c);
  return c;
}

inline constexpr HardwareConfig policy_cases[] = {
    config([](auto&) {}),
    // Groups that agree, groups that do not, one group alone.
    config([](auto& c) {
      c.set_weights(DType::stored);
      c.set_fidelity(Fidelity::hifi3);
      c.set_scores(Fidelity::hifi4);
      c.set_sharding(Sharding::replicate);
    }),
    config([](auto& c) {
      c.set_weights(DType::bfloat8_b);
      c.weights[2] = DType::bfloat4_b;
      c.set_fidelity(Fidelity::hifi2);
      c.fidelity[2] = Fidelity::lofi;
      c.set_sharding(Sharding::none);
      c.shard[0] = Sharding::heads;
      c.shard[3] = Sharding::row;
    }),
    config([](auto& c) {
      c.weights[5] = DType::int4m;
      c.fidelity[3] = Fidelity::hifi4;
      c.scores_decode = Fidelity::hifi2;
      c.shard[4] = Sharding::block;
    }),
    config([](auto& c) {
      c.scores_prompt = Fidelity::lofi;
      c.scores_decode = Fidelity::hifi4;
    }),
    // Everything else.
    config([](auto& c) {
      c.activations = DType::bf16;
      c.accumulate = DType::fp32;
      c.kv = DType::fp16;
      c.gradient_accumulation = DType::fp16;
      c.kv_form = KvForm::paged;
      c.page = 64;
      c.qkv = QkvForm::separate;
      c.qkv_layout = QkvLayout::column_parallel;
      c.layout = Layout::tile_major;
      c.kernel = KernelVariant::flash;
      c.checkpointing = Switch::on;
      c.chunk = 96;
      c.device_specific = "banks=4,order=snake";
    }),
    config([](auto& c) {
      c.kv_form = KvForm::contiguous;
      c.qkv = QkvForm::fused;
      c.qkv_layout = QkvLayout::plain;
      c.layout = Layout::row_major;
      c.kernel = KernelVariant::naive;
      c.checkpointing = Switch::off;
    }),
    config([](auto& c) { c.kv_form = KvForm::paged; }),
    config([](auto& c) { c.page = 32; }),
    config([](auto& c) {
      c.kernel = KernelVariant::own;
      c.own_kernel = "my_attention";
    }),
};

/// A small model to tune.
// clang-format off
inline constexpr auto policy_model = Embedding<96, 64> >> Repeat<6, TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>> >>
                                     RmsNorm<64> >> Linear<64, 96>;
// clang-format on

}  // namespace ttt::test
