#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include <ttt/adaptor/families.hpp>
#include <ttt/adaptor/synth.hpp>
#include <ttt/adaptor/synth_folder.hpp>
#include <ttt/adaptor/variants.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/fnv.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/io/split_mix.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

namespace synth {

inline constexpr std::size_t piece = std::size_t{1} << 20;  // numbers made and written at a time

/// A tensor's stream (FNV-1a of its name, mixed with the seed).
inline std::uint64_t key_of(std::string_view name, std::uint64_t seed) {
  return split_mix(fnv_of(name) + split_mix(seed + 0x9E3779B97F4A7C15U));
}

struct Scale {
  double mean, deviation;
};
/// Matrices 0.02, as transformers initialises; norms near one, so that their weights matter.
inline Scale scale_of(TensorRole role) {
  switch (role) {
    case TensorRole::attn_norm:
    case TensorRole::mlp_norm:
    case TensorRole::norm:
    case TensorRole::q_norm:
    case TensorRole::k_norm:
      return {1, 0.05};
    default:
      return {0, 0.02};
  }
}

inline std::uint64_t bytes_of(const TensorSpec& t) {
  return std::uint64_t{2} * static_cast<std::uint64_t>(t.rows) * static_cast<std::uint64_t>(t.columns);
}

/// Consecutive tensors of at most `limit` bytes per file, at least one each.
inline std::vector<std::span<const TensorSpec>> shards(std::span<const TensorSpec> tensors,
                                                       std::uint64_t limit) {
  std::vector<std::span<const TensorSpec>> out;
  std::size_t first = 0;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (i > first && bytes + bytes_of(tensors[i]) > limit) {
      out.push_back(tensors.subspan(first, i - first));
      first = i, bytes = 0;
    }
    bytes += bytes_of(tensors[i]);
  }
  out.push_back(tensors.subspan(first));
  return out;
}

/// The tensors as the family's files keep them: q, k and v in one, matrices of layers as [in, out] (NameMap).
inline std::vector<TensorSpec> as_stored(std::vector<TensorSpec> tensors, const NameMap& names) {
  if (names.fused_qkv.empty() && !names.in_out) return tensors;
  std::vector<TensorSpec> out;
  for (TensorSpec& t : tensors) {
    using enum TensorRole;
    const bool q_part = t.role == q || t.role == q_bias;
    if (!names.fused_qkv.empty() && (q_part || t.role == k || t.role == v || t.role == k_bias || t.role == v_bias)) {
      if (!q_part) continue;  // it lies behind q
      t.name.replace(t.name.rfind(names.q), names.q.size(), names.fused_qkv);
      (t.role == q ? t.rows : t.columns) *= 3;
    }
    if (names.in_out && is_matrix(t.role) && t.path.starts_with("layers.")) std::swap(t.rows, t.columns);
    out.push_back(std::move(t));
  }
  return out;
}

inline std::string shard_name(std::size_t i, std::size_t n) {
  if (n == 1) return "model.safetensors";
  const auto five = [](std::size_t k) {
    const std::string digits = std::to_string(k);
    return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
  };
  return "model-" + five(i + 1) + "-of-" + five(n) + ".safetensors";
}

inline Result<void> write_shard(const std::string& path, std::span<const TensorSpec> tensors,
                                const SynthOptions& options, std::uint64_t& done, std::uint64_t total) {
  std::vector<TensorDeclaration> declared;
  for (const TensorSpec& t : tensors) {
    TensorDeclaration d{t.name, SafeDType::bf16, {}};
    if (is_matrix(t.role)) d.shape.push_back(t.rows);
    d.shape.push_back(t.columns);
    declared.push_back(std::move(d));
  }
  TTT_TRY(SafetensorsWriter file, SafetensorsWriter::create(path, declared, {{"format", "pt"}}));
  std::vector<std::uint16_t> buffer(piece);
  for (const TensorSpec& t : tensors) {
    const std::uint64_t key = key_of(t.name, options.seed), count = bytes_of(t) / 2;
    const Scale scale = scale_of(t.role);
    for (std::uint64_t at = 0; at < count; at += piece) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece, count - at));
      fill_random_bf16(key, at, scale.mean, scale.deviation, buffer.data(), n);
      TTT_CHECK(file.append(std::as_bytes(std::span(buffer.data(), n))));
      done += 2 * n;
      if (options.progress) options.progress(done, total);
    }
  }
  return file.finish();
}

