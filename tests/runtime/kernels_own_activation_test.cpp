// A user's activation, composed into the kernels of all levels in the user's own translation unit.
#include <ttt/kernels/own_activation.hpp>
#include <ttt/kernels/select_table.hpp>

#include "kernels_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

struct Softsign {
  float operator()(float x) const { return x / (1 + (x < 0 ? -x : x)); }
};
struct Negate {
  template <class T>
  T operator()(T x) const {
    return -x;
  }
};

/// act(x w + b), or act(gate) * up, at one level.
template <class F>
std::vector<float> product(Isa isa, DType w, DType a, bool gated, int parts) {
  Random random(11);
  constexpr int rows = 5;
  constexpr int n = 43;
  constexpr int k = 90;
  const Matrix matrix(random, w, gated ? std::vector<int>{n, n} : std::vector<int>{n}, k, gated);
  const std::vector<float> x = random.uniform(rows * k);
  const std::int64_t scratch_floats = catalog::matmul_scratch_floats(k, rows);
  std::vector<float> scratch(static_cast<std::size_t>(scratch_floats * parts));
  std::vector<float> y(rows * n);
  MatmulArgs m{};
  m.x = x.data();
  m.ldx = k;
  m.row_count = rows;
  m.w = matrix.packed;
  m.y = y.data();
  m.ldy = n;
  m.out = n;
  m.weight_format = w;
  m.operand_format = a;
  m.scratch = scratch.data();
  m.scratch_stride = scratch_floats;
  const OwnActivationKernels own = own_activation_kernels<F>(isa);
  run_parts(gated ? own.gated(w, a) : own.activated(w, a), m, parts);
  return y;
}

template <class F>
void check_all() {
  for (const DType w : weight_formats)
    for (const DType a : activation_formats)
      for (const bool gated : {false, true}) {
        if (!catalog::is_product(w, a)) continue;
        const std::vector<float> wanted = product<F>(Isa::scalar, w, a, gated, 1);
        for (const KernelTable* t : tables()) {
          const std::vector<float> whole = product<F>(t->isa, w, a, gated, 1);
          // sums reach about 10, and where bf16 has a dot product, whole-number weights times their scale become bf16
          const double tolerance = a == DType::bf16 && catalog::is_group_format(w) ? 10 * 0.25 : 1e-4;
          require_close(whole, wanted, tolerance, std::string(t->name) + (gated ? " gated" : " activated"));
          require_same_bits(product<F>(t->isa, w, a, gated, 3), whole, std::string(t->name));
        }
      }
}

}  // namespace

TEST_CASE("a user's own activation runs fused on every level", "[kernels]") {
  check_all<Softsign>();
  check_all<Negate>();
}

TEST_CASE("a selected table holds what was named and nothing else", "[kernels]") {
  constexpr KernelSelection mine{{false, false, true, false, false, false}, {true, false, false}, {true, false, false}, {true}};
  for (const KernelTable* all : tables()) {
    const KernelTable* const t = selected_table<mine>(all->isa);
    REQUIRE(t != nullptr);
    CHECK(t->store(DType::bf16, DType::fp32) == all->store(DType::bf16, DType::fp32));
    CHECK(t->gated(DType::bf16, DType::fp32, Activation::silu) ==
          all->gated(DType::bf16, DType::fp32, Activation::silu));
    CHECK(t->gated(DType::bf16, DType::fp32, Activation::gelu) == nullptr);
    CHECK(t->store(DType::fp32, DType::fp32) == nullptr);
    CHECK(t->qkv(DType::bf16, DType::fp32) == all->qkv(DType::bf16, DType::fp32));
    CHECK(t->qkv(DType::bf16, DType::bf16) == nullptr);
    CHECK(t->append(DType::fp32) == all->append(DType::fp32));
    CHECK(t->append(DType::bf16) == nullptr);
    CHECK(t->attention(DType::bf16) == nullptr);
  }
}
