// What the engine's tests share: golden tensors, loading a folder with chosen options, and comparing rows of logits.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/adaptor/config.hpp>
#include <ttt/io/checkpoint.hpp>
#include <ttt/io/safetensors.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/model.hpp>
#include <ttt/policy/configured.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/runtime/own_formats.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/session.hpp>
#include <ttt/runtime/state.hpp>
#include <ttt/runtime/tensor_source.hpp>
#include <ttt/types/spec_of.hpp>
#include "catch.hpp"
#include "golden_data.hpp"

namespace ttt::test {

inline constexpr std::string_view decoder_folders[] = {
    "llama",       "llama-legacycfg-tied-bias", "llama-rope-dynamic", "llama-rope-linear", "llama-rope-yarn",
    "llama3-rope", "mistral",                   "qwen2",              "qwen3",             "gpt2"};

/// The value, or the test fails with the error's text.
template <class T>
T need(Result<T> result) {
  if (!result) FAIL(result.error().text());
  return std::move(*result);
}
inline void need(Result<void> result) {
  if (!result) FAIL(result.error().text());
}
/// The end of an error's link: `tensor_missing`.
inline std::string anchor(const Error& e) { return e.link.substr(e.link.find('#') + 1); }

/// Names of the levels this machine runs.
inline std::vector<std::string> isas() {
  std::vector<std::string> names;
  for (const kernels::Isa isa : kernels::all_isas)
    if (kernels::isa_supported(isa)) names.emplace_back(kernels::name_of(isa));
  return names;
}

/// One tensor of a golden.safetensors.
template <class T>
std::vector<T> tensor(const SafetensorsFile& file, const std::string& name) {
  const TensorEntry* entry = file.find(name);
  if (entry == nullptr) FAIL(file.path() << " holds no " << name);
  std::vector<T> values(entry->elements());
  need(file.read(*entry, 0, std::as_writable_bytes(std::span(values))));
  return values;
}
inline std::vector<std::int32_t> ids(const SafetensorsFile& file, const std::string& name) {
  const auto wide = tensor<std::int64_t>(file, name);
  return {wide.begin(), wide.end()};
}
inline SafetensorsFile golden_tensors(std::string_view folder) {
  return need(SafetensorsFile::open((golden(folder) / "golden.safetensors").string()));
}

/// A folder's model, ready to step.
struct Engine {
  std::shared_ptr<const ModelState> state;
  std::unique_ptr<Runner> runner;

