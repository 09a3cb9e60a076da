// A weight format of your own: a few lines that say what it is, and ttt codes, packs, plans and multiplies it like its own.
// Here the quantiles of a normal distribution (NF4: Dettmers et al., 2023, QLoRA) in 4.25 bits a weight.
#include <ttt/everything.hpp>

#include <ttt/kernels/harness.hpp>     // check_format
#include <ttt/kernels/own_format.hpp>  // composes the kernels when ttt is linked; header-only has it already

#include <cstdio>

using namespace ttt;

struct Nf4 : BlockFormat<4, 64> {  // codes of 4 bits, 64 inputs to a scale
  static constexpr std::string_view name = "nf4";
  static constexpr float values[16] = {-1.0F,        -0.6961928F, -0.52507305F, -0.39491749F, -0.28444138F, -0.18477343F,
                                       -0.09105004F, 0.0F,        0.0795803F,   0.1609302F,   0.2461123F,   0.33791524F,
                                       0.44070983F,  0.562617F,   0.72295684F,  1.0F};
};
inline constexpr Nf4 nf4;

constexpr auto model = Embedding<1536, 192> >> Repeat<5, TransformerLayer<192, Attention<6, 2, 32>, SwiGlu<512>>> >>
                       RmsNorm<192> >> Linear<192, 1536, TiedTo<"embedding">>;
constexpr auto small = tune<"layers.*", Policy<Weights<nf4>>>(model);
static_assert(accepts<small, ttt::cpu, Batch<1>, Context<512>>);
static_assert(totals<small, ttt::cpu>.weights < totals<model, ttt::cpu>.weights / 2, "the plan counts its bytes");

int main() {
  // Its products against the scalar reference.
  const KernelReport report = check_format(nf4, {.measure = false, .print = false});
  std::printf("nf4: %d shapes, worst error %.1e of the largest number\n", report.shapes, report.worst_error);

  // By name, where policies are text.
  if (const Result<void> known = register_format(nf4); !known) {
    std::fprintf(stderr, "%s\n", known.error().text().c_str());
    return 1;
  }
  const Result<PolicySet> policy = parse_policy("weights=int8,layers.*.mlp:weights=nf4");
  if (!policy) {
    std::fprintf(stderr, "%s\n", policy.error().text().c_str());
    return 1;
  }
  std::printf("%s\n", text_of(*policy).c_str());
  return report.ok() ? 0 : 1;
}
