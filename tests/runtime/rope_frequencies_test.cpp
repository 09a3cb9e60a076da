#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <ttt/runtime/rope_frequencies.hpp>
#include "../catch.hpp"

// Expected numbers were made with Python from the formulas of transformers' modeling_rope_utils.py, each step
// rounded to float32 as its tensors are.

namespace {

struct Result {
  std::vector<float> frequencies;
  float attention_factor = 0;
};

Result compute(const ttt::RopeSpec& rope, int head_dim, int max_position, int length = 1) {
  Result out;
  out.frequencies.assign(static_cast<std::size_t>(rope.rotary_dim(head_dim) / 2) + 1,
                         -7.0F);  // one more: guard
  ttt::rope_inverse_frequencies(rope, head_dim, max_position, length, out.frequencies.data(),
                                out.attention_factor);
  CHECK(out.frequencies.back() == -7.0F);
  out.frequencies.pop_back();
  return out;
}

/// Worst relative difference, in units of 2^-24.
double worst(const std::vector<float>& got, const std::vector<float>& want) {
  REQUIRE(got.size() == want.size());
  double out = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto w = static_cast<double>(want[i]);
    out = std::max(out, std::abs(static_cast<double>(got[i]) - w) / w);
  }
  return out * 0x1p24;
}
constexpr double rounding = 4;  // two units in the last place

const std::vector<float> plain_32{1.0F,           0.562341332F,    0.316227764F,    0.177827939F,
                                  0.100000001F,   0.0562341288F,   0.0316227786F,   0.0177827943F,
                                  0.00999999978F, 0.00562341325F,  0.00316227786F,  0.00177827943F,
                                  0.00100000005F, 0.000562341302F, 0.000316227786F, 0.00017782794F};

}  // namespace

TEST_CASE("standard frequencies, whole and partial", "[rope]") {
  CHECK(worst(compute({}, 32, 100).frequencies, plain_32) <= rounding);
  CHECK(worst(compute({.partial = 0.4}, 80, 100).frequencies, plain_32) <= rounding);
  CHECK(compute({.partial = 0.4}, 80, 100).attention_factor == 1);
}

TEST_CASE("no rotary positions give no frequencies", "[rope]") {
  CHECK(compute({.type = ttt::RopeType::none}, 64, 100).frequencies.empty());
  CHECK(compute({.partial = 0.01}, 64, 100).frequencies.empty());
}

TEST_CASE("linear scaling divides", "[rope]") {
  const auto got = compute({.type = ttt::RopeType::linear, .factor = 2.5}, 32, 256, 250);
  CHECK(worst(got.frequencies,
              {0.400000006F, 0.22493653F, 0.1264911F, 0.0711311772F, 0.0399999991F, 0.0224936511F,
               0.0126491114F, 0.00711311772F, 0.00399999972F, 0.00224936521F, 0.00126491114F, 0.000711311761F,
               0.000400000019F, 0.000224936521F, 0.000126491112F, 7.11311732e-05F}) <= rounding);
  CHECK(got.attention_factor == 1);
}

TEST_CASE("dynamic scaling begins beyond the maximum and follows the length", "[rope]") {
  const ttt::RopeSpec rope{.type = ttt::RopeType::dynamic, .factor = 2};
  CHECK(worst(compute(rope, 32, 32, 1).frequencies, plain_32) <= rounding);
  CHECK(worst(compute(rope, 32, 32, 32).frequencies, plain_32) <= rounding);
  CHECK(worst(compute(rope, 32, 32, 40).frequencies,
              {1.0F, 0.547344267F, 0.29958576F, 0.16397655F, 0.089751631F, 0.0491250381F, 0.026888309F,
               0.0147171617F, 0.00805535447F, 0.00440905197F, 0.00241326937F, 0.00132088922F, 0.000722981174F,
               0.000395719631F, 0.000216594868F, 0.000118551958F}) <= rounding);
  auto with_original = rope;
  with_original.original_max_position = 32;
  CHECK(compute(with_original, 32, 4096, 40).frequencies == compute(rope, 32, 32, 40).frequencies);
}

