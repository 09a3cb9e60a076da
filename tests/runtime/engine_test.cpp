// The engine's promises: the same numbers however the work is cut, memory as planned, refusals that change nothing.
#include <array>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <thread>

#include <ttt/plan/parts.hpp>
#include <ttt/runtime/generation.hpp>
#include <ttt/runtime/lone_module.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/ttt.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// Awkward sizes, two rotary embeddings, a window, biases, head norms: most of what a layer can have.
constexpr auto model =
    Embedding<293, 48>
    >> Repeat<2, (TransformerLayer<48, Attention<6, 2, 10, QkvBias, SlidingWindow<19>>, SwiGlu<103>>
                  >> TransformerLayer<48, Attention<6, 3, 12, Rope<500>, QkNorm<>, OutputBias>, GatedMlp<77, GeluTanh>>)>
    >> RmsNorm<48>
    >> Linear<48, 293, TiedTo<"embedding">>;
constexpr int vocab = 293;

LoadOptions loading(int threads, Workload workload = {.context = 300, .logits_rows = 64}, std::string isa = {}) {
  LoadOptions o = exact(std::move(isa), threads);
  o.workload = workload;
  return o;
}

std::vector<std::string> levels() { return isas(); }

/// Logits of a prompt and of some decoding behind it.
std::vector<float> transcript(Engine& e, Session& s, int chunk = 40) {
  const auto prompt = some_ids(40, vocab);
  std::vector<float> all;
  auto keep = [&](const std::vector<float>& rows) { all.insert(all.end(), rows.begin(), rows.end()); };
  for (std::size_t at = 0; at < prompt.size(); at += static_cast<std::size_t>(chunk))
    keep(e.step(s, std::span(prompt).subspan(at, std::min(prompt.size() - at, static_cast<std::size_t>(chunk))),
                BatchItem::Logits::all, 40));
  for (const std::int32_t id : some_ids(12, vocab, 7)) keep(e.step(s, {&id, 1}));
  return all;
}
std::vector<float> transcript(Engine& e, int chunk = 40) {
  Session s = e.session();
  return transcript(e, s, chunk);
}

/// fp32's promise over different cuts of the same work.
double slack(std::span<const float> logits) { return 1e-5 * std::max(1.0, largest(logits)); }

std::vector<std::int32_t> pull(Generation& g) {
  std::vector<std::int32_t> out;
  while (const auto id = g.next_id()) out.push_back(*id);
  return out;
}
Generation generation(Engine& e, std::vector<std::int32_t> prompt, GenerateOptions options = {}) {
  auto made = Generation::create(std::shared_ptr<Runner>(std::shared_ptr<void>{}, e.runner.get()), std::nullopt,
                                 std::move(prompt), std::move(options));
  if (!made) FAIL(made.error().text());
  return std::move(*made);
}

}  // namespace

TEST_CASE("results are bitwise equal over 1, 2, 3 and 4 threads, on every level", "[engine]") {
  for (const std::string& isa : levels())
    for (const Fidelity fidelity : {Fidelity::hifi4, Fidelity::hifi2}) {
      std::vector<float> first;
      for (int threads = 1; threads <= 4; ++threads) {
        LoadOptions o = loading(threads, {.context = 300, .logits_rows = 64}, isa);
        o.policy.set_fidelity(fidelity);
        Engine e = random_engine<model>(o);
        const auto logits = transcript(e);
        if (first.empty()) first = logits;
        INFO(isa << ", " << name_of(fidelity) << ", " << threads << " threads: worst difference " << worst(logits, first));
        CHECK(logits == first);
      }
    }
}

TEST_CASE("where the plan gives small ops fewer threads the bits are those of one thread", "[engine]") {
  for (const std::string& isa : levels()) {
    std::vector<float> first;
    for (int threads = 1; threads <= 4; ++threads) {
      LoadOptions o = loading(threads, {.context = 300, .logits_rows = 64}, isa);
      o.split_all = false;
      Engine e = random_engine<model>(o);
      const PartsRule rule(e.state->request, e.state->ops);
      int least = 300, most = 0, most_of_prompt = 0;
      for (const PlanOp& op : e.state->ops) {
        const int parts = rule.parts(op, {.rows = 1, .sessions = 1, .keys = 45});
        least = std::min(least, parts);
        most = std::max(most, parts);
        most_of_prompt = std::max(most_of_prompt, rule.parts(op, {.rows = 40, .keys = 20, .decode = false}));
      }
      const auto logits = transcript(e);
      if (first.empty()) first = logits;
      INFO(isa << ", " << threads << " threads, " << least << " to " << most << " parts in decoding, up to "
               << most_of_prompt << " in a prompt: worst difference " << worst(logits, first));
      CHECK(least == 1);
      CHECK((most > 1 && most <= threads) == (threads > 1));
      CHECK(most_of_prompt == threads);
      CHECK(logits == first);
    }
  }
}

