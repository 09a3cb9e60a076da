// Keys and values in pages: the same numbers as in one block, taken and given back as sessions grow and go, refused with
// numbers when there are none left.
#include <atomic>
#include <set>
#include <thread>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/runtime/kv_pages.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/tuned_model.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr int vocab = 293;
constexpr auto model =
    Embedding<vocab, 48>
    >> Repeat<2, (TransformerLayer<48, Attention<6, 2, 10, QkvBias, SlidingWindow<300>>, SwiGlu<103>>
                  >> TransformerLayer<48, Attention<6, 3, 12, Rope<500>, QkNorm<>>, SwiGlu<77>>)>
    >> RmsNorm<48>
    >> Linear<48, vocab, TiedTo<"embedding">>;

template <class P>
HardwareConfig config_of(const P&) {
  return P::config;
}

LoadOptions options_of(const HardwareConfig& policy = {}, Workload workload = {.batch = 3, .context = 700, .chunk = 128},
                       int threads = 2) {
  LoadOptions o = exact({}, threads);
  o.workload = workload;
  o.policy = policy;
  return o;
}
const HardwareConfig paged = config_of(Policy<PagedKv<256>>);

std::int64_t free_pages(const Engine& e, std::size_t pool = 0) { return e.state->kv_pools->free_pages(pool); }
std::int64_t kv_held() { return static_cast<std::int64_t>(memory_counters()[MemoryClass::kv].current); }

