// Definitions of ttnn_vector_products.hpp.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <ttt/io/file.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>
#include <ttt/kernels/ttnn/tile_tensor.hpp>
#include <ttt/profile/ttnn_vector_products.hpp>
#include <ttt/profile/ttnn_vector_reader.hpp>

namespace ttt::ttnn_vectors {

namespace tt = kernels::ttnn;

inline constexpr std::int64_t longest_k = 32768;

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

TTT_INLINE Result<VectorFile> check_products(const std::string& folder, std::string name, bool packed) {
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

}  // namespace ttt::ttnn_vectors
