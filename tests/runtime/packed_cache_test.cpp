// Packed weights on disk: written once, mapped afterwards, bit for bit what packing gives; and no file, whatever is in it,
// is ever believed.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/crc32c.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/packed_cache.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;
namespace fs = std::filesystem;

namespace {

constexpr int vocab = 300;
// Rows that fill no panel, columns that fill no group, biases, a tied head; 5 million weights: several windows in every
// format, and panels that lie across their edges; in fp32 room for three threads to write at once.
constexpr auto declared =
    Embedding<vocab, 200>
    >> Repeat<2, TransformerLayer<200, Attention<5, 1, 40, QkvBias, Rope<10'000>>, SwiGlu<4010>>>
    >> RmsNorm<200>
    >> Linear<200, vocab, TiedTo<"embedding">>;
const ModelView view = view_of<type_of<declared>>();

void write_checkpoint(const fs::path& file, const TensorMap& all) {
  std::vector<TensorToWrite> out;
  for (const auto& [name, tensor] : all)
    out.push_back({{name, SafeDType::f32, tensor.shape}, std::as_bytes(std::span(tensor.data))});
  need(write_safetensors(file.string(), out));
}

/// A checkpoint and a folder to cache in.
struct Place : TemporaryFolder {
  Place() {
    fs::create_directory(model());
    write_checkpoint(model() / "model.safetensors", random_weights(view));
  }
  [[nodiscard]] fs::path model() const { return path / "model"; }
  [[nodiscard]] fs::path cache() const { return path / "cache"; }
  /// Names of what the cache holds, marks left out.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    if (fs::is_directory(cache()))
      for (const auto& entry : fs::directory_iterator(cache()))
        if (!entry.path().string().ends_with(".verified")) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  [[nodiscard]] fs::path file() const {
    const auto all = files();
    if (all.size() != 1) FAIL("the cache holds " << all.size() << " files");
    return cache() / all.front();
  }
};

HardwareConfig in(DType weights) {
  HardwareConfig c;
  c.weights.fill(weights);
  return c;
}
LoadOptions options_for(const Place& place, DType weights = DType::int8, int threads = 2) {
  LoadOptions o = exact({}, threads);
  o.policy = in(weights);
  o.packed_cache = place.cache().string();
  return o;
}
Engine load_from(const fs::path& folder, const LoadOptions& options) {
  const CheckpointSource source(need(Checkpoint::open(folder.string())));
  Engine e;
  e.state = need(make_state({.model = view}, source, options));
  e.runner = need(Runner::create(e.state));
  return e;
}
Engine load_from(const Place& place, const LoadOptions& options) { return load_from(place.model(), options); }

std::vector<float> logits(Engine& e) {
  Session s = e.session();
  return e.step(s, some_ids(9, vocab));
}
const PackedCacheUse& use(const Engine& e) { return e.state->weights.cached; }
std::string kind(const Engine& e) { return std::string(name_of(use(e).kind)); }

/// All packed bytes: matrices, then vectors.
std::string bytes_of(const Engine& e) {
  std::string all;
  for (const auto& block : e.state->weights.blocks)
    all.append(reinterpret_cast<const char*>(block->data()), block->size());
  return all;
}
void check_same_bytes(const Engine& a, const Engine& b) {
  const std::string x = bytes_of(a), y = bytes_of(b);
  REQUIRE(x.size() == y.size());
  const auto [p, q] = std::mismatch(x.begin(), x.end(), y.begin());
  INFO("the first byte that differs is " << p - x.begin() << " of " << x.size());
  CHECK(p == x.end());
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void put(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}
void flip(const fs::path& file, std::int64_t at) {
  std::fstream f(file, std::ios::binary | std::ios::in | std::ios::out);
  f.seekg(at);
  const int c = f.get();
  f.seekp(at);
  f.put(static_cast<char>(c ^ 16));
}

struct Environment {
  Environment(const char* name, const char* value) : name_(name), before_(std::getenv(name) != nullptr ? std::getenv(name) : "") {
    ::setenv(name, value, 1);
  }
  Environment(const Environment&) = delete;
  ~Environment() {
    if (before_.empty())
      ::unsetenv(name_);
    else
      ::setenv(name_, before_.c_str(), 1);
  }
  const char* name_;
  std::string before_;
};

}  // namespace

TEST_CASE("CRC-32C is the standard's, with the instruction and without, alone and four at a time", "[packed]") {
  const auto of = [](std::string_view s) { return std::as_bytes(std::span(s)); };
  CHECK(crc32c(of("123456789")) == 0xe3069283);
  CHECK(crc32c_by_table(of("123456789")) == 0xe3069283);
  CHECK(crc32c(of("")) == 0);
  CHECK(crc32c(of(std::string(32, '\0'))) == 0x8a9136aa);   // RFC 3720, B.4
  CHECK(crc32c(of(std::string(32, '\xff'))) == 0x62a8ab43);
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 4000; ++i) noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  for (const std::size_t bytes : std::initializer_list<std::size_t>{1, 7, 8, 63, 1000}) {
    const auto four = crc32c_of_four(of(noise).data(), bytes);
    for (std::size_t i = 0; i < 4; ++i) {
      const auto part = of(noise).subspan(i * bytes, bytes);
      CHECK(four[i] == crc32c(part));
      CHECK(four[i] == crc32c_by_table(part));
    }
  }
}