TEST_CASE("llama3 keeps short wavelengths, divides long ones and blends between", "[rope]") {
  const ttt::RopeSpec tiny{
      .type = ttt::RopeType::llama3, .theta = 500000, .factor = 8, .original_max_position = 32};
  CHECK(worst(compute(tiny, 12, 128).frequencies, {1.0F, 0.0140307741F, 0.00157490105F, 0.000176776681F,
                                                   1.98425078e-05F, 2.22724748e-06F}) <= rounding);
  const ttt::RopeSpec llama_3_2{
      .type = ttt::RopeType::llama3, .theta = 500000, .factor = 32, .original_max_position = 8192};
  CHECK(worst(compute(llama_3_2, 64, 131072).frequencies, {1.0F,
                                                           0.663601279F,
                                                           0.440366626F,
                                                           0.292227834F,
                                                           0.193922758F,
                                                           0.128687382F,
                                                           0.0853971019F,
                                                           0.0566696189F,
                                                           0.0376060307F,
                                                           0.0249554086F,
                                                           0.0165604409F,
                                                           0.0109895291F,
                                                           0.00729266508F,
                                                           0.00483942125F,
                                                           0.00321144611F,
                                                           0.00129054801F,
                                                           0.000429556705F,
                                                           9.70828623e-05F,
                                                           1.94616387e-05F,
                                                           1.29147675e-05F,
                                                           8.57025589e-06F,
                                                           5.68723226e-06F,
                                                           3.77405445e-06F,
                                                           2.50446715e-06F,
                                                           1.66196742e-06F,
                                                           1.10288363e-06F,
                                                           7.31874934e-07F,
                                                           4.85673127e-07F,
                                                           3.22293289e-07F,
                                                           2.1387423e-07F,
                                                           1.41927202e-07F,
                                                           9.41830649e-08F}) <= rounding);
}

