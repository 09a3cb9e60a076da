// Calibrations: what a machine can be is read back as it was written, anything else is refused; files of the cache folder
// are never believed, and a program goes on without one.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <regex>

#include <ttt/io/cache_folder.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/plan/expected.hpp>
#include <ttt/profile/calibration_file.hpp>
#include <ttt/profile/processor.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/isa.hpp>
#include "profile_fixture.hpp"

using namespace ttt;
using namespace ttt::test;
namespace fs = std::filesystem;

namespace {

const kernels::KernelTable& table() { return *kernels::kernel_table(need(selected_isa())); }

/// Made up, but this machine's and this level's.
Calibration our_own(const std::string& library) {
  Calibration c = made_up_machine();
  c.processor = processor_identity();
  c.isa = table().name;
  c.library = library;
  c.busy_cores = 0;
  for (ProductRate& p : c.kernels.products[1]) p = {{1e-11, 5e-12, 4e-12, 3e-12}, 0.75};
  c.kernels.decode_attention[1][0] = {1e-9, 1e-11, 2e-12};
  c.kernels.kv_share = 0.5;
  c.kernels.gated_s = 3e-10;
  return c;
}
/// A cache folder with one file of that name and text.
struct Cache : TemporaryFolder {
  Cache() { fs::permissions(path, fs::perms::owner_all); }
  void put(const std::string& library, const std::string& text) const {
    std::ofstream(path / name(library)) << text;
    fs::permissions(path / name(library), fs::perms::owner_read | fs::perms::owner_write);
  }
  [[nodiscard]] std::string read(const std::string& library) const {
    std::ifstream in(path / name(library));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::string name(const std::string& library) {
    return calibration_file_name(processor_identity(), table().name, library);
  }
};
/// What `calibrated_by` finds, what it says, and how often it measured.
struct Asked {
  Calibration found;
  std::vector<std::string> notes;
  int measured = 0;
};
Asked ask(const std::string& library, bool again = false) {
  Asked a;
  CalibrationOptions how{.again = again, .library = library};
  how.note = [&](std::string_view text) { a.notes.emplace_back(text); };
  const auto measure = [&]() -> Result<Calibration> {
    ++a.measured;
    Calibration c = our_own({});
    c.seconds = 1;  // tells it from what a test has written
    return c;
  };
  a.found = need(calibrated_by(measure, table().name, how));
  return a;
}
bool plausible(const Calibration& c) {
  for (const ThreadsAtWork& t : c.threads)
    if (t.fp32_flop_per_s < 1e8 || t.memory_bytes_per_s() < 1e7 || t.op_s < 0) return false;
  return !c.threads.empty();
}

}  // namespace

TEST_CASE("a calibration comes back from its JSON as it was, digit for digit") {
  const Calibration c = our_own("a library");
  const std::string text = json_of(c);
  const Calibration back = need(calibration_from_json(text));
  CHECK(json_of(back) == text);
  CHECK(back.processor == c.processor);
  CHECK(back.threads.size() == 2);
  CHECK(back.threads[1].reading == c.threads[1].reading);
  CHECK(back.kernels == c.kernels);
}

TEST_CASE("a file cut off anywhere is refused") {
  const std::string text = json_of(our_own(""));
  for (std::size_t length = 0; length + 2 < text.size(); length += 1 + length / 40) {
    CAPTURE(length);
    CHECK_FALSE(calibration_from_json(std::string_view(text).substr(0, length)));
  }
}

TEST_CASE("any number turned into what no machine has is refused, or read as a number a machine can have") {
  const std::string text = json_of(our_own(""));
  const std::regex number(R"([:,\[]-?[0-9][0-9.e+\-]*)");
  std::size_t refused = 0, all = 0;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), number); at != std::sregex_iterator(); ++at) {
    for (const char* const bad : {"-1", "1e300", "null", "\"x\"", "[]", "1e999"}) {
      std::string changed = text;
      changed.replace(static_cast<std::size_t>(at->position()) + 1, static_cast<std::size_t>(at->length()) - 1, bad);
      const auto read = calibration_from_json(changed);
      ++all;
      refused += read ? 0 : 1;
      if (!read) continue;
      // What is accepted gives finite times.
      CAPTURE(changed.substr(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, at->position() - 30)), 60));
      MadeUpProfile p(tuned());
      const DeviceRates rates = rates_of(*read, 2);
      for (const OpCostOfPass& cost : cost_of_pass(p.state().ops, rates, p.measurement.decode, 8)) {
        CHECK(std::isfinite(cost.seconds));
        CHECK(cost.seconds >= 0);
      }
    }
  }
  INFO(refused << " of " << all << " refused");
  CHECK(static_cast<double>(refused) > 0.9 * static_cast<double>(all));
}

