// Many texts in the same steps: each says what it says alone, ends by itself, fails by itself, and holds up no other.
#include <atomic>
#include <cmath>
#include <stdexcept>
#include <thread>

#include <ttt/batch.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/runtime/tuned_model.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr int vocab = 293;
constexpr auto model =
    Embedding<vocab, 48>
    >> Repeat<2, (TransformerLayer<48, Attention<6, 2, 10, QkvBias>, SwiGlu<103>>
                  >> TransformerLayer<48, Attention<6, 3, 12, Rope<500>, QkNorm<>>, SwiGlu<77>>)>
    >> RmsNorm<48>
    >> Linear<48, vocab>;

template <class P>
HardwareConfig config_of(const P&) {
  return P::config;
}
const HardwareConfig paged = config_of(Policy<PagedKv<256>>);

LoadOptions options_of(Workload workload = {.batch = 4, .context = 600, .chunk = 96}, const HardwareConfig& policy = {}) {
  LoadOptions o = exact({}, 2);
  o.workload = workload;
  o.policy = policy;
  return o;
}
std::shared_ptr<Runner> runner_of(Engine& e) { return {std::shared_ptr<void>{}, e.runner.get()}; }
std::shared_ptr<Scheduler> scheduler_of(Engine& e, SchedulerOptions options = {}) {
  return need(Scheduler::create(runner_of(e), std::nullopt, std::move(options)));
}

std::vector<std::int32_t> alone(Engine& e, const std::vector<std::int32_t>& prompt, const GenerateOptions& options) {
  Generation g = need(Generation::create(runner_of(e), std::nullopt, prompt, options));
  while (g.next_id()) {
  }
  if (g.error() != nullptr) FAIL(g.error()->text());
  return {g.new_ids().begin(), g.new_ids().end()};
}

struct Asked {
  std::vector<std::int32_t> prompt;
  GenerateOptions options;
};
/// Prompts of many lengths, each with another number of new tokens; every third is sampled.
std::vector<Asked> some_texts(int count, int longest = 300) {
  std::vector<Asked> out;
  for (int i = 0; i < count; ++i) {
    Asked a{some_ids(1 + i * 53 % longest, vocab, static_cast<std::uint32_t>(100 + i)), {.max_new_tokens = 5 + i * 7 % 40}};
    if (i % 3 == 2)
      a.options.sampling = SamplingParams{.temperature = 0.8F, .top_k = 40, .seed = static_cast<std::uint64_t>(i)};
    out.push_back(std::move(a));
  }
  return out;
}
std::vector<std::vector<std::int32_t>> each_alone(Engine& e, const std::vector<Asked>& texts) {
  std::vector<std::vector<std::int32_t>> out;
  for (const Asked& a : texts) out.push_back(alone(e, a.prompt, a.options));
  return out;
}
std::vector<ScheduledText> submit_all(Scheduler& s, const std::vector<Asked>& texts) {
  std::vector<ScheduledText> out;
  for (const Asked& a : texts) out.push_back(need(s.submit_ids(a.prompt, a.options)));
  return out;
}
void expect(const std::vector<ScheduledText>& got, const std::vector<std::vector<std::int32_t>>& wanted) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("text " << i);
    REQUIRE(got[i].ended());
    if (got[i].error() != nullptr) FAIL(got[i].error()->text());
    CHECK(got[i].new_ids() == wanted[i]);
  }
}

}  // namespace

TEST_CASE("texts in the same steps say what each says alone, however steps are filled", "[scheduler]") {
  const std::vector<Asked> texts = some_texts(14);
  Engine e = random_engine<model>(options_of());
  const auto wanted = each_alone(e, texts);
  for (const SchedulerOptions& o :
       {SchedulerOptions{}, SchedulerOptions{.step_tokens = 9}, SchedulerOptions{.prompt_tokens = 3},
        SchedulerOptions{.step_tokens = 1, .prompt_tokens = 1}, SchedulerOptions{.prompt_tokens = 0}}) {
    INFO("steps of " << o.step_tokens << ", " << o.prompt_tokens << " of prompts");
    const auto scheduler = scheduler_of(e, o);
    const auto got = submit_all(*scheduler, texts);
    CHECK(scheduler->stats().waiting == 14);
    scheduler->run();
    expect(got, wanted);
    CHECK(scheduler->stats().running == 0);
    CHECK(scheduler->stats().waiting == 0);
    CHECK(scheduler->stats().preempted == 0);
  }
}

