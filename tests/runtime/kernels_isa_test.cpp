// Levels: detection, names, and the environment's choice.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <ttt/kernels/table.hpp>
#include <ttt/runtime/isa.hpp>

#include "../catch.hpp"

using namespace ttt;

TEST_CASE("every level the processor has carries a whole table", "[kernels]") {
  for (const kernels::Isa isa : kernels::all_isas) {
    if (!kernels::isa_supported(isa)) continue;
    const kernels::KernelTable* const t = kernels::kernel_table(isa);
    REQUIRE(t != nullptr);
    CHECK(t->isa == isa);
    CHECK(t->name == name_of(isa));
    CHECK(t->norm != nullptr);
    for (const DType w : kernels::weight_formats) {
      CHECK(t->embed(w) != nullptr);
      CHECK((t->attention(w) != nullptr) == catalog::is_kv_format(w));
      CHECK((t->append(w) != nullptr) == catalog::is_kv_format(w));
      for (const DType a : kernels::activation_formats) {
        if (!catalog::is_product(w, a)) {
          CHECK(t->store(w, a) == nullptr);
          continue;
        }
        CHECK(t->store(w, a) != nullptr);
        CHECK(t->residual(w, a) != nullptr);
        CHECK(t->qkv(w, a) != nullptr);
        for (int f = 0; f < kernels::activation_count; ++f) {
          CHECK(t->gated(w, a, static_cast<Activation>(f)) != nullptr);
          CHECK(t->activated(w, a, static_cast<Activation>(f)) != nullptr);
        }
      }
    }
    CHECK(t->store(DType::bfloat8_b, DType::fp32) == nullptr);
    CHECK(t->gated(DType::fp32, DType::fp32, Activation::own) == nullptr);
  }
}

TEST_CASE("a level has at most 250 kernel functions", "[kernels]") {
  // Every member behind the formats' first is a function or holds functions alone: new ones count without being named here.
  using kernels::KernelTable;
  constexpr std::size_t begin = offsetof(KernelTable, embed_fns);
  constexpr std::size_t entries = (sizeof(KernelTable) - begin) / sizeof(void (*)());
  static_assert(begin + entries * sizeof(void (*)()) == sizeof(KernelTable));
  for (const kernels::Isa isa : kernels::all_isas) {
    const KernelTable* const t = kernels::kernel_table(isa);
    if (t == nullptr) continue;
    std::array<std::uintptr_t, entries> functions;
    std::memcpy(functions.data(), reinterpret_cast<const char*>(t) + begin, sizeof functions);
    const auto named = entries - static_cast<std::size_t>(std::count(functions.begin(), functions.end(), std::uintptr_t{0}));
    std::sort(functions.begin(), functions.end());
    const auto distinct = std::unique(functions.begin(), functions.end()) - functions.begin() - (named < entries ? 1 : 0);
    INFO("level " << t->name << ": " << named << " entries of its table name " << distinct << " functions");
    CHECK(distinct >= kernels::weight_format_count * kernels::activation_count);
    CHECK(distinct <= 250);
  }
}

TEST_CASE("TTT_ISA chooses a level, and an unknown or missing one is a hardware error", "[kernels]") {
  CHECK(isa_from_name("scalar", "flag").value() == kernels::Isa::scalar);
  const auto unknown = isa_from_name("avx9", "--isa");
  REQUIRE(!unknown.has_value());
  CHECK(unknown.error().kind == ErrorKind::hardware);
  CHECK(unknown.error().link == "docs/errors.md#isa_unavailable");
  CHECK(unknown.error().module == "--isa");
  CHECK(unknown.error().issue.find("avx9") != std::string::npos);
  for (const kernels::Isa isa : kernels::all_isas)
    CHECK(isa_from_name(name_of(isa), "flag").has_value() == kernels::isa_supported(isa));

  const char* const before = std::getenv("TTT_ISA");
  const std::string saved = before != nullptr ? before : "";
  setenv("TTT_ISA", "x86_64_v3", 1);
  CHECK(!selected_isa().has_value());
  setenv("TTT_ISA", "scalar", 1);
  CHECK(selected_isa().value() == kernels::Isa::scalar);
  setenv("TTT_ISA", "", 1);
  CHECK(selected_isa().value() == kernels::detected_isa());
  if (before != nullptr)
    setenv("TTT_ISA", saved.c_str(), 1);
  else
    unsetenv("TTT_ISA");
}
