// Every product of every level against its readable twin, over shapes that fit nothing.
#include "kernels_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

enum class Op { store, soft_capped, residual, activated, gated };
const char* const op_names[] = {"store", "soft-capped store", "residual", "activated", "gated"};

struct Case {
  int rows, n, k;
  NormKind norm;
  bool mapped = false;
};

MatmulFn kernel_of(const KernelTable& t, Op op, DType w, DType a, Activation f) {
  switch (op) {
    case Op::store:
    case Op::soft_capped:
      return t.store(w, a);
    case Op::residual:
      return t.residual(w, a);
    case Op::activated:
      return t.activated(w, a, f);
    case Op::gated:
      return t.gated(w, a, f);
  }
  return nullptr;
}

void check(Op op, DType w, DType a, Activation f, const Case& c, unsigned seed) {
  Random random(seed);
  const Matrix matrix(random, w, op == Op::gated ? std::vector<int>{c.n, c.n} : std::vector<int>{c.n}, c.k,
                      op == Op::gated, seed % 3 != 0);
  const std::int64_t ldx = c.k + 3;  // rows start at odd addresses
  const std::int64_t ldy = c.n + 5;
  const std::vector<float> x = random.uniform((c.rows + 4) * ldx);
  const std::vector<float> weight = random.uniform(c.k, 0.5f, 1.5f);
  const std::vector<float> bias = random.uniform(c.k, -0.1f, 0.1f);
  const std::vector<float> before = random.uniform(c.rows * ldy);
  std::vector<std::int32_t> map;
  for (int r = 0; r < c.rows; ++r) map.push_back((r * 5 + 2) % (c.rows + 4));
  std::vector<float> scratch(
      static_cast<std::size_t>(catalog::matmul_scratch_floats(c.k, c.rows) * most_parts));

  MatmulArgs m{};
  m.x = x.data();
  m.ldx = ldx;
  m.row_count = c.rows;
  m.norm = {c.norm, 1e-5f, weight.data(), c.norm == NormKind::layer ? bias.data() : nullptr};
  m.w = matrix.packed;
  m.ldy = ldy;
  m.out = c.n;
  m.softcap = op == Op::soft_capped ? 5.f : 0.f;
  m.row_map = c.mapped ? map.data() : nullptr;
  m.weight_format = w;
  m.operand_format = a;
  m.scratch = scratch.data();
  m.scratch_stride = catalog::matmul_scratch_floats(c.k, c.rows);
  const auto run = [&](const KernelTable& t, int parts) {
    std::vector<float> y = before;
    MatmulArgs args = m;
    args.y = y.data();
    run_parts(kernel_of(t, op, w, a, f), args, parts);
    return y;
  };

  const std::vector<float> wanted = run(*kernel_table(Isa::scalar), 3);
  // normalised inputs reach about 3; rounded inputs may fall to the other side: 2^-8 of a few of them
  const double size = c.norm == NormKind::none ? 1 : 3;
  double tolerance = sum_tolerance(c.k, size) + 1e-6;
  if (catalog::is_group_format(w)) tolerance *= 1.5;  // sums of groups are rounded once more, with their scale
  if (a == DType::bf16 && c.norm != NormKind::none) tolerance += 2 * size / 256;
  if (a == DType::int8 && c.norm != NormKind::none) tolerance += 3 * size / 127;
  // where bf16 has a dot product, many rows round whole-number weights times their scale to bf16 too
  if (a == DType::bf16 && catalog::is_group_format(w)) tolerance += 4 * std::sqrt(c.k) * size * 0x1p-9;
  const double largest = 1 + std::sqrt(c.k) * size;  // of an output
  if (op == Op::gated) tolerance *= 2 * largest;     // times the other factor
  if (f == Activation::relu2) tolerance *= 2 * largest;
  for (const KernelTable* t : tables()) {
    const std::string what = std::string(t->name) + " " + op_names[static_cast<int>(op)] + " " +
                             std::string(name_of(w)) + "×" + std::string(name_of(a)) + " " +
                             std::string(name_of(f)) + ", " + std::to_string(c.rows) + " rows, " +
                             std::to_string(c.n) + "×" + std::to_string(c.k);
    const std::vector<float> whole = run(*t, 1);
    require_close(whole, wanted, tolerance, what);
    for (const int parts : part_counts)
      require_same_bits(run(*t, parts), whole, what + ", " + std::to_string(parts) + " parts");
  }
}

const std::vector<Case> shapes = {
    {1, 64, 64, NormKind::rms},       {1, 40, 37, NormKind::none},       {1, 17, 1, NormKind::none},
    {2, 33, 129, NormKind::layer},    {3, 100, 48, NormKind::rms},       {5, 7, 65, NormKind::none},
    {7, 96, 200, NormKind::rms},      {12, 31, 96, NormKind::layer},     {13, 48, 31, NormKind::rms},
    {48, 65, 80, NormKind::none},     {97, 34, 530, NormKind::rms},      {1, 48, 1037, NormKind::rms},
    {6, 50, 77, NormKind::rms, true}, {1, 20, 33, NormKind::none, true}, {25, 64, 1040, NormKind::none}};

}  // namespace

TEST_CASE("products of every level agree with the reference and do not depend on the parts", "[kernels]") {
  unsigned seed = 1;
  for (const DType w : weight_formats)
    for (const DType a : activation_formats)
      for (const Case& c : shapes) {
        if (!catalog::is_product(w, a)) continue;
        check(Op::store, w, a, Activation::relu, c, ++seed);
        check(Op::residual, w, a, Activation::relu, c, ++seed);
        check(Op::gated, w, a, Activation::silu, c, ++seed);
      }
}

TEST_CASE("soft caps and every activation agree with the reference", "[kernels]") {
  unsigned seed = 1000;
  for (const DType w : weight_formats)
    for (const DType a : activation_formats) {
      if (!catalog::is_product(w, a)) continue;
      check(Op::soft_capped, w, a, Activation::relu, {3, 45, 70, NormKind::rms}, ++seed);
      for (int f = 0; f < activation_count; ++f) {
        check(Op::activated, w, a, static_cast<Activation>(f), {4, 45, 70, NormKind::none}, ++seed);
        check(Op::gated, w, a, static_cast<Activation>(f), {4, 45, 70, NormKind::none}, ++seed);
      }
    }
}

TEST_CASE("a normalisation alone agrees with the reference", "[kernels]") {
  Random random(7);
  for (const int width : {1, 7, 64, 130, 577})
    for (const NormKind kind : {NormKind::rms, NormKind::layer}) {
      const std::vector<float> x = random.uniform(5 * width, -4, 9);
      const std::vector<float> weight = random.uniform(width);
      const std::vector<float> bias = random.uniform(width);
      std::vector<float> y(x.size());
      std::vector<float> wanted(x.size());
      NormOpArgs a{x.data(),
                   wanted.data(),
                   5,
                   width,
                   {kind, 1e-6f, weight.data(), kind == NormKind::layer ? bias.data() : nullptr}};
      run_parts(kernel_table(Isa::scalar)->norm, a, 2);
      for (const KernelTable* t : tables()) {
        for (const int parts : part_counts) {
          a.y = y.data();
          run_parts(t->norm, a, parts);
          require_close(y, wanted, width == 1 ? 1e-4 : 4e-6,
                        std::string(t->name) + " norm of " + std::to_string(width));
        }
      }
    }
}
