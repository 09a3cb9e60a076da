// Finds the layer whose numbers are off, tries what it is told, and looks again:
//   example_verify MODEL
#include <ttt/policy/policy_text.hpp>
#include <ttt/verify.hpp>

#include <cstdio>

using namespace ttt;

int main(int argc, char** argv) {
  // A fault on purpose: one layer in four bits, all others as the device has them.
  auto model = from_huggingface(argc > 1 ? argv[1] : "demo");
  if (!model) return std::fprintf(stderr, "%s\n", model.error().text().c_str()), 1;
  if (!model->layers[2].mlp.apply_hw_config(Policy<Weights<DType::int4>>)) return 1;

  auto report = model->verify({.text = "Once upon a time there was a little girl"});
  if (!report) return std::fprintf(stderr, "%s\n", report.error().text().c_str()), 1;
  std::fputs(text_of(*report).c_str(), stdout);
  if (report->first_bad != "layers.2.mlp" || report->row("layers.2.mlp")->cures.empty()) return 1;

  const auto cure = parse_policy(report->row("layers.2.mlp")->cures.front().policy);
  if (!cure || !model->apply_tuning(cure->tuning)) return 1;
  const auto alone = model->layers[2].mlp.verify();  // this module alone, on what was recorded
  if (!alone || !alone->ok()) return 1;
  std::printf("cured: off by %.2g %%\n", 100 * alone->row("layers.2.mlp")->own->rel);
  return 0;
}
