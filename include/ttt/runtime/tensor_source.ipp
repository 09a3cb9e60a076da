// Definitions of tensor_source.hpp.
#pragma once

#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tensor_source.hpp>

namespace ttt {

TTT_INLINE std::optional<TensorInfo> CheckpointSource::find(std::string_view name) const {
  const Checkpoint::Tensor t = checkpoint_.find(name);
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
  info.file = t.file->path();
  return info;
}

TTT_INLINE Result<void> CheckpointSource::read(std::string_view name, std::uint64_t offset,
                                               std::span<std::byte> into) const {
  const Checkpoint::Tensor t = checkpoint_.find(name);
  return t.file->read(*t.entry, offset, into);
}

TTT_INLINE std::vector<std::string> CheckpointSource::names() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < checkpoint_.size(); ++i) all.push_back(checkpoint_[i].entry->name);
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
