// Where weights come from: a checkpoint on disk, or tensors in the program's own memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/checkpoint.hpp>
#include <ttt/runtime/tensor.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt {

/// What a source says of one tensor.
struct TensorInfo {
  DType dtype = DType::automatic;  ///< automatic: a type that weights cannot have
  std::string dtype_name;          ///< as the source spells it
  std::vector<std::int64_t> shape;
  std::string file;
};

class TensorSource {
 public:
  TensorSource() = default;
  TensorSource(const TensorSource&) = delete;
  TensorSource& operator=(const TensorSource&) = delete;
  virtual ~TensorSource() = default;
  [[nodiscard]] virtual std::optional<TensorInfo> find(std::string_view name) const = 0;
  /// Copies bytes [offset, offset + into.size()) of the tensor. Requires: `find(name)`.
  [[nodiscard]] virtual Result<void> read(std::string_view name, std::uint64_t offset,
                                          std::span<std::byte> into) const = 0;
  /// Every name there is.
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  /// For error texts.
  [[nodiscard]] virtual std::string where() const = 0;
  /// What tells its content from any other's, so that what was made of it can be found again; empty where nothing does.
  [[nodiscard]] virtual std::string identity() const { return {}; }
};

/// A safetensors file or folder.
class CheckpointSource final : public TensorSource {
 public:
  explicit CheckpointSource(Checkpoint checkpoint) : checkpoint_(std::move(checkpoint)) {}
  [[nodiscard]] std::optional<TensorInfo> find(std::string_view name) const override;
  [[nodiscard]] Result<void> read(std::string_view name, std::uint64_t offset,
                                  std::span<std::byte> into) const override;
  [[nodiscard]] std::vector<std::string> names() const override;
  [[nodiscard]] std::string where() const override { return checkpoint_.path(); }
  [[nodiscard]] std::string identity() const override;

 private:
  Checkpoint checkpoint_;
};

class MemorySource final : public TensorSource {
 public:
  explicit MemorySource(const TensorMap& tensors) : tensors_(&tensors) {}
  [[nodiscard]] std::optional<TensorInfo> find(std::string_view name) const override;
  [[nodiscard]] Result<void> read(std::string_view name, std::uint64_t offset,
                                  std::span<std::byte> into) const override;
  [[nodiscard]] std::vector<std::string> names() const override;
  [[nodiscard]] std::string where() const override { return "the given tensors"; }

 private:
  const TensorMap* tensors_;
};

}  // namespace ttt
