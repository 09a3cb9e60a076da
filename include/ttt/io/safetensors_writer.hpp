// Writing .safetensors files: at once from memory, or tensor by tensor for what does not fit there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/io/file.hpp>
#include <ttt/io/result.hpp>
#include <ttt/io/safetensors.hpp>

namespace ttt {

/// What a tensor to be written is called and looks like.
struct TensorDeclaration {
  std::string name;
  SafeDType dtype = SafeDType::f32;
  std::vector<std::int64_t> shape;
};

/// A tensor in memory, row-major, little-endian. Requires: data.size() is what dtype and shape say.
struct TensorToWrite {
  TensorDeclaration declaration;
  std::span<const std::byte> data;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Streams a file: the header is written when it is created, then the tensors' bytes follow in declared
/// order, in pieces of any size. The file appears under its name only when `finish` succeeds.
class SafetensorsWriter {
 public:
  /// Errors: tensor_declaration (duplicate name, overflowing shape, too many tensors), those of AtomicFile.
  [[nodiscard]] static Result<SafetensorsWriter> create(const std::string& path,
                                                        std::span<const TensorDeclaration> tensors,
                                                        const Metadata& metadata = {});
  /// Errors: tensor_range when more bytes come than were declared, those of AtomicFile.
  [[nodiscard]] Result<void> append(std::span<const std::byte> bytes);
  /// Errors: tensor_range when fewer bytes came than were declared, those of AtomicFile.
  [[nodiscard]] Result<void> finish();

 private:
  SafetensorsWriter(AtomicFile file, std::uint64_t left) : file_(std::move(file)), left_(left) {}
  AtomicFile file_;
  std::uint64_t left_ = 0;  // bytes still to come
};

/// Writes all tensors in the order given, or leaves what was there. Errors: as SafetensorsWriter.
[[nodiscard]] Result<void> write_safetensors(const std::string& path, std::span<const TensorToWrite> tensors,
                                             const Metadata& metadata = {});

}  // namespace ttt
