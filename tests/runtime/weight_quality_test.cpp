// How near packed weights are to the checkpoint's: against the same sums written out plainly.
#include <cmath>
#include <limits>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/profile/weight_quality.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

// Rows that fill no panel, columns that fill no group, a fused matrix of three, biases.
constexpr auto tied = Embedding<293, 72> >> Repeat<3, TransformerLayer<72, Attention<3, 1, 24, QkvBias>, SwiGlu<200>>> >>
                      RmsNorm<72> >> Linear<72, 293, TiedTo<"embedding">>;
constexpr auto untied =
    Embedding<70, 40> >> Repeat<1, TransformerLayer<40, Attention<2, 2, 20>, SwiGlu<24>>> >> RmsNorm<40> >> Linear<40, 70>;

LoadOptions in(DType format, int threads = 2) {
  LoadOptions o{.workload = {.context = 8}, .threads = threads};
  o.policy.set_weights(format);
  return o;
}
WeightQuality quality(const ModelView& view, const TensorSource& source, const LoadOptions& options) {
  const auto state = need(make_state({.model = view}, source, options));
  return need(weight_quality(*state, source, options));
}
const GroupQuality& group(const WeightQuality& q, WeightGroup which, DType format) {
  for (const GroupQuality& g : q.groups)
    if (g.group == which && g.format == format) return g;
  FAIL("there is no " << name_of(which) << " in " << name_of(format));
  return q.all;
}

/// The sums of some tensors, each packed alone.
struct Plain {
  double difference = 0, weight = 0, largest = 0;
  std::int64_t count = 0;
  void add(const Tensor& t, DType format) {
    const std::int64_t n = t.shape[0], k = t.shape[1];
    std::vector<char> bytes(static_cast<std::size_t>(catalog::packed_bytes(catalog::padded_outputs(n), k, format)) + 64);
    char* const packed = bytes.data() + (64 - reinterpret_cast<std::uintptr_t>(bytes.data()) % 64) % 64;
    kernels::pack_rows(format, DType::fp32, t.data.data(), 0, n, k, packed);
    std::vector<float> row(static_cast<std::size_t>(k));
    for (std::int64_t r = 0; r < n; ++r) {
      kernels::fetch_row(format, {packed, nullptr, static_cast<int>(n), static_cast<int>(k)}, r, row.data());
      for (std::size_t i = 0; i < row.size(); ++i) {
        const double w = t.data[static_cast<std::size_t>(r * k) + i], d = std::fabs(row[i] - w);
        difference += d * d;
        weight += w * w;
        largest = std::max(largest, d);
      }
    }
    count += n * k;
  }
  void check(const GroupQuality& g) const {
    const double rms = std::sqrt(weight / static_cast<double>(count));
    CHECK(g.weights == count);
    CHECK(g.rms_error == Approx(std::sqrt(difference / weight)).epsilon(1e-9));
    CHECK(g.largest_error == Approx(largest / rms).epsilon(1e-9));
    CHECK(g.not_finite == 0);
  }
};

}  // namespace

TEST_CASE("quality is told for every group and format as plain sums have it, for any number of threads", "[quality]") {
  const ModelView view = view_of<type_of<tied>>();
  const TensorMap weights = random_weights(view);
  const MemorySource source(weights);
  LoadOptions options = in(DType::int8);
  options.policy.weights[static_cast<std::size_t>(WeightGroup::down)] = DType::int4;
  HardwareConfig other;
  other.set_weights(DType::int4m);
  options.tuning = {{"layers.1.attention", other}};
  const WeightQuality q = quality(view, source, options);
  const auto sums = [&](std::initializer_list<std::string_view> tensors, std::initializer_list<int> layers, DType format) {
    Plain p;
    for (const int layer : layers)
      for (const std::string_view t : tensors)
        p.add(weights.at("model.layers." + std::to_string(layer) + "." + std::string(t) + ".weight"), format);
    return p;
  };
  const auto qkv = {std::string_view("self_attn.q_proj"), std::string_view("self_attn.k_proj"), std::string_view("self_attn.v_proj")};
  sums(qkv, {0, 2}, DType::int8).check(group(q, WeightGroup::qkv, DType::int8));
  sums(qkv, {1}, DType::int4m).check(group(q, WeightGroup::qkv, DType::int4m));
  sums({"self_attn.o_proj"}, {1}, DType::int4m).check(group(q, WeightGroup::o, DType::int4m));
  sums({"mlp.gate_proj", "mlp.up_proj"}, {0, 1, 2}, DType::int8).check(group(q, WeightGroup::gate_up, DType::int8));
  sums({"mlp.down_proj"}, {0, 1, 2}, DType::int4).check(group(q, WeightGroup::down, DType::int4));
  Plain table;
  table.add(weights.at("model.embed_tokens.weight"), DType::int8);
  table.check(group(q, WeightGroup::head, DType::int8));
  REQUIRE(q.groups.size() == 7);
  CHECK(group(q, WeightGroup::qkv, DType::int8).matrices == 6);
  CHECK(q.all.matrices == 3 * 7 + 1);
  CHECK(q.all.format == DType::automatic);

  std::int64_t bytes = 0;
  for (const GroupQuality& g : q.groups) bytes += g.bytes;
  CHECK(q.all.bytes == bytes);
  const auto state = need(make_state({.model = view}, source, options));
  const auto block = static_cast<std::int64_t>(state->weights.blocks.front()->size());
  INFO(block << " bytes, of which " << bytes << " are matrices");
  CHECK(block >= bytes);
  CHECK(block - bytes < 64 * state->weights.matrices_packed);  // each begins at a multiple of 64
  for (const int threads : {1, 5}) {
    options.threads = threads;
    const WeightQuality again = quality(view, source, options);
    for (std::size_t i = 0; i < q.groups.size(); ++i) {
      CHECK(again.groups[i].rms_error == q.groups[i].rms_error);
      CHECK(again.groups[i].largest_error == q.groups[i].largest_error);
    }
    CHECK(again.all.rms_error == q.all.rms_error);
  }
}

