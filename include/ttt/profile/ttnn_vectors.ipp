// Definitions of ttnn_vectors.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>

#include <ttt/io/file.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/kernels/ttnn/row_kernels.hpp>
#include <ttt/profile/ttnn_vector_products.hpp>
#include <ttt/profile/ttnn_vector_reader.hpp>
#include <ttt/profile/ttnn_vectors.hpp>

namespace ttt {

namespace ttnn_vectors {

namespace tt = kernels::ttnn;

inline std::optional<tt::BlockFloat> block_format(std::int64_t bits) {
  for (const tt::BlockFloat f : {tt::BlockFloat::bfloat2_b, tt::BlockFloat::bfloat4_b, tt::BlockFloat::bfloat8_b})
    if (tt::code_bits(f) == bits) return f;
  return std::nullopt;
}

inline Result<VectorFile> check_mvmul(const std::string& path) {
  VectorFile out{"mvmul_dot16", 0, 0, 0, {}};
  TTT_TRY(const json::Document document, json::Document::read(path, json_limit));
  const json::Value cases = document.root()["cases"];
  if (!cases.is(json::Type::array)) return malformed(path, "cases", "it must be a list");
  for (const auto entry : cases) {
    const std::string where = place("cases", out.records);
    TTT_TRY(const std::int64_t phase, member(entry.value, "phase", path, where, 3));
    TTT_TRY(const std::int64_t fp32_dst, member(entry.value, "fp32_dest", path, where, 1));
    TTT_TRY(const std::int64_t dst, member(entry.value, "dst", path, where, 0xffffffff));
    TTT_TRY(const std::int64_t expected, member(entry.value, "out", path, where, 0xffffffff));
    std::array<std::uint32_t, tt::engine_depth> a{}, b{};
    TTT_CHECK(numbers(entry.value["a"], path, where + ".a", 0xffffffff, a));
    TTT_CHECK(numbers(entry.value["b"], path, where + ".b", 0xffffffff, b));
    tt::Source sa[tt::engine_depth], sb[tt::engine_depth];
    for (std::size_t i = 0; i < a.size(); ++i) {
      sa[i] = tt::source_of(a[i]);
      sb[i] = tt::source_of(b[i]);
    }
    Record record(out, where);
    const std::uint32_t computed = tt::mvmul(sa, sb, static_cast<int>(phase), static_cast<std::uint32_t>(dst), fp32_dst != 0);
    record.compare(computed, static_cast<std::uint32_t>(expected), 0x80000000u, "out", 0);
  }
  return out;
}

/// A block where a tile's first one lies.
struct StoredBlock {
  std::array<std::uint8_t, tt::tile_blocks + tt::block_length> tile{};
  std::uint8_t* codes() { return tile.data() + tt::tile_blocks; }
};
inline tt::Block packed_on(kernels::Isa isa, tt::BlockFloat format, const std::uint16_t* bf16) {
  StoredBlock s;
  tt::row_kernels(isa).pack_blocks(format, bf16, 1, s.tile.data(), s.codes());
  return tt::load_block(format, s.tile.data(), 0);
}
inline std::array<std::uint16_t, tt::block_length> unpacked_on(kernels::Isa isa, tt::BlockFloat format, const tt::Block& block) {
  StoredBlock s;
  tt::store_block(format, block, 0, s.tile.data());
  std::array<std::uint16_t, tt::block_length> out{};
  tt::row_kernels(isa).unpack_blocks(format, s.tile.data(), s.codes(), 1, out.data());
  return out;
}

inline Result<VectorFile> check_packing(const std::string& path) {
  VectorFile out{"bfp", 0, 0, 0, {}};
  TTT_TRY(const json::Document document, json::Document::read(path, json_limit));
  const json::Value cases = document.root()["cases"];
  if (!cases.is(json::Type::array)) return malformed(path, "cases", "it must be a list");
  for (const auto entry : cases) {
    const std::string where = place("cases", out.records);
    TTT_TRY(const std::int64_t bits, member(entry.value, "bits", path, where, 8));
    const std::optional<tt::BlockFloat> format = block_format(bits);
    if (!format) return malformed(path, where + ".bits", "it is " + std::to_string(bits) + ", none of 2, 4 and 8");
    TTT_TRY(const std::int64_t exponent, member(entry.value, "exp", path, where, 255));
    std::array<std::uint16_t, tt::block_length> in{}, decoded{};
    tt::Block expected{static_cast<std::uint8_t>(exponent), {}};
    TTT_CHECK(numbers(entry.value["in_bf16"], path, where + ".in_bf16", 0xffff, in));
    TTT_CHECK(numbers(entry.value["mant"], path, where + ".mant", (1 << bits) - 1, std::span(expected.codes)));
    TTT_CHECK(numbers(entry.value["dequant_bf16"], path, where + ".dequant_bf16", 0xffff, decoded));
    Record record(out, where);
    for (const kernels::Isa isa : levels()) {
      const tt::Block block = packed_on(isa, *format, in.data());
      const auto numbers = unpacked_on(isa, *format, expected);
      record.compare(block.exponent, expected.exponent, 0x100u, on_level("exp", isa), 0);
      for (std::size_t i = 0; i < in.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        record.compare(block.codes[i], expected.codes[i], 1u << (bits - 1), on_level("mant", isa), index);
        record.compare(numbers[i], decoded[i], 0x8000u, on_level("dequant_bf16", isa), index);
      }
    }
  }
  return out;
}

inline Result<VectorFile> check_unpacking(const std::string& path) {
  VectorFile out{"bfp_decode_exhaustive", 0, 0, 0, {}};
  TTT_TRY(const json::Document document, json::Document::read(path, json_limit));
  if (!document.root().is(json::Type::object)) return malformed(path, "file", "it must be an object");
  for (const tt::BlockFloat format : {tt::BlockFloat::bfloat8_b, tt::BlockFloat::bfloat4_b, tt::BlockFloat::bfloat2_b}) {
    const std::string key = "bfp" + std::to_string(tt::code_bits(format));
    const json::Value exponents = document.root()[key];
    if (!exponents.exists()) continue;
    if (!exponents.is(json::Type::object)) return malformed(path, key, "it must be an object");
    for (const auto entry : exponents) {
      const std::string where = key + "." + std::string(entry.key.substr(0, 8));
      int exponent = 0;
      bool good = !entry.key.empty() && entry.key.size() <= 3;
      for (const char c : entry.key) {
        good = good && c >= '0' && c <= '9';
        exponent = good ? exponent * 10 + (c - '0') : 0;
      }
      if (!good || exponent > 255) return malformed(path, where, "its name is no exponent of [0, 255]");
      std::array<std::uint16_t, 256> decoded{};
      const std::span<std::uint16_t> all(decoded.data(), std::size_t{1} << tt::code_bits(format));
      TTT_CHECK(numbers(entry.value, path, where, 0xffff, all));
      for (std::size_t code = 0; code < all.size(); ++code) {
        Record record(out, where);
        const tt::Block block{static_cast<std::uint8_t>(exponent), {static_cast<std::uint8_t>(code)}};
        for (const kernels::Isa isa : levels())
          record.compare(unpacked_on(isa, format, block)[0], all[code], 0x8000u, on_level("code", isa), static_cast<std::int64_t>(code));
      }
    }
  }
  return out;
}

}  // namespace ttnn_vectors

TTT_INLINE std::int64_t VectorReport::records() const {
  std::int64_t all = 0;
  for (const VectorFile& f : files) all += f.records;
  return all;
}
TTT_INLINE std::int64_t VectorReport::failed() const {
  std::int64_t all = 0;
  for (const VectorFile& f : files) all += f.failed;
  return all;
}
TTT_INLINE std::int64_t VectorReport::worst() const {
  std::int64_t most = 0;
  for (const VectorFile& f : files) most = std::max(most, f.worst);
  return most;
}

TTT_INLINE std::string default_ttnn_vectors() {
  const char* const set = std::getenv("TTT_TTNN_VECTORS");
  return set != nullptr && *set != '\0' ? set : "../shared/ttnn/vectors";
}

TTT_INLINE Result<VectorReport> check_ttnn_vectors(const std::string& folder) {
  if (!is_folder(folder))
    return make_error(ErrorKind::file, "file_missing", "folder", "there is no such folder",
                      "name the folder that holds the vectors, or set TTT_TTNN_VECTORS", folder);
  VectorReport out;
  for (const kernels::Isa isa : ttnn_vectors::levels())
    out.kernels += (out.kernels.empty() ? "" : ", ") + std::string(kernels::name_of(isa));
  const auto there = [&](std::string_view name) { return is_regular_file(path_in(folder, name)); };
  const auto take = [&](Result<VectorFile> file) -> Result<void> {
    if (!file) return file.error();
    out.files.push_back(*std::move(file));
    return {};
  };
  if (there("mvmul_dot16.json")) TTT_CHECK(take(ttnn_vectors::check_mvmul(path_in(folder, "mvmul_dot16.json"))));
  if (there("bfp.json")) TTT_CHECK(take(ttnn_vectors::check_packing(path_in(folder, "bfp.json"))));
  if (there("bfp_decode_exhaustive.json"))
    TTT_CHECK(take(ttnn_vectors::check_unpacking(path_in(folder, "bfp_decode_exhaustive.json"))));
  const auto take_products = [&](const std::string& name, bool packed) -> Result<void> {
    const std::string index = name + ".index.json", data = name + ".bin";
    const bool has_index = there(index), has_data = there(data);
    if (has_index && has_data) return take(ttnn_vectors::check_products(folder, name, packed));
    if (has_index != has_data) out.left_out.push_back(has_index ? index + " without " + data : data + " without " + index);
    return {};
  };
  TTT_CHECK(take_products("matmul_tile", false));
  TTT_CHECK(take_products("matmul_ttnn", true));
  return out;
}

}  // namespace ttt
