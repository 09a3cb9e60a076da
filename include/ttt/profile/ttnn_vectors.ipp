// Definitions of ttnn_vectors.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <span>

#include <ttt/io/file.hpp>
#include <ttt/io/folder_names.hpp>
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

inline constexpr std::int64_t tf32_format = 4, bf16_format = 5;  ///< `fmt` of single steps

/// Single steps of the engine.
inline Result<VectorFile> check_steps(std::string name, const json::Document& document) {
  VectorFile out{std::move(name), 0, 0, 0, {}};
  const std::string& path = document.file();
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
    TTT_TRY(const std::int64_t fmt, member(entry.value, "fmt", path, where, bf16_format));
    if (fmt != tf32_format && fmt != bf16_format)
      return malformed(path, where + ".fmt", std::to_string(fmt) + " is neither 4 (tf32) nor 5 (bf16)");
    const std::uint32_t empty = fmt == bf16_format ? 0xffffu : 0x1fffu;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (((a[i] | b[i]) & empty) != 0)
        return malformed(path, place(where + ((a[i] & empty) != 0 ? ".a" : ".b"), static_cast<std::int64_t>(i)),
                         "it has bits that its format does not");
    if (fp32_dst == 0 && (dst & 0xffff) != 0) return malformed(path, where + ".dst", "it has bits that a bf16 Dst does not");
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

inline Result<VectorFile> check_packing(std::string name, const json::Document& document) {
  VectorFile out{std::move(name), 0, 0, 0, {}};
  const std::string& path = document.file();
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

inline Result<VectorFile> check_unpacking(std::string name, const json::Document& document) {
  VectorFile out{std::move(name), 0, 0, 0, {}};
  const std::string& path = document.file();
  if (!document.root().is(json::Type::object)) return malformed(path, "file", "it must be an object");
  for (const auto entry : document.root())
    if (entry.key.starts_with("bfp") && entry.key != "bfp8" && entry.key != "bfp4" && entry.key != "bfp2")
      return malformed(path, std::string(entry.key.substr(0, 8)), "it is none of bfp8, bfp4 and bfp2");
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

/// What a vector file holds.
enum class VectorFormat { none, steps, packing, unpacking, dst_products, packed_products };

struct KnownName {
  std::string_view name;
  VectorFormat format;
};
inline constexpr KnownName known_names[] = {{"mvmul_dot16.json", VectorFormat::steps},
                                            {"bfp.json", VectorFormat::packing},
                                            {"bfp_decode_exhaustive.json", VectorFormat::unpacking},
                                            {"matmul_tile.index.json", VectorFormat::dst_products},
                                            {"matmul_ttnn.index.json", VectorFormat::packed_products}};
/// Its place among the documented names, or one behind them.
inline std::size_t known_place(std::string_view name) {
  return static_cast<std::size_t>(
      std::find_if(std::begin(known_names), std::end(known_names), [&](const KnownName& k) { return k.name == name; }) -
      std::begin(known_names));
}

inline constexpr std::string_view index_ending = ".index.json", json_ending = ".json", data_ending = ".bin";

/// By its name, else by its first record.
inline VectorFormat format_of(std::string_view name, json::Value root) {
  if (const std::size_t at = known_place(name); at < std::size(known_names)) return known_names[at].format;
  const auto first_of = [&](std::string_view list) {
    const json::Value all = root[list];
    return all.is(json::Type::array) && all.size() > 0 ? (*all.begin()).value : json::Value();
  };
  if (name.ends_with(index_ending)) {
    const json::Value record = first_of("records");
    return record["fidelity_phases"].exists() ? VectorFormat::dst_products
           : record["fidelity"].exists()      ? VectorFormat::packed_products
                                              : VectorFormat::none;
  }
  const json::Value record = first_of("cases");
  if (record["in_bf16"].exists()) return VectorFormat::packing;
  if (record["phase"].exists()) return VectorFormat::steps;
  for (const std::string_view key : {"bfp8", "bfp4", "bfp2"})
    if (root[key].exists()) return VectorFormat::unpacking;
  return VectorFormat::none;
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
  using namespace ttnn_vectors;
  std::optional<std::vector<std::string>> names = names_in_folder(folder);
  if (!names)
    return make_error(ErrorKind::file, "file_missing", "folder", "there is no such folder, or it cannot be read",
                      "name the folder that holds the vectors, or set TTT_TTNN_VECTORS", folder);
  std::sort(names->begin(), names->end(), [](const std::string& a, const std::string& b) {
    const std::size_t place_a = known_place(a), place_b = known_place(b);
    return place_a != place_b ? place_a < place_b : a < b;
  });
  VectorReport out;
  for (const kernels::Isa isa : levels()) out.kernels += (out.kernels.empty() ? "" : ", ") + std::string(kernels::name_of(isa));
  const auto there = [&](const std::string& name) { return is_regular_file(path_in(folder, name)); };
  for (const std::string& name : *names) {
    const bool is_index = name.ends_with(index_ending), is_json = name.ends_with(json_ending), is_data = name.ends_with(data_ending);
    const std::string_view ending = is_index ? index_ending : is_json ? json_ending : data_ending;
    const std::string stem = name.substr(0, name.size() - std::min(name.size(), ending.size()));
    const std::string index = stem + std::string(index_ending), data = stem + std::string(data_ending);
    if (!is_json && !is_data) {
      out.left_out.push_back(name + ": no vector file");
    } else if (!there(name)) {
      out.left_out.push_back(name + ": no regular file");
    } else if (is_data) {
      if (!there(index)) out.left_out.push_back(name + " without " + index);
    } else if (is_index && !there(data)) {
      out.left_out.push_back(name + " without " + data);
    } else {
      TTT_TRY(const json::Document document, json::Document::read(path_in(folder, name), json_limit));
      const VectorFormat format = format_of(name, document.root());
      if (format == VectorFormat::none) {
        out.left_out.push_back(name + ": its records are none of the documented formats'");
        continue;
      }
      const bool packed = format == VectorFormat::packed_products;
      TTT_TRY(VectorFile file, is_index                          ? check_products(folder, stem, document, packed, out.left_out)
                               : format == VectorFormat::steps   ? check_steps(stem, document)
                               : format == VectorFormat::packing ? check_packing(stem, document)
                                                                 : check_unpacking(stem, document));
      if (file.records == 0) out.left_out.push_back(name + ": it holds no record");
      out.files.push_back(std::move(file));
    }
  }
  return out;
}

}  // namespace ttt
