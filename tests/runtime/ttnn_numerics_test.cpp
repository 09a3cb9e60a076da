// The emulated Tensix core against recorded results, and what its pieces promise on their own.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <ttt/kernels/ttnn/tile_product_kernel.hpp>
#include <ttt/kernels/ttnn/tile_tensor.hpp>
#include <ttt/profile/ttnn_vectors.hpp>

#include "../golden_data.hpp"

using namespace ttt;
namespace tt = ttt::kernels::ttnn;

namespace {

std::filesystem::path vectors() {
  if (const char* set = std::getenv("TTT_TTNN_VECTORS"); set != nullptr && *set != '\0') return set;
  return test::source_root().parent_path() / "shared" / "ttnn" / "vectors";
}

/// A folder of its own that goes with the test.
class Folder {
 public:
  Folder() {
    std::string path = (std::filesystem::temp_directory_path() / "ttt_vectors_XXXXXX").string();
    path_ = mkdtemp(path.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name, std::ios::binary) << text; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] Result<VectorReport> check() const { return check_ttnn_vectors(path_.string()); }

 private:
  std::filesystem::path path_;
};

std::string repeated(const std::string& value, int count) {
  std::string out = value;
  for (int i = 1; i < count; ++i) out += "," + value;
  return out;
}

constexpr std::uint32_t one = 0x3f800000;

std::uint32_t dot_of(std::uint32_t a, std::uint32_t b, int phase, std::uint32_t dst, bool fp32_dst) {
  tt::Source sa[tt::engine_depth], sb[tt::engine_depth];
  for (int i = 0; i < tt::engine_depth; ++i) {
    sa[i] = tt::source_of(i == 0 ? a : 0);
    sb[i] = tt::source_of(i == 0 ? b : 0);
  }
  return tt::mvmul(sa, sb, phase, dst, fp32_dst);
}

}  // namespace

TEST_CASE("the emulated core gives every bit of every recorded result") {
  if (!std::filesystem::exists(vectors())) TTT_SKIP(vectors().string() << " is not on this machine");
  const Result<VectorReport> report = check_ttnn_vectors(vectors().string());
  INFO((report ? std::string() : report.error().text()));
  REQUIRE(report);
  CHECK(report->records() > 0);
  for (const VectorFile& f : report->files) {
    INFO(f.name << ": " << f.records << " records on " << report->kernels << ", " << f.failed << " failed, worst " << f.worst
                << " steps; " << f.first_failure);
    CHECK(f.failed == 0);
  }
}

TEST_CASE("a recorded result that is off by one bit is found, with its place and its distance") {
  const std::string zeros = repeated("0", 15);
  const auto file = [&](std::uint32_t out) {
    return "{\"cases\":[{\"fmt\":5,\"fp32_dest\":1,\"phase\":0,\"a\":[" + std::to_string(one) + "," + zeros + "],\"b\":[" +
           std::to_string(one) + "," + zeros + "],\"dst\":0,\"out\":" + std::to_string(out) + "}]}";
  };
  const Folder folder;
  folder.write("mvmul_dot16.json", file(one));
  const Result<VectorReport> right = folder.check();
  REQUIRE(right);
  CHECK(right->records() == 1);
  CHECK(right->failed() == 0);
  folder.write("mvmul_dot16.json", file(one + 1));
  const Result<VectorReport> wrong = folder.check();
  REQUIRE(wrong);
  CHECK(wrong->failed() == 1);
  CHECK(wrong->worst() == 1);
  CHECK(wrong->files[0].first_failure.find("cases[0]") != std::string::npos);
}

TEST_CASE("hostile vector files are refused by name and place") {
  struct Case {
    const char* file;
    std::string text;
    const char* link;
    const char* says;
  };
  const std::string sixteen = "[" + repeated("0", 16) + "]";
  const auto step = [&](int fmt, int a, int dst) {
    return "{\"cases\":[{\"fmt\":" + std::to_string(fmt) + ",\"phase\":0,\"fp32_dest\":0,\"out\":0,\"dst\":" + std::to_string(dst) + ",\"a\":[" +
           std::to_string(a) + "," + repeated("0", 15) + "],\"b\":" + sixteen + "}]}";
  };
  const std::string block = "\"exp\":0,\"mant\":" + sixteen + ",\"dequant_bf16\":" + sixteen;
  const Case cases[] = {
      {"mvmul_dot16.json", "{\"cases\":[{\"fmt\":5,", "json_malformed", ""},
      {"mvmul_dot16.json", "[]", "vectors_malformed", "cases"},
      {"mvmul_dot16.json", "{\"cases\":[{}]}", "vectors_malformed", "cases[0].phase"},
      {"mvmul_dot16.json", "{\"cases\":[7]}", "vectors_malformed", "cases[0].phase"},
      {"mvmul_dot16.json", "{\"cases\":[{\"phase\":4}]}", "vectors_malformed", "[0, 3]"},
      {"mvmul_dot16.json", "{\"cases\":[{\"phase\":0,\"fp32_dest\":0,\"dst\":0,\"out\":0,\"a\":[1],\"b\":[]}]}", "vectors_malformed",
       "16 numbers"},
      {"mvmul_dot16.json", "{\"cases\":[{\"phase\":0,\"fp32_dest\":0,\"dst\":-1,\"out\":0}]}", "vectors_malformed", "dst"},
      {"bfp.json", "{\"cases\":[{\"bits\":3}]}", "vectors_malformed", "it is 3"},
      {"bfp.json", "{\"cases\":[{\"bits\":4," + block + ",\"in_bf16\":[" + repeated("65536", 16) + "]}]}", "vectors_malformed",
       "in_bf16[0]"},
      {"bfp_decode_exhaustive.json", "{\"bfp2\":{\"256\":[0,0,0,0]}}", "vectors_malformed", "exponent"},
      {"bfp_decode_exhaustive.json", "{\"bfp2\":{\"99999999999999\":[0,0,0,0]}}", "vectors_malformed", "exponent"},
      {"bfp_decode_exhaustive.json", "{\"bfp4\":{\"1\":[0,0,0,0]}}", "vectors_malformed", "16 numbers"},
      {"bfp_decode_exhaustive.json", "{\"bfp3\":{\"1\":[0]}}", "vectors_malformed", "none of bfp8"},
      {"bfp_decode_exhaustive.json", "[]", "vectors_malformed", "object"},
      {"bfp.json", "", "json_malformed", ""},
      {"bfp.json", std::string(100000, '['), "json_malformed", ""},
      {"bfp.json", "{\"cases\":{\"bits\":8}}", "vectors_malformed", "list"},
      {"bfp.json", "{\"cases\":[{\"bits\":8.0}]}", "vectors_malformed", "bits"},
      {"mvmul_dot16.json", step(3, 0, 0), "vectors_malformed", "neither 4 (tf32) nor 5 (bf16)"},
      {"mvmul_dot16.json", step(5, 0x2000, 0), "vectors_malformed", "cases[0].a[0]"},
      {"mvmul_dot16.json", step(4, 0x1000, 0), "vectors_malformed", "cases[0].a[0]"},
      {"mvmul_dot16.json", step(4, 0, 1), "vectors_malformed", "cases[0].dst"},
      {"more.json", "{\"cases\":[{\"in_bf16\":[]}]}", "vectors_malformed", "cases[0].bits"},
      {"more.json", "not JSON", "json_malformed", ""},
  };
  for (const Case& c : cases) {
    const Folder folder;
    folder.write(c.file, c.text);
    const Result<VectorReport> report = folder.check();
    INFO(c.file << ": " << c.text);
    REQUIRE_FALSE(report);
    INFO(report.error().text());
    CHECK(report.error().link == std::string("docs/errors.md#") + c.link);
    CHECK(report.error().text().find(c.says) != std::string::npos);
  }
}

