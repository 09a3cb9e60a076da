#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <ttt/io/checkpoint.hpp>
#include <ttt/io/safetensors.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include "../catch.hpp"
#include "../golden_data.hpp"

using ttt::Checkpoint;
using ttt::SafeDType;
using ttt::SafetensorsFile;

namespace {

struct Folder {
  std::string path;
  Folder() {
    std::string name = "/tmp/ttt_safetensors_test_XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Folder() { (void)!std::system(("rm -rf " + path).c_str()); }
  [[nodiscard]] std::string operator/(std::string_view name) const { return ttt::path_in(path, name); }
};

std::string anchor(const ttt::Error& error) { return error.link.substr(error.link.find('#') + 1); }

std::string file_of(std::string_view header, std::size_t data, std::int64_t claimed = -1) {
  const auto n =
      claimed < 0 ? static_cast<std::uint64_t>(header.size()) : static_cast<std::uint64_t>(claimed);
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(n >> (8 * i) & 0xFF);
  return out.append(header).append(data, '\x07');
}

/// Opens `bytes` as a file; the anchor and issue of the error, or "" if it was accepted.
std::string verdict(const Folder& folder, const std::string& bytes) {
  std::FILE* out = std::fopen((folder / "x.safetensors").c_str(), "wb");  // write_atomic's fsync takes 8 ms
  REQUIRE(out != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size());
  std::fclose(out);
  auto file = SafetensorsFile::open(folder / "x.safetensors");
  return file ? "" : anchor(file.error()) + ": " + file.error().module + ": " + file.error().issue;
}

std::string with_tensors(std::string_view members, std::size_t data) {
  return file_of("{" + std::string(members) + "}", data);
}

void write_one(const std::string& path, const std::string& name, float value) {
  const std::vector<float> data(6, value);
  const ttt::TensorToWrite tensor{{name, SafeDType::f32, {2, 3}}, std::as_bytes(std::span(data))};
  REQUIRE(ttt::write_safetensors(path, std::span(&tensor, 1)));
}

}  // namespace

TEST_CASE("tensors written are read back, bytes and all", "[safetensors]") {
  const Folder folder;
  const std::string path = folder / "a.safetensors";
  const std::vector<float> a{1, 2, 3, 4, 5, 6};
  const std::vector<std::uint8_t> b{7, 8, 9};
  const std::vector<ttt::TensorToWrite> tensors{
      {{"z.first", SafeDType::f32, {2, 3}}, std::as_bytes(std::span(a))},
      {{"empty", SafeDType::f16, {0, 5}}, {}},
      {{"b\"\\\n", SafeDType::u8, {3}}, std::as_bytes(std::span(b))},
      {{"scalar", SafeDType::f32, {}}, std::as_bytes(std::span(a)).first(4)},
  };
  REQUIRE(ttt::write_safetensors(path, tensors, {{"format", "pt"}}));
  auto file = SafetensorsFile::open(path);
  if (!file) FAIL(file.error().text());
  REQUIRE(file->tensors().size() == 4);
  REQUIRE(file->metadata().size() == 1);
  CHECK(file->metadata()[0].second == "pt");
  const auto* first = file->find("z.first");
  REQUIRE(first != nullptr);
  CHECK(first->shape == std::vector<std::int64_t>{2, 3});
  CHECK(first->elements() == 6);
  std::vector<float> back(6);
  REQUIRE(file->read(*first, 0, std::as_writable_bytes(std::span(back))));
  CHECK(back == a);
  REQUIRE(file->read(*first, 8, std::as_writable_bytes(std::span(back).first(2))));
  CHECK(back[0] == 3);
  CHECK(anchor(file->read(*first, 1, std::as_writable_bytes(std::span(back))).error()) == "tensor_range");
  CHECK(anchor(file->read(*first, UINT64_MAX, std::as_writable_bytes(std::span(back))).error()) ==
        "tensor_range");
  REQUIRE(file->find("b\"\\\n") != nullptr);
  CHECK(file->find("b\"\\\n")->bytes() == 3);
  CHECK(file->find("scalar")->elements() == 1);
  CHECK(file->find("empty")->bytes() == 0);
  CHECK(file->find("nothing") == nullptr);
  REQUIRE(::truncate(path.c_str(), 100) == 0);
  CHECK(anchor(
            file->read(*file->find("scalar"), 0, std::as_writable_bytes(std::span(back).first(1))).error()) ==
        "file_shrunk");
}

TEST_CASE("the streaming writer keeps to what was declared", "[safetensors]") {
  const Folder folder;
  const std::string path = folder / "a.safetensors";
  const std::vector<ttt::TensorDeclaration> tensors{{"a", SafeDType::i64, {2}}, {"b", SafeDType::bf16, {3}}};
  const std::vector<std::byte> bytes(22, std::byte{5});
  {
    auto writer = ttt::SafetensorsWriter::create(path, tensors);
    REQUIRE(writer);
    REQUIRE(writer->append(std::span(bytes).first(20)));
    CHECK(anchor(writer->append(std::span(bytes).first(3)).error()) == "tensor_range");
    CHECK(anchor(writer->finish().error()) == "tensor_range");
    CHECK_FALSE(ttt::is_regular_file(path));
    REQUIRE(writer->append(std::span(bytes).first(2)));
    REQUIRE(writer->finish());
  }
  CHECK(SafetensorsFile::open(path).has_value());
  const std::vector<ttt::TensorDeclaration> twice{{"a", SafeDType::i64, {2}}, {"a", SafeDType::bf16, {3}}};
  CHECK(anchor(ttt::SafetensorsWriter::create(path, twice).error()) == "tensor_declaration");
  const std::vector<ttt::TensorDeclaration> huge{{"a", SafeDType::i64, {INT64_MAX / 2, 3}}};
  CHECK(anchor(ttt::SafetensorsWriter::create(path, huge).error()) == "tensor_declaration");
}

TEST_CASE("every rule of the safetensors header is kept", "[safetensors]") {
  const Folder folder;
  const auto refused = [&](const std::string& bytes, std::string_view because) {
    const std::string why = verdict(folder, bytes);
    INFO("expected a refusal because of \"" << because << "\", got \"" << why << "\"");
    CHECK(why.find(because) != std::string::npos);
  };
  const std::string good = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  CHECK(verdict(folder, with_tensors(good, 8)) == "");
  CHECK(verdict(folder, file_of("{}", 0)) == "");
  CHECK(verdict(folder, file_of("{}      ", 0)) == "");
  CHECK(verdict(folder, with_tensors(R"("b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},)" + good, 9)) ==
        "");
  CHECK(verdict(folder, with_tensors(R"("b":{"dtype":"U8","shape":[0],"data_offsets":[8,8]},)" + good, 8)) ==
        "");
  CHECK(verdict(folder, with_tensors(R"("__metadata__":{"x":"y"},)" + good, 8)) == "");

  refused("", "fewer than the 8");
  refused("1234567", "fewer than the 8");
  refused(file_of("{}", 0, 100'000'001), "more than 100000000");
  refused(file_of("{}", 0, 3), "only 2 follow");
  refused(file_of("{}", 0, INT64_MAX), "more than 100000000");
  refused(file_of("", 0), "does not start with");
  refused(file_of(" {}", 0), "does not start with");
  refused(file_of("[]", 0), "does not start with");
  refused(file_of("{", 0), "json_malformed");
  refused(file_of("{\"a\":" + std::string(70, '[') + std::string(70, ']') + "}", 0), "json_malformed");
  refused(with_tensors(good, 7), "which has 7 bytes");
  refused(with_tensors(good, 9), "which has 9 bytes");
  refused(with_tensors(good + "," + good, 8), "an overlap");
  refused(with_tensors(good + R"(,"a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]})", 9), "\"a\" twice");
  refused(with_tensors(good + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]})", 10), "a hole");
  refused(with_tensors(good + R"(,"b":{"dtype":"U8","shape":[1],"data_offsets":[7,8]})", 8), "an overlap");
  refused(with_tensors(R"("__metadata__":{},"__metadata__":{},)" + good, 8), "__metadata__ twice");
  refused(with_tensors(R"("__metadata__":{"x":1},)" + good, 8), "other than strings");
  refused(with_tensors(R"("__metadata__":[],)" + good, 8), "not an object");

  const auto entry = [](std::string_view dtype, std::string_view shape, std::string_view offsets) {
    return "\"a\":{\"dtype\":" + std::string(dtype) + ",\"shape\":" + std::string(shape) +
           ",\"data_offsets\":" + std::string(offsets) + "}";
  };
  refused(with_tensors(R"("a":1)", 8), "not an object");
  refused(with_tensors(R"("a":{})", 8), "dtype is missing");
  refused(with_tensors(entry("\"F31\"", "[2]", "[0,8]"), 8), "unknown");
  refused(with_tensors(entry("3", "[2]", "[0,8]"), 8), "dtype is missing");
  for (const char* shape :
       {"[-1]", "[2.0]", "[1e308]", "[9223372036854775808]", "[\"2\"]", "[null]", "[[2]]"}) {
    refused(with_tensors(entry("\"F32\"", shape, "[0,8]"), 8), "shape holds");
  }
  refused(with_tensors(entry("\"F32\"", "2", "[0,8]"), 8), "not an array");
  refused(with_tensors(entry("\"F32\"", "[3]", "[0,8]"), 8), "need 12 bytes");
  for (const char* shape :
       {"[4194305,4194305,4194305]", "[4611686018427387904,2]", "[0,9223372036854775807,9223372036854775807]",
        "[9223372036854775807,9223372036854775807,0]", "[2147483648,4294967296]"}) {
    refused(with_tensors(entry("\"F32\"", shape, "[0,4]"), 4), "overflows");
  }
  for (const char* offsets : {"[0]", "[0,8,8]", "8", "[8,0]", "[-8,0]", "[0.0,8.0]",
                              "[0,9223372036854775808]", "[1e3,2e3]", "{\"0\":8}", "[null,8]"}) {
    refused(with_tensors(entry("\"F32\"", "[2]", offsets), 8), "data_offsets are not");
  }
  refused(with_tensors(entry("\"F32\"", "[2]", "[9223372036854775799,9223372036854775807]"), 8), "a hole");
  refused(with_tensors(R"("a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]})", 8), "twice");
  refused(with_tensors(R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1})", 8),
          "unknown member");
  std::string rank = "[1";
  for (int i = 0; i < 40; ++i) rank += ",1";
  refused(with_tensors(entry("\"F32\"", rank + "]", "[0,4]"), 4), "dimensions");
}

