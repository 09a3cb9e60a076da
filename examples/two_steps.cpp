// The second step in one function: profile, take the first suggestion, apply it, verify, and profile again:
//   example_two_steps MODEL
#include <ttt/policy/policy_text.hpp>
#include <ttt/profile.hpp>
#include <ttt/verify.hpp>

#include <cstdio>

using namespace ttt;

/// Mends what stands out first. Whether something did, helped, and left the numbers right.
Result<bool> improve(const LoadedModel& model) {
  const ProfileOptions how{.prompt = 64, .decode = 16};
  TTT_TRY(const ProfileReport before, model.profile(how));
  const auto slow = before.bottlenecks();
  if (slow.empty() || slow[0].suggestions.empty()) return false;
  const Suggestion& first = slow[0].suggestions[0];
  std::printf("%s: %.4f ms (expected: %.4f ms). Try %s: %s\n", slow[0].path.c_str(), slow[0].actual_ms, slow[0].expected_ms,
              first.policy.c_str(), first.why.c_str());
  TTT_TRY(PolicySet change, parse_policy(first.policy));
  change.tuning.insert(change.tuning.begin(), {"", change.whole});  // what it says of the whole model
  TTT_CHECK(model.apply_tuning(change.tuning));
  TTT_TRY(const VerifyReport numbers, model.verify());
  TTT_TRY(const ProfileReport after, model.profile(how));
  const double saved = 1 - after.rows[slow[0].row].actual_ms.median / slow[0].actual_ms;
  std::printf("%s takes %.0f %% less time; KL %.1e nats\n", slow[0].path.c_str(), 100 * saved, numbers.distance.kl);
  if (saved <= 0 || !numbers.ok()) TTT_CHECK(model.undo());
  return saved > 0 && numbers.ok();
}

int main(int argc, char** argv) {
  // A bottleneck on purpose: one layer's attention was left on the plain loops.
  auto model = from_huggingface(argc > 1 ? argv[1] : "demo", {.workload = {.context = 128}});
  if (!model) return std::fprintf(stderr, "%s\n", model.error().text().c_str()), 1;
  if (!model->layers[2].attention.apply_hw_config(Policy<Kernel<KernelVariant::naive>>)) return 1;

  const auto improved = improve(*model);
  if (!improved) return std::fprintf(stderr, "%s\n", improved.error().text().c_str()), 1;
  return *improved ? 0 : 1;
}