#if defined(__x86_64__)
TEST_CASE("what packing gives is what this version's number stands for", "[packed]") {
  // When this fails because a layout or the choice of scales was changed on purpose: raise kernels::packing_version, so
  // that weights packed before are packed anew, and put the new checksums here.
  const std::map<DType, std::uint32_t> known{{DType::fp32, 0x030358b4}, {DType::fp16, 0xd77e4a7b}, {DType::bf16, 0x7ebfca08},
                                             {DType::int8, 0xa3e2eaae}, {DType::int4, 0x2965bcdb}, {DType::int4m, 0xbd15b679}};
  CHECK(kernels::packing_version == 1);
  constexpr std::int64_t rows = 40, columns = 100;
  std::vector<float> source(rows * columns);
  std::uint32_t x = 7;
  for (float& w : source) w = static_cast<float>(static_cast<std::int32_t>(x = x * 1664525 + 1013904223)) * 0x1p-31f;
  for (const auto& [format, sum] : known) {
    std::vector<std::byte> packed(static_cast<std::size_t>(catalog::packed_bytes(48, columns, format)));
    kernels::pack_rows(format, DType::fp32, source.data(), 0, rows, columns, packed.data());
    INFO(name_of(format) << ": 0x" << std::hex << crc32c(packed));
    CHECK(crc32c(packed) == sum);
  }
}
#endif

TEST_CASE("the second load maps what the first packed, bit for bit, in every format and with any number of threads", "[packed]") {
  for (const DType format : {DType::fp32, DType::fp16, DType::bf16, DType::int8, DType::int4, DType::int4m}) {
    const Place place;
    LoadOptions without = options_for(place, format, 1);
    without.packed_cache = "off";
    Engine plain = load_from(place, without);
    CHECK(kind(plain) == "unused");
    CHECK(place.files().empty());
    for (const int threads : {1, 2, 3}) {
      INFO(name_of(format) << ", " << threads << " threads");
      fs::remove_all(place.cache());
      Engine first = load_from(place, options_for(place, format, threads));
      CHECK(kind(first) == "written");
      CHECK(use(first).note == "");
      CHECK(use(first).file == place.file().string());
      CHECK(use(first).bytes == static_cast<std::int64_t>(fs::file_size(place.file())));
      check_same_bytes(first, plain);
      Engine second = load_from(place, options_for(place, format, threads));
      CHECK(kind(second) == "mapped");
      CHECK(use(second).note == "");
      CHECK(second.state->weights.bytes_packed == 0);
      check_same_bytes(second, plain);
      CHECK(logits(second) == logits(plain));
      CHECK(logits(first) == logits(plain));
    }
  }
}