TEST_CASE("a header of too many tensors is refused within a second", "[safetensors]") {
  const Folder folder;
  std::string header = "{";
  for (int i = 0; i < 100'000; ++i) {
    header += (i == 0 ? "\"" : ",\"") + std::to_string(i) +
              "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
  }
  const std::string bytes = file_of(header + "}", 0);
  const auto start = std::chrono::steady_clock::now();
  CHECK(verdict(folder, bytes).find("100000 tensors") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
}

TEST_CASE("a truncated file is refused at every length", "[safetensors]") {
  const Folder folder;
  const std::string bytes = with_tensors(R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})", 24);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    INFO("cut to " << n << " of " << bytes.size() << " bytes");
    CHECK_FALSE(verdict(folder, bytes.substr(0, n)).empty());
  }
}

TEST_CASE("a changed header byte gives an error or a sound file, never more", "[safetensors]") {
  const Folder folder;
  const std::string good = with_tensors(
      R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]})",
      32);
  std::uint64_t seed = 1;
  const auto next = [&] { return seed = seed * 6364136223846793005ULL + 1442695040888963407ULL, seed >> 33; };
  for (int round = 0; round < 10'000; ++round) {
    std::string bytes = good;
    for (std::uint64_t k = next() % 3 + 1; k > 0; --k)
      bytes[next() % (bytes.size() - 32)] = static_cast<char>(next());
    if (!verdict(folder, bytes).empty()) continue;
    auto file = SafetensorsFile::open(folder / "x.safetensors");
    REQUIRE(file);
    std::uint64_t sum = 0;
    for (const auto& tensor : file->tensors()) {
      std::vector<std::byte> data(tensor.bytes());
      REQUIRE(file->read(tensor, 0, data));
      sum += tensor.bytes();
    }
    CHECK(sum == 32);
  }
}