/// Two sessions that grow in turn, a third that goes in between, and one that is cut back: the last rows of every step.
std::vector<float> transcript(Engine& e) {
  std::vector<float> all;
  const auto prompt = some_ids(600, vocab), other = some_ids(600, vocab, 5);
  Session a = e.session(), b = e.session();
  auto step = [&](Session& s, std::span<const std::int32_t> ids) {
    const auto rows = e.step(s, ids, BatchItem::Logits::last, 600);
    all.insert(all.end(), rows.begin(), rows.end());
  };
  {
    Session c = e.session();
    step(c, std::span(prompt).first(100));
    for (std::size_t at = 0; at < 500; at += 100) {
      step(a, std::span(prompt).subspan(at, 100));
      step(b, std::span(other).subspan(at, 100));
    }
  }
  b.truncate(250);
  step(b, std::span(other).subspan(0, 90));
  step(a, std::span(prompt).subspan(500, 100));
  for (int i = 0; i < 4; ++i) {
    const BatchItem both[] = {{.session = &a, .tokens = {&prompt[7], 1}}, {.session = &b, .tokens = {&other[9], 1}}};
    need(e.runner->step(both));
    const auto rows = e.output();
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

}  // namespace

TEST_CASE("pages give bit for bit what one block gives, for every format and level", "[kv_pages]") {
  for (const std::string& isa : isas())
    for (const DType kv : {DType::fp32, DType::fp16, DType::bf16, DType::int8}) {
      HardwareConfig contiguous;
      contiguous.kv = kv;
      HardwareConfig in_pages = merged(contiguous, paged);
      LoadOptions one = options_of(contiguous), many = options_of(in_pages);
      one.isa = many.isa = isa;
      if (isa == "scalar" && kv != DType::fp16) continue;  // slow
      Engine plain = random_engine<model>(one), pages = random_engine<model>(many);
      const auto wanted = transcript(plain), got = transcript(pages);
      INFO(isa << ", " << name_of(kv) << ": worst difference " << worst(wanted, got));
      CHECK(wanted == got);
    }
}

TEST_CASE("layers may keep pages of different sizes beside layers that keep none", "[kv_pages]") {
  Engine plain = random_engine<model>(options_of());
  LoadOptions mixed = options_of();
  mixed.tuning = {{"layers.0.attention", paged},
                  {"layers.1.attention", config_of(Policy<PagedKv<512>>)},
                  {"layers.3.attention", paged}};
  Engine e = random_engine<model>(mixed, 0);
  REQUIRE(e.state->kv_pools->plans().size() == 2);
  CHECK(e.state->kv_pools->plans()[0].page == 256);
  CHECK(e.state->kv_pools->plans()[0].pages == 3 * 3);
  CHECK(e.state->kv_pools->plans()[1].page == 512);
  CHECK(e.state->kv_pools->plans()[1].pages == 3 * 2);
  CHECK(e.state->kv_block_bytes > 0);
  CHECK(transcript(e) == transcript(plain));
  CHECK(free_pages(e, 0) == 9);
  CHECK(free_pages(e, 1) == 6);
}

TEST_CASE("the plan's bytes are the bytes held, whatever the number of sessions", "[kv_pages]") {
  const std::int64_t before = kv_held();
  {
    Engine e = random_engine<model>(options_of(paged));
    const KvPoolPlan plan = e.state->kv_pools->plans().at(0);
    CHECK(e.state->totals.kv == plan.pages * plan.page_bytes);
    CHECK(kv_held() - before == e.state->totals.kv);
    Session a = e.session(), b = e.session(), c = e.session(), d = e.session();  // more than the batch: pages decide
    CHECK(kv_held() - before == e.state->totals.kv);

    Workload shared{.batch = 3, .context = 700, .chunk = 128, .kv_tokens = 1000};
    Engine less = random_engine<model>(options_of(paged, shared));
    CHECK(less.state->kv_pools->plans().at(0).pages == 4);
    CHECK(less.state->totals.kv == 4 * plan.page_bytes);
    CHECK(kv_held() - before == e.state->totals.kv + less.state->totals.kv);
    shared.kv_tokens = 1'000'000;  // more than can ever be used
    CHECK(random_engine<model>(options_of(paged, shared)).state->totals.kv == e.state->totals.kv);
  }
  CHECK(kv_held() == before);
}

TEST_CASE("a page is no larger than the context needs", "[kv_pages]") {
  Engine e = random_engine<model>(options_of(config_of(Policy<PagedKv<4096>>), {.batch = 2, .context = 100}));
  CHECK(e.state->kv_pools->plans().at(0).page == 256);
  CHECK(e.state->kv_pools->plans().at(0).pages == 2);
}

TEST_CASE("sessions take pages as they grow and give them back when cut, reset, moved over or gone", "[kv_pages]") {
  Engine e = random_engine<model>(options_of(paged));
  REQUIRE(free_pages(e) == 9);
  const auto ids = some_ids(128, vocab);
  auto grow = [&](Session& s, int length) {
    while (s.length() < length)
      (void)e.step(s, std::span(ids).first(static_cast<std::size_t>(std::min(128, length - s.length()))),
                   BatchItem::Logits::last);
  };
  {
    Session a = e.session();
    CHECK(free_pages(e) == 9);
    grow(a, 1);
    CHECK(free_pages(e) == 8);
    grow(a, 256);
    CHECK(free_pages(e) == 8);
    grow(a, 257);
    CHECK(free_pages(e) == 7);
    grow(a, 700);
    CHECK(free_pages(e) == 6);
    a.truncate(512);
    CHECK(free_pages(e) == 7);
    a.truncate(511);
    CHECK(free_pages(e) == 7);
    Session b = e.session();
    grow(b, 300);
    CHECK(free_pages(e) == 5);
    a = std::move(b);  // what a held is free again
    CHECK(a.length() == 300);
    CHECK(free_pages(e) == 7);
    a.reset();
    CHECK(free_pages(e) == 9);
    grow(a, 10);
    Session c = std::move(a);
    CHECK(free_pages(e) == 8);
    CHECK(c.length() == 10);
  }
  CHECK(free_pages(e) == 9);
}

TEST_CASE("a session that finds no page is refused with numbers, and nothing has changed", "[kv_pages]") {
  Engine e = random_engine<model>(options_of(paged, {.batch = 3, .context = 512, .chunk = 300, .kv_tokens = 512}));
  REQUIRE(free_pages(e) == 2);
  const auto ids = some_ids(300, vocab);
  Session a = e.session(), b = e.session(), c = e.session();
  (void)e.step(a, std::span(ids).first(200), BatchItem::Logits::last);
  (void)e.step(b, std::span(ids).first(50), BatchItem::Logits::last);
  CHECK(free_pages(e) == 0);

  const BatchItem more{.session = &a, .tokens = std::span(ids).first(100)};
  const auto refused = e.runner->step({&more, 1});
  REQUIRE(!refused);
  INFO(refused.error().text());
  CHECK(refused.error().kind == ErrorKind::memory);
  CHECK(anchor(refused.error()) == "kv_pages_exhausted");
  CHECK(refused.error().issue.find("1 more pages of 256 positions are needed for 300 tokens, and 0 of the model's 2 are "
                                   "free") != std::string::npos);
  CHECK(refused.error().suggestion.find("kv_tokens (now 512)") != std::string::npos);
  CHECK(a.length() == 200);
  CHECK(free_pages(e) == 0);

  // Within its page a session goes on; and with the page of another too, as if it had never been refused.
  const auto tail = e.step(a, std::span(ids).first(56), BatchItem::Logits::last);
  CHECK(a.length() == 256);
  b.reset();
  const auto last = e.step(a, std::span(ids).first(44), BatchItem::Logits::last);
  a.reset();
  Engine alone = random_engine<model>(options_of({}, {.batch = 3, .context = 512, .chunk = 300}));
  Session s = alone.session();
  (void)alone.step(s, std::span(ids).first(200), BatchItem::Logits::last);
  CHECK(alone.step(s, std::span(ids).first(56), BatchItem::Logits::last) == tail);
  CHECK(alone.step(s, std::span(ids).first(44), BatchItem::Logits::last) == last);

  // In a step of several, the pages of those before the one that is refused are given back.
  (void)e.step(c, std::span(ids).first(1), BatchItem::Logits::last);
  CHECK(free_pages(e) == 1);
  const BatchItem two[] = {{.session = &a, .tokens = {&ids[0], 1}}, {.session = &b, .tokens = {&ids[1], 1}}};
  const auto both = e.runner->step(two);
  REQUIRE(!both);
  CHECK(anchor(both.error()) == "kv_pages_exhausted");
  CHECK(free_pages(e) == 1);
  CHECK((a.length() == 0 && b.length() == 0 && c.length() == 1));
  need(e.runner->step({two, 1}));
  CHECK(free_pages(e) == 0);
}

TEST_CASE("sizes that cannot be are refused with what works instead", "[kv_pages]") {
  struct Case {
    HardwareConfig policy;
    Workload workload;
    const char* name;
    const char* advice;
  };
  const Workload usual{.batch = 2, .context = 700};
  for (const Case& c :
       {Case{config_of(Policy<PagedKv<100>>), usual, "page_splits_blocks", "page=256"},
        Case{config_of(Policy<PagedKv<700>>), usual, "page_splits_blocks", "page=768"},
        Case{config_of(Policy<PagedKv<2147483647>>), usual, "page_splits_blocks", "page=65536"},
        Case{config_of(Policy<PagedKv<-256>>), usual, "page_splits_blocks", "page=256"},
        Case{{}, {.batch = 2, .context = 700, .kv_tokens = 800}, "kv_tokens_need_pages", "kv_form=paged,page=256"},
        Case{paged, {.batch = 2, .context = 700, .kv_tokens = 699}, "kv_tokens_below_context", "--kv-tokens 700"},
        Case{paged, {.batch = 2, .context = 700, .kv_tokens = -1}, "workload_out_of_range", "0 is room"},
        Case{paged, {.batch = 2, .context = 700, .kv_tokens = INT64_MAX}, "workload_out_of_range", "0 is room"}}) {
    const ModelView view = view_of<type_of<model>>();
    const auto planned = plan_state({.model = view}, DType::fp32, options_of(c.policy, c.workload));
    REQUIRE(!planned);
    INFO(planned.error().text());
    CHECK(anchor(planned.error()) == c.name);
    CHECK(planned.error().suggestion.find(c.advice) != std::string::npos);
  }
  // A pool beyond any memory is an error like another.
  LoadOptions vast = options_of(paged, {.batch = 4096, .context = 1 << 24});
  vast.memory_limit = 1 << 30;
  const auto fits = plan_state({.model = view_of<type_of<model>>()}, DType::fp32, vast);
  REQUIRE(!fits);
  CHECK(anchor(fits.error()) == "does_not_fit");
  CHECK(!KvPool::create({256, std::int64_t{1} << 50, 1 << 20}).has_value());
}

TEST_CASE("where pages are too much for memory, the advice is how many sequences can share", "[kv_pages]") {
  const ModelView view = view_of<type_of<model>>();
  LoadOptions o = options_of(paged, {.batch = 64, .context = 4096});
  const auto whole = need(plan_state({.model = view}, DType::fp32, o));
  o.memory_limit = whole->totals.peak - whole->totals.kv / 2;
  const auto refused = plan_state({.model = view}, DType::fp32, o);
  REQUIRE(!refused);
  INFO(refused.error().text());
  const std::size_t at = refused.error().suggestion.find("--kv-tokens ");
  REQUIRE(at != std::string::npos);
  o.workload.kv_tokens = std::stoll(refused.error().suggestion.substr(at + 12));
  CHECK(o.workload.kv_tokens >= 64 * 4096 / 2 - 512);
  CHECK(plan_state({.model = view}, DType::fp32, o).has_value());
}

TEST_CASE("no page is two sessions' at once, however many threads take and give back", "[kv_pages]") {
  const auto pool = need(KvPool::create({256, 4096, 64}));
  std::vector<std::atomic<int>> held(64);
  std::atomic<int> clashes = 0, refusals = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      std::vector<std::int32_t> mine;
      std::uint32_t state = static_cast<std::uint32_t>(t);
      for (int i = 0; i < 20'000; ++i) {
        state = state * 1664525U + 1013904223U;
        std::int32_t some[3];
        const std::size_t count = 1 + (state >> 8) % 3;
        if ((state >> 16) % 2 == 0) {
          if (!pool->take({some, count})) {
            ++refusals;
            continue;
          }
          for (std::size_t k = 0; k < count; ++k) {
            if (held[static_cast<std::size_t>(some[k])].fetch_add(1) != 0) ++clashes;
            mine.push_back(some[k]);
          }
        } else if (mine.size() >= count) {
          for (std::size_t k = 0; k < count; ++k) {
            some[k] = mine.back();
            mine.pop_back();
            held[static_cast<std::size_t>(some[k])].fetch_sub(1);
          }
          pool->give_back({some, count});
        }
      }
      for (const std::int32_t page : mine) held[static_cast<std::size_t>(page)].fetch_sub(1);
      pool->give_back(mine);
    });
  for (std::thread& t : threads) t.join();
  INFO(refusals << " refusals");
  CHECK(clashes == 0);
  CHECK(pool->free_pages() == 64);
}