TEST_CASE("every member of a calibration that is missing is named") {
  const std::string text = json_of(our_own(""));
  for (const std::string member : {"version", "threads", "reading", "fp32_flop_per_s", "op_s", "kernels", "kv_share", "input_s",
                                   "norm_s", "gated_s", "weight_s", "stream_share", "seconds"}) {
    std::string changed = text;
    const std::size_t at = changed.find("\"" + member + "\"");
    REQUIRE(at != std::string::npos);
    changed.replace(at, member.size() + 2, "\"other\"");
    const auto read = calibration_from_json(changed, "a file");
    CAPTURE(member);
    REQUIRE_FALSE(read);
    CHECK(anchor(read.error()) == "calibration_malformed");
    CHECK(read.error().file == "a file");
  }
}

TEST_CASE("a kept calibration of this machine is taken as it is, without a word, and once read stays in memory") {
  const Cache cache;
  const Environment here("TTT_CACHE", cache.path.string());
  cache.put("kept", json_of(our_own("kept")));
  const Asked first = ask("kept");
  CHECK(json_of(first.found) == json_of(our_own("kept")));
  CHECK(first.notes.empty());
  CHECK(first.measured == 0);
  fs::remove(cache.path / Cache::name("kept"));
  const Asked second = ask("kept");
  CHECK(json_of(second.found) == json_of(first.found));
  CHECK(second.measured == 0);
  CHECK(ask("kept", true).measured == 1);  // on demand
  CHECK(fs::exists(cache.path / Cache::name("kept")));
}

TEST_CASE("a damaged file is measured anew with one note, and mended") {
  const Cache cache;
  const Environment here("TTT_CACHE", cache.path.string());
  const std::string whole = json_of(our_own("damaged"));
  cache.put("damaged", whole.substr(0, whole.size() / 2));
  const Asked a = ask("damaged");
  CHECK(a.measured == 1);
  REQUIRE(a.notes.size() == 1);
  INFO(a.notes[0]);
  CHECK(a.notes[0].find("measured anew") != std::string::npos);
  CHECK(cache.read("damaged") == json_of(a.found));
  const Asked again = ask("damaged");
  CHECK(again.notes.empty());
  CHECK(again.measured == 0);
}

TEST_CASE("another processor's calibration under this one's name is measured anew with one note") {
  const Cache cache;
  const Environment here("TTT_CACHE", cache.path.string());
  Calibration other = our_own("other");
  other.processor = "some other processor";
  cache.put("other", json_of(other));
  const Asked a = ask("other");
  CHECK(a.found.processor == processor_identity());
  CHECK(a.measured == 1);
  REQUIRE(a.notes.size() == 1);
  CHECK(a.notes[0].find("another machine's") != std::string::npos);
}

TEST_CASE("a calibration written on a busy machine serves the program that took it alone") {
  const Cache cache;
  const Environment here("TTT_CACHE", cache.path.string());
  Calibration busy = our_own("busy");
  busy.busy_cores = 1.5;
  cache.put("busy", json_of(busy));
  const Asked a = ask("busy");
  CHECK(a.measured == 1);
  CHECK(a.notes.empty());
  CHECK(json_of(ask("busy").found) == json_of(a.found));
}

