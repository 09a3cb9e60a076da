// Each op's buffers fit a core's own memory: circular buffers and tensors in a Tensix core's L1, tiles in a block's
// shared memory.
#pragma once

#include <ttt/catalog/cuda.hpp>
#include <ttt/checks/fits_memory.hpp>

namespace ttt::checks {

/// The op of a layer that needs most of a core.
struct LocalNeed {
  std::int64_t bytes = 0;
  catalog::ttnn::DecoderOp op = catalog::ttnn::DecoderOp::none;
  PartName part = PartName::whole;
};

[[nodiscard]] constexpr PartName part_of(catalog::ttnn::DecoderOp op) {
  using enum catalog::ttnn::DecoderOp;
  switch (op) {
    case qkv: case attention: case cache_update: case o:
    case prompt_qkv: case prompt_attention: case prompt_concat_heads: case prompt_o: return PartName::attention;
    case gate_up: case down: case prompt_gate_up: case prompt_down: return PartName::mlp;
    case none: case norm: case sum: case head: case prompt_norm: break;
  }
  return PartName::whole;
}

/// What the pieces of TTNN's decoded head and the norm in front of it need, beside the tensors that the layers leave in L1.
[[nodiscard]] constexpr LocalNeed head_need(const PlanRequest& request, const LinearSpec& head, const HardwareConfig& c) {
  const catalog::ttnn::DecoderShape shape = head_shape(request, head, c);
  if (shape.hidden <= 0) return {};
  const catalog::ttnn::ChipFacts chip = catalog::chip_facts(request.device);
  const catalog::ttnn::DecodePrograms p = decode_programs(chip, shape);
  const LocalNeed product{linear_l1(chip, p.head).total(), catalog::ttnn::DecoderOp::head};
  const LocalNeed norm{shape.encoder ? decoded_norm_l1(shape, p).total() : 0, catalog::ttnn::DecoderOp::norm};  // a decoder's layers say it
  return norm.bytes > product.bytes ? norm : product;
}

/// What one module of a request needs. TTNN: a layer or the head, as its catalog computes it. CUDA: attention's and the products'
/// tiles; the naive attention has none.
[[nodiscard]] constexpr LocalNeed local_need(const PlanRequest& request, const ModuleSpec& m, const ModuleConfig& c) {
  using catalog::ttnn::DecoderOp;
  if (m.kind == ModuleKind::linear && request.device.kind == DeviceKind::ttnn) return head_need(request, m.linear, c.self);
  if (m.kind != ModuleKind::transformer_layer) return {};
  if (request.device.kind == DeviceKind::ttnn) {
    if (!is_ttnn_layer(m)) return {};
    const auto use = catalog::ttnn::local_use(catalog::chip_facts(request.device), decoder_shape(request, m, c, 0));
    return {use.l1.total(), use.worst, part_of(use.worst)};
  }
  if (request.device.kind != DeviceKind::cuda) return {};
  const std::int64_t attention = c.attention.kernel == KernelVariant::naive
                                     ? 0
                                     : catalog::cuda_attention_bytes(m.attention.head_dim, c.attention.activations);
  const std::int64_t product = catalog::cuda_matmul_bytes(c.mlp.activations);
  return attention > product ? LocalNeed{attention, DecoderOp::attention, PartName::attention}
                             : LocalNeed{product, DecoderOp::gate_up, PartName::mlp};
}

[[nodiscard]] constexpr std::int64_t local_limit(const DeviceTraits& device) { return device.local_bank_bytes; }

/// The module at one place of a request's runs; `index`: of its first repetition. Advice::none: what helps is found by trying
/// (checks/advise.hpp).
[[nodiscard]] constexpr Diagnosis ModuleFitsLocalMemory(const PlanRequest& request, std::size_t run, std::size_t place,
                                                        int index) {
  const std::int64_t limit = local_limit(request.device);
  if (limit == 0) return {};
  const ModuleSpec& m = request.model.model.runs[run].modules[place];
  const LocalNeed need = local_need(request, m, request.model.resolved(request.device, run, place));
  if (need.bytes <= limit) return {};
  return {Issue::buffers_exceed_local_memory, {static_cast<int>(need.op), need.bytes, limit}, Advice::none, {}, index, need.part};
}

template <std::size_t N>
constexpr void FitsLocalMemory(const PlanRequest& request, Findings<N>& out) {
  request.model.model.each_distinct([&](const ModuleSpec&, std::size_t r, std::size_t i, int index) {
    if (!out.full()) out.add(ModuleFitsLocalMemory(request, r, i, index));
  });
}

/// What to try about a module that does not fit: fewer prompt tokens a step, fewer sequences, narrower rows, sums or weights,
/// the plain kernel, more chips.
constexpr void try_to_fit_local_memory(const PlanRequest& request, const Diagnosis& d, Trials& trials) {
  const bool prompt = is_of_prompt(static_cast<catalog::ttnn::DecoderOp>(d.numbers[0]));
  for (int chunk = prompt ? request.rows() / 2 : 0; chunk >= request.device.tile && chunk >= 32; chunk /= 2)
    trials.add(Advice::UseChunk, chunk / 32 * 32);
  for (int batch = request.workload.batch / 2; batch >= 1; batch /= 2) trials.add(Advice::UseBatch, batch);
  for (const DType t : {DType::bf16, DType::bfloat8_b})
    if (request.device.supports.activations.has(t)) trials.add(Advice::UseActivations, t);
  if (request.device.kind == DeviceKind::ttnn) {
    trials.add(Advice::UseAccumulate, DType::bf16);
    trials.add(Advice::UseWeights, DType::bfloat8_b);
  }
  if (request.device.kind == DeviceKind::cuda) trials.add(Advice::UseKernel, static_cast<int>(KernelVariant::naive));
  try_more_chips(request, Advice::UseMesh, trials);
}

}  // namespace ttt::checks
