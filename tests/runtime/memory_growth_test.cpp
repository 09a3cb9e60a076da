// What the process really grows by while it loads and runs a model, held against the plan.
#include <cstdio>
#include <fstream>
#include <unistd.h>

#include <ttt/adaptor/synth.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// A line of /proc/self/status in bytes.
double status_bytes(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1)) * 1024;
  return -1;
}

}  // namespace

TEST_CASE("loading and 512 tokens of smollm2-135m grow the process by the plan's bytes, within 2 % and 8 MiB", "[memory]") {
  const TemporaryFolder folder;
  const std::string path = (folder.path / "model").string();
  need(synthesise("smollm2-135m", path));
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
  const double before = status_bytes("VmRSS");
  if (before < 0 || status_bytes("VmHWM") > before + (1 << 20)) TTT_SKIP("the system does not say the peak anew");

  LoadOptions options = exact({}, 2);
  options.preset = Preset::standard;
  options.workload = {.context = 1024};
  options.packed_cache = "off";
  Engine e = engine(path, options);
  const double loaded = status_bytes("VmHWM") - before;
  Session s = e.session();
  const auto prompt = some_ids(256, e.vocab());
  (void)e.step(s, prompt, BatchItem::Logits::last);
  for (const std::int32_t id : some_ids(256, e.vocab(), 9)) (void)e.step(s, {&id, 1}, BatchItem::Logits::last);
  const double grown = status_bytes("VmHWM") - before;
  const PlanTotals& t = e.state->totals;
  const auto planned = static_cast<double>(std::max(t.peak, t.load_peak));
  INFO("planned " << planned / 1e6 << " MB (loading " << static_cast<double>(t.load_peak) / 1e6 << "), grown by "
                  << grown / 1e6 << " MB (loading " << loaded / 1e6 << ")");
  CHECK(grown <= planned * 1.02 + (8 << 20));
  CHECK(loaded <= static_cast<double>(t.load_peak) * 1.02 + (8 << 20));
  CHECK(grown >= static_cast<double>(t.weights));  // the measurement measures
}