TEST_CASE("where nothing can be written the calibration stays in memory, with one note") {
  const Cache cache;
  std::ofstream(cache.path / "file") << "no folder";
  // Below a file no folder can be made, whoever asks.
  const Environment here("TTT_CACHE", (cache.path / "file" / "cache").string());
  const Asked a = ask("nowhere");
  CHECK(a.measured == 1);
  REQUIRE(a.notes.size() == 1);
  INFO(a.notes[0]);
  CHECK(a.notes[0].find("cannot be kept") != std::string::npos);
  const Asked again = ask("nowhere");
  CHECK(again.notes.empty());
  CHECK(again.measured == 0);
  CHECK(json_of(again.found) == json_of(a.found));
}

TEST_CASE("a folder that is not there is made; one that others can write is not used") {
  const Cache cache;
  const Environment here("TTT_CACHE", (cache.path / "new").string());
  const Asked a = ask("made");
  CHECK(a.notes.empty());
  CHECK(fs::exists(cache.path / "new" / Cache::name("made")));
  const Cache open;
  fs::permissions(open.path, fs::perms::all);
  const Environment there("TTT_CACHE", open.path.string());
  open.put("open", json_of(our_own("open")));
  const Asked b = ask("open");
  CHECK(b.measured == 1);
  CHECK(b.notes.size() == 1);
}

TEST_CASE("this machine's calibration is plausible, within seconds, and kept") {
  const Cache cache;
  const Environment here("TTT_CACHE", cache.path.string());
  const Calibration c = need(calibrated(table(), {.library = "real"}));
  CHECK(plausible(c));
  CHECK(c.threads.front().threads == 1);
  CHECK(c.threads.back().threads == std::min(available_cores(), ThreadTeam::max_threads));
  for (const ThreadsAtWork& t : c.threads) {
    CAPTURE(t.threads);
    for (std::size_t i = 1; i < t.reading.size(); ++i) {
      CAPTURE(t.reading[i].bytes);
      CHECK(t.reading[i].bytes > t.reading[i - 1].bytes);
      CHECK(t.reading[i].bytes_per_s <= t.reading[i - 1].bytes_per_s);
    }
    CHECK(t.slowdown >= 1);
  }
  for (const auto& operands : c.kernels.products)
    for (const ProductRate& p : operands) {
      if (p.weight_s[0] <= 0) continue;
      CHECK(p.weight_s.back() > p.weight_s.front());  // 96 rows take longer than one
      CHECK(p.stream_share > 0);
      CHECK(p.stream_share <= 1);
    }
  CHECK(cache.read("real") == json_of(c));
  CHECK(json_of(need(calibration_from_json(cache.read("real")))) == json_of(c));
}

TEST_CASE("the name of a calibration's file tells processors, levels and builds apart") {
  const std::string name = calibration_file_name("p", "avx2", "l");
  CHECK(name != calibration_file_name("q", "avx2", "l"));
  CHECK(name != calibration_file_name("p", "avx512", "l"));
  CHECK(name != calibration_file_name("p", "avx2", "m"));
  CHECK(name == calibration_file_name("p", "avx2", "l"));
  CHECK(name.find('/') == std::string::npos);
}

TEST_CASE("rates follow the machine: half the memory's rate doubles what is read from it, not what is computed") {
  const Calibration c = made_up_machine();
  const DeviceRates then = rates_of(c, 2), now = rates_of(c, 2, {.memory = 0.5, .arithmetic = 1, .set = 1e8});
  CHECK(now.reading_of(1e9).bytes_per_s == Approx(then.reading_of(1e9).bytes_per_s / 2));
  CHECK(now.reading_of(1e3).bytes_per_s == Approx(then.reading_of(1e3).bytes_per_s));
  CHECK(now.peak(Fidelity::hifi4) == Approx(then.peak(Fidelity::hifi4)));
  CHECK(rates_of(c, 7).threads == 2);  // the most that were measured
  CHECK(rates_of(c, 1).threads == 1);
}