inline std::string index_text(std::span<const std::span<const TensorSpec>> parts, std::uint64_t total) {
  json::Writer out;
  out.begin_object().key("metadata").begin_object().member("total_size", total).end_object();
  out.key("weight_map").begin_object();
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (const TensorSpec& t : parts[i]) out.member(t.name, shard_name(i, parts.size()));
  return std::move(out.end_object().end_object()).text();
}

inline std::string generation_text(const ConfigExtras& extras) {
  json::Writer out;
  out.begin_object();
  if (extras.bos) out.member("bos_token_id", *extras.bos);
  if (!extras.eos.empty()) {
    out.key("eos_token_id").begin_array();
    for (const int id : extras.eos) out.value(id);
    out.end_array();
  }
  return std::move(out.member("do_sample", false).end_object()).text();
}

}  // namespace synth

TTT_INLINE void fill_random_bf16(std::uint64_t key, std::uint64_t first, double mean, double deviation,
                                 std::uint16_t* out, std::size_t count) {
  // Four 16-bit uniform numbers have variance 4 (2^32 - 1) / 12 and mean 2 (2^16 - 1).
  const auto scale = static_cast<float>(deviation / 37837.227506);
  const auto offset = static_cast<float>(mean - 131070.0 * deviation / 37837.227506);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t r = split_mix(key + (first + i) * 0x9E3779B97F4A7C15U);
    const auto sum =
        static_cast<std::int32_t>((r & 0xFFFF) + ((r >> 16) & 0xFFFF) + ((r >> 32) & 0xFFFF) + (r >> 48));
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(sum) * scale + offset);
    out[i] = static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
  }
}

TTT_INLINE Result<void> synthesise(const ArchitectureSpec& spec, const ConfigExtras& extras,
                                   const std::string& folder, const SynthOptions& options) {
  using namespace synth;
  if (folder.empty() || folder.find('\0') != std::string::npos)
    return folder_in_use(folder, "that is no folder's name");
  TTT_TRY(const std::string config, spec_to_config(spec, extras));
  const OwnedModel model(spec);
  const NameMap& names = names_of(spec.model_type);
  const std::vector<TensorSpec> tensors = as_stored(tensors_of(model.view(), names), names);
  std::uint64_t total = 0, done = 0;
  for (const TensorSpec& t : tensors) total += bytes_of(t);
  SynthFolder out(folder);
  TTT_CHECK(out.create());
  const auto parts = shards(tensors, options.shard_bytes);
  for (std::size_t i = 0; i < parts.size(); ++i)
    TTT_CHECK(write_shard(out.file(shard_name(i, parts.size())), parts[i], options, done, total));
  if (parts.size() > 1)
    TTT_CHECK(write_atomic(out.file("model.safetensors.index.json"), index_text(parts, total)));
  TTT_CHECK(write_atomic(out.file("config.json"), config));
  TTT_CHECK(write_atomic(out.file("generation_config.json"), generation_text(extras)));
  json::Writer seal;
  seal.begin_object()
      .member("model_type", spec.model_type)
      .member("seed", options.seed)
      .member("bytes", total)
      .end_object();
  TTT_CHECK(write_atomic(out.file(synth_mark), seal.text()));
  return out.commit();
}

TTT_INLINE Result<void> synthesise(std::string_view shape, const std::string& folder, std::uint64_t seed,
                                   const Progress& progress) {
  const Variant* variant = find_variant(shape);
  if (variant == nullptr) {
    std::string known, quoted;
    std::vector<std::string_view> names;
    for (const Variant& v : known_models()) {
      names.push_back(v.name);
      known += (known.empty() ? "" : ", ") + std::string(v.name);
    }
    json::append_quoted(quoted, shape.substr(0, 64));
    const std::string_view near = nearest_name(shape, names);
    return make_error(
        ErrorKind::request, "synth_shape_unknown", "shape", "no shape is called " + quoted,
        (near.empty() ? "" : "the nearest is " + std::string(near) + "; ") + "known are " + known);
  }
  ConfigExtras extras;
  if (variant->bos >= 0) extras.bos = variant->bos;
  if (variant->eos >= 0) extras.eos = {variant->eos};
  return synthesise(spec_of(variant->view, std::string(variant->model_type), variant->max_position), extras,
                    folder, {.seed = seed, .progress = progress});
}

}  // namespace ttt