TEST_CASE("pages are shared, given up by who came last, and the texts are the same", "[scheduler]") {
  const std::vector<Asked> texts = some_texts(14, 500);
  Engine plain = random_engine<model>(options_of());
  const auto wanted = each_alone(plain, texts);
  for (const std::int64_t kv_tokens : {0, 768, 1024}) {
    Engine e = random_engine<model>(options_of({.batch = 4, .context = 600, .chunk = 96, .kv_tokens = kv_tokens}, paged));
    const std::int64_t pages = e.state->kv_pools->plans().at(0).pages;
    const auto scheduler = scheduler_of(e);
    const auto got = submit_all(*scheduler, texts);
    scheduler->run();
    INFO(pages << " pages, " << scheduler->stats().preempted << " preempted, " << scheduler->stats().steps << " steps");
    expect(got, wanted);
    CHECK(e.state->kv_pools->free_pages(0) == pages);
  }
  // Texts that outgrow their first page together: none is left for the last of them.
  Engine e = random_engine<model>(options_of({.batch = 4, .context = 600, .chunk = 300, .kv_tokens = 1024}, paged));
  const auto scheduler = scheduler_of(e);
  std::vector<Asked> growing;
  for (int i = 0; i < 4; ++i) growing.push_back({some_ids(240, vocab, static_cast<std::uint32_t>(i)), {.max_new_tokens = 60}});
  const auto alone_each = each_alone(plain, growing);
  const auto got = submit_all(*scheduler, growing);
  scheduler->run();
  INFO(scheduler->stats().preempted << " preempted");
  CHECK(scheduler->stats().preempted > 0);
  expect(got, alone_each);
}

TEST_CASE("a long prompt does not hold up those who decode", "[scheduler]") {
  Engine e = random_engine<model>(options_of());
  const auto scheduler = scheduler_of(e, {.prompt_tokens = 16});
  ScheduledText first = need(scheduler->submit_ids(some_ids(3, vocab), {.max_new_tokens = 100}));
  scheduler->step();  // its prompt, and the first token
  ScheduledText second = need(scheduler->submit_ids(some_ids(320, vocab), {.max_new_tokens = 1}));
  for (int i = 0; i < 20; ++i) {
    CHECK(!second.ended());
    const SchedulerStats before = scheduler->stats();
    scheduler->step();
    const SchedulerStats after = scheduler->stats();
    CHECK(after.steps == before.steps + 1);
    CHECK(after.decoded_tokens == before.decoded_tokens + 1);
    CHECK(after.prompt_tokens == before.prompt_tokens + 16);
  }
  CHECK(second.ended());
  CHECK(second.new_ids().size() == 1);
  // Alone, a prompt takes whole chunks.
  ScheduledText third = need(scheduler->submit_ids(some_ids(200, vocab), {.max_new_tokens = 1}));
  first.cancel();
  const std::int64_t before = scheduler->stats().steps;
  third.wait();
  CHECK(scheduler->stats().steps - before == 3);
}

TEST_CASE("texts end at their length, their end-of-sequence ids and the context, and say so", "[scheduler]") {
  Engine e = random_engine<model>(options_of({.batch = 3, .context = 40, .chunk = 16}));
  const auto scheduler = scheduler_of(e);
  const auto prompt = some_ids(7, vocab);
  const auto whole = alone(e, prompt, {});
  REQUIRE(whole.size() == 40 + 1 - 7);
  ScheduledText context = need(scheduler->submit_ids(prompt)), length = need(scheduler->submit_ids(prompt, {.max_new_tokens = 4})),
                eos = need(scheduler->submit_ids(prompt, {.eos = std::vector<std::int32_t>{whole[9]}})),
                full = need(scheduler->submit_ids(some_ids(40, vocab)));
  scheduler->run();
  CHECK(context.new_ids() == whole);
  CHECK(context.stats().end == GenerationEnd::context);
  CHECK(length.new_ids() == std::vector(whole.begin(), whole.begin() + 4));
  CHECK(length.stats().end == GenerationEnd::length);
  const auto at = std::find(whole.begin(), whole.end(), whole[9]);
  CHECK(eos.new_ids() == std::vector(whole.begin(), at));
  CHECK(eos.stats().end == GenerationEnd::eos);
  CHECK(full.new_ids().size() == 1);
  CHECK(length.stats().prompt_tokens == 7);
  CHECK(length.stats().new_tokens == 4);
  CHECK(length.stats().prompt_s > 0);
  CHECK(length.stats().decode_s > 0);
  CHECK(full.stats().waiting_s > 0);
}