TEST_CASE("formats for each group and layer are cached as one, and another choice is another file", "[packed]") {
  const Place place;
  LoadOptions o = options_for(place, DType::int8);
  o.tuning.push_back({"layers.1", in(DType::int4)});
  o.tuning.push_back({"layers.0.mlp", in(DType::bf16)});
  Engine first = load_from(place, o), second = load_from(place, o);
  CHECK(kind(second) == "mapped");
  CHECK(logits(first) == logits(second));
  CHECK(place.files().size() == 1);
  Engine other = load_from(place, options_for(place, DType::int8));
  CHECK(kind(other) == "written");
  CHECK(place.files().size() == 2);
  // What packing does not depend on makes no other file.
  LoadOptions same = options_for(place, DType::int8, 1);
  same.isa = "scalar";
  same.workload.context = 64;
  CHECK(kind(load_from(place, same)) == "mapped");
  CHECK(place.files().size() == 2);
}

TEST_CASE("weights that are mapped count as weights, and loading holds what the plan says", "[packed]") {
  const Place place;
  for (const char* wanted : {"written", "mapped"}) {
    const auto before = memory_counters();
    reset_memory_peaks();
    const CheckpointSource source(need(Checkpoint::open(place.model().string())));
    const auto state = need(make_state({.model = view}, source, options_for(place)));
    const auto after = memory_counters();
    CHECK(name_of(state->weights.cached.kind) == wanted);
    const auto grown = [&](std::uint64_t now, std::uint64_t then) { return static_cast<std::int64_t>(now - then); };
    CHECK(grown(after[MemoryClass::weights].current, before[MemoryClass::weights].current) == state->totals.weights);
    CHECK(after[MemoryClass::staging].current == before[MemoryClass::staging].current);
    const bool mapped = wanted == std::string("mapped");
    CHECK(grown(after.total.peak, before.total.current) == (mapped ? state->totals.weights : state->totals.load_peak));
  }
}

TEST_CASE("a checkpoint that changes in any way is packed anew", "[packed]") {
  const Place place;
  const fs::path file = place.model() / "model.safetensors";
  (void)load_from(place, options_for(place));
  const auto time = fs::last_write_time(file);
  std::set<std::string> seen{place.files().front()};
  const auto is_new = [&](const char* what) {
    INFO(what);
    Engine e = load_from(place, options_for(place));
    CHECK(kind(e) == "written");
    CHECK(seen.insert(fs::path(use(e).file).filename().string()).second);
    LoadOptions off = options_for(place);
    off.packed_cache = "off";
    check_same_bytes(e, load_from(place, off));
  };
  fs::last_write_time(file, time + std::chrono::seconds(1));
  is_new("another time");
  TensorMap all = random_weights(view);
  for (float& x : all["model.norm.weight"].data) x += 1;
  for (float& x : all["model.embed_tokens.weight"].data) x += 1;
  write_checkpoint(file, all);
  fs::last_write_time(file, time);
  is_new("other numbers, with the first one's time");
  fs::rename(file, place.model() / "weights.safetensors");
  const CheckpointSource named(need(Checkpoint::open((place.model() / "weights.safetensors").string())));
  CHECK(name_of(need(make_state({.model = view}, named, options_for(place)))->weights.cached.kind) == "written");
}

