#include "forward_encoder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <ttt/io/safetensors_writer.hpp>
#include <ttt/runtime/encoder.hpp>

#include "console.hpp"
#include "token_ids.hpp"

namespace ttt::tool {

namespace {

/// Sequences as the file pads them: [batch, tokens].
struct Sequences {
  std::vector<std::int64_t> shape;  ///< of input_ids
  std::int64_t batch = 1, tokens = 0;
  std::vector<std::int32_t> ids, types;
  std::vector<std::int64_t> lengths;  ///< tokens that are no padding

  [[nodiscard]] EncoderInput input(std::int64_t b) const {
    const auto at = static_cast<std::size_t>(b * tokens), n = static_cast<std::size_t>(lengths[static_cast<std::size_t>(b)]);
    EncoderInput one{.ids = std::span(ids).subspan(at, n)};
    if (!types.empty()) one.token_types = std::span(types).subspan(at, n);
    return one;
  }
};

/// How many tokens a row of the mask has. Errors: mask_not_right_padded.
Result<std::int64_t> length_of(std::span<const std::int32_t> mask, std::int64_t row, const std::string& file) {
  const auto refuse = [&](std::string issue) {
    return make_error(ErrorKind::request, "mask_not_right_padded", "attention_mask", std::move(issue),
                      "give each row 1 for its tokens and then 0 for its padding; move padding from the left to the right", file);
  };
  std::int64_t ones = 0;
  while (ones < static_cast<std::int64_t>(mask.size()) && mask[static_cast<std::size_t>(ones)] == 1) ++ones;
  for (std::size_t i = static_cast<std::size_t>(ones); i < mask.size(); ++i)
    if (mask[i] != 0)
      return refuse(fmt::format("row {} has {} at position {}, behind {} tokens and padding", row, mask[i], i, ones));
  if (ones == 0) return refuse(fmt::format("row {} has no tokens in front of its padding", row));
  return ones;
}

Result<Sequences> read_sequences(const std::string& path) {
  TTT_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
  for (const TensorEntry& t : file.tensors())
    if (t.name != "input_ids" && t.name != "attention_mask" && t.name != "token_type_ids")
      return make_error(ErrorKind::request, "input_unknown", fmt::format("\"{}\"", t.name),
                        "an encoder takes no input of that name; it takes input_ids, attention_mask and token_type_ids",
                        "leave the tensor out of the file", path);
  Sequences s;
  const auto read = [&](std::string_view name) -> Result<std::vector<std::int32_t>> {
    const TensorEntry* const tensor = file.find(name);
    if (tensor == nullptr) return std::vector<std::int32_t>{};
    if (name != "input_ids" && tensor->shape != s.shape)
      return make_error(ErrorKind::request, "input_shapes_differ", std::string(name),
                        fmt::format("its shape is [{}], and input_ids has [{}]", fmt::join(tensor->shape, ", "), fmt::join(s.shape, ", ")),
                        "give all inputs the shape of input_ids", path);
    return read_integers(file, *tensor, 2);
  };
  const TensorEntry* const tensor = file.find("input_ids");
  if (tensor == nullptr)
    return make_error(ErrorKind::request, "input_missing", "input_ids", "the file has no input_ids",
                      "store the token ids under that name", path);
  s.shape = tensor->shape;
  TTT_TRY(s.ids, read("input_ids"));
  s.batch = s.shape.size() == 2 ? s.shape[0] : 1;
  s.tokens = s.shape.back();
  TTT_TRY(s.types, read("token_type_ids"));
  TTT_TRY(const std::vector<std::int32_t> mask, read("attention_mask"));
  for (std::int64_t b = 0; b < s.batch; ++b) {
    std::int64_t length = s.tokens;
    if (!mask.empty()) {
      const auto row = std::span(mask).subspan(static_cast<std::size_t>(b * s.tokens), static_cast<std::size_t>(s.tokens));
      TTT_TRY(length, length_of(row, b, path));
    }
    s.lengths.push_back(length);
  }
  return s;
}

/// All that is written, padding as zeros.
struct Outputs {
  std::vector<std::vector<float>> hidden;  ///< by layer; the last one alone without --hidden
  std::vector<float> pooled;
  std::int64_t width = 0;
  bool all = false;

