#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <ttt/io/file.hpp>
#include <ttt/io/json.hpp>
#include "../catch.hpp"

namespace {

struct Folder {
  std::string path;
  Folder() {
    std::string name = "/tmp/ttt_file_test_XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Folder() { (void)!std::system(("rm -rf " + path).c_str()); }
  [[nodiscard]] std::string operator/(std::string_view name) const { return ttt::path_in(path, name); }
};

std::string anchor(const ttt::Error& error) { return error.link.substr(error.link.find('#') + 1); }

}  // namespace

TEST_CASE("a file written atomically reads back whole", "[file]") {
  const Folder folder;
  const std::string path = folder / "a.bin";
  const std::string text("a\0b\n", 4);
  REQUIRE(ttt::write_atomic(path, text));
  CHECK(*ttt::read_file(path) == text);
  REQUIRE(ttt::write_atomic(path, "second"));
  CHECK(*ttt::read_file(path) == "second");
  REQUIRE(ttt::write_atomic(folder / "empty", ""));
  CHECK(ttt::read_file(folder / "empty")->empty());
  CHECK(ttt::is_regular_file(path));
  CHECK_FALSE(ttt::is_folder(path));
  CHECK(ttt::is_folder(folder.path));
  CHECK(std::system(("ls " + folder.path + " | grep -q tmp").c_str()) != 0);
}

TEST_CASE("missing files, folders, FIFOs and devices are refused by name", "[file]") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK(anchor(ttt::read_file(folder / "none").error()) == "file_missing");
  CHECK(anchor(ttt::read_file(folder / "none/deeper").error()) == "file_missing");
  CHECK(anchor(ttt::read_file("").error()) == "file_missing");
  CHECK(anchor(ttt::read_file(folder.path).error()) == "not_a_file");
  CHECK(anchor(ttt::read_file(folder / "fifo").error()) == "not_a_file");
  CHECK(anchor(ttt::read_file("/dev/zero").error()) == "not_a_file");
  CHECK(anchor(ttt::write_atomic(folder.path, "x").error()) == "not_a_file");
  CHECK(anchor(ttt::write_atomic(folder / "fifo", "x").error()) == "not_a_file");
  CHECK(anchor(ttt::write_atomic(folder / "no/such/folder", "x").error()) == "file_unwritable");
  CHECK(anchor(ttt::write_atomic(std::string("a\0b", 3), "x").error()) == "file_unwritable");
  CHECK(anchor(ttt::json::Document::read(folder / "none").error()) == "file_missing");
}

TEST_CASE("a limit on size is kept", "[file]") {
  const Folder folder;
  REQUIRE(ttt::write_atomic(folder / "a", "12345"));
  CHECK(ttt::read_file(folder / "a", 5).has_value());
  CHECK(anchor(ttt::read_file(folder / "a", 4).error()) == "file_too_large");
}

TEST_CASE("a file truncated while open gives an error, not a signal", "[file]") {
  const Folder folder;
  const std::string path = folder / "a";
  REQUIRE(ttt::write_atomic(path, std::string(10'000, 'x')));
  auto file = ttt::File::open(path);
  REQUIRE(file);
  std::vector<std::byte> buffer(10'000);
  REQUIRE(file->read_at(0, buffer));
  REQUIRE(::truncate(path.c_str(), 5'000) == 0);
  const auto result = file->read_at(0, buffer);
  REQUIRE_FALSE(result);
  CHECK(anchor(result.error()) == "file_shrunk");
  CHECK(file->read_at(1'000, std::span(buffer).first(4'000)).has_value());
  CHECK_FALSE(file->read_at(UINT64_MAX, std::span(buffer).first(1)).has_value());
  CHECK_FALSE(file->read_at(UINT64_MAX - 5'000, buffer).has_value());
}

TEST_CASE("an uncommitted write leaves the old file and no trace", "[file]") {
  const Folder folder;
  const std::string path = folder / "a";
  REQUIRE(ttt::write_atomic(path, "old"));
  {
    auto file = ttt::AtomicFile::create(path);
    REQUIRE(file);
    REQUIRE(file->write("new"));
    auto moved = std::move(*file);
    CHECK(*ttt::read_file(path) == "old");
  }
  CHECK(*ttt::read_file(path) == "old");
  CHECK(std::system(("ls " + folder.path + " | grep -q tmp").c_str()) != 0);
}

TEST_CASE("folders are made once and joined with one slash", "[file]") {
  const Folder folder;
  CHECK(ttt::make_folder(folder / "sub").has_value());
  CHECK(ttt::make_folder(folder / "sub").has_value());
  REQUIRE(ttt::write_atomic(folder / "file", "x"));
  CHECK_FALSE(ttt::make_folder(folder / "file").has_value());
  CHECK_FALSE(ttt::make_folder(folder / "a/b").has_value());
  CHECK(ttt::path_in("a", "b") == "a/b");
  CHECK(ttt::path_in("a/", "b") == "a/b");
  CHECK(ttt::path_in("", "b") == "b");
}
