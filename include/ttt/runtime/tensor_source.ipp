// Definitions of tensor_source.hpp.
#pragma once

#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tensor_source.hpp>

namespace ttt {

namespace source_parts {

/// The text with `from`, in front of `behind`, replaced by `to`; empty where it does not end so.
TTT_INLINE std::string with_end(std::string_view text, std::string_view from, std::string_view to) {
  for (const std::string_view behind : {".weight", ".bias"})
    if (text.ends_with(behind) && text.substr(0, text.size() - behind.size()).ends_with(from))
      return std::string(text.substr(0, text.size() - behind.size() - from.size())) + std::string(to) + std::string(behind);
  return {};
}

}  // namespace source_parts

TTT_INLINE CheckpointSource::Place CheckpointSource::place_of(std::string_view name) const {
  Place place;
  place.tensor = checkpoint_.find(name);
  if (const bool weight = name.ends_with("LayerNorm.weight"); !place.tensor && (weight || name.ends_with("LayerNorm.bias")))
    place.tensor = checkpoint_.find(std::string(name.substr(0, name.rfind('.'))) + (weight ? ".gamma" : ".beta"));
  if (!names_.fused_qkv.empty())
    for (const std::string_view one : {names_.q, names_.k, names_.v})
      if (const std::string all = source_parts::with_end(name, one, names_.fused_qkv); !all.empty()) {
        place.tensor = checkpoint_.find(all);
        place.part = one == names_.q ? 0 : one == names_.k ? 1 : 2;
        place.parts = 3;
      }
  if (!place.tensor) return place;
  const std::vector<std::int64_t>& shape = place.tensor.entry->shape;
  const bool in_layer = name.starts_with(names_.layer) ||
                        (name.starts_with(names_.prefix) && name.substr(names_.prefix.size()).starts_with(names_.layer));
  place.turned = names_.in_out && in_layer && shape.size() == 2;
  if (place.parts > 1 && (shape.empty() || shape.size() > 2 || shape[place.turned ? 1 : 0] % place.parts != 0))
    place.parts = 1, place.part = 0;  // its shape is refused as it is
  return place;
}

TTT_INLINE std::optional<TensorInfo> CheckpointSource::find(std::string_view name) const {
  const Place place = place_of(name);
  const Checkpoint::Tensor& t = place.tensor;
  if (!t) return std::nullopt;
  TensorInfo info;
  switch (t.entry->dtype) {
    case SafeDType::f32: info.dtype = DType::fp32; break;
    case SafeDType::f16: info.dtype = DType::fp16; break;
    case SafeDType::bf16: info.dtype = DType::bf16; break;
    default: break;
  }
  info.dtype_name = std::string(name_of(t.entry->dtype));
  info.shape = t.entry->shape;
  if (place.turned) std::swap(info.shape[0], info.shape[1]);
  if (place.parts > 1) info.shape[0] /= place.parts;
  info.file = t.file->path();
  return info;
}

TTT_INLINE Result<void> CheckpointSource::read(std::string_view name, std::uint64_t offset,
                                               std::span<std::byte> into) const {
  const Place place = place_of(name);
  const Checkpoint::Tensor& t = place.tensor;
  if (!place.turned) {
    const std::uint64_t part = t.entry->bytes() / static_cast<std::uint64_t>(place.parts);
    return t.file->read(*t.entry, static_cast<std::uint64_t>(place.part) * part + offset, into);
  }
  // Rows of what is asked for are columns of the file: each of its rows has a stretch of them.
  const auto inputs = static_cast<std::uint64_t>(t.entry->shape[0]), columns = static_cast<std::uint64_t>(t.entry->shape[1]);
  const std::uint64_t size = bytes_of(t.entry->dtype), row_bytes = inputs * size;
  if (into.empty() || row_bytes == 0) return {};
  const std::uint64_t first = offset / row_bytes, count = (offset + into.size() - 1) / row_bytes + 1 - first;
  const std::uint64_t begin = static_cast<std::uint64_t>(place.part) * (columns / static_cast<std::uint64_t>(place.parts)) + first;
  std::vector<std::byte> stretch(count * size), rows(count * row_bytes);
  for (std::uint64_t k = 0; k < inputs; ++k) {
    TTT_CHECK(t.file->read(*t.entry, (k * columns + begin) * size, stretch));
    for (std::uint64_t r = 0; r < count; ++r) std::memcpy(&rows[r * row_bytes + k * size], &stretch[r * size], size);
  }
  std::memcpy(into.data(), rows.data() + (offset - first * row_bytes), into.size());
  return {};
}

TTT_INLINE std::vector<std::string> CheckpointSource::names() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < checkpoint_.size(); ++i) {
    std::string name = checkpoint_[i].entry->name;
    bool fused = false;
    if (!names_.fused_qkv.empty())
      for (const std::string_view one : {names_.q, names_.k, names_.v})
        if (std::string part = source_parts::with_end(name, names_.fused_qkv, one); !part.empty()) {
          all.push_back(std::move(part));
          fused = true;
        }
    if (fused) continue;
    if (name.ends_with("LayerNorm.gamma")) name.replace(name.size() - 5, 5, "weight");
    if (name.ends_with("LayerNorm.beta")) name.replace(name.size() - 4, 4, "bias");
    all.push_back(std::move(name));
  }
  return all;
}

TTT_INLINE std::string CheckpointSource::identity() const {
  std::string all;
  for (const SafetensorsFile& file : checkpoint_.files()) {
    const Result<std::string> one = file.fingerprint();
    if (!one) return {};
    all += *one + "\n";
  }
  return all;
}

TTT_INLINE std::optional<TensorInfo> MemorySource::find(std::string_view name) const {
  const auto at = tensors_->find(name);
  if (at == tensors_->end()) return std::nullopt;
  TensorInfo info;
  info.dtype = DType::fp32;
  info.dtype_name = "F32";
  info.shape = at->second.shape;
  return info;
}

TTT_INLINE Result<void> MemorySource::read(std::string_view name, std::uint64_t offset,
                                           std::span<std::byte> into) const {
  const Tensor& t = tensors_->find(name)->second;
  if (offset > t.data.size() * 4 || into.size() > t.data.size() * 4 - offset)
    return make_error(ErrorKind::file, "tensor_range", std::string(name),
                      "its shape asks for more numbers than the " + std::to_string(t.data.size()) + " it holds",
                      "give it as many numbers as its shape says");
  std::memcpy(into.data(), reinterpret_cast<const std::byte*>(t.data.data()) + offset, into.size());
  return {};
}

TTT_INLINE std::vector<std::string> MemorySource::names() const {
  std::vector<std::string> all;
  for (const auto& [name, tensor] : *tensors_) all.push_back(name);
  return all;
}

}  // namespace ttt