TEST_CASE("an op is cut into as many parts as gain", "[engine]") {
  PlanRequest request;
  request.device = devices::cpu_level("a device", 32, false);
  request.parts = 16;
  const auto parts = [&](std::int64_t bytes, double rows = 1, OpKind kind = OpKind::linear) {
    PlanOp op;
    op.kind = kind;
    op.weight_bytes = bytes;
    op.flops_per_row = static_cast<double>(bytes);
    return PartsRule(request, std::array{op}).parts(op, {.rows = rows});
  };
  const double worth = request.device.split_s * request.device.cached_bytes_per_s;  // bytes worth a second part
  CHECK(parts(static_cast<std::int64_t>(worth * 0.99)) == 1);
  CHECK(parts(static_cast<std::int64_t>(worth * 1.01)) == 2);
  CHECK(parts(static_cast<std::int64_t>(worth * 2.99)) == 2);
  CHECK(parts(static_cast<std::int64_t>(worth * 3.01)) == 3);
  CHECK(parts(static_cast<std::int64_t>(worth * 121)) == 16);
  CHECK(parts(static_cast<std::int64_t>(worth / 10), 10'000) == 16);  // many rows' arithmetic
  CHECK(parts(1 << 30, 1, OpKind::own) == 1);
  request.split_all = true;
  CHECK(parts(64) == 16);
  request.parts = 1;
  CHECK(parts(1 << 30) == 1);
}

TEST_CASE("tokens deep in a context, which threads then share, have the same bits over threads and beside other sessions' depths",
          "[engine]") {
  const auto prompt = some_ids(700, vocab);
  const auto short_prompt = some_ids(40, vocab, 9);
  for (const std::string& isa : levels()) {
    std::vector<float> first;
    for (const int threads : {1, 2, 3, 8}) {
      Engine e = random_engine<model>(loading(threads, {.batch = 2, .context = 720, .logits_rows = 2}, isa));
      CHECK((e.state->arena.bytes_of(Role::partials) > 0) == (threads > 1));
      Session deep = e.session(), shallow = e.session();
      for (std::size_t at = 0; at < prompt.size(); at += 140)
        e.step(deep, std::span(prompt).subspan(at, 140), BatchItem::Logits::none);
      e.step(shallow, short_prompt, BatchItem::Logits::none);
      std::vector<float> all;
      for (const std::int32_t id : {7, 200, 3}) {
        const auto alone = e.step(deep, {&id, 1}, BatchItem::Logits::last);
        all.insert(all.end(), alone.begin(), alone.end());
        const BatchItem both[] = {{.session = &deep, .tokens = {&id, 1}}, {.session = &shallow, .tokens = {&id, 1}}};
        need(e.runner->step(both));
        const auto rows = e.output();
        all.insert(all.end(), rows.begin(), rows.end());
      }
      if (first.empty()) first = all;
      INFO(isa << ", " << threads << " threads: worst difference " << worst(all, first));
      CHECK(all == first);
    }
  }
}

TEST_CASE("a prompt in chunks of any size gives the same logits within 1e-5", "[engine]") {
  for (const std::string& isa : levels()) {
    Engine e = random_engine<model>(loading(2, {.context = 300, .logits_rows = 64}, isa));
    const auto whole = transcript(e);
    for (const int chunk : {1, 2, 3, 7, 12, 13, 16, 39}) {
      const auto logits = transcript(e, chunk);
      INFO(isa << ", chunks of " << chunk << ": worst difference " << worst(logits, whole));
      CHECK(worst(logits, whole) <= slack(whole));
    }
  }
}

TEST_CASE("a step that is cut by the plan's rows refuses more and takes as many", "[engine]") {
  Engine e = random_engine<model>(loading(1, {.context = 300, .chunk = 16, .logits_rows = 16}));
  const auto tokens = some_ids(17, vocab);
  Session s = e.session();
  const BatchItem item{.session = &s, .tokens = tokens};
  const auto refused = e.runner->step({&item, 1});
  REQUIRE(!refused);
  CHECK(anchor(refused.error()) == "batch_too_large");
  CHECK(s.length() == 0);
  CHECK(e.step(s, std::span(tokens).first(16)).size() == 16 * vocab);
}

TEST_CASE("dynamic frequencies know the whole prompt, however it is cut", "[engine]") {
  constexpr auto dynamic = Embedding<293, 48>
                           >> Repeat<2, TransformerLayer<48, Attention<6, 2, 10, RopeDynamic<10'000, 2, 16>>, SwiGlu<103>>>
                           >> Linear<48, 293>;
  Engine e = random_engine<dynamic>(loading(1), 16);
  const auto whole = transcript(e);
  for (const int chunk : {1, 7, 16}) {
    const auto logits = transcript(e, chunk);
    INFO("chunks of " << chunk << ": worst difference " << worst(logits, whole));
    CHECK(worst(logits, whole) <= slack(whole));
  }
  // They stretch with the sequence, and a reset lets go.
  Session s = e.session();
  (void)e.step(s, some_ids(64, vocab, 3));
  s.reset();
  CHECK(transcript(e, s) == whole);
}

TEST_CASE("sessions stepped together give what each gives alone", "[engine]") {
  for (const std::string& isa : levels()) {
    Engine e = random_engine<model>(loading(2, {.batch = 5, .context = 300, .chunk = 64, .logits_rows = 64}, isa));
    struct One {
      std::vector<std::int32_t> prompt, next;
      std::vector<float> alone;
    };
    std::vector<One> sessions;
    for (int i = 0; i < 5; ++i) {
      One o{some_ids(3 + 9 * i, vocab, static_cast<std::uint32_t>(i)), some_ids(i == 2 ? 6 : 1, vocab, 99), {}};
      Session s = e.session();
      (void)e.step(s, o.prompt, BatchItem::Logits::none);
      o.alone = e.step(s, o.next, BatchItem::Logits::last);
      sessions.push_back(std::move(o));
    }
    auto together = [&] {
      std::vector<Session> live;
      for (const One& o : sessions) {
        live.push_back(e.session());
        (void)e.step(live.back(), o.prompt, BatchItem::Logits::none);
      }
      std::vector<BatchItem> items;
      for (std::size_t i = 0; i < live.size(); ++i) items.push_back({.session = &live[i], .tokens = sessions[i].next});
      need(e.runner->step(items));
      return e.output();
    };
    const auto rows = together();
    REQUIRE(rows.size() == 5U * vocab);
    for (std::size_t i = 0; i < 5; ++i) {
      const auto mine = std::span(rows).subspan(i * vocab, vocab);
      INFO(isa << ", session " << i << ": worst difference " << worst(mine, sessions[i].alone));
      CHECK(worst(mine, sessions[i].alone) <= slack(sessions[i].alone));
    }
    CHECK(together() == rows);  // the same composition again: to the bit
  }
}

TEST_CASE("rows of logits come for whom they were asked", "[engine]") {
  Engine e = random_engine<model>(loading(2, {.batch = 3, .context = 300, .logits_rows = 20}));
  const auto a = some_ids(4, vocab, 1), b = some_ids(5, vocab, 2), c = some_ids(6, vocab, 3);
  Session alone_b = e.session(), alone_c = e.session();
  const auto all_b = e.step(alone_b, b), last_c = e.step(alone_c, c, BatchItem::Logits::last);
  Session sa = e.session(), sb = e.session(), sc = e.session();
  const BatchItem items[] = {{.session = &sa, .tokens = a, .logits = BatchItem::Logits::none},
                             {.session = &sb, .tokens = b, .logits = BatchItem::Logits::all},
                             {.session = &sc, .tokens = c, .logits = BatchItem::Logits::last}};
  need(e.runner->step(items));
  const auto rows = e.output();
  REQUIRE(rows.size() == 6U * vocab);
  CHECK(worst(std::span(rows).first(5 * vocab), all_b) <= slack(all_b));
  CHECK(worst(std::span(rows).subspan(5 * vocab), last_c) <= slack(last_c));
  CHECK((sa.length() == 4 && sb.length() == 5 && sc.length() == 6));
  CHECK(e.step(sa, a, BatchItem::Logits::none).empty());
}

TEST_CASE("a session that was reset or truncated goes on as a new one would", "[engine]") {
  Engine e = random_engine<model>(loading(2));
  const auto fresh = transcript(e);
  Session s = e.session();
  (void)e.step(s, some_ids(30, vocab, 5));
  s.reset();
  CHECK(s.length() == 0);
  CHECK(s.room() == 300);
  CHECK(transcript(e, s) == fresh);

  const auto tail = some_ids(3, vocab, 8);
  Session whole = e.session(), cut = e.session();
  (void)e.step(whole, some_ids(20, vocab));
  const auto expected = e.step(whole, tail);
  (void)e.step(cut, some_ids(20, vocab));
  (void)e.step(cut, some_ids(15, vocab, 6));
  cut.truncate(20);
  CHECK(e.step(cut, tail) == expected);
  CHECK(cut.length() == 23);
}

TEST_CASE("a context can be filled to its last position and no further", "[engine]") {
  Engine e = random_engine<model>(loading(1, {.context = 21, .logits_rows = 32}));
  Session s = e.session();
  (void)e.step(s, some_ids(20, vocab));
  const std::int32_t id = 3;
  (void)e.step(s, {&id, 1});
  CHECK(s.room() == 0);
  const BatchItem item{.session = &s, .tokens = {&id, 1}};
  const auto full = e.runner->step({&item, 1});
  REQUIRE(!full);
  CHECK(anchor(full.error()) == "context_full");
}

TEST_CASE("a refused step changes nothing", "[engine]") {
  Engine e = random_engine<model>(loading(2, {.batch = 2, .context = 50, .chunk = 32, .logits_rows = 8}));
  Engine other = random_engine<model>(loading(1));
  const auto prompt = some_ids(8, vocab), long_prompt = some_ids(33, vocab), third = some_ids(3, vocab, 4);
  const std::int32_t beyond[] = {1, vocab}, negative[] = {-1};
  Session control = e.session(), s = e.session(), t = e.session(), u = e.session(), foreign = other.session();
  (void)e.step(control, prompt);
  const auto expected = e.step(control, third);
  (void)e.step(s, prompt);
  const auto before = e.output();

  using Items = std::vector<BatchItem>;
  using enum BatchItem::Logits;
  const struct {
    const char* what;
    Items items;
    const char* anchor;
  } cases[] = {
      {"no sessions", {}, "empty_step"},
      {"no tokens", {{.session = &s}}, "empty_step"},
      {"no tokens for the second", {{.session = &s, .tokens = third}, {.session = &t}}, "empty_step"},
      {"no session", {{.tokens = third}}, "wrong_state"},
      {"another model's session", {{.session = &foreign, .tokens = third}}, "wrong_state"},
      {"one session twice", {{.session = &s, .tokens = third}, {.session = &s, .tokens = third}}, "wrong_state"},
      {"three sessions", {{.session = &s, .tokens = third}, {.session = &t, .tokens = third}, {.session = &u, .tokens = third}},
       "batch_too_large"},
      {"33 tokens", {{.session = &s, .tokens = long_prompt}}, "batch_too_large"},
      {"33 tokens together", {{.session = &s, .tokens = third}, {.session = &t, .tokens = std::span(long_prompt).first(30)}},
       "batch_too_large"},
      {"9 rows of logits", {{.session = &s, .tokens = std::span(long_prompt).first(9), .logits = all}}, "batch_too_large"},
      {"id 293", {{.session = &s, .tokens = beyond}}, "token_out_of_range"},
      {"id -1", {{.session = &s, .tokens = third}, {.session = &t, .tokens = negative}}, "token_out_of_range"},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    const auto refused = e.runner->step(c.items);
    REQUIRE(!refused);
    CHECK(anchor(refused.error()) == c.anchor);
    CHECK(refused.error().kind == ErrorKind::request);
    CHECK(!refused.error().suggestion.empty());
    CHECK((s.length() == 8 && t.length() == 0));
    CHECK(e.output() == before);
  }
  CHECK(e.step(s, third) == expected);
}

TEST_CASE("a workload out of range is refused before anything is allocated", "[engine]") {
  const ModelView view = view_of<type_of<model>>();
  const TensorMap weights = random_weights(view);
  const auto before = memory_counters();
  for (const Workload w : {Workload{.context = -1}, Workload{.context = 1 << 30}, Workload{.batch = 0}, Workload{.batch = 1 << 20},
                           Workload{.chunk = -5}, Workload{.logits_rows = -1}, Workload{.context = 129}}) {
    LoadOptions o = loading(1, w);
    const auto state = make_state({.model = view, .max_position = 128}, MemorySource(weights), o);
    INFO("batch " << w.batch << ", context " << w.context << ", chunk " << w.chunk << ", rows " << w.logits_rows);
    REQUIRE(!state);
    CHECK(anchor(state.error()) == "workload_out_of_range");
  }
  CHECK(memory_counters().total.current == before.total.current);
}

TEST_CASE("every byte held is planned: weights, keys and values, activations", "[engine]") {
  auto bytes = [](MemoryClass c) { return static_cast<std::int64_t>(memory_counters()[c].current); };
  auto hold = [&](const char* what, auto&& make, int batch) {
    const std::int64_t before[] = {bytes(MemoryClass::weights), bytes(MemoryClass::kv), bytes(MemoryClass::arena)};
    const auto total = static_cast<std::int64_t>(memory_counters().total.current);
    reset_memory_peaks();
    Engine e = make();
    INFO(what);
    const PlanTotals& t = e.state->totals;
    CHECK(bytes(MemoryClass::weights) - before[0] == t.weights);
    CHECK(bytes(MemoryClass::arena) - before[2] == t.arena);
    CHECK(static_cast<std::int64_t>(memory_counters().total.peak) - total == std::max(t.load_peak, t.weights + t.arena));
    std::vector<Session> sessions;
    for (int i = 0; i < batch; ++i) sessions.push_back(e.session());
    CHECK(bytes(MemoryClass::kv) - before[1] == t.kv);
    CHECK(static_cast<std::int64_t>(memory_counters().total.current) - total == t.peak);
    (void)e.step(sessions[0], some_ids(5, vocab));
    CHECK(static_cast<std::int64_t>(memory_counters().total.current) - total == t.peak);
  };
  const auto before = memory_counters().total.current;
  hold("model", [&] { return random_engine<model>(loading(1)); }, 1);
  hold("model, three sessions, odd context", [&] { return random_engine<model>(loading(3, {.batch = 3, .context = 37, .logits_rows = 5})); }, 3);
  constexpr auto plain = Embedding<293, 47> >> Repeat<3, TransformerLayer<47, Attention<3, 3, 9, NoRope>, Mlp<31, Relu2, Bias>, LayerNorms>>
                         >> LayerNorm<47> >> Linear<47, 293, Bias>;
  hold("odd sizes, LayerNorm, biases", [&] { return random_engine<plain>(loading(2)); }, 1);
  if (has_golden("llama"))
    for (const std::string_view folder : decoder_folders)
      hold(folder.data(), [&] { return engine(golden(folder), exact({}, 2)); }, 1);
  CHECK(memory_counters().total.current == before);
}

TEST_CASE("one state serves eight threads, each with a runner of its own", "[engine]") {
  Engine e = random_engine<model>(loading(1));
  std::vector<std::vector<std::int32_t>> serial, parallel(8);
  for (int i = 0; i < 8; ++i) serial.push_back(greedy(e, some_ids(5 + i, vocab, static_cast<std::uint32_t>(i)), 20).ids);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      Engine mine{e.state, std::move(*Runner::create(e.state))};
      parallel[static_cast<std::size_t>(i)] = greedy(mine, some_ids(5 + i, vocab, static_cast<std::uint32_t>(i)), 20).ids;
    });
  for (std::thread& t : threads) t.join();
  for (std::size_t i = 0; i < 8; ++i) CHECK(parallel[i] == serial[i]);
}

