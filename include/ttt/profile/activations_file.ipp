// Definitions of activations_file.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/safetensors.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/kernels/float16.hpp>
#include <ttt/profile/activation_names.hpp>
#include <ttt/profile/activations_file.hpp>

namespace ttt {

namespace activations {

inline constexpr std::string_view accepted =
    "store hidden.0 ... hidden.L (or transformers' hidden_states.0 ... hidden_states.L), logits and input_ids";

inline Error file_fault(std::string_view anchor, const std::string& file, const std::string& tensor, std::string issue,
                     std::string suggestion) {
  return make_error(ErrorKind::file, anchor, tensor.empty() ? std::string("activations") : in_quotes(tensor), std::move(issue),
                    std::move(suggestion), file);
}

inline std::string text_of(std::span<const std::int64_t> shape) {
  std::string out = "[";
  for (const std::int64_t n : shape) out += (out.size() > 1 ? ", " : "") + std::to_string(n);
  return out + "]";
}

inline Result<std::vector<std::int32_t>> read_ids(const SafetensorsFile& file, const TensorEntry& t) {
  const bool flat = t.shape.size() == 1 || (t.shape.size() == 2 && t.shape[0] == 1);
  if (!flat || t.elements() == 0 || t.elements() > 1 << 24)
    return file_fault("activations_shape", file.path(), t.name, "its shape is " + text_of(t.shape),
                   "store the ids of one sequence, as [tokens] or [1, tokens]");
  std::vector<std::int32_t> ids(t.elements());
  if (t.dtype == SafeDType::i32) {
    TTT_CHECK(file.read(t, 0, std::as_writable_bytes(std::span(ids))));
    return ids;
  }
  if (t.dtype != SafeDType::i64)
    return file_fault("activations_dtype", file.path(), t.name, "its type is " + std::string(name_of(t.dtype)),
                   "store ids as I64 or I32");
  std::vector<std::int64_t> wide(t.elements());
  TTT_CHECK(file.read(t, 0, std::as_writable_bytes(std::span(wide))));
  for (std::size_t i = 0; i < wide.size(); ++i) {
    if (wide[i] < 0 || wide[i] > INT32_MAX)
      return file_fault("activations_disagree", file.path(), t.name, std::to_string(wide[i]) + " is no token id",
                     "store the ids that the model was given");
    ids[i] = static_cast<std::int32_t>(wide[i]);
  }
  return ids;
}

/// Numbers as fp32, read piece by piece.
inline Result<void> read_numbers(const SafetensorsFile& file, const TensorEntry& t, float* to) {
  constexpr std::uint64_t piece = 1 << 16;
  std::vector<std::byte> raw;
  for (std::uint64_t i = 0; i < t.elements(); i += piece) {
    const std::uint64_t count = std::min(piece, t.elements() - i), width = bytes_of(t.dtype);
    raw.resize(count * width);
    TTT_CHECK(file.read(t, i * width, raw));
    for (std::uint64_t j = 0; j < count; ++j) {
      const auto as = [&](auto value) {
        std::memcpy(&value, raw.data() + j * width, sizeof value);
        return value;
      };
      float x = 0;
      if (t.dtype == SafeDType::f32) x = as(0.0F);
      else if (t.dtype == SafeDType::f64) x = static_cast<float>(as(0.0));
      else if (t.dtype == SafeDType::f16) x = kernels::float_from_fp16(as(std::uint16_t{}));
      else x = kernels::float_from_bf16(as(std::uint16_t{}));
      if (!std::isfinite(x))
        return file_fault("activations_not_finite", file.path(), t.name,
                       "number " + std::to_string(i + j) + " is " + (std::isnan(x) ? "NaN" : "infinite"),
                       "a reference must be finite: look for the fault where the file was made");
      to[i + j] = x;
    }
  }
  return {};
}

inline std::optional<double> rounding_of(SafeDType t) {
  switch (t) {
    case SafeDType::f64:
    case SafeDType::f32: return 0x1p-25;
    case SafeDType::f16: return 0x1p-12;
    case SafeDType::bf16: return 0x1p-9;
    default: return std::nullopt;
  }
}

/// What stands before the names: "" or "short.". Errors: activations_missing.
inline Result<std::string> prefix_of(const SafetensorsFile& file, const Names& names, std::string_view asked) {
  std::set<std::string> hidden, any;
  for (const TensorEntry& t : file.tensors())
    for (std::size_t at = 0; at != std::string::npos;
         at = t.name.find('.', at) == std::string::npos ? std::string::npos : t.name.find('.', at) + 1) {
      const std::string_view rest = std::string_view(t.name).substr(at);
      if (!names.of(rest) && !names.beyond(rest)) continue;
      (rest.starts_with("hidden") ? hidden : any).insert(t.name.substr(0, at));
      break;
    }
  const std::set<std::string>& found = hidden.empty() ? any : hidden;
  if (!asked.empty()) {
    const std::string prefix = std::string(asked) + ".";
    if (hidden.contains(prefix) || any.contains(prefix)) return prefix;
    return file_fault("activations_missing", file.path(), {}, "it holds no activations behind " + in_quotes(asked),
                   found.empty() ? std::string(accepted) : "write FILE#" + found.begin()->substr(0, found.begin()->size() - (found.begin()->empty() ? 0 : 1)));
  }
  if (found.contains("")) return std::string();
  if (found.empty())
    return file_fault("activations_missing", file.path(), {},
                   "none of its " + std::to_string(file.tensors().size()) + " tensors has a name that is known", std::string(accepted));
  if (found.size() > 1) {
    std::string all;
    for (const std::string& p : found) all += (all.empty() ? "" : ", ") + p.substr(0, p.size() - 1);
    return file_fault("activations_missing", file.path(), {}, "it holds several runs: " + all.substr(0, 200),
                   "say which, as in FILE#" + found.begin()->substr(0, found.begin()->size() - 1));
  }
  return *found.begin();
}

}  // namespace activations

TTT_INLINE Result<HeldActivations> read_activations(const std::string& path, const ModelState& state,
                                                std::vector<std::int32_t> ids) {
  using activations::file_fault;
  const std::size_t hash = is_regular_file(path) ? std::string::npos : path.rfind('#');
  TTT_TRY(const SafetensorsFile file, SafetensorsFile::open(path.substr(0, hash)));
  const activations::Names names(state);
  TTT_TRY(const std::string prefix,
          activations::prefix_of(file, names, hash == std::string::npos ? std::string_view() : std::string_view(path).substr(hash + 1)));
  HeldActivations out;
  out.recording.source = path;
  const TensorEntry* held = file.find(prefix + "input_ids");
  if (held == nullptr) held = file.find("input_ids");
  if (held != nullptr) {
    TTT_TRY(std::vector<std::int32_t> its, activations::read_ids(file, *held));
    if (!ids.empty() && ids != its)
      return file_fault("activations_disagree", file.path(), held->name,
                     "they are " + std::to_string(its.size()) + " others than the " + std::to_string(ids.size()) + " given",
                     "give none: the file's own are taken");
    ids = std::move(its);
  }
  if (ids.empty())
    return file_fault("activations_missing", file.path(), "input_ids", "the file does not say which tokens it is of",
                   "store the token ids under that name, or give them with --ids");
  for (const std::int32_t id : ids)
    if (id >= state.vocab)
      return file_fault("activations_disagree", file.path(), held != nullptr ? held->name : "ids",
                     "token id " + std::to_string(id) + " is not in [0, " + std::to_string(state.vocab - 1) + "]",
                     "compare files of the same model");
  out.recording.ids = std::move(ids);
  const std::int64_t tokens = out.recording.tokens();
  bool any = false;
  for (const TensorEntry& t : file.tensors()) {
    if (&t == held) continue;
    const std::optional<activations::Target> target =
        t.name.starts_with(prefix) ? names.of(std::string_view(t.name).substr(prefix.size())) : std::nullopt;
    if (!target) {
      if (t.name.starts_with(prefix))
        if (const auto i = names.beyond(std::string_view(t.name).substr(prefix.size())))
          return file_fault("activations_disagree", file.path(), t.name,
                         "the model has " + std::to_string(names.layers()) + " layers, so hidden states end at " +
                             std::to_string(names.layers()),
                         "compare files of the same model");
      out.unused.push_back(t.name);
      continue;
    }
    const bool shaped = (t.shape.size() == 2 && t.shape[0] == tokens && t.shape[1] == target->width) ||
                        (t.shape.size() == 3 && t.shape[0] == 1 && t.shape[1] == tokens && t.shape[2] == target->width);
    if (!shaped)
      return file_fault("activations_shape", file.path(), t.name,
                     "its shape is " + activations::text_of(t.shape) + ", and " + std::to_string(tokens) +
                         " tokens make [" + std::to_string(tokens) + ", " + std::to_string(target->width) + "] here",
                     "compare files of the same model and the same tokens");
    const std::optional<double> rounding = activations::rounding_of(t.dtype);
    if (!rounding)
      return file_fault("activations_dtype", file.path(), t.name, "its type is " + std::string(name_of(t.dtype)),
                     "store activations as F32, F16 or BF16");
    if (out.recording.find(target->op, target->role, target->kind) != nullptr) {
      out.unused.push_back(t.name);  // the same by another name
      continue;
    }
    TTT_TRY(float* const rows, out.recording.add(target->kind, target->op, target->role, target->width));
    TTT_CHECK(activations::read_numbers(file, t, rows));
    out.rounding = std::max(out.rounding, *rounding);
    any = true;
  }
  if (!any)
    return file_fault("activations_missing", file.path(), {}, "it holds token ids and nothing made of them",
                   std::string(activations::accepted));
  // What a module is given and what it adds say what it leaves.
  for (const ModuleOps& m : modules_of(state)) {
    const float* const added = out.recording.find(m.last, Role::x, Recording::Kind::contribution);
    const float* const before = out.recording.before(state, m.first);
    if (added == nullptr || before == nullptr || out.recording.find(m.last, Role::x) != nullptr) continue;
    TTT_TRY(float* const after, out.recording.add(Recording::Kind::value, m.last, Role::x, m.width));
    for (std::int64_t i = 0; i < tokens * m.width; ++i) after[i] = before[i] + added[i];
  }
  return out;
}

TTT_INLINE Result<void> write_activations(const std::string& path, const ModelState& state, const Recording& recording) {
  struct Piece {
    const float* rows;
    std::vector<float> made;
  };
  std::vector<TensorDeclaration> declared{{"input_ids", SafeDType::i64, {recording.tokens()}}};
  std::vector<Piece> pieces{{nullptr, {}}};
  const auto put = [&](std::string name, int width, Piece piece) {
    declared.push_back({std::move(name), SafeDType::f32, {recording.tokens(), width}});
    pieces.push_back(std::move(piece));
  };
  int hidden = 0;
  const std::vector<ModuleOps> modules = modules_of(state);
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const ModuleOps& m = modules[i];
    const float* const after = recording.find(m.last, state.ops[m.last].out);
    const float* const before = recording.before(state, m.first);
    if (m.adds && after != nullptr && before != nullptr) {
      Piece piece{nullptr, std::vector<float>(static_cast<std::size_t>(recording.tokens() * m.width))};
      for (std::size_t n = 0; n < piece.made.size(); ++n) piece.made[n] = after[n] - before[n];
      put(m.path, m.width, std::move(piece));
    }
    const bool stands = i + 1 < modules.size() && (m.layer >= 0 || modules[i + 1].layer >= 0) &&
                        (m.layer < 0 || modules[i + 1].layer != m.layer);
    if (stands) {
      if (after != nullptr) put("hidden." + std::to_string(hidden), m.width, {after, {}});
      ++hidden;
    }
    if (i + 1 == modules.size() && state.output == Role::logits && after != nullptr) put("logits", m.width, {after, {}});
  }
  TTT_TRY(SafetensorsWriter file, SafetensorsWriter::create(path, declared));
  const std::vector<std::int64_t> ids(recording.ids.begin(), recording.ids.end());
  TTT_CHECK(file.append(std::as_bytes(std::span(ids))));
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const float* const rows = pieces[i].rows != nullptr ? pieces[i].rows : pieces[i].made.data();
    TTT_CHECK(file.append(std::as_bytes(std::span(rows, static_cast<std::size_t>(recording.tokens() * declared[i].shape[1])))));
  }
  return file.finish();
}

}  // namespace ttt