TEST_CASE("a product's record must lie in its file whatever its numbers are") {
  const char* const records[] = {
      R"({"K":0,"fidelity_phases":1,"fp32_dest":0,"offset":0})",
      R"({"K":48,"fidelity_phases":1,"fp32_dest":0,"offset":0})",
      R"({"K":1048577,"fidelity_phases":1,"fp32_dest":0,"offset":0})",
      R"({"K":1048576,"fidelity_phases":1,"fp32_dest":0,"offset":0})",
      R"({"fidelity_phases":1,"fp32_dest":0,"offset":0})",
      R"([32,1,0,0])",
      R"({"K":32,"fidelity_phases":1,"fp32_dest":0,"offset":1})",
      R"({"K":32,"fidelity_phases":1,"fp32_dest":0,"offset":-8192})",
      R"({"K":32,"fidelity_phases":1,"fp32_dest":0,"offset":9223372036854775807})",
      R"({"K":32,"fidelity_phases":1,"fp32_dest":0,"offset":1e300})",
      R"({"K":9223372036854775776,"fidelity_phases":1,"fp32_dest":0,"offset":0})",
      R"({"K":64,"fidelity_phases":1,"fp32_dest":0,"offset":0})",
      R"({"K":32,"fidelity_phases":5,"fp32_dest":0,"offset":0})",
      R"({"K":32,"fidelity_phases":0,"fp32_dest":0,"offset":0})",
      R"({"K":"32","fidelity_phases":1,"fp32_dest":0,"offset":0})",
  };
  const Folder folder;
  folder.write("matmul_tile.bin", std::string(8192, '\0'));
  folder.write("matmul_tile.index.json", R"({"records":[{"K":32,"fidelity_phases":4,"fp32_dest":1,"offset":0}]})");
  const Result<VectorReport> whole = folder.check();
  REQUIRE(whole);
  CHECK(whole->records() == 1);
  CHECK(whole->failed() == 0);
  for (const char* record : records) {
    folder.write("matmul_tile.index.json", "{\"records\":[" + std::string(record) + "]}");
    const Result<VectorReport> report = folder.check();
    INFO(record);
    REQUIRE_FALSE(report);
    CHECK(report.error().link == "docs/errors.md#vectors_malformed");
  }
}

TEST_CASE("a packed product's fidelity, Dst and weights are names that the format has") {
  const auto record = [](const std::string& weights, const char* fidelity = R"("LoFi")", const char* dest = R"("bf16")") {
    return R"({"records":[{"K":32,"offset":0,"weights":)" + weights + R"(,"fidelity":)" + fidelity + R"(,"dest":)" + dest + "}]}";
  };
  const Folder folder;
  folder.write("matmul_ttnn.bin", std::string(6144, '\0'));
  for (const char* weights : {R"("bfloat16")", R"("bfloat8_b")", R"("bfloat4_b")", R"("bfloat2_b")"}) {
    folder.write("matmul_ttnn.index.json", record(weights));
    const Result<VectorReport> report = folder.check();
    INFO(weights);
    REQUIRE(report);
    CHECK(report->records() == 1);
    CHECK(report->failed() == 0);
    CHECK(report->left_out.empty());
  }
  for (const std::string& text : {record(R"("bfloat5_b")"), record("8"), record(R"("bfloat16")", "4"), record(R"("bfloat16")", R"("HiFi5")"),
                                  record(R"("bfloat16")", R"("LoFi")", R"("tf32")"), std::string(R"({"records":7})")}) {
    folder.write("matmul_ttnn.index.json", text);
    const Result<VectorReport> report = folder.check();
    INFO(text);
    REQUIRE_FALSE(report);
    CHECK(report.error().link == "docs/errors.md#vectors_malformed");
  }
}

TEST_CASE("what is in a folder of vectors and held against nothing is said by name") {
  const Folder folder;
  const Result<VectorReport> report = folder.check();
  REQUIRE(report);
  CHECK(report->records() == 0);
  CHECK(report->left_out.empty());
  folder.write("matmul_tile.index.json", "{\"records\":[{}]}");
  folder.write("matmul_ttnn.bin", "");
  folder.write("README.md", "# Vectors");
  folder.write("notes.json", "{\"cases\":[{\"what\":1}]}");
  folder.write("list.json", "[1,2]");
  folder.write("others.index.json", "{\"records\":[{\"K\":32}]}");
  folder.write("others.bin", "");
  folder.write("bfp.json", "{\"cases\":[]}");
  std::filesystem::create_directory(folder.path() / "mvmul_dot16.json");
  std::filesystem::create_symlink(folder.path() / "nowhere", folder.path() / "bfp_decode_exhaustive.json");
  const Result<VectorReport> halves = folder.check();
  REQUIRE(halves);
  CHECK(halves->records() == 0);
  CHECK(halves->left_out == std::vector<std::string>{"mvmul_dot16.json: no regular file", "bfp.json: it holds no record",
                                                     "bfp_decode_exhaustive.json: no regular file",
                                                     "matmul_tile.index.json without matmul_tile.bin", "README.md: no vector file",
                                                     "list.json: its records are none of the documented formats'",
                                                     "matmul_ttnn.bin without matmul_ttnn.index.json",
                                                     "notes.json: its records are none of the documented formats'",
                                                     "others.index.json: its records are none of the documented formats'"});
  CHECK_FALSE(check_ttnn_vectors("/nonexistent/vectors"));
  CHECK_FALSE(check_ttnn_vectors((folder.path() / "README.md").string()));
}