TEST_CASE("a damaged, foreign or hostile file is never used, and made anew", "[packed]") {
  const Place place;
  LoadOptions off = options_for(place);
  off.packed_cache = "off";
  Engine plain = load_from(place, off);
  (void)load_from(place, options_for(place));
  const fs::path file = place.file();
  const std::string good = content(file);
  const auto size = static_cast<std::int64_t>(good.size());
  const std::int64_t window = 2 << 20, matrices = window, vectors = size / window * window;
  REQUIRE(size > 3 * window + window / 2);

  using Change = void (*)(const fs::path&, const std::string&, std::int64_t);
  struct Case {
    const char* what;
    Change change;
    std::int64_t at;
  };
  const Change truncate = [](const fs::path& f, const std::string&, std::int64_t at) { fs::resize_file(f, static_cast<std::uintmax_t>(at)); };
  const Change bit = [](const fs::path& f, const std::string&, std::int64_t at) { flip(f, at); };
  const Case cases[] = {
      {"empty", truncate, 0},
      {"one byte", truncate, 1},
      {"cut in its text", truncate, 100},
      {"cut behind its head", truncate, window},
      {"half of it", truncate, size / 2},
      {"one byte short", truncate, size - 1},
      {"one byte long", truncate, size + 1},
      {"very long", truncate, std::int64_t{1} << 40},
      {"a bit of its text", bit, 25},
      {"a bit of the checkpoint's name", bit, 40},
      {"a bit of its checksums", bit, static_cast<std::int64_t>(good.find_last_not_of('\0', static_cast<std::size_t>(matrices) - 1))},
      {"its first matrix", bit, matrices},
      {"the end of a window", bit, matrices + window - 1},
      {"a window's third quarter", bit, matrices + window + window * 5 / 8},
      {"its vectors", bit, vectors + 100},
      {"its last number", bit, size - 1},
      {"zeros", [](const fs::path& f, const std::string& g, std::int64_t) { put(f, std::string(g.size(), '\0')); }, 0},
      {"ones", [](const fs::path& f, const std::string& g, std::int64_t) { put(f, std::string(g.size(), '\xff')); }, 0},
      {"another form", [](const fs::path& f, const std::string& g, std::int64_t) { put(f, "ttt packed weights 2" + g.substr(20)); }, 0},
      {"another version of packing", [](const fs::path& f, const std::string& g, std::int64_t) {
         const std::size_t at = g.find("packing ") + 8;
         put(f, g.substr(0, at) + static_cast<char>(g[at] + 1) + g.substr(at + 1));
       }, 0},
      {"a folder", [](const fs::path& f, const std::string&, std::int64_t) { fs::remove(f), fs::create_directory(f); }, 0},
      {"a link", [](const fs::path& f, const std::string&, std::int64_t) { fs::rename(f, f.string() + "-"), fs::create_symlink(f.string() + "-", f); }, 0},
      {"a FIFO", [](const fs::path& f, const std::string&, std::int64_t) { fs::remove(f), ::mkfifo(f.c_str(), 0600); }, 0},
      {"writable by all", [](const fs::path& f, const std::string&, std::int64_t) { ::chmod(f.c_str(), 0666); }, 0},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    fs::remove_all(place.cache());
    fs::create_directory(place.cache());
    fs::permissions(place.cache(), fs::perms::owner_all);
    put(file, good);
    ::chmod(file.c_str(), 0600);
    REQUIRE(kind(load_from(place, options_for(place))) == "mapped");
    c.change(file, good, c.at);
    Engine e = load_from(place, options_for(place));
    CHECK(kind(e) != "mapped");
    CHECK(use(e).note != "");
    check_same_bytes(e, plain);
    CHECK(logits(e) == logits(plain));
    if (kind(e) == "written") {
      CHECK(content(file) == good);
      CHECK(kind(load_from(place, options_for(place))) == "mapped");
    }
  }
}

TEST_CASE("a file is verified again after any change, and only then", "[packed]") {
  const Place place;
  (void)load_from(place, options_for(place));
  const fs::path file = place.file(), mark = file.string() + ".verified";
  (void)load_from(place, options_for(place));
  CHECK(content(mark) == "");  // too fresh: a change within the clock's step could not be told
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  CHECK(kind(load_from(place, options_for(place))) == "mapped");
  const std::string known = content(mark);
  CHECK(known != "");
  CHECK(kind(load_from(place, options_for(place))) == "mapped");
  CHECK(content(mark) == known);
  // A flipped bit under the time of before: the time of the change gives it away.
  const auto time = fs::last_write_time(file);
  flip(file, static_cast<std::int64_t>(fs::file_size(file)) / 2);
  fs::last_write_time(file, time);
  Engine e = load_from(place, options_for(place));
  CHECK(kind(e) == "written");
  CHECK(use(e).note.find("checksums") != std::string::npos);
  // What the mark holds is compared, not believed.
  flip(file, static_cast<std::int64_t>(fs::file_size(file)) / 2);
  for (const std::string& forged : {known, std::string(), std::string(5000, 'x'), std::string(100, '\0')}) {
    put(mark, forged);
    Engine again = load_from(place, options_for(place));
    CHECK(kind(again) == "written");
    flip(file, static_cast<std::int64_t>(fs::file_size(file)) / 2);
  }
}