  Outputs(const ArchitectureSpec& spec, const Sequences& s, bool every) : all(every) {
    std::size_t places = 1;  // what the first layer is given
    for (const LayerSpec& l : spec.layers) {
      if (l.module.kind == ModuleKind::embedding) width = l.module.out();
      places += l.module.kind == ModuleKind::transformer_layer ? 1 : 0;
      if (l.module.kind == ModuleKind::linear && l.module.linear.pools)
        pooled.resize(static_cast<std::size_t>(s.batch * l.module.linear.out));
    }
    hidden.resize(all ? places : 1);
    for (auto& rows : hidden) rows.resize(static_cast<std::size_t>(s.batch * s.tokens * width));
  }
};

/// Which place of `hidden` a module's rows belong to: those of each layer, and in front of the first what came last.
std::vector<std::size_t> places_of(const ArchitectureSpec& spec) {
  std::vector<std::size_t> places;
  std::size_t layers = 0;
  for (const LayerSpec& l : spec.layers) {
    layers += l.module.kind == ModuleKind::transformer_layer ? 1 : 0;
    places.push_back(layers);
  }
  return places;
}

std::vector<TensorDeclaration> declarations(const Sequences& s, const Outputs& out) {
  const auto with = [](std::vector<std::int64_t> shape, std::int64_t last) {
    shape.push_back(last);
    return shape;
  };
  std::vector<TensorDeclaration> all{{"last_hidden_state", SafeDType::f32, with(s.shape, out.width)}};
  const std::vector<std::int64_t> batch(s.shape.begin(), s.shape.end() - 1);
  if (!out.pooled.empty()) all.push_back({"pooler_output", SafeDType::f32, with(batch, out.width)});
  for (std::size_t i = 0; out.all && i < out.hidden.size(); ++i)
    all.push_back({fmt::format("hidden.{}", i), SafeDType::f32,
                   with(s.batch == 1 ? std::vector<std::int64_t>{s.tokens} : s.shape, out.width)});
  return all;
}

}  // namespace

Result<int> forward_encoder(const Arguments& arguments, HowToRun how, const Found& found) {
  const ArchitectureSpec& spec = found.config.spec;
  TTT_TRY(const Sequences sequences, read_sequences(arguments.text("inputs")));
  const std::int64_t longest = *std::max_element(sequences.lengths.begin(), sequences.lengths.end());
  if (longest > longest_context(spec))
    return make_error(ErrorKind::request, "context_full", "tokens",
                      fmt::format("there are {} tokens in a sequence, but the model holds {} positions", longest, longest_context(spec)),
                      "give shorter sequences");
  how.options.workload.context = static_cast<int>(longest);
  TTT_TRY(const std::unique_ptr<Runner> runner, load_runner(found, how));

  Outputs out(spec, sequences, arguments.has("hidden"));
  const std::vector<std::size_t> places = places_of(spec);
  const Progress progress = progress_bar("sequences", Unit::count);
  for (std::int64_t b = 0; b < sequences.batch; ++b) {
    const Tap tap = [&](int module, const float* rows, int count, int width) {
      std::vector<float>& to = out.hidden[out.all ? places[static_cast<std::size_t>(module)] : 0];
      std::copy(rows, rows + std::int64_t{count} * width, to.begin() + b * sequences.tokens * width);
    };
    TTT_TRY(const EncoderOutput one, run_encoder(*runner, sequences.input(b), &tap));
    std::copy(one.pooled.begin(), one.pooled.end(), out.pooled.begin() + b * static_cast<std::int64_t>(one.pooled.size()));
    if (progress) progress(static_cast<std::uint64_t>(b + 1), static_cast<std::uint64_t>(sequences.batch));
  }

  const std::vector<TensorDeclaration> declared = declarations(sequences, out);
  TTT_TRY(SafetensorsWriter file, SafetensorsWriter::create(arguments.text("out"), declared));
  TTT_CHECK(file.append(std::as_bytes(std::span(out.hidden.back()))));
  if (!out.pooled.empty()) TTT_CHECK(file.append(std::as_bytes(std::span(out.pooled))));
  for (std::size_t i = 0; out.all && i < out.hidden.size(); ++i) TTT_CHECK(file.append(std::as_bytes(std::span(out.hidden[i]))));
  TTT_CHECK(file.finish());
  return say_written(arguments, declared, static_cast<std::size_t>(sequences.batch * sequences.tokens), runner->state(), how, found);
}

}  // namespace ttt::tool