TEST_CASE("yarn ramps between kept and interpolated frequencies", "[rope]") {
  const ttt::RopeSpec tiny{.type = ttt::RopeType::yarn, .factor = 4, .original_max_position = 32};
  const auto small = compute(tiny, 32, 256);
  CHECK(worst(small.frequencies,
              {1.0F, 0.42175597F, 0.158113882F, 0.0444569848F, 0.0250000004F, 0.0140585322F, 0.00790569466F,
               0.00444569858F, 0.00249999994F, 0.00140585331F, 0.000790569466F, 0.000444569858F,
               0.000250000012F, 0.000140585325F, 7.90569466e-05F, 4.44569851e-05F}) <= rounding);
  CHECK(small.attention_factor == Approx(1.138629436111989).epsilon(1e-7));
  const ttt::RopeSpec qwen{
      .type = ttt::RopeType::yarn, .theta = 1e6, .factor = 4, .original_max_position = 32768};
  CHECK(worst(compute(qwen, 128, 131072).frequencies, {1.0F,
                                                       0.805842221F,
                                                       0.649381638F,
                                                       0.523299158F,
                                                       0.421696514F,
                                                       0.339820832F,
                                                       0.273841977F,
                                                       0.220673397F,
                                                       0.177827939F,
                                                       0.143301263F,
                                                       0.115478203F,
                                                       0.0930572003F,
                                                       0.0749894157F,
                                                       0.0604296438F,
                                                       0.0486967526F,
                                                       0.0392418988F,
                                                       0.0316227786F,
                                                       0.0254829675F,
                                                       0.0205352511F,
                                                       0.0165481716F,
                                                       0.0133352149F,
                                                       0.0107460786F,
                                                       0.00865964312F,
                                                       0.00697830599F,
                                                       0.00537532149F,
                                                       0.0041317381F,
                                                       0.00316842273F,
                                                       0.00242342241F,
                                                       0.00184827659F,
                                                       0.00140511245F,
                                                       0.00106436096F,
                                                       0.000802959781F,
                                                       0.000602941145F,
                                                       0.000450323569F,
                                                       0.000334240554F,
                                                       0.000246258394F,
                                                       0.000179841154F,
                                                       0.000129931475F,
                                                       9.26230132e-05F,
                                                       6.4903943e-05F,
                                                       4.44569851e-05F,
                                                       3.58253164e-05F,
                                                       2.88695483e-05F,
                                                       2.32643015e-05F,
                                                       1.87473561e-05F,
                                                       1.51074091e-05F,
                                                       1.21741887e-05F,
                                                       9.81047469e-06F,
                                                       7.90569356e-06F,
                                                       6.37074163e-06F,
                                                       5.13381246e-06F,
                                                       4.13704265e-06F,
                                                       3.33380353e-06F,
                                                       2.68651957e-06F,
                                                       2.16491094e-06F,
                                                       1.74457659e-06F,
                                                       1.40585337e-06F,
                                                       1.13289593e-06F,
                                                       9.1293532e-07F,
                                                       7.35681795e-07F,
                                                       5.92843435e-07F,
                                                       4.7773824e-07F,
                                                       3.84981632e-07F,
                                                       3.10234441e-07F}) <= rounding);
  const ttt::RopeSpec untruncated{.type = ttt::RopeType::yarn,
                                  .theta = 150000,
                                  .factor = 32,
                                  .original_max_position = 4096,
                                  .truncate = false};
  const auto oss = compute(untruncated, 64, 131072);
  CHECK(worst(oss.frequencies, {1.0F,
                                0.689044297F,
                                0.47478205F,
                                0.327145875F,
                                0.225418001F,
                                0.155322984F,
                                0.107024416F,
                                0.0737445652F,
                                0.0508132726F,
                                0.0317056961F,
                                0.0193350017F,
                                0.0115920492F,
                                0.00679495931F,
                                0.00386035908F,
                                0.00209379266F,
                                0.00105260219F,
                                0.000456483918F,
                                0.000129318694F,
                                3.83088118e-05F,
                                2.63964685e-05F,
                                1.8188337e-05F,
                                1.25325696e-05F,
                                8.63549576e-06F,
                                5.95023948e-06F,
                                4.09997847e-06F,
                                2.82506676e-06F,
                                1.94659629e-06F,
                                1.34129095e-06F,
                                9.24208962e-07F,
                                6.36820914e-07F,
                                4.38797855e-07F,
                                3.0235114e-07F}) <= 2 * rounding);
  CHECK(oss.attention_factor == Approx(1.3465735902799727).epsilon(1e-7));
}

TEST_CASE("yarn's attention factor: given, from mscale, or 1 without stretching", "[rope]") {
  ttt::RopeSpec rope{.type = ttt::RopeType::yarn, .factor = 40, .original_max_position = 4096};
  rope.mscale = 0.707;
  CHECK(compute(rope, 64, 4096).attention_factor == Approx(0.1 * std::log(40.0) + 1));
  rope.mscale_all_dim = 1;
  CHECK(compute(rope, 64, 4096).attention_factor == Approx(0.9210423553163399).epsilon(1e-7));
  rope.attention_factor = 1.25;
  CHECK(compute(rope, 64, 4096).attention_factor == 1.25F);
  CHECK(compute({.type = ttt::RopeType::yarn, .factor = 1, .original_max_position = 32}, 32, 32)
            .attention_factor == 1);
}

TEST_CASE("degenerate sizes stay finite", "[rope]") {
  for (const auto type :
       {ttt::RopeType::dynamic, ttt::RopeType::yarn, ttt::RopeType::llama3, ttt::RopeType::linear}) {
    for (const int dim : {2, 4, 6}) {
      for (const float f : compute({.type = type, .factor = 2}, dim, 1, 3).frequencies)
        CHECK(std::isfinite(f));
    }
  }
}