  [[nodiscard]] int vocab() const { return state->output_width; }
  [[nodiscard]] Session session() const { return need(Session::create(state)); }
  /// Tokens through the model in one step; the rows asked for.
  std::vector<float> step(Session& s, std::span<const std::int32_t> tokens,
                          BatchItem::Logits logits = BatchItem::Logits::all, int sequence = 0, const Tap* tap = nullptr) {
    const BatchItem item{.session = &s, .tokens = tokens, .logits = logits, .sequence_length = sequence};
    need(runner->step({&item, 1}, tap));
    return output();
  }
  [[nodiscard]] std::vector<float> output() const {
    return {runner->output(), runner->output() + static_cast<std::ptrdiff_t>(runner->output_rows()) * vocab()};
  }
};

inline LoadOptions exact(std::string isa = {}, int threads = 1) {
  LoadOptions o{.preset = Preset::exact, .workload = {.context = 0, .logits_rows = 64}};
  o.isa = std::move(isa);
  o.threads = threads;
  o.split_all = true;  // the tests' models are small
  return o;
}

/// The model of a folder on any source of weights.
inline Result<Engine> try_engine(const ModelConfig& config, const TensorSource& source, LoadOptions options) {
  const OwnedModel model(config.spec);
  options.names = config.names;
  Engine e;
  TTT_TRY(e.state, make_state({.model = model.view(), .max_position = config.spec.max_sequence_length}, source, options));
  TTT_TRY(e.runner, Runner::create(e.state));
  return e;
}
inline Result<Engine> try_engine(const std::filesystem::path& folder, const LoadOptions& options) {
  TTT_TRY(const ModelConfig config, read_config(folder.string()));
  TTT_TRY(Checkpoint checkpoint, Checkpoint::open(folder.string()));
  const CheckpointSource source(std::move(checkpoint), config.names);
  return try_engine(config, source, options);
}
inline Engine engine(const std::filesystem::path& folder, const LoadOptions& options) {
  return need(try_engine(folder, options));
}

/// Random weights for every tensor of a model, by the checkpoint's names; the same on every machine.
inline TensorMap random_weights(const ModelView& model, bool by_path = false) {
  TensorMap all;
  std::uint32_t state = 12345;
  auto next = [&] {
    state = state * 1664525U + 1013904223U;
    return static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
  };
  for (const TensorSpec& t : tensors_of(model)) {
    Tensor& tensor = all[by_path ? t.path : t.name];
    const bool matrix = is_matrix(t.role) || (t.role == TensorRole::own && t.rows > 1);
    tensor.shape = matrix ? std::vector<std::int64_t>{t.rows, t.columns} : std::vector<std::int64_t>{t.columns};
    tensor.data.resize(static_cast<std::size_t>(t.rows) * static_cast<std::size_t>(t.columns));
    const float scale = matrix ? 1.7F / std::sqrt(static_cast<float>(t.columns)) : 0.3F;
    for (float& x : tensor.data) x = scale * next() + (matrix ? 0.0F : 0.8F);
  }
  return all;
}
/// A model type on random weights.
template <auto Model>
Engine random_engine(const LoadOptions& options, int max_position = 0) {
  const ModelView view = view_of<type_of<Model>>();
  const TensorMap weights = random_weights(view);
  using M = typename types::as_model<type_of<Model>>::type;
  Engine e;
  e.state = need(make_state({.model = view,
                             .written = types::model_configs<M>::value,
                             .max_position = max_position,
                             .own_kernels = types::own_kernels<M>::value,
                             .own_formats = types::own_formats<M>},
                            MemorySource(weights), options));
  e.runner = need(Runner::create(e.state));
  return e;
}
/// Token ids that look random.
inline std::vector<std::int32_t> some_ids(int count, int vocab, std::uint32_t seed = 1) {
  std::vector<std::int32_t> out;
  for (int i = 0; i < count; ++i) {
    seed = seed * 1664525U + 1013904223U;
    out.push_back(static_cast<std::int32_t>((seed >> 8) % static_cast<std::uint32_t>(vocab)));
  }
  return out;
}

inline double worst(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return INFINITY;
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = std::fabs(static_cast<double>(a[i]) - b[i]);
    most = d <= most ? most : d;  // a NaN stays
  }
  return most;
}
inline double largest(std::span<const float> a) {
  double most = 0;
  for (const float x : a) most = std::max(most, static_cast<double>(std::fabs(x)));
  return most;
}
/// What fp32 may differ by from HuggingFace's fp32.
inline double tolerance(std::span<const float> reference) { return 2e-4 * std::max(1.0, largest(reference) / 5); }

/// Pearson's correlation.
inline double pcc(std::span<const float> a, std::span<const float> b) {
  double ma = 0, mb = 0;
  const auto n = static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) ma += a[i] / n, mb += b[i] / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return ab / std::sqrt(aa * bb);
}
inline std::int32_t argmax(std::span<const float> row) {
  return static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

/// Greedy continuation: the ids and the logits each was chosen from.
struct Greedy {
  std::vector<std::int32_t> ids;
  std::vector<float> logits;
};
inline Greedy greedy(Engine& e, std::span<const std::int32_t> prompt, int count) {
  Session s = e.session();
  Greedy g;
  std::vector<float> row = e.step(s, prompt, BatchItem::Logits::last);
  for (int i = 0; i < count; ++i) {
    g.ids.push_back(argmax(row));
    g.logits.insert(g.logits.end(), row.begin(), row.end());
    if (i + 1 < count) row = e.step(s, {&g.ids.back(), 1}, BatchItem::Logits::last);
  }
  return g;
}

/// A folder under the system's temporary one, gone with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ttt-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) FAIL("no temporary folder");
    path = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

}  // namespace ttt::test