TEST_CASE("files of other names are told by what they hold, and products of any depth are read") {
  const Folder folder;
  const std::string block = R"({"bits":8,"in_bf16":[)" + repeated("0", 16) + R"(],"exp":0,"mant":[)" + repeated("0", 16) +
                            R"(],"dequant_bf16":[)" + repeated("0", 16) + "]}";
  folder.write("blocks.json", "{\"cases\":[" + block + "," + block + "]}");
  folder.write("codes.json", R"({"about":"two bits","bfp2":{"127":[0,16256,65408,49024]}})");
  folder.write("steps.json", R"({"cases":[{"fmt":5,"fp32_dest":1,"phase":0,"dst":0,"out":0,"a":[)" + repeated("0", 16) + R"(],"b":[)" +
                                 repeated("0", 16) + "]}]}");
  // K of 1, 33 and 5000, ones times ones at LoFi: each number of the product is K.
  std::string data, index;
  for (const int k : {1, 33, 5000}) {
    index += (index.empty() ? "" : ",") + (R"({"K":)" + std::to_string(k) + R"(,"fidelity_phases":1,"fp32_dest":1,"offset":)" + std::to_string(data.size()) + "}");
    const auto append = [&](std::uint32_t number, int bytes, int count) {
      for (int i = 0; i < count; ++i) data.append(reinterpret_cast<const char*>(&number), static_cast<std::size_t>(bytes));
    };
    append(0x3f80, 2, 2 * 32 * k);
    append(std::bit_cast<std::uint32_t>(static_cast<float>(k)), 4, 1024);
  }
  folder.write("deep.index.json", "{\"records\":[" + index + "]}");
  folder.write("deep.bin", data);
  const Result<VectorReport> report = folder.check();
  INFO((report ? std::string() : report.error().text()));
  REQUIRE(report);
  CHECK(report->left_out.empty());
  REQUIRE(report->files.size() == 4);
  const std::pair<const char*, int> wanted[] = {{"blocks", 2}, {"codes", 4}, {"deep", 3}, {"steps", 1}};
  for (std::size_t i = 0; i < 4; ++i) {
    INFO(report->files[i].name << ": " << report->files[i].first_failure);
    CHECK(report->files[i].name == wanted[i].first);
    CHECK(report->files[i].records == wanted[i].second);
    CHECK(report->files[i].failed == 0);
  }
}

TEST_CASE("weights that their named format does not hold go in as bfloat16, and are said") {
  const Folder folder;
  folder.write("matmul_ttnn.index.json", R"({"records":[{"K":32,"offset":0,"weights":"bfloat2_b","fidelity":"LoFi","dest":"bf16"}]})");
  std::string data(6144, '\0');
  const auto weight = [&](std::size_t column, unsigned bits) {
    data[2048 + 2 * column] = static_cast<char>(bits & 0xff);
    data[2049 + 2 * column] = static_cast<char>(bits >> 8);
  };
  weight(0, 0x3f80);
  weight(1, 0xff80);  // code -0, beside an ordinary number of the block
  folder.write("matmul_ttnn.bin", data);
  Result<VectorReport> report = folder.check();
  REQUIRE(report);
  CHECK(report->failed() == 0);
  CHECK(report->left_out.empty());
  weight(1, 0x3fc0);  // 1.5 has a bit more than a code of bfloat2_b
  folder.write("matmul_ttnn.bin", data);
  report = folder.check();
  REQUIRE(report);
  CHECK(report->failed() == 0);
  REQUIRE(report->left_out.size() == 1);
  CHECK(report->left_out[0] == "matmul_ttnn: blocks of 1 records whose weights their format does not hold, first records[0]");
}

TEST_CASE("the parts that the multiplier takes decide what a fidelity keeps") {
  // 1.1111111b as bfloat16: SrcA keeps 1.1111b in phase 0, SrcB 1.111111b
  const std::uint32_t ones = 0x3fff0000;
  CHECK(dot_of(ones, one, 0, 0, true) == std::bit_cast<std::uint32_t>(1.9375f));
  CHECK(dot_of(one, ones, 0, 0, true) == std::bit_cast<std::uint32_t>(1.984375f));
  std::uint32_t dst = 0;
  for (int phase = 0; phase < 2; ++phase) dst = dot_of(ones, one, phase, dst, true);
  CHECK(dst == std::bit_cast<std::uint32_t>(1.9921875f));
  for (int phase = 2; phase < 4; ++phase) dst = dot_of(ones, one, phase, dst, true);
  CHECK(dst == std::bit_cast<std::uint32_t>(1.9921875f));
}

TEST_CASE("an exponent of 255 is a number in the engine, and what is too large becomes an infinity") {
  const std::uint32_t infinity = 0x7f800000;
  CHECK(dot_of(infinity, one >> 1 & 0x3f800000, 0, 0, true) != 0);
  CHECK(dot_of(infinity, infinity, 0, 0, true) == infinity);
  CHECK(dot_of(infinity | 0x80000000u, infinity, 0, 0, true) == (infinity | 0x80000000u));
  CHECK(dot_of(1, infinity, 0, 0, true) == 0);  // a denormal is zero, and zero times anything is zero
  CHECK(dot_of(0x00800000, 0x00800000, 0, 0, true) == 0);
  CHECK(dot_of(0, 0, 0, 0x80000000u, true) == 0);
}