TEST_CASE("a copy of a session goes on as the session does, and does not change it", "[kv_pages]") {
  for (const HardwareConfig& policy : {HardwareConfig{}, paged}) {
    Engine e = random_engine<model>(options_of(policy));
    const auto ids = some_ids(128, vocab), tail = some_ids(5, vocab, 4);
    Session s = e.session();
    for (int i = 0; i < 3; ++i) (void)e.step(s, std::span(ids).first(100), BatchItem::Logits::last);
    Session twin = need(s.copy());
    CHECK(twin.length() == 300);
    (void)e.step(twin, some_ids(60, vocab, 8), BatchItem::Logits::last);  // where s stands, twin now holds other tokens
    twin.truncate(300);
    CHECK(e.step(twin, tail, BatchItem::Logits::last) == e.step(s, tail, BatchItem::Logits::last));
    if (!e.state->kv_pools->plans().empty()) {
      CHECK(free_pages(e) == 9 - 4);
      Session third = need(s.copy()), fourth = need(s.copy());
      const auto refused = s.copy();
      REQUIRE(!refused);
      CHECK(anchor(refused.error()) == "kv_pages_exhausted");
      CHECK(free_pages(e) == 1);
    }
  }
}

namespace {

/// A folder with random fp32 weights of the model above.
const std::string& folder() {
  static const TemporaryFolder made;
  static const std::string path = [] {
    const TensorMap all = random_weights(view_of<type_of<model>>());
    std::vector<TensorToWrite> out;
    for (const auto& [name, tensor] : all)
      out.push_back({{name, SafeDType::f32, tensor.shape}, std::as_bytes(std::span(tensor.data))});
    need(write_safetensors((made.path / "model.safetensors").string(), out));
    return made.path.string();
  }();
  return path;
}
std::vector<float> step(const LoadedModel& m, Session& s, std::span<const std::int32_t> tokens) {
  const BatchItem item{.session = &s, .tokens = tokens};
  need(m.runner()->step({&item, 1}));
  return {m.runner()->output(), m.runner()->output() + vocab};
}

}  // namespace