TEST_CASE("one runner serves eight generating threads, whose steps take turns", "[engine]") {
  Engine e = random_engine<model>(loading(2));
  std::vector<std::vector<std::int32_t>> serial, parallel(8);
  for (int i = 0; i < 8; ++i) serial.push_back(greedy(e, some_ids(5 + i, vocab, static_cast<std::uint32_t>(i)), 20).ids);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      Generation g = generation(e, some_ids(5 + i, vocab, static_cast<std::uint32_t>(i)), {.max_new_tokens = 20});
      parallel[static_cast<std::size_t>(i)] = pull(g);
    });
  for (std::thread& t : threads) t.join();
  for (std::size_t i = 0; i < 8; ++i) CHECK(parallel[i] == serial[i]);
}

TEST_CASE("a generation ends for the reason it says", "[generation]") {
  Engine e = random_engine<model>(loading(2, {.context = 40, .chunk = 8}));
  const auto prompt = some_ids(10, vocab);
  Generation free = generation(e, prompt, {.max_new_tokens = 12});
  const auto ids = pull(free);
  CHECK(ids.size() == 12);
  CHECK(free.stats().end == GenerationEnd::length);
  CHECK((free.stats().new_tokens == 12 && free.stats().prompt_tokens == 10));
  CHECK(!free.next_id().has_value());

  // Until the context ends: 30 positions are left, and the last one's token is still chosen.
  Generation whole = generation(e, prompt);
  CHECK(pull(whole).size() == 31);
  CHECK(whole.stats().end == GenerationEnd::context);

  Generation eos = generation(e, prompt, {.eos = std::vector<std::int32_t>{ids[5]}});
  const auto first = std::find(ids.begin(), ids.end(), ids[5]);
  CHECK(pull(eos) == std::vector<std::int32_t>(ids.begin(), first));
  CHECK(eos.stats().end == GenerationEnd::eos);

  std::atomic<bool> cancel = false;
  Generation cancelled = generation(e, prompt, {.cancel = &cancel});
  CHECK((cancelled.next_id() == ids[0] && cancelled.next_id() == ids[1]));
  cancel = true;
  CHECK(!cancelled.next_id().has_value());
  CHECK(cancelled.stats().end == GenerationEnd::cancelled);
  CHECK(cancelled.error() == nullptr);
  Generation before = generation(e, prompt, {.cancel = &cancel});
  CHECK(pull(before).empty());
}

