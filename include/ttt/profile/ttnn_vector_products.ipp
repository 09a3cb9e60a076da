// Definitions of ttnn_vector_products.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <ttt/io/file.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/kernels/ttnn/row_kernels.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>
#include <ttt/kernels/ttnn/tile_tensor.hpp>
#include <ttt/profile/ttnn_vector_products.hpp>
#include <ttt/profile/ttnn_vector_reader.hpp>

namespace ttt::ttnn_vectors {

namespace tt = kernels::ttnn;

/// 128 MiB of operands: a record's size is taken on trust only up to here.
inline constexpr std::int64_t longest_k = std::int64_t{1} << 20;

/// A product of 32 rows and 32 columns, as both matmul files record it.
struct Product {
  std::int64_t k = 0;
  int phases = 0;
  bool fp32_dst = false;
  std::vector<std::uint16_t> in0, in1;  ///< row by row; in0's padded with zeros to whole tiles

  [[nodiscard]] std::int64_t stride() const { return tt::tiles_along(k) * tt::tile_side; }
};

/// A product's weights as the device has them.
struct Weights {
  tt::TileFormat format;
  std::vector<std::uint8_t> tiles;
};
inline Weights in_bf16(const Product& p) {
  const tt::TileTensor t{tt::TileFormat::bf16, p.k, tt::tile_side};
  Weights out{t.format, std::vector<std::uint8_t>(static_cast<std::size_t>(t.bytes()))};
  tt::pack(t, p.in1.data(), out.tiles.data());
  return out;
}
/// The block that decodes to these numbers, whoever packed it; denormals are zero. Nothing where there is none.
inline std::optional<tt::Block> block_of(tt::BlockFloat format, const std::uint16_t* numbers) {
  const int magnitude_bits = tt::code_bits(format) - 1;
  int largest = 0;
  for (int i = 0; i < tt::block_length; ++i)
    if (numbers[i] != 0xff80u) largest = std::max(largest, numbers[i] >> 7 & 0xff);
  for (int shared = largest; shared < largest + 256; ++shared) {
    tt::Block block{static_cast<std::uint8_t>(shared), {}};
    const auto holds = [&](int i) {
      const int exponent = numbers[i] >> 7 & 0xff, zeros = (shared - exponent) & 0xff;
      if (exponent == 0) return true;
      const int sign = numbers[i] >> 15 << magnitude_bits;
      const int magnitude = zeros < magnitude_bits ? ((numbers[i] & 0x7f) | 0x80) >> (zeros + 8 - magnitude_bits) : 0;
      block.codes[i] = static_cast<std::uint8_t>(sign | magnitude);
      return tt::unpacked(format, block.exponent, block.codes[i]) == numbers[i];
    };
    int held = 0;
    while (held < tt::block_length && holds(held)) ++held;
    if (held == tt::block_length) return block;
  }
  return std::nullopt;
}
/// Nothing where the format does not hold these numbers.
inline std::optional<Weights> in_blocks(tt::TileFormat format, const Product& p) {
  const tt::TileTensor t{format, p.k, tt::tile_side};
  Weights out{format, std::vector<std::uint8_t>(static_cast<std::size_t>(t.bytes()))};
  for (std::int64_t row = 0; row < t.tile_rows(); ++row) {
    std::uint16_t tile[tt::tile_numbers] = {};
    tt::cut_tile(p.in1.data(), t.rows, t.columns, row, 0, tile);
    for (int i = 0; i < tt::tile_blocks; ++i) {
      const std::optional<tt::Block> block = block_of(tt::block_float(format), tile + i * tt::block_length);
      if (!block) return std::nullopt;
      tt::store_block(tt::block_float(format), *block, i, out.tiles.data() + t.offset(row, 0));
    }
  }
  return out;
}

/// Dst of a product at one level.
inline std::vector<std::uint32_t> dst_of(const Product& p, const Weights& w, kernels::Isa isa) {
  std::vector<std::uint32_t> dst(tt::tile_numbers);
  tt::tile_product_kernel(isa)({p.in0.data(), p.stride(), tt::tile_side, w.tiles.data(), w.format, tt::tile_bytes(w.format), 0,
                                tt::tiles_along(p.k), 1, p.phases, p.fp32_dst, dst.data(), tt::tile_side});
  return dst;
}

/// Reads a record of an index and its operands and results; `number_bytes`: of one result.
inline Result<void> read_product(json::Value entry, const File& data, const std::string& index, const std::string& where,
                                 std::size_t number_bytes, Product& p, std::vector<std::byte>& results) {
  TTT_TRY(p.k, member(entry, "K", index, where, longest_k));
  if (p.k == 0) return malformed(index, where + ".K", "0 is not in [1, " + std::to_string(longest_k) + "]");
  TTT_TRY(const std::int64_t offset, member(entry, "offset", index, where, std::int64_t{1} << 50));
  const auto numbers_in = static_cast<std::size_t>(p.k) * tt::tile_side;
  const std::size_t bytes = numbers_in * 4 + tt::tile_numbers * number_bytes;
  if (static_cast<std::uint64_t>(offset) + bytes > data.size())
    return malformed(index, where + ".offset", "the record ends at byte " + std::to_string(static_cast<std::uint64_t>(offset) + bytes) +
                                                   ", " + data.path() + " has " + std::to_string(data.size()));
  const auto at = static_cast<std::uint64_t>(offset);
  const std::size_t stride = static_cast<std::size_t>(p.stride()), k = static_cast<std::size_t>(p.k);
  p.in0.assign(stride * tt::tile_side, 0);
  p.in1.resize(numbers_in);
  results.resize(tt::tile_numbers * number_bytes);
  for (std::size_t row = 0; row < tt::tile_side; ++row)
    TTT_CHECK(data.read_at(at + row * k * 2, std::as_writable_bytes(std::span(p.in0).subspan(row * stride, k))));
  TTT_CHECK(data.read_at(at + numbers_in * 2, std::as_writable_bytes(std::span(p.in1))));
  TTT_CHECK(data.read_at(at + numbers_in * 4, std::span(results)));
  return {};
}

/// The format of weights of that name. Nothing where there is none.
inline std::optional<tt::TileFormat> weights_named(std::string_view name) {
  if (name == "bfloat16") return tt::TileFormat::bf16;
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

TTT_INLINE Result<VectorFile> check_products(const std::string& folder, std::string name, const json::Document& index, bool packed,
                                             std::vector<std::string>& left_out) {
  VectorFile out{std::move(name), 0, 0, 0, {}};
  const std::string& path = index.file();
  TTT_TRY(const File data, File::open(path_in(folder, out.name + ".bin")));
  const json::Value records = index.root()["records"];
  if (!records.is(json::Type::array)) return malformed(path, "records", "it must be a list");
  std::int64_t other_weights = 0;
  std::string first_other;
  Product p;
  std::vector<std::byte> results;
  for (const auto entry : records) {
    const std::string where = place("records", out.records);
    tt::TileFormat format = tt::TileFormat::bf16;
    if (packed) {
      const std::optional<int> phases = phases_named(entry.value["fidelity"].as_string().value_or(""));
      const std::string_view dest = entry.value["dest"].as_string().value_or("");
      if (!phases) return malformed(path, where + ".fidelity", "it is none of LoFi, HiFi2, HiFi3 and HiFi4");
      if (dest != "bf16" && dest != "fp32") return malformed(path, where + ".dest", "it is neither bf16 nor fp32");
      if (const json::Value weights = entry.value["weights"]; weights.exists()) {
        const auto named = weights_named(weights.as_string().value_or(""));
        if (!named) return malformed(path, where + ".weights", "it is none of bfloat16, bfloat8_b, bfloat4_b and bfloat2_b");
        format = *named;
      }
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
      std::vector<std::uint16_t> narrow(dst.size());
      if (packed) tt::row_kernels(isa).pack_bf16(dst.data(), static_cast<std::int64_t>(dst.size()), p.fp32_dst, narrow.data());
      const std::string what = on_level(results_of, isa);
      for (std::size_t i = 0; i < dst.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        if (packed) {
          std::uint16_t expected = 0;
          std::memcpy(&expected, results.data() + 2 * i, 2);
          record.compare(narrow[i], expected, 0x8000u, what, at);
        } else {
          std::uint32_t expected = 0;
          std::memcpy(&expected, results.data() + 4 * i, 4);
          record.compare(dst[i], expected, 0x80000000u, what, at);
        }
      }
    };
    const Weights as_given = in_bf16(p);
    const std::optional<Weights> blocks = tt::is_block_float(format) ? in_blocks(format, p) : std::nullopt;
    if (tt::is_block_float(format) && !blocks && other_weights++ == 0) first_other = where;
    for (const kernels::Isa isa : levels()) {
      compare(as_given, isa, "out");
      if (blocks) compare(*blocks, isa, "out of blocks");
    }
  }
  if (other_weights > 0)
    left_out.push_back(out.name + ": blocks of " + std::to_string(other_weights) + " records whose weights their format does not hold, first " +
                       first_other);
  return out;
}

}  // namespace ttt::ttnn_vectors
