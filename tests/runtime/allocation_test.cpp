// Decoding allocates nothing: this program counts every call of malloc and operator new on every thread.
#include <atomic>
#include <cstdlib>
#include <new>

#include <ttt/kernels/own_kernel.hpp>
#include <ttt/kernels/reference/attention.hpp>
#include <ttt/runtime/sampler.hpp>
#include <ttt/runtime/scheduler.hpp>
#include <ttt/runtime/thread_recorder.hpp>
#include "../engine_fixture.hpp"

namespace {
std::atomic<bool> counting = false;
std::atomic<std::int64_t> allocations = 0;
void count() noexcept {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// The C library's own functions under their other names; everything that allocates comes through here.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  count();
  return __libc_calloc(n, size);
}
void* realloc(void* old, std::size_t size) {
  count();
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
}
#else
void* operator new(std::size_t size) {
  count();
  if (void* p = std::malloc(size > 0 ? size : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
#endif

using namespace ttt;
using namespace ttt::test;

namespace {

/// stories260K's shape, with every bell a layer can have.
constexpr auto model =
    Embedding<512, 64>
    >> Repeat<5, TransformerLayer<64, Attention<8, 4, 8, QkNorm<>, QkvBias, RopeDynamic<10'000, 2, 64>>, SwiGlu<172>>>
    >> RmsNorm<64>
    >> Linear<64, 512, TiedTo<"embedding">>;

}  // namespace

TEST_CASE("the counter counts", "[allocation]") {
  allocations = 0;
  counting = true;
  auto* const held = new std::vector<int>(100);
  counting = false;
  delete held;
  CHECK(allocations >= 2);
}

TEST_CASE("10,000 steps of decoding, with prompts, batches, sampling and resets, allocate nothing", "[allocation]") {
  LoadOptions options = exact({}, 2);
  options.workload = {.batch = 2, .context = 300, .chunk = 16};
  Engine e = random_engine<model>(options, 64);
  Session a = e.session(), b = e.session();
  const auto prompt = some_ids(16, 512);
  Sampler sampler = need(Sampler::create({.temperature = 0.9F, .top_k = 40, .top_p = 0.95F, .repetition_penalty = 1.1F, .seed = 3}, 512));
  std::int32_t next[2] = {1, 2};
  int decoded = 0;
  bool fine = true;
  auto step = [&](std::span<const BatchItem> items) { fine = fine && e.runner->step(items).has_value(); };

  allocations = 0;
  counting = true;
  while (decoded < 10'000 && fine) {
    a.reset();
    b.reset();
    const BatchItem prompt_a{.session = &a, .tokens = prompt, .sequence_length = 16};
    const BatchItem prompt_b{.session = &b, .tokens = std::span(prompt).first(7), .logits = BatchItem::Logits::none};
    step({&prompt_a, 1});
    step({&prompt_b, 1});
    while (a.room() > 0 && decoded < 10'000 && fine) {
      const BatchItem both[] = {{.session = &a, .tokens = {&next[0], 1}}, {.session = &b, .tokens = {&next[1], 1}}};
      step(both);
      for (int i = 0; i < 2 && fine; ++i) {
        const auto id = sampler.sample({e.runner->output() + i * 512, 512}, prompt);
        fine = id.has_value();
        if (fine) next[i] = *id;
      }
      if (decoded % 50 == 0) b.truncate(b.length() - 1);
      ++decoded;
    }
  }
  counting = false;
  CHECK(fine);
  CHECK(decoded == 10'000);
  INFO(allocations << " allocations in " << decoded << " steps");
  CHECK(allocations == 0);
}

namespace {

/// Uses the scratch it asks for.
struct OwnAttention {
  static constexpr std::string_view name = "own";
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape&) { return true; }
  static constexpr std::int64_t scratch_bytes(const OpShape& s, int parts) { return std::int64_t{4} * s.keys * parts; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::AttentionArgs& a, kernels::Part p) noexcept {
    float* const mine = a.scratch + p.index * a.scratch_stride;
    for (int i = 0; i < 64; ++i) mine[i] = 1;
    kernels::reference::attention<DType::fp32>(a, p);
  }
};

}  // namespace

TEST_CASE("own kernels and the plain loops allocate nothing in a step", "[allocation]") {
  constexpr auto tuned = tune<"layers.1.mlp", Policy<Kernel<KernelVariant::naive>>>(
      tune<"layers.3.attention", Policy<Use<OwnAttention>>>(model));
  LoadOptions options = exact({}, 2);
  options.workload = {.batch = 1, .context = 64, .chunk = 16};
  Engine e = random_engine<tuned>(options, 64);
  Session session = e.session();
  const auto prompt = some_ids(16, 512);
  std::vector<double> seconds(e.state->ops.size());
  bool fine = true;

  allocations = 0;
  counting = true;
  const BatchItem first{.session = &session, .tokens = prompt};
  fine = fine && e.runner->step({&first, 1}).has_value();
  for (int i = 0; i < 40 && fine; ++i) {
    const BatchItem next{.session = &session, .tokens = {&prompt[0], 1}};
    fine = e.runner->step({&next, 1}, nullptr, i % 2 == 0 ? std::span(seconds) : std::span<double>{}).has_value();
  }
  counting = false;
  CHECK(fine);
  INFO(allocations << " allocations in 41 steps");
  CHECK(allocations == 0);
}

TEST_CASE("a step of a dozen sessions allocates nothing either", "[allocation]") {
  LoadOptions options = exact({}, 2);
  options.workload = {.batch = 12, .context = 64, .chunk = 16};
  Engine e = random_engine<model>(options, 64);
  std::vector<Session> sessions;
  for (int i = 0; i < 12; ++i) sessions.push_back(e.session());
  const std::int32_t token = 5;
  std::vector<BatchItem> items;
  for (Session& s : sessions) items.push_back({.session = &s, .tokens = {&token, 1}});
  bool fine = true;

  allocations = 0;
  counting = true;
  for (int i = 0; i < 50 && fine; ++i) fine = e.runner->step(items).has_value();
  counting = false;
  CHECK(fine);
  INFO(allocations << " allocations in 50 steps");
  CHECK(allocations == 0);
}

TEST_CASE("sessions take pages, give them back and are cut without allocating", "[allocation]") {
  LoadOptions options = exact({}, 2);
  options.workload = {.batch = 2, .context = 1000, .chunk = 100, .kv_tokens = 1536};
  options.policy.kv_form = KvForm::paged;
  Engine e = random_engine<model>(options, 64);
  Session a = e.session(), b = e.session();
  const auto prompt = some_ids(100, 512);
  bool fine = true;
  auto step = [&](std::span<const BatchItem> items) { fine = fine && e.runner->step(items).has_value(); };

  allocations = 0;
  counting = true;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 7; ++i) {
      const BatchItem both[] = {{.session = &a, .tokens = std::span(prompt).first(60), .logits = BatchItem::Logits::none},
                                {.session = &b, .tokens = std::span(prompt).first(40)}};
      step(both);
    }
    a.truncate(100);
    b.reset();
    const BatchItem one{.session = &b, .tokens = {&prompt[0], 1}};
    step({&one, 1});
    a.reset();
    b.reset();
  }
  counting = false;
  CHECK(fine);
  CHECK(e.state->kv_pools->free_pages(0) == 6);
  INFO(allocations << " allocations in 80 steps");
  CHECK(allocations == 0);
}

TEST_CASE("a scheduler's steps of decoding allocate nothing", "[allocation]") {
  LoadOptions options = exact({}, 2);
  options.workload = {.batch = 4, .context = 600, .chunk = 64};
  options.policy.kv_form = KvForm::paged;
  Engine e = random_engine<model>(options, 64);
  const auto scheduler = need(Scheduler::create({std::shared_ptr<void>{}, e.runner.get()}));
  std::vector<ScheduledText> texts;
  for (int i = 0; i < 4; ++i)
    texts.push_back(need(scheduler->submit_ids(
        some_ids(20 + i, 512), {.max_new_tokens = 400, .sampling = SamplingParams{.temperature = 0.4F * static_cast<float>(i), .top_p = 0.9F}})));
  for (int i = 0; i < 10; ++i) scheduler->step();
  REQUIRE(scheduler->stats().running == 4);

  allocations = 0;
  counting = true;
  for (int i = 0; i < 300; ++i) scheduler->step();
  counting = false;
  CHECK(scheduler->stats().running == 4);
  INFO(allocations << " allocations in 300 steps");
  CHECK(allocations == 0);
}

TEST_CASE("steps with a recorder allocate nothing", "[allocation]") {
  LoadOptions options = exact({}, 2);
  options.workload = {.context = 300, .chunk = 16};
  Engine e = random_engine<model>(options, 64);
  Session session = e.session();
  ThreadRecorder recorder = need(ThreadRecorder::create(100, static_cast<int>(e.state->ops.size()), 64, 2));
  const std::int32_t token = 5;
  const BatchItem item{.session = &session, .tokens = {&token, 1}};
  bool fine = e.runner->step({&item, 1}).has_value();

  allocations = 0;
  counting = true;
  for (int i = 0; i < 200 && fine; ++i) fine = e.runner->step({&item, 1}, nullptr, {}, &recorder).has_value();
  counting = false;
  CHECK(fine);
  CHECK(recorder.runs() == 100);  // as many as there was room for
  INFO(allocations << " allocations in 200 steps");
  CHECK(allocations == 0);
}