TEST_CASE("a request that cannot be is refused by itself", "[scheduler]") {
  Engine e = random_engine<model>(options_of({.batch = 2, .context = 50, .chunk = 16}));
  const auto scheduler = scheduler_of(e, {.most_waiting = 3});
  ScheduledText good = need(scheduler->submit_ids({1, 2, 3}, {.max_new_tokens = 5}));
  const auto refused = [&](const Result<ScheduledText>& r, const char* name) {
    REQUIRE(!r);
    INFO(r.error().text());
    CHECK(anchor(r.error()) == name);
  };
  refused(scheduler->submit_ids({}), "empty_prompt");
  refused(scheduler->submit_ids({1, vocab}), "token_out_of_range");
  refused(scheduler->submit_ids({-1}), "token_out_of_range");
  refused(scheduler->submit_ids(some_ids(51, vocab)), "context_full");
  refused(scheduler->submit_ids({1}, {.max_new_tokens = -1}), "generate_out_of_range");
  refused(scheduler->submit_ids({1}, {.max_new_tokens = INT32_MAX}), "generate_out_of_range");
  refused(scheduler->submit_ids({1}, {.sampling = SamplingParams{.temperature = NAN}}), "sampling_out_of_range");
  refused(scheduler->submit_ids({1}, {.stop = {""}}), "stop_out_of_range");
  refused(scheduler->submit_ids({1}, {.stop = std::vector<std::string>(100, "x")}), "stop_out_of_range");
  refused(scheduler->submit("text"), "tokenizer_missing");
  ScheduledText second = need(scheduler->submit_ids({4})), third = need(scheduler->submit_ids({5}));
  refused(scheduler->submit_ids({6}), "queue_full");
  for (const SchedulerOptions& o : {SchedulerOptions{.step_tokens = -1}, SchedulerOptions{.prompt_tokens = -1},
                                    SchedulerOptions{.prompt_tokens = INT32_MAX}, SchedulerOptions{.most_waiting = 0}}) {
    const auto made = Scheduler::create(runner_of(e), std::nullopt, o);
    REQUIRE(!made);
    CHECK(anchor(made.error()) == "scheduler_out_of_range");
  }
  scheduler->run();
  CHECK(good.new_ids() == alone(e, {1, 2, 3}, {.max_new_tokens = 5}));
  CHECK((second.ended() && third.ended()));
}

TEST_CASE("a text that fails in a step ends with its own error, and the others go on", "[scheduler]") {
  // Token 7 is damaged: whoever reads it has no logits.
  const ModelView view = view_of<type_of<model>>();
  TensorMap weights = random_weights(view);
  Tensor& table = weights.at("model.embed_tokens.weight");
  for (int i = 0; i < 48; ++i) table.data[static_cast<std::size_t>(7 * 48 + i)] = NAN;
  Engine e;
  e.state = need(make_state({.model = view}, MemorySource(weights), options_of()));
  e.runner = need(Runner::create(e.state));
  std::vector<Asked> texts;
  for (int i = 0; i < 6; ++i) {
    texts.push_back({some_ids(20 + i, vocab, static_cast<std::uint32_t>(i)), {.max_new_tokens = 30}});
    std::replace(texts.back().prompt.begin(), texts.back().prompt.end(), 7, 8);
  }
  std::vector<std::vector<std::int32_t>> wanted;
  for (const Asked& a : texts) {
    Generation g = need(Generation::create(runner_of(e), std::nullopt, a.prompt, a.options));
    while (g.next_id()) {
    }
    wanted.emplace_back(g.new_ids().begin(), g.new_ids().end());
  }
  texts[1].prompt[5] = 7;
  const auto scheduler = scheduler_of(e);
  const auto got = submit_all(*scheduler, texts);
  scheduler->run();
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("text " << i);
    REQUIRE(got[i].ended());
    if (i == 1) {
      REQUIRE(got[i].error() != nullptr);
      CHECK(anchor(*got[i].error()) == "logits_not_finite");
      CHECK(got[i].stats().end == GenerationEnd::error);
    } else {
      CHECK(got[i].new_ids() == wanted[i]);
    }
  }
}

