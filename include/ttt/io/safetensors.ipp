#pragma once

#include <algorithm>
#include <limits>

#include <ttt/io/crc32c.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/safetensors.hpp>

namespace ttt {

namespace safetensors {

struct DTypeName {
  SafeDType dtype;
  std::string_view name;
};
inline constexpr DTypeName kDTypes[] = {
    {SafeDType::f64, "F64"},   {SafeDType::f32, "F32"},         {SafeDType::f16, "F16"},
    {SafeDType::bf16, "BF16"}, {SafeDType::f8_e4m3, "F8_E4M3"}, {SafeDType::f8_e5m2, "F8_E5M2"},
    {SafeDType::i64, "I64"},   {SafeDType::i32, "I32"},         {SafeDType::i16, "I16"},
    {SafeDType::i8, "I8"},     {SafeDType::u8, "U8"},           {SafeDType::boolean, "BOOL"},
};

inline Error header_error(const std::string& path, std::string module, std::string issue) {
  return make_error(
      ErrorKind::file, "safetensors_header", std::move(module), std::move(issue),
      "download the file again or export it again with safetensors; a sound file passes all checks", path);
}

/// Reads one member {"dtype", "shape", "data_offsets"} of the header.
inline Result<TensorEntry> entry_of(const std::string& path, std::string_view name,
                                    const json::Value& value) {
  const auto wrong = [&](std::string issue) {
    return header_error(path, "tensor " + in_quotes(name), std::move(issue));
  };
  if (!value.is(json::Type::object)) return wrong("its description is not an object");
  json::Value dtype;
  json::Value shape;
  json::Value offsets;
  for (const auto& [key, member] : value) {
    json::Value* slot = key == "dtype"          ? &dtype
                        : key == "shape"        ? &shape
                        : key == "data_offsets" ? &offsets
                                                : nullptr;
    if (slot == nullptr) return wrong("its description has the unknown member " + in_quotes(key));
    if (slot->exists()) return wrong("its description has " + in_quotes(key) + " twice");
    *slot = member;
  }
  TensorEntry entry;
  entry.name = name;
  if (!dtype.as_string()) return wrong("dtype is missing or not a string");
  const auto known = safe_dtype_of(*dtype.as_string());
  if (!known) return wrong("dtype " + in_quotes(*dtype.as_string()) + " is unknown");
  entry.dtype = *known;

  if (!shape.is(json::Type::array)) return wrong("shape is missing or not an array");
  if (shape.size() > SafetensorsFile::kMaxRank) {
    return wrong("shape has " + std::to_string(shape.size()) + " dimensions, more than " +
                 std::to_string(SafetensorsFile::kMaxRank));
  }
  for (const auto& [key, dim] : shape) {
    const auto number = dim.as_int();
    if (!number || *number < 0) return wrong("shape holds something other than integers from 0 to 2^63 - 1");
    entry.shape.push_back(*number);
  }

  if (!offsets.is(json::Type::array) || offsets.size() != 2)
    return wrong("data_offsets are not two integers");
  const auto begin = (*offsets.begin()).value.as_int();
  const auto end = (*++offsets.begin()).value.as_int();
  if (!begin || !end || *begin < 0 || *end < *begin) {
    return wrong("data_offsets are not two integers from 0 to 2^63 - 1 in ascending order");
  }
  entry.begin = static_cast<std::uint64_t>(*begin);
  entry.end = static_cast<std::uint64_t>(*end);
  const auto bytes = checked_bytes(entry.dtype, entry.shape);
  if (!bytes) return wrong("its shape overflows 2^63 bytes");
  if (*bytes != entry.bytes()) {
    return wrong("dtype and shape need " + std::to_string(*bytes) + " bytes, data_offsets span " +
                 std::to_string(entry.bytes()));
  }
  return entry;
}

}  // namespace safetensors

TTT_INLINE std::string_view name_of(SafeDType dtype) noexcept {
  for (const auto& known : safetensors::kDTypes) {
    if (known.dtype == dtype) return known.name;
  }
  return "?";
}

TTT_INLINE std::optional<SafeDType> safe_dtype_of(std::string_view name) noexcept {
  for (const auto& known : safetensors::kDTypes) {
    if (known.name == name) return known.dtype;
  }
  return std::nullopt;
}

TTT_INLINE std::optional<std::uint64_t> checked_bytes(SafeDType dtype,
                                                      std::span<const std::int64_t> shape) noexcept {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t product = bytes_of(dtype);
  bool empty = false;
  for (const std::int64_t dim : shape) {
    if (dim < 0) return std::nullopt;
    empty = empty || dim == 0;
    const auto factor = static_cast<std::uint64_t>(std::max<std::int64_t>(dim, 1));
    if (product > kMost / factor) return std::nullopt;
    product *= factor;
  }
  return empty ? 0 : product;
}

TTT_INLINE Result<void> SafetensorsFile::read_header(State& state) {
  const std::string& path = state.file.path();
  const std::uint64_t size = state.file.size();
  const auto wrong = [&](std::string issue) {
    return safetensors::header_error(path, "safetensors header", std::move(issue));
  };
  if (size < 8)
    return wrong("the file has " + std::to_string(size) + " bytes, fewer than the 8 of the header's length");
  std::byte prefix[8];
  TTT_CHECK(state.file.read_at(0, prefix));
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | std::to_integer<std::uint64_t>(prefix[i]);
  if (length > kMaxHeader) {
    return wrong("it claims " + std::to_string(length) + " bytes, more than " + std::to_string(kMaxHeader));
  }
  if (length > size - 8) {
    return wrong("it claims " + std::to_string(length) + " bytes, but only " + std::to_string(size - 8) +
                 " follow");
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  TTT_CHECK(state.file.read_at(8, std::as_writable_bytes(std::span(text))));
  if (text.empty() || text.front() != '{') return wrong("it does not start with '{'");
  state.data = 8 + length;

  TTT_TRY(const json::Document document, json::Document::parse(text, path));
  const json::Value root = document.root();
  if (!root.is(json::Type::object)) return wrong("it is not a JSON object");
  if (root.size() > kMaxTensors + 1) {
    return wrong("it lists " + std::to_string(root.size()) + " tensors, more than " +
                 std::to_string(kMaxTensors));
  }
  bool metadata = false;
  for (const auto& [key, value] : root) {
    if (key != "__metadata__") {
      TTT_TRY(TensorEntry entry, safetensors::entry_of(path, key, value));
      state.tensors.push_back(std::move(entry));
      continue;
    }
    if (metadata) return wrong("it has __metadata__ twice");
    metadata = true;
    if (!value.is(json::Type::object)) return wrong("__metadata__ is not an object");
    for (const auto& [name, content] : value) {
      if (!content.as_string()) return wrong("__metadata__ holds something other than strings");
      state.metadata.emplace_back(name, *content.as_string());
    }
  }
  if (state.tensors.size() > kMaxTensors)
    return wrong("it lists more than " + std::to_string(kMaxTensors) + " tensors");

  std::sort(state.tensors.begin(), state.tensors.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t at = 0;
  for (const TensorEntry& tensor : state.tensors) {
    if (tensor.begin != at) {
      return safetensors::header_error(path, "tensor " + in_quotes(tensor.name),
                                       "its data starts at byte " + std::to_string(tensor.begin) +
                                           ", the tensor before it ends at " + std::to_string(at) +
                                           (tensor.begin < at ? " (an overlap)" : " (a hole)"));
    }
    at = tensor.end;
  }
  if (at != size - state.data) {
    return wrong("its tensors end at byte " + std::to_string(at) + " of the data, which has " +
                 std::to_string(size - state.data) + " bytes");
  }

  state.by_name.resize(state.tensors.size());
  for (std::uint32_t i = 0; i < state.by_name.size(); ++i) state.by_name[i] = i;
  const auto name = [&](std::uint32_t i) -> const std::string& { return state.tensors[i].name; };
  std::sort(state.by_name.begin(), state.by_name.end(),
            [&](std::uint32_t a, std::uint32_t b) { return name(a) < name(b); });
  const auto twice = std::adjacent_find(state.by_name.begin(), state.by_name.end(),
                                        [&](std::uint32_t a, std::uint32_t b) { return name(a) == name(b); });
  if (twice != state.by_name.end()) return wrong("it lists " + in_quotes(name(*twice)) + " twice");
  return {};
}

TTT_INLINE Result<SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  TTT_TRY(File file, File::open(path));
  auto state = std::make_shared<State>(State{std::move(file), 0, {}, {}, {}});
  TTT_CHECK(read_header(*state));
  return SafetensorsFile(std::move(state));
}

TTT_INLINE const TensorEntry* SafetensorsFile::find(std::string_view name) const {
  const auto& tensors = state_->tensors;
  const auto it = std::lower_bound(state_->by_name.begin(), state_->by_name.end(), name,
                                   [&](std::uint32_t i, std::string_view n) { return tensors[i].name < n; });
  return it != state_->by_name.end() && tensors[*it].name == name ? &tensors[*it] : nullptr;
}

TTT_INLINE Result<std::string> SafetensorsFile::fingerprint() const {
  const File& file = state_->file;
  std::string bytes(static_cast<std::size_t>(state_->data), '\0');
  TTT_CHECK(file.read_at(0, std::as_writable_bytes(std::span(bytes))));
  const std::uint32_t header = crc32c(std::as_bytes(std::span(bytes)));
  // 4 KiB each at 16 places, the beginning and the end among them.
  constexpr std::uint64_t places = 16, width = 4096;
  const std::uint64_t size = file.size(), last = size > width ? size - width : 0;
  bytes.assign(static_cast<std::size_t>(places * width), '\0');
  for (std::uint64_t i = 0; i < places; ++i)
    TTT_CHECK(file.read_at(last / (places - 1) * i,
                           std::as_writable_bytes(std::span(bytes)).subspan(static_cast<std::size_t>(i * width),
                                                                            static_cast<std::size_t>(std::min(size, width)))));
  return path().substr(path().rfind('/') + 1) + " " + std::to_string(size) + " " + std::to_string(file.modified_ns()) + " " +
         std::to_string(header) + " " + std::to_string(crc32c(std::as_bytes(std::span(bytes))));
}

TTT_INLINE Result<void> SafetensorsFile::read(const TensorEntry& tensor, std::uint64_t offset,
                                              std::span<std::byte> into) const {
  if (offset > tensor.bytes() || into.size() > tensor.bytes() - offset) {
    return make_error(ErrorKind::request, "tensor_range", "tensor " + in_quotes(tensor.name),
                      "bytes " + std::to_string(offset) + " to " + std::to_string(offset) + " + " +
                          std::to_string(into.size()) + " were asked for, the tensor has " +
                          std::to_string(tensor.bytes()),
                      "ask for bytes inside the tensor", path());
  }
  return state_->file.read_at(state_->data + tensor.begin + offset, into);
}

}  // namespace ttt