TEST_CASE("a checkpoint is one file or the shards of its index", "[checkpoint]") {
  const Folder folder;
  CHECK(anchor(Checkpoint::open(folder.path).error()) == "checkpoint_missing");
  CHECK(anchor(Checkpoint::open(folder / "none").error()) == "file_missing");
  write_one(folder / "m-1.safetensors", "b", 1);
  write_one(folder / "m-2.safetensors", "a", 2);
  REQUIRE(ttt::write_atomic(
      folder / "model.safetensors.index.json",
      R"({"metadata":{"total_size":48},"weight_map":{"b":"m-1.safetensors","a":"m-2.safetensors"}})"));
  {
    auto checkpoint = Checkpoint::open(folder.path);
    if (!checkpoint) FAIL(checkpoint.error().text());
    REQUIRE(checkpoint->size() == 2);
    CHECK((*checkpoint)[0].entry->name == "a");
    CHECK(checkpoint->files().size() == 2);
    CHECK(checkpoint->bytes() == 48);
    const auto tensor = checkpoint->find("a");
    REQUIRE(tensor);
    float value = 0;
    REQUIRE(tensor.file->read(*tensor.entry, 0, std::as_writable_bytes(std::span(&value, 1))));
    CHECK(value == 2);
    CHECK_FALSE(checkpoint->find("c"));
  }
  write_one(folder / "model.safetensors", "whole", 3);
  auto checkpoint = Checkpoint::open(folder.path);
  REQUIRE(checkpoint);
  CHECK(checkpoint->find("whole"));
  CHECK(checkpoint->size() == 1);
  CHECK(Checkpoint::open(folder / "m-1.safetensors")->size() == 1);
}