TEST_CASE("a text is cancelled while it waits, in its prompt and while it decodes, and gives its place back", "[scheduler]") {
  Engine e = random_engine<model>(options_of({.batch = 2, .context = 600, .chunk = 64}, paged));
  const std::int64_t pages = e.state->kv_pools->free_pages(0);
  const auto scheduler = scheduler_of(e);
  std::atomic<bool> flag = false;
  ScheduledText prompt = need(scheduler->submit_ids(some_ids(500, vocab), {.max_new_tokens = 5}));
  ScheduledText decode = need(scheduler->submit_ids({1, 2}, {.max_new_tokens = 500, .cancel = &flag}));
  ScheduledText waiting = need(scheduler->submit_ids({3}, {.max_new_tokens = 5}));
  ScheduledText last = need(scheduler->submit_ids({1, 2, 3, 4}, {.max_new_tokens = 20}));
  for (int i = 0; i < 3; ++i) CHECK(scheduler->step());
  CHECK(scheduler->stats().running == 2);
  waiting.cancel();
  CHECK(waiting.ended());
  CHECK(waiting.stats().end == GenerationEnd::cancelled);
  CHECK(waiting.new_ids().empty());
  CHECK(!prompt.ended());
  prompt.cancel();
  flag = true;
  scheduler->step();
  CHECK(prompt.ended());
  CHECK(prompt.new_ids().empty());
  CHECK(prompt.stats().end == GenerationEnd::cancelled);
  CHECK(decode.ended());
  CHECK(decode.stats().end == GenerationEnd::cancelled);
  scheduler->run();
  CHECK(last.new_ids() == alone(e, {1, 2, 3, 4}, {.max_new_tokens = 20}));
  CHECK(e.state->kv_pools->free_pages(0) == pages);
  last.cancel();  // too late: nothing changes
  CHECK(last.stats().end == GenerationEnd::length);

  // A flag that is set from outside while the text waits, and a handle that is dropped.
  flag = false;
  ScheduledText a = need(scheduler->submit_ids({1}, {.max_new_tokens = 100})), b = need(scheduler->submit_ids({2}, {.max_new_tokens = 100}));
  ScheduledText outside = need(scheduler->submit_ids({3}, {.cancel = &flag}));
  {
    const ScheduledText dropped = need(scheduler->submit_ids({4}, {.max_new_tokens = 100}));
    CHECK(scheduler->stats().waiting == 4);
  }
  CHECK(scheduler->stats().waiting == 3);
  flag = true;
  for (int i = 0; i < 20; ++i) scheduler->step();
  CHECK(outside.ended());
  CHECK(outside.stats().end == GenerationEnd::cancelled);
  scheduler->run();
  CHECK(a.new_ids().size() == 100);
}

TEST_CASE("pages held beside the scheduler fail the text that finds none, and later texts go on", "[scheduler]") {
  Engine e = random_engine<model>(options_of({.batch = 2, .context = 512, .chunk = 300, .kv_tokens = 512}, paged));
  const auto scheduler = scheduler_of(e);
  Session beside = e.session();
  (void)e.step(beside, some_ids(10, vocab), BatchItem::Logits::last);
  ScheduledText text = need(scheduler->submit_ids(some_ids(300, vocab), {.max_new_tokens = 5}));
  scheduler->run();
  REQUIRE(text.ended());
  REQUIRE(text.error() != nullptr);
  CHECK(anchor(*text.error()) == "kv_pages_exhausted");
  ScheduledText small = need(scheduler->submit_ids(some_ids(100, vocab), {.max_new_tokens = 5}));
  scheduler->run();
  CHECK(small.new_ids().size() == 5);
  beside.reset();
  ScheduledText again = need(scheduler->submit_ids(some_ids(300, vocab), {.max_new_tokens = 5}));
  scheduler->run();
  CHECK(again.new_ids().size() == 5);
  CHECK(e.state->kv_pools->free_pages(0) == 2);
}