TEST_CASE("equal seeds draw equal texts and other seeds others", "[generation]") {
  Engine e = random_engine<model>(loading(2));
  auto drawn = [&](std::uint64_t seed) {
    Generation g = generation(e, some_ids(6, vocab),
                              {.max_new_tokens = 30, .sampling = SamplingParams{.temperature = 1.3F, .top_p = 0.95F, .seed = seed}});
    return pull(g);
  };
  CHECK(drawn(1) == drawn(1));
  CHECK(drawn(1) != drawn(2));
}

TEST_CASE("what cannot be generated is refused, and what fails says so afterwards", "[generation]") {
  Engine e = random_engine<model>(loading(1, {.context = 20}));
  const std::shared_ptr<Runner> runner(std::shared_ptr<void>{}, e.runner.get());
  auto refusal = [&](std::vector<std::int32_t> prompt, GenerateOptions options = {}) {
    const auto made = Generation::create(runner, std::nullopt, std::move(prompt), std::move(options));
    return made ? std::string("accepted") : anchor(made.error());
  };
  CHECK(refusal({}) == "empty_prompt");
  CHECK(refusal(some_ids(21, vocab)) == "context_full");
  CHECK(refusal({1}, {.max_new_tokens = -1}) == "generate_out_of_range");
  CHECK(refusal({1}, {.sampling = SamplingParams{.temperature = -2.0F}}) == "sampling_out_of_range");

  Generation wrong = generation(e, {1, vocab + 5});
  CHECK(!wrong.next_id().has_value());
  REQUIRE(wrong.error() != nullptr);
  CHECK(anchor(*wrong.error()) == "token_out_of_range");
  CHECK(wrong.stats().end == GenerationEnd::error);
  CHECK(!wrong.next_id().has_value());

  // A model whose logits are no numbers.
  const ModelView view = view_of<type_of<model>>();
  TensorMap weights = random_weights(view);
  weights["model.norm.weight"].data[3] = std::numeric_limits<float>::quiet_NaN();
  Engine broken;
  broken.state = need(make_state({.model = view}, MemorySource(weights), loading(1)));
  broken.runner = need(Runner::create(broken.state));
  Generation nan = generation(broken, {1, 2});
  CHECK(!nan.next_id().has_value());
  REQUIRE(nan.error() != nullptr);
  CHECK(anchor(*nan.error()) == "logits_not_finite");

  Engine headless = random_engine<(Embedding<293, 48> >> RmsNorm<48>)>(loading(1));
  const std::shared_ptr<Runner> rows(std::shared_ptr<void>{}, headless.runner.get());
  const auto made = Generation::create(rows, std::nullopt, {1}, {});
  REQUIRE(!made);
  CHECK(anchor(made.error()) == "no_logits");
}

