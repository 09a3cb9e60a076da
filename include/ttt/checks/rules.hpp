// The rules in order, and all of them over a request.
#pragma once

#include <ttt/checks/advise.hpp>
#include <ttt/checks/kernels_exist.hpp>
#include <ttt/checks/own_kernels_support.hpp>
#include <ttt/checks/shapes.hpp>

namespace ttt {

namespace checks {

/// In the order in which they are asked.
enum class Rule : std::uint8_t { shapes, kernels, own_kernels, shardings, memory, local_memory };
inline constexpr int rule_count = 6;

/// One rule over a request. Faults whose advice is found by trying come without.
template <std::size_t N>
constexpr void find_faults_of(Rule rule, const PlanRequest& request, Findings<N>& out) {
  switch (rule) {
    case Rule::shapes: return out.add(ShapesAgree(request.model.model));
    case Rule::kernels: return KernelsExist(request, out);
    case Rule::own_kernels: return OwnKernelsSupport(request, out);
    case Rule::shardings: return ShardingsDivide(request, out);
    case Rule::memory: return FitsMemory(request, out);
    case Rule::local_memory: return FitsLocalMemory(request, out);
  }
}

/// Whether a rule is asked: nothing after shapes that do not agree, since all else builds on them; and not what a core holds
/// where shardings do not divide.
[[nodiscard]] constexpr bool is_asked(Rule rule, bool shapes_agree, bool divides) {
  if (rule == Rule::local_memory) return shapes_agree && divides;
  return shapes_agree || rule == Rule::shapes;
}

}  // namespace checks

/// Every rule over a request: as many faults as `out` has room for.
template <std::size_t N>
constexpr void find_faults(const PlanRequest& request, Findings<N>& out) {
  using checks::Rule;
  bool shapes_agree = true, divides = true;
  for (int i = 0; i < checks::rule_count && !out.full(); ++i) {
    const auto rule = static_cast<Rule>(i);
    if (!checks::is_asked(rule, shapes_agree, divides)) return;
    const std::size_t before = out.count;
    checks::find_faults_of(rule, request, out);
    for (std::size_t f = before; f < out.count; ++f) {
      Diagnosis& d = out.found[f];
      d = rule == Rule::local_memory && f > before ? checks::advised_like(d, out.found[before]) : checks::advised(request, d);
    }
    const bool ok = out.count == before;
    if (rule == Rule::shapes) shapes_agree = ok;
    if (rule == Rule::shardings) divides = ok;
  }
}

/// The first rule that a request breaks.
template <class Request = PlanRequest>  // a template, so that only programs that ask compile the rules
[[nodiscard]] constexpr Diagnosis diagnose(const Request& request) {
  Findings<1> found;
  find_faults(request, found);
  return found.found[0];
}

}  // namespace ttt