TEST_CASE("an index cannot name anything outside its folder", "[checkpoint]") {
  const Folder folder;
  REQUIRE(ttt::make_folder(folder / "sub"));
  write_one(folder / "out.safetensors", "a", 1);
  write_one(folder / "sub/in.safetensors", "a", 1);
  const auto verdict_of = [&](const std::string& map) -> std::string {
    REQUIRE(ttt::write_atomic(folder / "sub/model.safetensors.index.json", "{\"weight_map\":" + map + "}"));
    auto checkpoint = Checkpoint::open(folder / "sub");
    return checkpoint ? "" : anchor(checkpoint.error());
  };
  CHECK(verdict_of(R"({"a":"in.safetensors"})") == "");
  for (const char* name :
       {"../out.safetensors", "..", ".", "", "/etc/passwd", "sub/../in.safetensors", "./in.safetensors",
        "a..safetensors", "in.safetensors\\u0000x", "in.bin", "in safetensors", "~in.safetensors"}) {
    INFO(name);
    CHECK(verdict_of("{\"a\":\"" + std::string(name) + "\"}") == "checkpoint_index");
  }
  CHECK(verdict_of("{\"a\":\"/" + folder.path.substr(1) + "/out.safetensors\"}") == "checkpoint_index");
  CHECK(verdict_of(R"({"a":3})") == "checkpoint_index");
  CHECK(verdict_of(R"([])") == "checkpoint_index");
  CHECK(verdict_of(R"({})") == "checkpoint_index");
  CHECK(verdict_of(R"({"a":"none.safetensors"})") == "file_missing");
  CHECK(verdict_of(R"({"b":"in.safetensors"})") == "checkpoint_index");
  CHECK(verdict_of(R"({"a":"in.safetensors","a":"in.safetensors"})") == "checkpoint_index");
  REQUIRE(::symlink("../out.safetensors", (folder / "sub/link.safetensors").c_str()) == 0);
  CHECK(verdict_of(R"({"a":"link.safetensors"})") == "");
  REQUIRE(::symlink("..", (folder / "sub/folder.safetensors").c_str()) == 0);
  CHECK(verdict_of(R"({"a":"folder.safetensors"})") == "not_a_file");
}

TEST_CASE("the golden checkpoints open", "[checkpoint]") {
  TTT_NEEDS_GOLDEN("llama");
  auto llama = Checkpoint::open(ttt::test::golden("llama").string());
  if (!llama) FAIL(llama.error().text());
  CHECK(llama->find("model.embed_tokens.weight"));
  auto mixtral = Checkpoint::open(ttt::test::golden("mixtral").string());
  if (!mixtral) FAIL(mixtral.error().text());
  CHECK(mixtral->files().size() > 1);
  CHECK(SafetensorsFile::open(ttt::test::golden("llama/golden.safetensors").string()).has_value());
}