TEST_CASE("text stops before a stop string and comes in whole pieces", "[generation]") {
  TTT_NEEDS_GOLDEN("real/stories260K");
  auto stories = from_huggingface(golden("real/stories260K").string(), {.preset = Preset::exact});
  if (!stories) FAIL(stories.error().text());
  auto told = [&](const GenerateOptions& options) {
    Generation g = stories->generate("Once upon a time", options);
    std::string text;
    for (const std::string_view piece : g) {
      CHECK(!piece.empty());
      text += piece;
    }
    CHECK(g.error() == nullptr);
    return std::pair(text, g.stats().end);
  };
  const auto [text, end] = told({.max_new_tokens = 60});
  CHECK(end == GenerationEnd::length);
  REQUIRE(text.find("named Lily") != std::string::npos);
  const auto [cut, why] = told({.max_new_tokens = 60, .stop = {"nothing like it", "ed Lily"}});
  CHECK(cut == text.substr(0, text.find("ed Lily")));
  CHECK(why == GenerationEnd::stop);
  // A stop string that almost comes holds nothing back in the end.
  CHECK(told({.max_new_tokens = 60, .stop = {"named Lilac"}}).first == text);

  std::string called;
  const auto stats = stories->generate("Once upon a time", {.max_new_tokens = 60}, [&](std::string_view piece) {
    called += piece;
    return called.size() < 20;
  });
  REQUIRE(stats.has_value());
  CHECK((called.size() >= 20 && called.size() < text.size() && text.starts_with(called)));

  Generation bad = stories->generate("Once", {.max_new_tokens = -3});
  CHECK(bad.begin() == bad.end());
  REQUIRE(bad.error() != nullptr);
  CHECK(anchor(*bad.error()) == "generate_out_of_range");
}