TEST_CASE("where the cache cannot be written there is a note, and the weights are packed all the same", "[packed]") {
  const Place place;
  LoadOptions off = options_for(place);
  off.packed_cache = "off";
  Engine plain = load_from(place, off);
  const auto still_loads = [&](const char* what, const std::string& where, std::string_view note) {
    INFO(what);
    LoadOptions o = options_for(place);
    o.packed_cache = where;
    Engine e = load_from(place, o);
    CHECK(kind(e) == "unused");
    INFO(use(e).note);
    CHECK(use(e).note.find(note) != std::string::npos);
    check_same_bytes(e, plain);
  };
  put(place.path / "a file", "");
  still_loads("a file in the folder's place", (place.path / "a file").string(), "no folder");
  still_loads("a folder in a file", (place.path / "a file" / "cache").string(), "");
  still_loads("a folder that cannot be", "/proc/self/ttt", "failed");
  fs::create_directory(place.path / "open");
  fs::permissions(place.path / "open", fs::perms::all);
  still_loads("a folder that all can write", (place.path / "open").string(), "others than its owner");
  {
    const Environment limit("TTT_CACHE_LIMIT", "1M");
    still_loads("a limit below the file's size", place.cache().string(), "limit is 1048576");
    const Environment none("TTT_CACHE_LIMIT", "0");
    still_loads("no room at all", place.cache().string(), "limit is 0");
  }
  CHECK(place.files().empty());
  {  // As a full disk does, writing fails midway.
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit small { 5 << 20, before.rlim_max };
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    still_loads("a disk that is full midway", place.cache().string(), "writing failed");
    ::setrlimit(RLIMIT_FSIZE, &before);
  }
  CHECK(place.files().empty());
}

TEST_CASE("packing ahead of time writes what loading would, and finds it the second time", "[packed]") {
  const Place place;
  const LoadOptions options = options_for(place);
  LoadOptions off = options;
  off.packed_cache = "off";
  const CheckpointSource source(need(Checkpoint::open(place.model().string())));
  for (const char* wanted : {"written", "mapped"}) {
    const auto state = need(pack_ahead({.model = view}, source, options));
    CHECK(name_of(state->weights.cached.kind) == wanted);
    CHECK(state->weights.cached.file == place.file().string());
    CHECK(state->weights.cached.bytes == static_cast<std::int64_t>(fs::file_size(place.file())));
    CHECK(!state->weights.cached.unused);
  }
  Engine e = load_from(place, options);
  CHECK(kind(e) == "mapped");
  check_same_bytes(e, load_from(place, off));
  flip(place.file(), static_cast<std::int64_t>(fs::file_size(place.file())) / 2);
  const auto again = need(pack_ahead({.model = view}, source, options));
  CHECK(name_of(again->weights.cached.kind) == "written");
  CHECK(again->weights.cached.note.find("checksums") != std::string::npos);
}

TEST_CASE("packing ahead of time is refused where a load would do without a file", "[packed]") {
  const Place place;
  const CheckpointSource source(need(Checkpoint::open(place.model().string())));
  const auto refused = [&](const char* what, const std::string& where, std::string_view error, const TensorSource& from) {
    INFO(what);
    LoadOptions o = options_for(place);
    o.packed_cache = where;
    const auto state = pack_ahead({.model = view}, from, o);
    REQUIRE(!state.has_value());
    INFO(state.error().text());
    CHECK(anchor(state.error()) == error);
    o.packed_cache = "off";
    CHECK(make_state({.model = view}, from, o));
  };
  refused("switched off", "off", "not_kept", source);
  refused("too small for the cache of this user", "", "not_kept", source);
  const TensorMap in_memory = random_weights(view);
  refused("weights in memory", place.cache().string(), "not_kept", MemorySource(in_memory));
  put(place.path / "a file", "");
  refused("a file in the folder's place", (place.path / "a file").string(), "cache_refused", source);
  refused("a folder that cannot be", "/proc/self/ttt", "file_unwritable", source);
  fs::create_directory(place.path / "open");
  fs::permissions(place.path / "open", fs::perms::all);
  refused("a folder that all can write", (place.path / "open").string(), "cache_refused", source);
  {
    const Environment limit("TTT_CACHE_LIMIT", "1M");
    refused("a limit below the file's size", place.cache().string(), "cache_full", source);
  }
  CHECK(place.files().empty());
  {
    std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit small { 5 << 20, before.rlim_max };
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    refused("a disk that is full midway", place.cache().string(), "file_unwritable", source);
    ::setrlimit(RLIMIT_FSIZE, &before);
  }
  CHECK(place.files().empty());
}