TEST_CASE("packing rounds halves away from zero, and accumulation in L1 to even") {
  CHECK(tt::packed_bf16(0x3f808000) == 0x3f81);
  CHECK(tt::packed_bf16(0x3f818000) == 0x3f82);
  CHECK(tt::packed_bf16(0xbf808000) == 0xbf81);
  CHECK(tt::packed_bf16(0x7fc00001) == 0x7f80);
  CHECK(tt::packed_bf16(0xff800001) == 0xff80);
  CHECK(tt::packed_bf16(0x7f7fffff) == 0x7f80);
  CHECK(tt::packed_bf16(0x807fffff) == 0);
  CHECK(tt::l1_accumulated_bf16(0x3f80, 0x3b80) == 0x3f80);  // 1 + 2^-8: a tie
  CHECK(tt::l1_accumulated_bf16(0x3f81, 0x3b80) == 0x3f82);
  CHECK(tt::l1_accumulated(0x00000001, 0x00000001) == 0);
  CHECK(tt::l1_accumulated(std::bit_cast<std::uint32_t>(1.5f), std::bit_cast<std::uint32_t>(2.25f)) ==
        std::bit_cast<std::uint32_t>(3.75f));
}

TEST_CASE("tiles hold every number once, face by face, and give a matrix back without its padding") {
  std::set<int> places;
  for (int r = 0; r < tt::tile_side; ++r)
    for (int c = 0; c < tt::tile_side; ++c) places.insert(tt::place_in_tile(r, c));
  CHECK(places.size() == 1024);
  CHECK(*places.rbegin() == 1023);
  CHECK(tt::place_in_tile(0, 16) == 256);
  CHECK(tt::place_in_tile(16, 0) == 512);
  CHECK(tt::tile_bytes(tt::TileFormat::fp32) == 4096);
  CHECK(tt::tile_bytes(tt::TileFormat::bf16) == 2048);
  CHECK(tt::tile_bytes(tt::TileFormat::bfloat8_b) == 1088);
  CHECK(tt::tile_bytes(tt::TileFormat::bfloat4_b) == 576);
  CHECK(tt::tile_bytes(tt::TileFormat::bfloat2_b) == 320);

  const int rows = 37, columns = 70;
  std::vector<int> matrix(rows * columns), back(rows * columns, -1);
  for (int i = 0; i < rows * columns; ++i) matrix[static_cast<std::size_t>(i)] = i + 1;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j) {
      int tile[tt::tile_numbers];
      tt::cut_tile(matrix.data(), rows, columns, i, j, tile);
      if (i == 1 && j == 2) CHECK(tile[tt::place_in_tile(5, 0)] == 0);
      tt::place_tile(tile, rows, columns, i, j, back.data());
    }
  CHECK(back == matrix);
}

TEST_CASE("what a block format holds exactly survives a tile of it, codes in their documented places") {
  std::uint16_t numbers[tt::tile_numbers] = {}, back[tt::tile_numbers] = {};
  for (const tt::TileFormat format : {tt::TileFormat::bfloat8_b, tt::TileFormat::bfloat4_b, tt::TileFormat::bfloat2_b}) {
    const int bits = tt::code_bits(tt::block_float(format));
    for (int i = 0; i < tt::tile_numbers; ++i) {
      // every magnitude the format has, exponent 130, signs in turn; the largest stands in each block
      const unsigned magnitude = i % 16 == 0 ? (1u << (bits - 1)) - 1 : static_cast<unsigned>(i) % (1u << (bits - 1));
      const auto code = static_cast<std::uint8_t>(magnitude | (magnitude != 0 && i % 2 != 0 ? 1u << (bits - 1) : 0u));
      numbers[i] = tt::unpacked(tt::block_float(format), 130, code);
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(tt::tile_bytes(format)));
    tt::pack_tile(format, numbers, bytes.data());
    tt::unpack_tile(format, bytes.data(), back);
    for (int i = 0; i < tt::tile_numbers; ++i) {
      INFO("bits " << bits << ", number " << i << ": " << back[i] << ", was " << numbers[i]);
      REQUIRE(back[i] == numbers[i]);
    }
    float values[tt::tile_numbers];
    for (int i = 0; i < tt::tile_numbers; ++i) values[i] = std::bit_cast<float>(std::uint32_t{numbers[i]} << 16);
    std::vector<std::uint8_t> from_host(bytes.size());
    tt::host_pack_tile(format, values, from_host.data());
    CHECK(from_host == bytes);
  }
  numbers[0] = 0x4080;  // 4 and 2 beside zeros in bfloat4_b: codes 4 and 2, the even column in the low nibble
  numbers[1] = 0x4000;
  for (int i = 2; i < 16; ++i) numbers[i] = 0;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(tt::tile_bytes(tt::TileFormat::bfloat4_b)));
  tt::pack_tile(tt::TileFormat::bfloat4_b, numbers, bytes.data());
  CHECK(int{bytes[0]} == 129);
  CHECK(int{bytes[64]} == 0x24);
}

TEST_CASE("a matrix of any size goes into tiles and comes back, from the host and from the packer") {
  const int rows = 45, columns = 67;
  std::vector<float> matrix(rows * columns);
  std::vector<std::uint16_t> halves(matrix.size()), back(matrix.size());
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    matrix[i] = static_cast<float>(static_cast<int>(i * 37 % 255) - 127);  // eight bits: exact in bfloat16
    halves[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(matrix[i]) >> 16);
  }
  for (const tt::TileFormat format :
       {tt::TileFormat::bf16, tt::TileFormat::bfloat8_b, tt::TileFormat::bfloat4_b, tt::TileFormat::bfloat2_b}) {
    const tt::TileTensor t{format, rows, columns};
    CHECK(t.bytes() == 2 * 3 * tt::tile_bytes(format));
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(t.bytes()));
    tt::pack(t, halves.data(), bytes.data());
    tt::unpack(t, bytes.data(), back.data());
    // one code is at most this much of the block's largest
    const float step = format == tt::TileFormat::bf16 ? 0 : 128.f / static_cast<float>(1 << (tt::code_bits(tt::block_float(format)) - 2));
    for (std::size_t i = 0; i < back.size(); ++i) {
      const float value = std::bit_cast<float>(std::uint32_t{back[i]} << 16);
      INFO("format " << static_cast<int>(format) << ", number " << i << ": " << value << " for " << matrix[i]);
      REQUIRE(std::abs(value - matrix[i]) <= step);
    }
    tt::host_pack(t, matrix.data(), bytes.data());
    tt::unpack(t, bytes.data(), back.data());
    for (std::size_t i = 0; i < back.size(); ++i) {
      const float value = std::bit_cast<float>(std::uint32_t{back[i]} << 16);
      INFO("host, format " << static_cast<int>(format) << ", number " << i << ": " << value << " for " << matrix[i]);
      REQUIRE(std::abs(value - matrix[i]) <= step);
    }
  }
}