TEST_CASE("a model type loads the folder it describes and refuses another", "[engine]") {
  TTT_NEEDS_GOLDEN("real/stories260K");
  constexpr auto right = Embedding<512, 64> >> Repeat<5, TransformerLayer<64, Attention<8, 4, 8>, SwiGlu<172>>> >> RmsNorm<64>
                         >> Linear<64, 512, TiedTo<"embedding">>;
  constexpr auto wrong = Embedding<512, 64> >> Repeat<5, TransformerLayer<64, Attention<8, 4, 8, Rope<500>>, SwiGlu<172>>>
                         >> RmsNorm<64> >> Linear<64, 512, TiedTo<"embedding">>;
  const std::string folder = golden("real/stories260K").string();
  auto loaded = ttt::load<right, cpu>(folder);
  if (!loaded) FAIL(loaded.error().text());
  Generation g = loaded->generate_ids({1, 403}, {.max_new_tokens = 3});
  CHECK(pull(g).size() == 3);
  const auto refused = ttt::load<wrong, cpu>(folder);
  REQUIRE(!refused);
  CHECK(anchor(refused.error()) == "config_disagrees");
  CHECK(ttt::load<wrong, cpu>(folder, {.ignore_config = true}).has_value());
  // Its folder is found as from_huggingface finds it.
  ::setenv("TTT_DEMO", folder.c_str(), 1);
  const auto demo = ttt::load<right, cpu>("demo");
  ::unsetenv("TTT_DEMO");
  if (!demo) FAIL(demo.error().text());
  CHECK(demo->config().folder == folder);
  const auto absent = ttt::load<right, cpu>("no/such/folder");
  REQUIRE(!absent);
  CHECK(anchor(absent.error()) == "model_not_found");
}