TEST_CASE("a model goes over to pages and back while sessions run", "[kv_pages]") {
  const std::int64_t before = kv_held();
  {
    const LoadedModel m = need(from_spec(spec_of<model>("qwen3", 2048), folder(), options_of()));
    const auto ids = some_ids(90, vocab), tail = some_ids(3, vocab, 2);
    Session running = need(m.session()), twin = need(m.session());
    CHECK(step(m, running, ids) == step(m, twin, ids));
    const std::shared_ptr<const ModelState> blocks = m.runner()->shared_state();
    const Applied applied = need(m.apply_hw_config(paged));
    CHECK(applied.bytes_repacked == 0);
    CHECK(applied.peak >= m.state().totals.weights + blocks->totals.kv + m.state().totals.kv);
    CHECK(m.state().kv_pools->plans().size() == 1);

    // Who began before the change keeps its block until it is reset.
    CHECK(m.state().kv_pools->free_pages(0) == 9);
    const auto wanted = step(m, twin, tail);
    CHECK(step(m, running, tail) == wanted);
    CHECK(m.state().kv_pools->free_pages(0) == 9);
    running.reset();
    (void)step(m, running, ids);
    CHECK(m.state().kv_pools->free_pages(0) == 8);
    CHECK(step(m, running, tail) == wanted);
    const BatchItem both[] = {{.session = &running, .tokens = tail}, {.session = &twin, .tokens = tail}};
    CHECK(anchor(m.runner()->step(both).error()) == "mixed_states");

    // A change that leaves the caches alone leaves the pages where they are.
    const auto pools = m.state().kv_pools;
    need(m.apply_hw_config(Policy<Chunk<64>>));
    CHECK(m.state().kv_pools == pools);
    Session fresh = need(m.session());
    (void)step(m, fresh, std::span(ids).first(60));
    CHECK(pools->free_pages(0) == 7);
    const BatchItem alike[] = {{.session = &running, .tokens = tail}, {.session = &fresh, .tokens = tail}};
    need(m.runner()->step(alike));

    // Back again: with the last session the pages go.
    need(m.undo());
    need(m.undo());
    CHECK(m.state().kv_pools->plans().empty());
    running.reset();
    (void)step(m, running, ids);
    CHECK(step(m, running, tail) == wanted);
    const std::int64_t with_pages = kv_held();
    fresh.reset();
    (void)step(m, fresh, std::span(ids).first(9));
    CHECK(kv_held() < with_pages);
    CHECK(kv_held() - before == 3 * (m.state().totals.kv / 3));
  }
  CHECK(kv_held() == before);
}

