// One .safetensors file: its header, checked by every rule of the format before anything uses it, and reads
// of its tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/file.hpp>
#include <ttt/io/result.hpp>

namespace ttt {

/// Element types that a safetensors header may name.
enum class SafeDType : std::uint8_t { f64, f32, f16, bf16, f8_e4m3, f8_e5m2, i64, i32, i16, i8, u8, boolean };

/// Bytes per element.
[[nodiscard]] constexpr std::size_t bytes_of(SafeDType dtype) noexcept {
  switch (dtype) {
    case SafeDType::f64:
    case SafeDType::i64:
      return 8;
    case SafeDType::f32:
    case SafeDType::i32:
      return 4;
    case SafeDType::f16:
    case SafeDType::bf16:
    case SafeDType::i16:
      return 2;
    case SafeDType::f8_e4m3:
    case SafeDType::f8_e5m2:
    case SafeDType::i8:
    case SafeDType::u8:
    case SafeDType::boolean:
      break;
  }
  return 1;
}

/// The header's spelling: "BF16", "F8_E4M3", "BOOL", …
[[nodiscard]] std::string_view name_of(SafeDType dtype) noexcept;
[[nodiscard]] std::optional<SafeDType> safe_dtype_of(std::string_view name) noexcept;

/// Elements × bytes per element of a shape, or nullopt if a dimension is negative or the product (zero
/// dimensions left out, so that no order of factors hides an overflow) passes 2^63 − 1.
[[nodiscard]] std::optional<std::uint64_t> checked_bytes(SafeDType dtype,
                                                         std::span<const std::int64_t> shape) noexcept;

/// One tensor of a file. `begin` and `end` count bytes from the start of the file's data section;
/// `end - begin` is exactly what dtype and shape say.
struct TensorEntry {
  std::string name;
  SafeDType dtype = SafeDType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  [[nodiscard]] std::uint64_t bytes() const { return end - begin; }
  [[nodiscard]] std::uint64_t elements() const { return bytes() / bytes_of(dtype); }
};

/// An open file whose header has passed all checks: header ≤ 100 MB and within the file, ≤ 65,536 tensors,
/// known dtypes, no duplicate keys, offsets contiguous from 0 to the end of the file without holes or
/// overlaps, sizes that agree with dtype and shape. Copies share the open file; reads are safe from any
/// thread.
class SafetensorsFile {
 public:
  static constexpr std::uint64_t kMaxHeader = 100'000'000;
  static constexpr std::size_t kMaxTensors = 65'536;
  static constexpr std::size_t kMaxRank = 32;

  /// Errors: those of File, safetensors_header (anything wrong with the header), json_malformed.
  [[nodiscard]] static Result<SafetensorsFile> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return state_->file.path(); }
  /// In the order of their data.
  [[nodiscard]] std::span<const TensorEntry> tensors() const { return state_->tensors; }
  /// nullptr if there is no tensor of that name.
  [[nodiscard]] const TensorEntry* find(std::string_view name) const;
  /// `__metadata__`, in file order.
  [[nodiscard]] std::span<const std::pair<std::string, std::string>> metadata() const {
    return state_->metadata;
  }

  /// What tells this file from another without reading all of it, as text: name, size, time of last change, and
  /// checksums of its header and of samples of its data. Errors: those of File.
  [[nodiscard]] Result<std::string> fingerprint() const;

  /// Copies bytes [offset, offset + into.size()) of the tensor. Requires: `tensor` is one of `tensors()`.
  /// Errors: tensor_range when the range passes the tensor's end, those of File.
  [[nodiscard]] Result<void> read(const TensorEntry& tensor, std::uint64_t offset,
                                  std::span<std::byte> into) const;

 private:
  struct State {
    File file;
    std::uint64_t data = 0;  // where the data section starts
    std::vector<TensorEntry> tensors;
    std::vector<std::uint32_t> by_name;  // indices into tensors, sorted by name
    std::vector<std::pair<std::string, std::string>> metadata;
  };
  explicit SafetensorsFile(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  [[nodiscard]] static Result<void> read_header(State& state);
  std::shared_ptr<const State> state_;
};

}  // namespace ttt