namespace {

/// y = x W^T.
Tensor product(const Tensor& x, const Tensor& w) {
  Tensor y{{x.shape[0], w.shape[0]}, {}};
  for (std::int64_t r = 0; r < x.shape[0]; ++r)
    for (std::int64_t o = 0; o < w.shape[0]; ++o) {
      double sum = 0;
      for (std::int64_t i = 0; i < w.shape[1]; ++i)
        sum += static_cast<double>(x.data[static_cast<std::size_t>(r * w.shape[1] + i)]) *
               w.data[static_cast<std::size_t>(o * w.shape[1] + i)];
      y.data.push_back(static_cast<float>(sum));
    }
  return y;
}
Tensor rows(std::int64_t count, std::int64_t width) {
  Tensor t{{count, width}, {}};
  for (std::int64_t i = 0; i < count * width; ++i) t.data.push_back(static_cast<float>((i * 31 + 7) % 23 - 11) * 0.1F);
  return t;
}

}  // namespace

TEST_CASE("modules used alone compute, also repeated and for many rows", "[engine]") {
  const TensorMap one = random_weights(view_of<type_of<Linear<48, 33>>>(), true);
  const auto linear = need(make<Linear<48, 33>, cpu>(one));
  const Tensor x = rows(600, 48);  // more than a chunk holds
  const Tensor y = need(linear(x));
  CHECK(y.shape == std::vector<std::int64_t>{600, 33});
  CHECK(worst(y.data, product(x, one.at("head.weight")).data) < 1e-4);

  const TensorMap three = random_weights(view_of<type_of<Repeat<3, Linear<48, 48>>>>(), true);
  const auto chain = need(make<Repeat<3, Linear<48, 48>>, cpu>(three));
  Tensor expected = rows(7, 48);
  for (const char* name : {"layers.0.weight", "layers.1.weight", "layers.2.weight"}) {
    INFO(name);
    REQUIRE(three.contains(name));
    expected = product(expected, three.at(name));
  }
  CHECK(worst(need(chain(rows(7, 48))).data, expected.data) < 1e-4);

  // Rows of one call are one sequence, cut where the plan cuts it.
  constexpr auto layers = Repeat<2, TransformerLayer<48, Attention<6, 2, 10>, SwiGlu<103>>>;
  const TensorMap weights = random_weights(view_of<type_of<layers>>(), true);
  const auto whole = need(make<layers, cpu>(weights));
  const auto cut = need(make<layers, cpu>(weights, {.preset = Preset::exact, .workload = {.context = 100, .chunk = 7}}));
  const Tensor a = need(whole(rows(60, 48))), b = need(cut(rows(60, 48)));
  INFO("worst difference " << worst(a.data, b.data));
  CHECK(worst(a.data, b.data) <= slack(a.data));
  const auto too_many = cut(rows(101, 48));
  REQUIRE(!too_many);
  CHECK(anchor(too_many.error()) == "context_full");
}