TEST_CASE("a checkpoint that cannot be read leaves no file behind", "[packed]") {
  const Place place;
  const Checkpoint checkpoint = need(Checkpoint::open(place.model().string()));
  const CheckpointSource source(checkpoint);
  const fs::path file = place.model() / "model.safetensors";
  fs::resize_file(file, fs::file_size(file) - 200'000);  // behind its back
  const auto state = make_state({.model = view}, source, options_for(place));
  REQUIRE(!state.has_value());
  CHECK(anchor(state.error()) == "file_shrunk");
  CHECK(place.files().empty());
}

TEST_CASE("the files used longest ago make room, but never one that is in use", "[packed]") {
  const Place place;
  const auto load = [&](DType format) { return load_from(place, options_for(place, format)); };
  const auto file_of = [](const Engine& e) { return fs::path(use(e).file); };
  const fs::path a = file_of(load(DType::int8)), b = file_of(load(DType::int4m)), c = file_of(load(DType::int4));
  const auto size = [](const fs::path& f) { return static_cast<std::int64_t>(fs::file_size(f)); };
  const std::int64_t fp16 = size(file_of(load(DType::fp16)));
  fs::remove(file_of(load(DType::fp16)));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(kind(load(DType::int8)) == "mapped");  // a is the newest now
  {
    const Environment limit("TTT_CACHE_LIMIT", std::to_string(fp16 + size(a) + size(c)).c_str());
    const fs::path d = file_of(load(DType::fp16));
    CHECK(fs::exists(a));
    CHECK(!fs::exists(b));
    CHECK(fs::exists(c));
    CHECK(fs::exists(d));
    fs::remove(d);
  }
  const Engine holds = load(DType::int4);  // c
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(kind(load(DType::int8)) == "mapped");
  const Environment limit("TTT_CACHE_LIMIT", std::to_string(fp16 + size(c)).c_str());
  Engine d = load(DType::fp16);
  INFO(use(d).note);
  CHECK(kind(d) == "written");
  CHECK(!fs::exists(a));
  CHECK(fs::exists(c));
  const Environment less("TTT_CACHE_LIMIT", std::to_string(fp16 + size(c) - 1).c_str());
  fs::remove(file_of(d));
  Engine refused = load(DType::fp16);
  CHECK(kind(refused) == "unused");
  CHECK(use(refused).note.find("files in use") != std::string::npos);
}

TEST_CASE("what a killed process left unfinished is cleared away, what a living one writes is not", "[packed]") {
  const Place place;
  fs::create_directory(place.cache());
  fs::permissions(place.cache(), fs::perms::owner_all);
  const fs::path dead = place.cache() / "0123.weights.tmp.4711.0", living = place.cache() / "0123.weights.tmp.4712.0";
  for (const fs::path& f : {dead, living}) put(f, "half"), ::chmod(f.c_str(), 0600);
  const int held = ::open(living.c_str(), O_RDWR);
  REQUIRE(::flock(held, LOCK_EX) == 0);
  CHECK(kind(load_from(place, options_for(place))) == "written");
  CHECK(!fs::exists(dead));
  CHECK(fs::exists(living));
  ::close(held);
}

TEST_CASE("many that load at once for the first time all get the same, and leave one file", "[packed]") {
  const Place place;
  LoadOptions off = options_for(place);
  off.packed_cache = "off";
  Engine plain = load_from(place, off);
  std::vector<std::string> bytes(4);
  std::vector<std::thread> threads;
  for (std::string& mine : bytes)
    threads.emplace_back([&] {
      const CheckpointSource source(*Checkpoint::open(place.model().string()));
      const auto state = make_state({.model = view}, source, options_for(place));
      if (!state) return;
      for (const auto& block : (*state)->weights.blocks)
        mine.append(reinterpret_cast<const char*>(block->data()), block->size());
    });
  for (std::thread& t : threads) t.join();
  const std::string wanted = bytes_of(plain);
  for (const std::string& mine : bytes) CHECK(mine == wanted);
  CHECK(place.files().size() == 1);
  CHECK(kind(load_from(place, options_for(place))) == "mapped");
}

TEST_CASE("a model whose weights are mapped is reconfigured like any other, even after its file is gone", "[packed]") {
  const Place place;
  const auto spec = spec_of<declared>("qwen2", 256);
  const auto loaded = [&](const LoadOptions& o) { return need(from_spec(spec, place.model().string(), o)); };
  const auto rows = [](const LoadedModel& m) {
    Session s = need(m.session());
    const auto ids = some_ids(9, vocab);
    const BatchItem item{.session = &s, .tokens = ids, .logits = BatchItem::Logits::all};
    need(m.runner()->step({&item, 1}));
    return std::vector<float>(m.runner()->output(), m.runner()->output() + static_cast<std::ptrdiff_t>(m.runner()->output_rows()) * vocab);
  };
  LoadOptions off = options_for(place, DType::fp32);
  off.packed_cache = "off";
  off.tuning.push_back({"layers.0.mlp", in(DType::int8)});
  const auto wanted = rows(loaded(off));
  (void)loaded(options_for(place, DType::fp32));
  const LoadedModel m = loaded(options_for(place, DType::fp32));
  REQUIRE(m.state().weights.cached.kind == PackedCacheUse::Kind::mapped);
  const auto before = rows(m);
  fs::remove_all(place.cache());
  const PathPolicy change[] = {{"layers.0.mlp", in(DType::int8)}};
  const Applied a = need(m.apply_tuning(change));
  CHECK(a.tensors_repacked == 2);
  CHECK(a.bytes_repacked + a.bytes_shared == m.state().totals.weights);
  CHECK(rows(m) == wanted);
  CHECK(place.files().empty());
  need(m.undo());
  CHECK(rows(m) == before);
}

TEST_CASE("a file that is replaced while it is mapped does its users no harm", "[packed]") {
  const Place place;
  (void)load_from(place, options_for(place));
  Engine e = load_from(place, options_for(place));
  REQUIRE(kind(e) == "mapped");
  const auto before = logits(e);
  const std::string good = content(place.file());
  put(place.path / "other", std::string(good.size(), 'x'));
  fs::rename(place.path / "other", place.file());
  CHECK(logits(e) == before);
}

TEST_CASE("the default folder is the first of three places, and small models are not kept there", "[packed]") {
  const Place place;
  const Environment own("TTT_CACHE", "/a/b"), xdg("XDG_CACHE_HOME", "/c/d"), home("HOME", "/e/f");
  CHECK(need(default_cache_folder()) == "/a/b");
  ::setenv("TTT_CACHE", "relative", 1);
  CHECK(need(default_cache_folder()) == "/c/d/ttt");
  ::setenv("XDG_CACHE_HOME", "", 1);
  CHECK(need(default_cache_folder()) == "/e/f/.cache/ttt");
  ::setenv("HOME", "", 1);
  CHECK(anchor(default_cache_folder().error()) == "cache_refused");
  ::setenv("TTT_CACHE", place.cache().c_str(), 1);
  LoadOptions o = options_for(place);
  o.packed_cache = "";
  Engine e = load_from(place, o);
  CHECK(kind(e) == "unused");
  CHECK(use(e).note == "");
  CHECK(!fs::exists(place.cache()));
}

TEST_CASE("weights in memory have no identity, and are not cached", "[packed]") {
  const Place place;
  const TensorMap all = random_weights(view);
  const auto state = need(make_state({.model = view}, MemorySource(all), options_for(place)));
  CHECK(state->weights.cached.kind == PackedCacheUse::Kind::unused);
  CHECK(place.files().empty());
}