TEST_CASE("many threads make, run and drop sessions that share few pages; each is refused or right", "[kv_pages]") {
  LoadOptions options = options_of(paged, {.batch = 2, .context = 512, .chunk = 300, .kv_tokens = 768});
  const LoadedModel m = need(from_spec(spec_of<model>("qwen3", 2048), folder(), options));
  const auto ids = some_ids(300, vocab);
  std::vector<float> wanted;
  {
    Session s = need(m.session());
    wanted = step(m, s, ids);
  }
  std::atomic<int> right = 0, wrong = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 12; ++i) {
        auto session = m.session();
        if (!session) {
          ++wrong;
          continue;
        }
        const std::lock_guard turn(m.runner()->turn());
        const BatchItem item{.session = &*session, .tokens = ids};
        if (const auto done = m.runner()->step({&item, 1}); !done) {
          anchor(done.error()) == "kv_pages_exhausted" ? ++refused : ++wrong;
        } else {
          std::equal(wanted.begin(), wanted.end(), m.runner()->output()) ? ++right : ++wrong;
        }
      }
    });
  for (std::thread& t : threads) t.join();
  INFO(right << " right, " << refused << " refused, " << wrong << " wrong");
  CHECK(wrong == 0);
  CHECK(right > 0);
  CHECK(m.state().kv_pools->free_pages(0) == 3);
}