TEST_CASE("a module alone refuses what does not fit it", "[engine]") {
  const TensorMap weights = random_weights(view_of<type_of<Linear<48, 33>>>(), true);
  const auto linear = need(make<Linear<48, 33>, cpu>(weights));
  auto refusal = [&](const Tensor& x) {
    const auto y = linear(x);
    return y ? std::string("accepted") : anchor(y.error());
  };
  CHECK(refusal(rows(2, 47)) == "tensor_shape");
  CHECK(refusal(Tensor{{0, 48}, {}}) == "tensor_shape");
  CHECK(refusal(Tensor{{2, 48}, std::vector<float>(95)}) == "tensor_shape");
  CHECK(refusal(Tensor{{48}, std::vector<float>(48)}) == "tensor_shape");
  CHECK(refusal(Tensor{{-1, 48}, {}}) == "tensor_shape");

  const auto lacking = make<SwiGlu<20>, cpu>(TensorMap{});
  REQUIRE(!lacking);
  CHECK(anchor(lacking.error()) == "tensor_missing");
  const auto bad_heads = make_module({"attention", AttentionSpec{.hidden = 48, .heads = 6, .kv_heads = 4, .head_dim = 8}}, {});
  REQUIRE(!bad_heads);
  CHECK(anchor(bad_heads.error()) == "kv_heads_do_not_divide_heads");
  // A value cannot carry a user's code.
  const auto own = make_module(
      {"mlp", MlpSpec{.hidden = 8, .intermediate = 16, .activation = Activation::own, .own_activation = "mine"}},
      TensorMap{{"mlp.gate.weight", rows(16, 8)}, {"mlp.up.weight", rows(16, 8)}, {"mlp.down.weight", rows(8, 16)}});
  REQUIRE(!own);
  CHECK(anchor(own.error()) == "kernel_not_linked");
}
