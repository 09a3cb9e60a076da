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
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/names.hpp>
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

/// A safetensors file or folder. What `names` says to lie otherwise there is shown as models want it: q, k and v of one
/// tensor as three, and [in, out] as [out, in]; a norm's `gamma` and `beta` of old files as its weight and bias.
class CheckpointSource final : public TensorSource {
 public:
  explicit CheckpointSource(Checkpoint checkpoint, const NameMap& names = {})
      : checkpoint_(std::move(checkpoint)), names_(names) {}
  [[nodiscard]] TTT_INLINE std::optional<TensorInfo> find(std::string_view name) const override;
  [[nodiscard]] TTT_INLINE Result<void> read(std::string_view name, std::uint64_t offset,
                                             std::span<std::byte> into) const override;
  [[nodiscard]] TTT_INLINE std::vector<std::string> names() const override;
  [[nodiscard]] std::string where() const override { return checkpoint_.path(); }
  [[nodiscard]] TTT_INLINE std::string identity() const override;

 private:
  /// Where a tensor lies: the whole of one in the file, or a third of its outputs; `turned`: they are its columns.
  struct Place {
    Checkpoint::Tensor tensor;
    std::int64_t part = 0, parts = 1;
    bool turned = false;
  };
  [[nodiscard]] Place place_of(std::string_view name) const;
  Checkpoint checkpoint_;
  NameMap names_;
};

class MemorySource final : public TensorSource {
 public:
  explicit MemorySource(const TensorMap& tensors) : tensors_(&tensors) {}
  [[nodiscard]] TTT_INLINE std::optional<TensorInfo> find(std::string_view name) const override;
  [[nodiscard]] TTT_INLINE Result<void> read(std::string_view name, std::uint64_t offset,
                                             std::span<std::byte> into) const override;
  [[nodiscard]] TTT_INLINE std::vector<std::string> names() const override;
  [[nodiscard]] std::string where() const override { return "the given tensors"; }

 private:
  const TensorMap* tensors_;
};

}  // namespace ttt