TEST_CASE("many threads submit, pull and cancel; each text is its own", "[scheduler]") {
  const std::vector<Asked> texts = some_texts(12, 150);
  Engine e = random_engine<model>(options_of({.batch = 4, .context = 600, .chunk = 96, .kv_tokens = 1024}, paged));
  const auto wanted = each_alone(e, texts);
  const auto scheduler = scheduler_of(e);
  std::atomic<int> right = 0, wrong = 0, cancelled = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 6; ++i) {
        const auto which = static_cast<std::size_t>((t * 5 + i * 7) % 12);
        auto text = scheduler->submit_ids(texts[which].prompt, texts[which].options);
        if (!text) {
          ++wrong;
          continue;
        }
        if ((t + i) % 5 == 0) {
          std::this_thread::yield();
          text->cancel();
        }
        text->wait();
        const auto ids = text->new_ids();
        const bool prefix = ids.size() <= wanted[which].size() && std::equal(ids.begin(), ids.end(), wanted[which].begin());
        if (text->error() != nullptr || !prefix)
          ++wrong;
        else if (text->stats().end == GenerationEnd::cancelled)
          ++cancelled;
        else
          ids == wanted[which] ? ++right : ++wrong;
      }
    });
  for (std::thread& t : threads) t.join();
  INFO(right << " right, " << cancelled << " cancelled, " << wrong << " wrong");
  CHECK(wrong == 0);
  CHECK(right + cancelled == 48);
  CHECK(right >= 30);
  CHECK(!scheduler->step());
  CHECK(e.state->kv_pools->free_pages(0) == 4);
}

namespace {

constexpr const char* demo() { return TTT_SOURCE_ROOT "/tools/demo_model/demo"; }
LoadedModel demo_model(int batch, const HardwareConfig& policy = {}) {
  LoadOptions o{.preset = Preset::exact, .policy = policy, .workload = {.batch = batch, .context = 0}};
  return need(from_huggingface(demo(), o));
}
std::string text_alone(const LoadedModel& m, std::string_view prompt, const GenerateOptions& options) {
  Generation g = m.generate(prompt, options);
  std::string out;
  for (const std::string_view piece : g) out += piece;
  if (g.error() != nullptr) FAIL(g.error()->text());
  return out;
}
std::vector<std::int32_t> ids_of(json::Value list) {
  std::vector<std::int32_t> ids;
  for (const auto entry : list) ids.push_back(static_cast<std::int32_t>(entry.value.as_int().value_or(-1)));
  return ids;
}

}  // namespace

TEST_CASE("the demo model's golden texts come out of a batch as they come alone", "[scheduler]") {
  const auto golden = need(json::Document::read(TTT_SOURCE_ROOT "/tools/demo_model/demo_golden.json"));
  for (const HardwareConfig& policy : {HardwareConfig{}, paged}) {
    const LoadedModel m = demo_model(4, policy);
    const auto scheduler = need(m.scheduler());
    std::vector<ScheduledText> texts;
    std::vector<std::vector<std::int32_t>> wanted;
    for (int copy = 0; copy < 3; ++copy)
      for (const auto entry : golden.root()["cases"]) {
        wanted.push_back(ids_of(entry.value["greedy_ids"]));
        texts.push_back(need(scheduler->submit_ids(
            ids_of(entry.value["prompt_ids"]),
            {.max_new_tokens = 100, .sampling = SamplingParams{}, .eos = std::vector<std::int32_t>{}})));
      }
    REQUIRE(texts.size() == 9);
    scheduler->run();
    expect(texts, wanted);
  }
}

TEST_CASE("pieces come by pull and by callback, with stop strings, and are the text generated alone", "[scheduler]") {
  const LoadedModel m = demo_model(3);
  const auto scheduler = need(m.scheduler());
  const std::string wanted = text_alone(m, "Once upon a time", {.max_new_tokens = 60});
  REQUIRE(wanted.size() > 100);
  const std::string stop = wanted.substr(60, 5);
  std::string called;
  int calls = 0;
  ScheduledText by_call = need(scheduler->submit("Once upon a time", {.max_new_tokens = 60}, [&](std::string_view piece) {
    called += piece;
    ++calls;
    return true;
  }));
  ScheduledText pulled = need(scheduler->submit("Once upon a time", {.max_new_tokens = 60}));
  ScheduledText stopped = need(scheduler->submit("Once upon a time", {.max_new_tokens = 60, .stop = {stop}}));
  ScheduledText ended = need(scheduler->submit("Once upon a time", {.max_new_tokens = 60}, [](std::string_view) { return false; }));
  std::string text, short_text;
  int pieces = 0;
  while (const auto piece = pulled.next()) {
    text += *piece;
    ++pieces;
  }
  while (const auto piece = stopped.next()) short_text += *piece;
  scheduler->run();
  CHECK(text == wanted);
  CHECK(pieces > 20);
  CHECK(called == wanted);
  CHECK(calls > 20);
  CHECK(short_text == wanted.substr(0, wanted.find(stop)));
  CHECK(stopped.stats().end == GenerationEnd::stop);
  CHECK(ended.stats().end == GenerationEnd::cancelled);
  CHECK(ended.stats().new_tokens <= 3);
}

