// Definitions of ttnn_vectors.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>

#include <ttt/io/file.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/kernels/ttnn/row_kernels.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>
#include <ttt/kernels/ttnn/tile_tensor.hpp>
#include <ttt/profile/ttnn_vector_reader.hpp>
#include <ttt/profile/ttnn_vectors.hpp>

namespace ttt {

namespace ttnn_vectors {

namespace tt = kernels::ttnn;

inline constexpr std::int64_t longest_k = 32768;

inline std::optional<tt::BlockFloat> block_format(std::int64_t bits) {
  for (const tt::BlockFloat f : {tt::BlockFloat::bfloat2_b, tt::BlockFloat::bfloat4_b, tt::BlockFloat::bfloat8_b})
    if (tt::code_bits(f) == bits) return f;
  return std::nullopt;
}

/// The levels that this processor has.
inline std::vector<kernels::Isa> levels() {
  std::vector<kernels::Isa> out;
  for (const kernels::Isa isa : kernels::all_isas)
    if (kernels::isa_supported(isa)) out.push_back(isa);
  return out;
}
inline std::string on_level(std::string_view what, kernels::Isa isa) {
  return std::string(what) + " on " + std::string(kernels::name_of(isa)) + " ";
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

/// A product of 32 rows and 32 columns, as both matmul files record it.
struct Product {
  std::int64_t k = 0;
  int phases = 0;
  bool fp32_dst = false;
  std::vector<std::uint16_t> in0, in1;  ///< row by row
};

/// A product's weights as the device has them.
struct Weights {
  tt::TileFormat format;
  std::vector<std::uint8_t> tiles;
};
/// Nothing where the format does not hold these numbers exactly.
inline std::optional<Weights> weights_in(tt::TileFormat format, const Product& p) {
  const tt::TileTensor t{format, p.k, tt::tile_side};
  Weights out{format, std::vector<std::uint8_t>(static_cast<std::size_t>(t.bytes()))};
  tt::pack(t, p.in1.data(), out.tiles.data());
  std::vector<std::uint16_t> back(p.in1.size());
  tt::unpack(t, out.tiles.data(), back.data());
  if (back != p.in1) return std::nullopt;
  return out;
}

/// Dst of a product at one level.
inline std::vector<std::uint32_t> dst_of(const Product& p, const Weights& w, kernels::Isa isa) {
  std::vector<std::uint32_t> dst(tt::tile_numbers);
  tt::tile_product_kernel(isa)({p.in0.data(), p.k, tt::tile_side, w.tiles.data(), w.format, tt::tile_bytes(w.format), 0,
                                p.k / tt::tile_side, 1, p.phases, p.fp32_dst, dst.data(), tt::tile_side});
  return dst;
}

/// Reads a record of an index and its operands and results; `number_bytes`: of one result.
inline Result<void> read_product(json::Value entry, const File& data, const std::string& index, const std::string& where,
                                 std::size_t number_bytes, Product& p, std::vector<std::byte>& results) {
  TTT_TRY(p.k, member(entry, "K", index, where, longest_k));
  if (p.k == 0 || p.k % tt::tile_side != 0)
    return malformed(index, where + ".K", std::to_string(p.k) + " is no positive multiple of 32");
  TTT_TRY(const std::int64_t offset, member(entry, "offset", index, where, std::int64_t{1} << 50));
  const auto numbers_in = static_cast<std::size_t>(p.k) * tt::tile_side;
  const std::size_t bytes = numbers_in * 4 + tt::tile_numbers * number_bytes;
  if (static_cast<std::uint64_t>(offset) + bytes > data.size())
    return malformed(index, where + ".offset", "the record ends at byte " + std::to_string(static_cast<std::uint64_t>(offset) + bytes) +
                                                   ", " + data.path() + " has " + std::to_string(data.size()));
  const auto at = static_cast<std::uint64_t>(offset);
  p.in0.resize(numbers_in);
  p.in1.resize(numbers_in);
  results.resize(tt::tile_numbers * number_bytes);
  TTT_CHECK(data.read_at(at, std::as_writable_bytes(std::span(p.in0))));
  TTT_CHECK(data.read_at(at + numbers_in * 2, std::as_writable_bytes(std::span(p.in1))));
  TTT_CHECK(data.read_at(at + numbers_in * 4, std::span(results)));
  return {};
}

/// The block format of that name; nothing: weights in bfloat16.
inline std::optional<tt::TileFormat> block_format_named(std::string_view name) {
  if (name == "bfloat8_b") return tt::TileFormat::bfloat8_b;
  if (name == "bfloat4_b") return tt::TileFormat::bfloat4_b;
  if (name == "bfloat2_b") return tt::TileFormat::bfloat2_b;
  return std::nullopt;
}

inline std::optional<int> phases_named(std::string_view fidelity) {
  constexpr std::string_view names[] = {"LoFi", "HiFi2", "HiFi3", "HiFi4"};
  for (int i = 0; i < 4; ++i)
    if (fidelity == names[i]) return i + 1;
  return std::nullopt;
}

/// `packed`: matmul_ttnn, whose results are bfloat16 behind the packer; else matmul_tile, whose results are Dst.
inline Result<VectorFile> check_products(const std::string& folder, std::string name, bool packed) {
  VectorFile out{std::move(name), 0, 0, 0, {}};
  const std::string path = path_in(folder, out.name + ".index.json");
  TTT_TRY(const json::Document document, json::Document::read(path, json_limit));
  TTT_TRY(const File data, File::open(path_in(folder, out.name + ".bin")));
  const json::Value records = document.root()["records"];
  if (!records.is(json::Type::array)) return malformed(path, "records", "it must be a list");
  Product p;
  std::vector<std::byte> results;
  for (const auto entry : records) {
    const std::string where = place("records", out.records);
    if (packed) {
      const std::optional<int> phases = phases_named(entry.value["fidelity"].as_string().value_or(""));
      const std::string_view dest = entry.value["dest"].as_string().value_or("");
      if (!phases) return malformed(path, where + ".fidelity", "it is none of LoFi, HiFi2, HiFi3 and HiFi4");
      if (dest != "bf16" && dest != "fp32") return malformed(path, where + ".dest", "it is neither bf16 nor fp32");
      p.phases = *phases;
      p.fp32_dst = dest == "fp32";
    } else {
      TTT_TRY(const std::int64_t phases, member(entry.value, "fidelity_phases", path, where, 4));
      if (phases == 0) return malformed(path, where + ".fidelity_phases", "0 is not in [1, 4]");
      TTT_TRY(const std::int64_t fp32_dst, member(entry.value, "fp32_dest", path, where, 1));
      p.phases = static_cast<int>(phases);
      p.fp32_dst = fp32_dst != 0;
    }
    TTT_CHECK(read_product(entry.value, data, path, where, packed ? 2 : 4, p, results));
    Record record(out, where);
    const auto compare = [&](const Weights& weights, kernels::Isa isa, std::string_view results_of) {
      const std::vector<std::uint32_t> dst = dst_of(p, weights, isa);
      const std::string what = on_level(results_of, isa);
      for (std::size_t i = 0; i < dst.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        if (packed) {
          std::uint16_t expected = 0;
          std::memcpy(&expected, results.data() + 2 * i, 2);
          record.compare(tt::packed_dst(dst[i], p.fp32_dst), expected, 0x8000u, what, index);
        } else {
          std::uint32_t expected = 0;
          std::memcpy(&expected, results.data() + 4 * i, 4);
          record.compare(dst[i], expected, 0x80000000u, what, index);
        }
      }
    };
    const std::optional<tt::TileFormat> blocks = block_format_named(entry.value["weights"].as_string().value_or(""));
    const std::optional<Weights> in_blocks = blocks ? weights_in(*blocks, p) : std::nullopt;
    const std::optional<Weights> as_given = weights_in(tt::TileFormat::bf16, p);
    for (const kernels::Isa isa : levels()) {
      if (as_given) compare(*as_given, isa, "out");
      if (in_blocks) compare(*in_blocks, isa, "out of blocks");
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
