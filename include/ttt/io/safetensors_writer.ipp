#pragma once

#include <set>

#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/safetensors_writer.hpp>

namespace ttt {

TTT_INLINE Result<SafetensorsWriter> SafetensorsWriter::create(const std::string& path,
                                                               std::span<const TensorDeclaration> tensors,
                                                               const Metadata& metadata) {
  const auto wrong = [&](std::string_view name, std::string issue) {
    return make_error(ErrorKind::request, "tensor_declaration", "tensor \"" + std::string(name) + "\"",
                      std::move(issue), "give each tensor its own name and a shape that fits in 2^63 bytes",
                      path);
  };
  if (tensors.size() > SafetensorsFile::kMaxTensors) {
    return wrong("", std::to_string(tensors.size()) + " tensors are more than " +
                         std::to_string(SafetensorsFile::kMaxTensors));
  }
  json::Writer header;
  header.begin_object();
  if (!metadata.empty()) {
    header.key("__metadata__").begin_object();
    for (const auto& [key, value] : metadata) header.member(key, value);
    header.end_object();
  }
  std::set<std::string_view> names;
  std::uint64_t at = 0;
  for (const TensorDeclaration& tensor : tensors) {
    if (tensor.name == "__metadata__" || !names.insert(tensor.name).second) {
      return wrong(tensor.name, "the name is taken");
    }
    const auto bytes = checked_bytes(tensor.dtype, tensor.shape);
    if (!bytes || *bytes > static_cast<std::uint64_t>(INT64_MAX) - at) {
      return wrong(tensor.name, "a dimension is negative or the size overflows 2^63 bytes");
    }
    if (tensor.shape.size() > SafetensorsFile::kMaxRank)
      return wrong(tensor.name, "it has too many dimensions");
    header.key(tensor.name).begin_object().member("dtype", name_of(tensor.dtype)).key("shape").begin_array();
    for (const std::int64_t dim : tensor.shape) header.value(dim);
    header.end_array()
        .key("data_offsets")
        .begin_array()
        .value(at)
        .value(at + *bytes)
        .end_array()
        .end_object();
    at += *bytes;
  }
  header.end_object();
  std::string text = std::move(header).text();
  text.append((8 - text.size() % 8) % 8, ' ');  // data starts 8-byte aligned, as HuggingFace writes it
  if (text.size() > SafetensorsFile::kMaxHeader) return wrong("", "the header would pass 100 MB");

  std::string prefix;
  for (std::uint64_t n = text.size(), i = 0; i < 8; ++i) prefix += static_cast<char>(n >> (8 * i) & 0xFF);
  TTT_TRY(AtomicFile file, AtomicFile::create(path));
  TTT_CHECK(file.write(prefix));
  TTT_CHECK(file.write(text));
  return SafetensorsWriter(std::move(file), at);
}

TTT_INLINE Result<void> SafetensorsWriter::append(std::span<const std::byte> bytes) {
  if (bytes.size() > left_) {
    return make_error(
        ErrorKind::request, "tensor_range", "safetensors writer",
        std::to_string(bytes.size()) + " bytes were given, " + std::to_string(left_) + " are still due",
        "write as many bytes as the declared tensors have", file_.path());
  }
  TTT_CHECK(file_.write(bytes));
  left_ -= bytes.size();
  return {};
}

TTT_INLINE Result<void> SafetensorsWriter::finish() {
  if (left_ != 0) {
    return make_error(ErrorKind::request, "tensor_range", "safetensors writer",
                      std::to_string(left_) + " declared bytes were never written",
                      "write as many bytes as the declared tensors have", file_.path());
  }
  return file_.commit();
}

TTT_INLINE Result<void> write_safetensors(const std::string& path, std::span<const TensorToWrite> tensors,
                                          const Metadata& metadata) {
  std::vector<TensorDeclaration> declarations;
  declarations.reserve(tensors.size());
  for (const TensorToWrite& tensor : tensors) {
    const auto bytes = checked_bytes(tensor.declaration.dtype, tensor.declaration.shape);
    if (!bytes || *bytes != tensor.data.size()) {
      return make_error(ErrorKind::request, "tensor_declaration",
                        "tensor \"" + tensor.declaration.name + "\"",
                        "it has " + std::to_string(tensor.data.size()) + " bytes, its dtype and shape need " +
                            (bytes ? std::to_string(*bytes) : "more than 2^63"),
                        "give as many bytes as dtype and shape say", path);
    }
    declarations.push_back(tensor.declaration);
  }
  TTT_TRY(SafetensorsWriter writer, SafetensorsWriter::create(path, declarations, metadata));
  for (const TensorToWrite& tensor : tensors) TTT_CHECK(writer.append(tensor.data));
  return writer.finish();
}

}  // namespace ttt