TEST_CASE("a callback may submit, cancel, look and throw; nothing hangs and nobody else loses a piece", "[scheduler]") {
  const LoadedModel m = demo_model(3);
  const auto scheduler = need(m.scheduler());
  const std::string wanted = text_alone(m, "The", {.max_new_tokens = 25});
  std::string plain, inner;
  std::optional<ScheduledText> submitted;
  int throws = 0;
  std::optional<ScheduledText> other = need(scheduler->submit("The dog", {.max_new_tokens = 400}));
  ScheduledText first = need(scheduler->submit("The", {.max_new_tokens = 25}, [&](std::string_view) {
    if (!submitted) {
      submitted.emplace(need(scheduler->submit("The", {.max_new_tokens = 25}, [&](std::string_view piece) {
        inner += piece;
        return true;
      })));
      scheduler->run();
      CHECK(!scheduler->step());
      CHECK(!submitted->next().has_value());
      other->cancel();
    }
    if (throws < 3) {
      ++throws;
      throw std::runtime_error("a callback's own");
    }
    return true;
  }));
  ScheduledText second = need(scheduler->submit("The", {.max_new_tokens = 25}, [&](std::string_view piece) {
    plain += piece;
    return true;
  }));
  int caught = 0;
  for (bool more = true; more;) {
    try {
      more = scheduler->step();
    } catch (const std::runtime_error&) {
      ++caught;
    }
  }
  CHECK(caught == 3);
  CHECK(plain == wanted);
  CHECK(inner == wanted);
  CHECK(first.ended());
  CHECK(other->stats().end == GenerationEnd::cancelled);
}

TEST_CASE("texts that run while the caches change their form end as they would have", "[scheduler]") {
  const LoadedModel m = demo_model(4);
  const GenerateOptions options{.max_new_tokens = 80};
  const std::string prompts[] = {"Once upon a time", "The cat", "One day", "Tom and Lily", "In the park"};
  std::vector<std::string> wanted;
  for (const std::string& p : prompts) wanted.push_back(text_alone(m, p, options));
  const auto scheduler = need(m.scheduler());
  std::vector<ScheduledText> texts;
  for (int i = 0; i < 3; ++i) texts.push_back(need(scheduler->submit(prompts[i], options)));
  for (int i = 0; i < 20; ++i) scheduler->step();
  need(m.apply_hw_config(paged));
  for (int i = 3; i < 5; ++i) texts.push_back(need(scheduler->submit(prompts[i], options)));
  for (int i = 0; i < 20; ++i) scheduler->step();
  CHECK(scheduler->stats().running == 4);
  CHECK(m.state().kv_pools->free_pages(0) < m.state().kv_pools->plans()[0].pages);
  need(m.undo());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::string text;
    while (const auto piece = texts[i].next()) text += *piece;
    INFO(prompts[i]);
    CHECK(texts[i].error() == nullptr);
    CHECK(text == wanted[i]);
  }
}

TEST_CASE("generate_batch gives texts in order, each with its own error", "[scheduler]") {
  const LoadedModel m = demo_model(2);
  const GenerateOptions options{.max_new_tokens = 20};
  std::vector<std::string> pieces(4);
  const std::vector<BatchText> texts = m.generate_batch(
      {"Once upon a time", {"The", {.max_new_tokens = 5}}, {"The", {.max_new_tokens = -5}}, ""}, options,
      [&](std::size_t i, std::string_view piece) {
        pieces.at(i) += piece;
        return true;
      });
  REQUIRE(texts.size() == 4);
  CHECK(texts[0].text == text_alone(m, "Once upon a time", options));
  CHECK(texts[1].text == text_alone(m, "The", {.max_new_tokens = 5}));
  CHECK(texts[1].ids.size() == 5);
  CHECK(texts[1].stats.new_tokens == 5);
  REQUIRE(texts[2].error.has_value());
  CHECK(anchor(*texts[2].error) == "generate_out_of_range");
  CHECK(texts[2].stats.end == GenerationEnd::error);
  CHECK(texts[3].text == text_alone(m, "", options));
  for (std::size_t i = 0; i < 4; ++i) CHECK(pieces[i] == texts[i].text);
  const std::vector<std::string> named{"One day", "A bird"};
  CHECK(m.generate_batch(named, options)[1].text == text_alone(m, "A bird", options));
  CHECK(m.generate_batch(std::vector<std::string>{}).empty());
}