TEST_CASE("what is stored as it is has no error, and fewer bits have more", "[quality]") {
  const ModelView view = view_of<type_of<untied>>();
  const TensorMap weights = random_weights(view);
  const MemorySource source(weights);
  double before = -1;
  for (const DType format : {DType::fp32, DType::fp16, DType::bf16, DType::int8, DType::int4m, DType::int4}) {
    const WeightQuality q = quality(view, source, in(format));
    INFO(name_of(format) << ": " << q.all.rms_error << " after " << before);
    CHECK(q.all.rms_error > before);
    CHECK(q.all.largest_error >= q.all.rms_error);
    CHECK((format == DType::fp32) == (q.all.rms_error == 0));
    CHECK(q.groups.size() == 6);  // the table and the head apart
    CHECK(q.all.format == format);
    before = q.all.rms_error;
  }
  CHECK(before < 0.12);
}

TEST_CASE("weights that are no numbers are counted, and what a format cannot hold is infinitely far off", "[quality]") {
  const ModelView view = view_of<type_of<untied>>();
  TensorMap weights = random_weights(view);
  std::vector<float>& o = weights.at("model.layers.0.self_attn.o_proj.weight").data;
  o[5] = std::numeric_limits<float>::infinity();
  o[77] = std::numeric_limits<float>::quiet_NaN();
  weights.at("lm_head.weight").data[3] = 1e6F;
  const MemorySource source(weights);
  const WeightQuality q = quality(view, source, in(DType::fp16));
  CHECK(group(q, WeightGroup::o, DType::fp16).not_finite == 2);
  CHECK(group(q, WeightGroup::o, DType::fp16).rms_error < 0x1p-11);
  CHECK(q.all.not_finite == 2);
  CHECK(std::isinf(group(q, WeightGroup::head, DType::fp16).largest_error));
  CHECK(std::isinf(q.all.rms_error));
  for (float& w : o) w = std::numeric_limits<float>::quiet_NaN();
  const GroupQuality none = group(quality(view, source, in(DType::bf16)), WeightGroup::o, DType::bf16);
  CHECK(none.not_finite == none.weights);
  CHECK(none.rms_error == 0);
  for (float& w : o) w = 0;
  CHECK(group(quality(view, source, in(DType::int4)), WeightGroup::o, DType::int4).largest_error == 0);
}

TEST_CASE("a checkpoint that can no longer be read is an error", "[quality]") {
  struct Failing final : TensorSource {
    explicit Failing(const TensorMap& tensors) : whole(tensors) {}
    [[nodiscard]] std::optional<TensorInfo> find(std::string_view name) const override { return whole.find(name); }
    [[nodiscard]] std::vector<std::string> names() const override { return whole.names(); }
    [[nodiscard]] std::string where() const override { return whole.where(); }
    [[nodiscard]] Result<void> read(std::string_view name, std::uint64_t offset, std::span<std::byte> into) const override {
      if (fails && name.ends_with("down_proj.weight"))
        return make_error(ErrorKind::file, "file_shrunk", std::string(name), "it is gone", "bring it back");
      return whole.read(name, offset, into);
    }
    MemorySource whole;
    bool fails = false;
  };
  const ModelView view = view_of<type_of<tied>>();
  const TensorMap weights = random_weights(view);
  Failing source(weights);
  const auto state = need(make_state({.model = view}, source, in(DType::int8)));
  source.fails = true;
  const auto refused = weight_quality(*state, source);
  REQUIRE(!refused);
  CHECK(anchor(refused.error()) == "file_shrunk");
}

TEST_CASE("a loaded model's quality is that of its weights as they stand", "[quality]") {
  LoadOptions options = in(DType::int8);
  options.workload.context = 32;
  Result<LoadedModel> model = from_huggingface(std::string(TTT_SOURCE_ROOT) + "/tools/demo_model/demo", options);
  if (!model) FAIL(model.error().text());
  const WeightQuality eight = need(weight_quality(*model));
  HardwareConfig four;
  four.set_weights(DType::int4);
  need(model->module("layers.*.mlp").apply_hw_config(four));
  const WeightQuality mixed = need(weight_quality(*model));
  CHECK(mixed.all.format == DType::automatic);
  CHECK(group(mixed, WeightGroup::down, DType::int4).rms_error > 4 * group(eight, WeightGroup::down, DType::int8).rms_error);
  CHECK(group(mixed, WeightGroup::qkv, DType::int8).rms_error == group(eight, WeightGroup::qkv, DType::int8).rms_error);
  CHECK(mixed.all.bits_per_weight() < eight.all.bits_per_weight());
}