TEST_CASE("the host rounds weights to even where the packer rounds away from zero") {
  float values[tt::block_length] = {};
  values[0] = 1.f;                    // exponent 127: one code of bfloat8_b is 2^-6
  values[1] = 2.5f / 64;              // a tie between 2 and 3
  values[2] = 3.5f / 64;              // a tie between 3 and 4
  values[3] = std::bit_cast<float>(0x3fffffffu);  // above the largest code
  const tt::Block block = tt::host_packed_block(tt::BlockFloat::bfloat8_b, values);
  CHECK(int{block.exponent} == 127);
  CHECK(int{block.codes[0]} == 64);
  CHECK(int{block.codes[1]} == 2);
  CHECK(int{block.codes[2]} == 4);
  CHECK(int{block.codes[3]} == 127);
  CHECK(int{block.codes[4]} == 0);
}

TEST_CASE("the host's blocks are those of TTNN 0.81.1, number by number") {
  // what ttnn.Tensor(numbers, dtype, layout=ttnn.TILE_LAYOUT) packed, without a device, read from ttnn.dump_tensor's file
  struct Case {
    const char* name;
    std::uint32_t numbers[tt::block_length];
    int exponent;
    int bfloat8_b[tt::block_length], bfloat4_b[tt::block_length];
  };
  static constexpr Case cases[] = {
      {"ordinary",
       {0x3f40cc4e, 0x3fe9fa10, 0xbf8d7a67, 0x3e50ac8a, 0xbf0c647c, 0xbd7bcbde, 0xbcd0ebd3, 0x3e5829b0,
        0x3dc9f18d, 0x3ede7bdf, 0x3fc83754, 0xbd1f3cd3, 0xbf398a35, 0x3c871537, 0xbd714376, 0x3f38dd94},
       127,
       {48, 117, 199, 13, 163, 132, 130, 14, 6, 28, 100, 130, 174, 1, 132, 46},
       {3, 7, 12, 1, 10, 0, 0, 1, 0, 2, 6, 0, 11, 0, 0, 3}},
      {"ties",
       {0x3f600000, 0xbd900000, 0x3f000000, 0xbe200000, 0xbef00000, 0xbd900000, 0xbe500000, 0xbf100000,
        0xbf700000, 0xbf100000, 0x3f100000, 0x3d500000, 0x3ef00000, 0xbe400000, 0xbee00000, 0x3dc00000},
       126,
       {112, 137, 64, 148, 188, 137, 154, 200, 248, 200, 72, 6, 60, 152, 184, 12},
       {7, 9, 4, 9, 12, 9, 10, 12, 15, 12, 4, 0, 4, 10, 12, 1}},
      {"far apart",
       {0x39bb0743, 0x30c727d3, 0xb28106d9, 0xb35c9b2e, 0x372d7a8e, 0x35911e13, 0x3bacf591, 0x37cf18d7,
        0xb5056c6d, 0xbe6179b6, 0x3a1f6a96, 0x3b446dfa, 0xbbd02131, 0xb5442fea, 0xbe77c141, 0x30170737},
       124,
       {0, 0, 0, 0, 0, 0, 3, 0, 0, 241, 0, 2, 131, 0, 252, 0},
       {0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0, 15, 0}},
      {"tiny",
       {0x000a8cb1, 0x00ea34a3, 0x0186e31a, 0x80966bea, 0x00fe88c2, 0x002ff24b, 0x81d47083, 0x8067fdf0,
        0x80cb1271, 0x007eb9df, 0x0048c077, 0x01b784e2, 0x0004e055, 0x808c4107, 0x00bbd7b1, 0x807f6e4d},
       3,
       {0, 29, 67, 147, 32, 0, 234, 0, 153, 0, 0, 92, 0, 146, 23, 0},
       {0, 2, 4, 9, 2, 0, 15, 0, 10, 0, 0, 6, 0, 9, 1, 0}},
      {"denormals",
       {0x801abc04, 0x803f487b, 0x802928ac, 0x00164dc9, 0x80590fa1, 0x005a0128, 0x002a041a, 0x803039a3,
        0x8006d510, 0x80506148, 0x806eded8, 0x0065c36e, 0x0054974c, 0x801d6469, 0x802acec6, 0x002efb72},
       0,
       {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
       {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {"near the largest",
       {0xfe4df01f, 0x7dc86337, 0xfe033f54, 0x7f1928f3, 0x7dbdc8aa, 0x7f0069fb, 0xfe1ae481, 0xfda3fec8,
        0xff4b7cb1, 0x7e40f9c9, 0x7ee50fb3, 0xfdd8f6fa, 0xff42ba4e, 0x7e9b28f4, 0x7f160227, 0x7d2fd107},
       254,
       {154, 13, 144, 77, 12, 64, 147, 138, 230, 24, 57, 142, 225, 39, 75, 5},
       {10, 1, 9, 5, 1, 4, 9, 9, 14, 2, 4, 9, 14, 2, 5, 0}},
      {"special",
       {0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f7fffff, 0xff7fffff, 0x00000000, 0x80000000,
        0x3f800000, 0x7e800000, 0x7f000000, 0x7effffff, 0x00000001, 0x80000001, 0x7d800000, 0x7fffffff},
       255,
       {64, 192, 96, 224, 64, 192, 0, 0, 0, 16, 32, 32, 0, 0, 4, 127},
       {4, 12, 6, 14, 4, 12, 0, 0, 0, 1, 2, 2, 0, 0, 0, 7}},
      {"just below one and codes above the largest",
       {0x3fffffff, 0xbfffffff, 0x3f7fffff, 0x3fff0000, 0x3ffe0000, 0x3ffd0000, 0x3effffff, 0x3dffffff,
        0x3c7fffff, 0x3c800000, 0x3c800001, 0x3c000000, 0x3bffffff, 0xbc800001, 0xbfdfffff, 0x3fe00000},
       127,
       {127, 255, 64, 127, 127, 126, 32, 8, 1, 1, 1, 0, 0, 129, 240, 112},
       {7, 15, 4, 7, 7, 7, 2, 0, 0, 0, 0, 0, 0, 0, 15, 7}},
  };
  for (const Case& c : cases) {
    float numbers[tt::block_length];
    for (int i = 0; i < tt::block_length; ++i) numbers[i] = std::bit_cast<float>(c.numbers[i]);
    const tt::Block eight = tt::host_packed_block(tt::BlockFloat::bfloat8_b, numbers);
    const tt::Block four = tt::host_packed_block(tt::BlockFloat::bfloat4_b, numbers);
    CHECK(int{eight.exponent} == c.exponent);
    CHECK(int{four.exponent} == c.exponent);
    for (int i = 0; i < tt::block_length; ++i) {
      INFO(c.name << ", number " << i << " (bits " << c.numbers[i] << ")");
      CHECK(int{eight.codes[i]} == c.bfloat8_b[i]);
      CHECK(int{four.codes[i]} == c.bfloat4_b[i]);
    }
  }
}

TEST_CASE("a block of an fp32 Dst is rounded to seven bits once, and of NaN it holds infinity") {
  // 1 + 2^-7 - 2^-10: below the tie of seven bits, but bfloat16 would round it up to that tie
  std::uint32_t dst[tt::block_length] = {0x3f800000u + (1u << 16) - (1u << 13), one, 0x7fc00000, 0xffff0000, 0x007fffff};
  const auto codes = [&](tt::BlockFloat format, int first) {
    std::uint32_t numbers[tt::block_length] = {dst[first]};
    return int{tt::packed_block(format, numbers).codes[0]};
  };
  CHECK(codes(tt::BlockFloat::bfloat8_b, 0) == 64);
  const std::uint16_t twice[tt::block_length] = {tt::packed_bf16(dst[0])};
  CHECK(int{tt::packed_block(tt::BlockFloat::bfloat8_b, twice).codes[0]} == 65);
  CHECK(codes(tt::BlockFloat::bfloat8_b, 2) == 64);
  CHECK(codes(tt::BlockFloat::bfloat8_b, 3) == 192);
  CHECK(codes(tt::BlockFloat::bfloat4_b, 3) == 12);
  CHECK(codes(tt::BlockFloat::bfloat8_b, 4) == 0);
  CHECK(int{tt::packed_block(tt::BlockFloat::bfloat8_b, dst).exponent} == 255);
}

namespace {

/// Numbers of one kind, as bfloat16.
enum class Kind { near_one, any_bits, tiny, wide, ties, special, zeros_among, overflow, apart, upper, straddling, top, below_top, lower, denormals };
constexpr Kind kinds[] = {Kind::near_one,    Kind::any_bits, Kind::tiny,  Kind::wide,  Kind::ties,       Kind::special, Kind::zeros_among,
                          Kind::overflow,    Kind::apart,    Kind::upper, Kind::straddling, Kind::top, Kind::below_top,   Kind::lower,   Kind::denormals};

class Numbers {
 public:
  explicit Numbers(unsigned seed) : engine_(seed) {}
  std::uint16_t operator()(Kind kind) {
    static constexpr std::uint16_t special[] = {0,      0x8000, 1,      0x8001, 0x7f80, 0xff80, 0x7fc0,
                                                0x7f7f, 0xff7f, 0x0080, 0x3f80, 0xbf80, 0x3f81, 0x007f};
    const unsigned r = bits();
    const auto number = [&](unsigned exponent, unsigned mantissa) {
      return static_cast<std::uint16_t>((r & 0x8000u) | exponent << 7 | mantissa);
    };
    switch (kind) {
      case Kind::near_one: return number(118 + (r >> 8 & 127) % 12, r & 127);
      case Kind::any_bits: return static_cast<std::uint16_t>(r >> 16);
      case Kind::tiny: return number((r >> 16) % 64, r & 127);
      case Kind::wide: return number(60 + (r >> 16) % 130, r & 127);
      case Kind::ties: return number(126 + (r >> 16 & 1), (r & 3) << 5);
      case Kind::special: return special[(r >> 5) % std::size(special)];
      case Kind::zeros_among: return (r >> 20 & 3) != 0 ? number(0, 0) : number(100 + (r >> 16) % 40, r & 127);
      case Kind::apart: return number(100 + (r >> 16) % 70, r & 127);
      // Around what the vectors take: exponents of two operands that add up to 368, and without FMA not below 160.
      case Kind::upper: return number(170 + (r >> 16) % 15, r & 127);
      case Kind::straddling: return number(181 + (r >> 16) % 6, r & 127);
      case Kind::top: return number(245 + (r >> 16) % 10, r & 127);
      case Kind::below_top: return number(90 + (r >> 16) % 25, r & 127);
      case Kind::lower: return number(78 + (r >> 16) % 5, r & 127);
      case Kind::denormals: return number((r >> 20 & 3) != 0 ? 0 : (r >> 16) % 10, r & 127);
      case Kind::overflow: break;
    }
    return number(180 + (r >> 16) % 70, r & 127);
  }
  std::uint32_t bits() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

struct ProductCase {
  tt::TileFormat format;
  int rows, k_tiles, n_tiles;
  Kind activations, weights;
  /// Bytes that no packer wrote: any; every code, -0 too, with ordinary exponents; with the least ones, no number of exponent 255.
  enum Bytes { packed, any_bytes, ordinary_exponents, least_exponents } bytes;
  enum Dst { empty, ordinary, cancelling } dst;
  bool transposed = false;
};

/// Every level's Dst against the scalar one's, at every fidelity and with both forms of Dst.
void check_levels(const ProductCase& c, unsigned seed) {
  Numbers number(seed);
  std::vector<std::uint16_t> in0(static_cast<std::size_t>(c.rows * c.k_tiles * tt::tile_side));
  for (std::uint16_t& v : in0) v = number(c.activations);
  const int bytes = tt::tile_bytes(c.format);
  std::vector<std::uint8_t> in1(static_cast<std::size_t>(bytes * c.k_tiles * c.n_tiles));
  for (int t = 0; t < c.k_tiles * c.n_tiles; ++t) {
    std::uint16_t tile[tt::tile_numbers];
    for (std::uint16_t& v : tile) v = number(c.weights);
    tt::pack_tile(c.format, tile, in1.data() + t * bytes);
  }
  if (c.bytes != ProductCase::packed)
    for (std::uint8_t& b : in1) b = static_cast<std::uint8_t>(number.bits());
  if (c.bytes >= ProductCase::ordinary_exponents && tt::is_block_float(c.format))
    for (int i = 0; i < c.k_tiles * c.n_tiles * tt::tile_blocks; ++i) {
      const tt::BlockFloat format = tt::block_float(c.format);
      std::uint8_t* const tile = in1.data() + i / tt::tile_blocks * bytes;
      tt::Block block = tt::load_block(format, tile, i % tt::tile_blocks);
      block.exponent = static_cast<std::uint8_t>(c.bytes == ProductCase::ordinary_exponents ? 121 : number.bits() % 12);
      if (c.bytes == ProductCase::least_exponents)
        for (std::uint8_t& code : block.codes)
          if ((tt::unpacked(format, block.exponent, code) & 0x7f80u) == 0x7f80u) code = 0;
      tt::store_block(format, block, i % tt::tile_blocks, tile);
    }
  const int width = c.n_tiles * tt::tile_side;
  for (int phases = 1; phases <= 4; ++phases)
    for (const bool fp32_dst : {false, true}) {
      std::vector<std::uint32_t> before(static_cast<std::size_t>(c.rows * width));
      tt::TileProduct p{in0.data(), c.k_tiles * tt::tile_side, c.rows, in1.data(), c.format, c.n_tiles * bytes, bytes, c.k_tiles,
                        c.n_tiles, phases, fp32_dst, before.data(), width, c.transposed};
      if (c.dst == ProductCase::ordinary)
        for (std::uint32_t& v : before) v = std::uint32_t{number(c.activations)} << 16 | (fp32_dst ? number.bits() & 0xffffu : 0);
      if (c.dst == ProductCase::cancelling) {  // all of the product but some bits, or bits around its last ones
        tt::reference_tile_product(p);
        for (std::uint32_t& v : before) {
          const unsigned r = number.bits();
          v ^= 0x80000000u;
          if (r % 4 == 1) v ^= 1u << (r >> 8 & 15) << (fp32_dst ? 0 : 16) & 0x7fffffu;
          if (r % 4 == 2) v = (v & 0x80000000u) | std::min((v >> 23 & 0xff) + 20 + (r >> 8) % 12, 254u) << 23 | (v & 0x7fffffu);
        }
      }
      std::vector<std::uint32_t> expected = before;
      p.dst = expected.data();
      tt::reference_tile_product(p);
      for (const kernels::Isa isa : kernels::all_isas) {
        if (!kernels::isa_supported(isa)) continue;
        std::vector<std::uint32_t> dst = before;
        p.dst = dst.data();
        tt::tile_product_kernel(isa)(p);
        for (std::size_t i = 0; i < dst.size(); ++i) {
          if (dst[i] == expected[i]) continue;
          FAIL(kernels::name_of(isa) << ", format " << static_cast<int>(c.format) << ", kinds " << static_cast<int>(c.activations)
                                     << " and " << static_cast<int>(c.weights) << ", seed " << seed << ", " << phases
                                     << " phases, fp32 Dst " << fp32_dst << ", number " << i << ": " << std::hex << dst[i]
                                     << " instead of " << expected[i] << ", Dst was " << before[i]);
        }
      }
    }
}

}  // namespace

TEST_CASE("every level gives the scalar engine's bits on ordinary and on special numbers") {
  unsigned seed = 1;
  for (const tt::TileFormat format :
       {tt::TileFormat::bf16, tt::TileFormat::bfloat8_b, tt::TileFormat::bfloat4_b, tt::TileFormat::bfloat2_b})
    for (const Kind activations : kinds)
      for (const Kind weights : kinds)
        for (const auto bytes : {ProductCase::packed, static_cast<ProductCase::Bytes>(1 + seed % 3)}) {
          const int shape = static_cast<int>(seed % 5);
          check_levels({format, 1 + shape % 3, 1 + shape % 2, 1 + shape / 4, activations, weights, bytes,
                        static_cast<ProductCase::Dst>(seed % 7 % 3), seed % 4 == 1},
                       seed);
          ++seed;
        }
  CHECK(seed > 1800);
}

TEST_CASE("a group that is rounded twice on its way into a bf16 Dst is rounded twice on every level") {
  // A sum just below half of what a bf16 Dst keeps, where its alignment rounds it up to that half; beside a group 2^14 and more
  // times as large whose sum stands so that the last unit decides.
  Numbers number(5);
  int decided = 0;
  for (int tries = 0; tries < 8000000 && decided < 300; ++tries) {
    std::uint16_t a[tt::engine_group], b[tt::engine_group];
    tt::Source sa[tt::engine_group], sb[tt::engine_group];
    for (int i = 0; i < tt::engine_group; ++i) {
      a[i] = static_cast<std::uint16_t>(number.bits() & 0x807f) | 120 << 7;
      b[i] = static_cast<std::uint16_t>(number.bits() & 0x807f) | 120 << 7;
      sa[i] = tt::source_of_bf16(a[i]);
      sb[i] = tt::source_of_bf16(b[i]);
    }
    const int sum = tt::group_sum(sa, sb, 0).value >> 13, magnitude = std::abs(sum);
    int apart = 0;
    for (const int d : {14, 15, 16})
      if ((magnitude >> (d - 14) & 0x3fff) == 0x1fff) apart = d;
    if (apart == 0) continue;
    std::uint16_t in0[tt::tile_side] = {}, tile[tt::tile_numbers] = {};
    for (int i = 0; i < tt::engine_group; ++i) in0[i] = b[i];
    for (int column = 0; column < tt::tile_side; ++column) {
      for (int i = 0; i < tt::engine_group; ++i) tile[tt::place_in_tile(i, column)] = a[i];
      // 16 to 31 times 64 to 127 in units of 2^13, about a half of a bf16 Dst's last bit
      tile[tt::place_in_tile(tt::engine_group, column)] =
          static_cast<std::uint16_t>((number.bits() & 0x807f) | static_cast<unsigned>(120 + apart) << 7);
    }
    in0[tt::engine_group] = static_cast<std::uint16_t>((number.bits() & 0x7e) | 120 << 7);
    std::uint8_t bytes[2 * tt::tile_numbers];
    tt::pack_tile(tt::TileFormat::bf16, tile, bytes);
    std::uint32_t expected[tt::tile_side] = {};
    tt::TileProduct p{in0, tt::tile_side, 1, bytes, tt::TileFormat::bf16, 0, 0, 1, 1, 1, false, expected, tt::tile_side};
    tt::reference_tile_product(p);
    ++decided;
    for (const kernels::Isa isa : kernels::all_isas) {
      if (!kernels::isa_supported(isa)) continue;
      std::uint32_t dst[tt::tile_side] = {};
      p.dst = dst;
      tt::tile_product_kernel(isa)(p);
      for (int i = 0; i < tt::tile_side; ++i) {
        INFO(kernels::name_of(isa) << ", sum " << sum << ", " << apart << " apart, column " << i);
        REQUIRE(dst[i] == expected[i]);
      }
    }
  }
  CHECK(decided == 300);
}

TEST_CASE("every level gives the scalar engine's bits on products of many tiles and any number of rows") {
  unsigned seed = 1;
  for (const int rows : {1, 5, 31, 32, 33, 64, 65})
    for (const tt::TileFormat format :
         {tt::TileFormat::bf16, tt::TileFormat::bfloat8_b, tt::TileFormat::bfloat4_b, tt::TileFormat::bfloat2_b}) {
      const bool deep = rows <= 5;
      constexpr Kind some[] = {Kind::near_one, Kind::apart, Kind::zeros_among, Kind::ties, Kind::straddling};
      check_levels({format, rows, deep ? 24 : rows < 40 ? 2 : 1, deep ? 1 : 2, some[seed % std::size(some)], some[seed / 3 % std::size(some)], ProductCase::packed,
                    seed % 2 == 0 ? ProductCase::empty : ProductCase::cancelling, seed % 3 == 1},
                   seed);
      ++seed;
    }
  CHECK(seed > 28);
}

TEST_CASE("tiles that are turned over on the way in give what tiles stored the other way give") {
  Numbers number(11);
  std::uint16_t in0[2 * tt::tile_side], tile[tt::tile_numbers], turned[tt::tile_numbers];
  for (std::uint16_t& v : in0) v = number(Kind::near_one);
  for (int r = 0; r < tt::tile_side; ++r)
    for (int c = 0; c < tt::tile_side; ++c)
      turned[tt::place_in_tile(c, r)] = tile[tt::place_in_tile(r, c)] = number(Kind::near_one);
  std::uint8_t bytes[2][2 * tt::tile_numbers];
  tt::pack_tile(tt::TileFormat::bf16, tile, bytes[0]);
  tt::pack_tile(tt::TileFormat::bf16, turned, bytes[1]);
  for (const kernels::Isa isa : kernels::all_isas) {
    if (!kernels::isa_supported(isa)) continue;
    std::uint32_t dst[2][2 * tt::tile_side] = {};
    for (const bool transposed : {false, true})
      tt::tile_product_kernel(isa)({in0, tt::tile_side, 2, bytes[transposed ? 1 : 0], tt::TileFormat::bf16, 0, 0, 1, 1, 4, true,
                                    dst[transposed ? 1 : 0], tt::tile_side, transposed});
    for (int i = 0; i < 2 * tt::tile_side; ++i) {
      INFO(kernels::name_of(isa) << ", number " << i);
      REQUIRE(dst[0][i] == dst[1][i]);
    }
  }
}

TEST_CASE("rows beyond those taken at once, and strides, are the same products") {
  check_levels({tt::TileFormat::bfloat8_b, 70, 3, 2, Kind::near_one, Kind::near_one, ProductCase::packed, ProductCase::empty}, 7);
  // the same numbers with rows apart and tiles stored column by column
  Numbers number(3);
  const int rows = 5, k_tiles = 2, n_tiles = 3, bytes = tt::tile_bytes(tt::TileFormat::bf16);
  std::vector<std::uint16_t> close(rows * k_tiles * tt::tile_side), apart(rows * 100, 0x7fc0);
  for (int r = 0; r < rows; ++r)
    for (int i = 0; i < k_tiles * tt::tile_side; ++i) {
      const auto at = static_cast<std::size_t>(r * k_tiles * tt::tile_side + i);
      close[at] = number(Kind::near_one);
      apart[static_cast<std::size_t>(r * 100 + i)] = close[at];
    }
  std::vector<std::uint8_t> by_rows(static_cast<std::size_t>(k_tiles * n_tiles * bytes)), by_columns(by_rows.size());
  for (int k = 0; k < k_tiles; ++k)
    for (int n = 0; n < n_tiles; ++n) {
      std::uint16_t tile[tt::tile_numbers];
      for (std::uint16_t& v : tile) v = number(Kind::near_one);
      tt::pack_tile(tt::TileFormat::bf16, tile, by_rows.data() + (k * n_tiles + n) * bytes);
      tt::pack_tile(tt::TileFormat::bf16, tile, by_columns.data() + (n * k_tiles + k) * bytes);
    }
  for (const kernels::Isa isa : kernels::all_isas) {
    if (!kernels::isa_supported(isa)) continue;
    std::vector<std::uint32_t> a(rows * n_tiles * tt::tile_side), b(rows * 101);
    tt::tile_product_kernel(isa)({close.data(), k_tiles * tt::tile_side, rows, by_rows.data(), tt::TileFormat::bf16, n_tiles * bytes,
                                  bytes, k_tiles, n_tiles, 2, false, a.data(), n_tiles * tt::tile_side});
    tt::tile_product_kernel(isa)({apart.data(), 100, rows, by_columns.data(), tt::TileFormat::bf16, bytes, k_tiles * bytes, k_tiles,
                                  n_tiles, 2, false, b.data(), 101});
    for (int r = 0; r < rows; ++r)
      for (int i = 0; i < n_tiles * tt::tile_side; ++i) {
        INFO(kernels::name_of(isa) << ", row " << r << ", column " << i);
        REQUIRE(a[static_cast<std::size_t>(r * n_tiles * tt::tile_side + i)] == b[static_cast<std::size_t>(r * 101 + i)]);
      }
  }
}
