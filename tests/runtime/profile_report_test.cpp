// A model profiled on this machine: the report's JSON keeps the contract, its numbers agree with each other, and measuring
// costs next to nothing.
#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/json.hpp>
#include <ttt/profile/report_json.hpp>
#include <ttt/profile/report_text.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/thread_recorder.hpp>
#include "profile_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// One calibration for the whole program, in a folder of its own.
void keep_calibration_here() {
  static const TemporaryFolder folder;
  ::setenv("TTT_CACHE", (folder.path / "cache").c_str(), 1);
}
ProfileOptions quick() {
  ProfileOptions o;
  o.prompt = 48;
  o.decode = 16;
  o.repeat = 3;
  return o;
}
const ProfileReport& small_report() {
  keep_calibration_here();
  static const ProfileReport report = need(profile(*tuned(), quick()));
  return report;
}

/// Members that are there, of the type said: 'n' number, 's' string, 'b' boolean, 'a' array, 'o' object, '0' also null.
std::string lacking(const json::Value& object, std::initializer_list<std::pair<const char*, const char*>> members) {
  std::string out;
  for (const auto& [name, types] : members) {
    const json::Value v = object[name];
    bool fits = false;
    for (const char* t = types; *t != 0; ++t)
      fits = fits || (*t == 'n' && (v.is(json::Type::number) || v.is(json::Type::integer))) ||
             (*t == 's' && v.is(json::Type::string)) || (*t == 'b' && v.is(json::Type::boolean)) ||
             (*t == 'a' && v.is(json::Type::array)) || (*t == 'o' && v.is(json::Type::object)) ||
             (*t == '0' && v.exists() && v.is_null());
    if (!fits) out += std::string(out.empty() ? "" : ", ") + name;
  }
  return out;
}
json::Value element(const json::Value& array, std::size_t index) {
  for (const auto& [key, v] : array)
    if (index-- == 0) return v;
  return {};
}

}  // namespace

TEST_CASE("a report as JSON has every member of the contract, each of its type") {
  const ProfileReport& report = small_report();
  const json::Document document = need(json::Document::parse(json_of(report), "report"));
  const json::Value root = document.root();
  CHECK(lacking(root, {{"rows", "a"}, {"bottlenecks", "a"}, {"totals", "o"}, {"noise", "o"}, {"suggestions", "a"},
                       {"machine", "o"}, {"memory", "o"}, {"ops", "a"}, {"timelines", "o"}, {"factor", "n"}}) == "");
  CHECK(lacking(root["totals"], {{"prompt_ms", "n"}, {"decode_ms", "n"}, {"peak_bytes", "n"}}) == "");
  CHECK(root["rows"].size() == report.rows.size());
  std::size_t i = 0;
  for (const auto& [key, row] : root["rows"]) {
    const ProfileRow& r = report.rows[i++];
    CAPTURE(i, r.path);
    CHECK(lacking(row, {{"phase", "s"}, {"path", "s"}, {"layer", "n0"}, {"module", "s"}, {"op", "s0"}, {"actual_ms", "o"},
                        {"expected_ms", "n"}, {"bound", "s"}, {"utilisation", "o"}, {"flagged", "b"}, {"suggestions", "a"}}) == "");
    CHECK(lacking(row["actual_ms"], {{"min", "n"}, {"median", "n"}, {"max", "n"}}) == "");
    CHECK(lacking(row["utilisation"], {{"memory", "n"}, {"compute", "n"}}) == "");
    CHECK(row["path"].as_string() == r.path);
    CHECK(row["layer"].is_null() == (r.layer < 0));
    CHECK(row["op"].is_null() == r.op.empty());
    CHECK(row["actual_ms"]["median"].as_double().value_or(-1) == Approx(r.actual_ms.median));
    const std::string_view phase = row["phase"].as_string().value_or(""), bound = row["bound"].as_string().value_or("");
    CHECK((phase == "prompt" || phase == "decode"));
    CHECK((bound == "memory" || bound == "compute" || bound == "wait" || bound == "overhead"));
  }
  for (const auto& [key, index] : root["bottlenecks"]) {
    const std::int64_t at = index.as_int().value_or(-1);
    REQUIRE(at >= 0);
    REQUIRE(at < static_cast<std::int64_t>(report.rows.size()));
    CHECK(element(root["rows"], static_cast<std::size_t>(at))["flagged"].as_bool() == true);
  }
}

TEST_CASE("a suggestion as JSON says policy, command, why, and its effects") {
  MadeUpProfile p(tuned());
  const ProfileReport report = p.report();
  REQUIRE_FALSE(report.suggestions.empty());
  const json::Document document = need(json::Document::parse(json_of(report), "report"));
  for (const auto& [key, s] : document.root()["suggestions"]) {
    CAPTURE(s["policy"].as_string().value_or(""));
    CHECK(lacking(s, {{"policy", "s"}, {"command", "s"}, {"why", "s"}, {"delta_ms", "n"}, {"delta_bytes", "n"},
                      {"accuracy", "s"}}) == "");
    const std::string_view accuracy = s["accuracy"].as_string().value_or("");
    CHECK((accuracy == "better" || accuracy == "same" || accuracy == "worse"));
  }
}

TEST_CASE("measured passes are as long as their ops together, and no thread works longer than its pass") {
  const ProfileReport& report = small_report();
  for (const Phase phase : {Phase::prompt, Phase::decode}) {
    CAPTURE(name_of(phase));
    const ProfileRow& model = row_of(report, phase, "model");
    CHECK(model.actual_ms.median > 0);
    CHECK(model.expected_ms > 0);
    CHECK(model.actual_ms.median == Approx(phase == Phase::prompt ? report.totals.prompt_ms : report.totals.decode_ms));
    for (const ProfileRow& r : report.rows) {
      CAPTURE(r.path);
      if (r.phase == phase && !r.op.empty()) CHECK(r.busy_ms <= r.actual_ms.max * 1.001);
    }
  }
  CHECK(report.totals.prompt_tokens == 48);
  CHECK(report.totals.decode_tokens == 16);
  CHECK(report.totals.repeat == 3);
  CHECK(report.totals.threads == 2);
  CHECK(report.totals.cores == available_cores());
}

TEST_CASE("memory counted in a profile is what the plan said") {
  const ProfileReport& report = small_report();
  CAPTURE(report.totals.peak_bytes, report.totals.planned_peak_bytes);
  CHECK(report.totals.weights > 0);
  CHECK(report.totals.planned_peak_bytes >= report.totals.weights + report.totals.arena);
  CHECK(static_cast<double>(report.totals.peak_bytes) > 0.9 * static_cast<double>(report.totals.weights));
  CHECK(static_cast<double>(report.totals.peak_bytes) < 1.1 * static_cast<double>(report.totals.planned_peak_bytes) + 65536);
  for (const PlannedBuffer& b : report.buffers) {
    CAPTURE(b.name, b.offset, b.bytes);
    CHECK(b.offset >= 0);
    CHECK(b.offset + b.bytes <= report.totals.arena);
  }
}

TEST_CASE("timelines say of every part of the typical pass which op, thread and time it was") {
  const ProfileReport& report = small_report();
  for (const std::vector<TimelinePart>* const line : {&report.prompt_timeline, &report.decode_timeline}) {
    std::vector<int> parts(report.ops.size());
    for (const TimelinePart& t : *line) {
      CAPTURE(t.op, t.part, t.thread, t.begin, t.end);
      REQUIRE(t.op >= 0);
      REQUIRE(t.op < static_cast<int>(report.ops.size()));
      CHECK(t.thread >= 0);
      CHECK(t.thread < report.totals.threads);
      CHECK(t.begin >= 0);
      CHECK(t.begin <= t.end);
      ++parts[static_cast<std::size_t>(t.op)];
    }
    for (std::size_t o = 0; o < parts.size(); ++o) {
      CAPTURE(report.ops[o]);
      CHECK(parts[o] > 0);
    }
  }
}

TEST_CASE("the trace is JSON, an event for each part, and no two events of a thread overlap") {
  const ProfileReport& report = small_report();
  const json::Document document = need(json::Document::parse(chrome_trace_of(report), "trace"));
  std::map<std::pair<std::int64_t, std::int64_t>, double> ends;
  std::size_t parts = 0;
  for (const auto& [key, e] : document.root()["traceEvents"]) {
    if (e["ph"].as_string() != "X") continue;
    const double begin = e["ts"].as_double().value_or(-1), length = e["dur"].as_double().value_or(-1);
    CAPTURE(e["name"].as_string().value_or(""), begin, length);
    CHECK(begin >= 0);
    CHECK(length >= 0);
    double& before = ends[{e["pid"].as_int().value_or(-1), e["tid"].as_int().value_or(-1)}];
    CHECK(begin >= before - 1e-6);
    before = begin + length;
    parts += e["cat"].as_string() == "op" ? 1 : 0;
  }
  CHECK(parts == report.prompt_timeline.size() + report.decode_timeline.size());
}

TEST_CASE("a report as text says what stands out, in lines of a terminal's width") {
  MadeUpProfile p(tuned("layers.2.mlp:kernel=naive"));
  p.slow(Phase::decode, "layers.2.mlp.gate_up", 30);
  const std::string text = text_of(p.report(), true);
  CHECK(text.rfind("layers.2.mlp.gate_up, decode: ", 0) == 0);
  CHECK(text.find("layers.2.mlp:kernel=fused") != std::string::npos);
  std::size_t longest = 0, begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
    longest = std::max(longest, end - begin);
  CAPTURE(text);
  CHECK(longest <= 80);
  MadeUpProfile quiet(tuned());
  CHECK(text_of(quiet.report()).rfind("Nothing takes 1.5 times as long as it should.", 0) == 0);
}

TEST_CASE("recording every part costs less than two percent of a step,") {
  // A few MB of weights: steps of some hundred microseconds, as those of the smallest models that are used.
  constexpr auto model = Embedding<512, 256> >> Repeat<6, TransformerLayer<256, Attention<8, 4, 32>, SwiGlu<768>>> >>
                         RmsNorm<256> >> Linear<256, 512, TiedTo<"embedding">>;
  LoadOptions options = exact({}, 2);
  options.workload = {.context = 512};
  Engine e = random_engine<model>(options, 512);
  Session session = e.session();
  ThreadRecorder recorder = need(ThreadRecorder::create(400, static_cast<int>(e.state->ops.size()), 64, 2));
  const std::int32_t token = 7;
  const auto step = [&](ThreadRecorder* to) {
    const BatchItem item{.session = &session, .tokens = {&token, 1}};
    const auto start = std::chrono::steady_clock::now();
    const auto done = e.runner->step({&item, 1}, nullptr, {}, to);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!done) FAIL(done.error().text());
    return took.count();
  };
  // In turns, so that both meet the same machine; their calmer halves; the best of several tries on a loaded one.
  double least = 1e9;
  for (int attempt = 0; attempt < 8 && least > 1.02; ++attempt) {
    session.reset();
    recorder.clear();
    std::vector<double> with, without;
    for (int i = 0; i < 400; ++i) (i % 2 == 0 ? with : without).push_back(step(i % 2 == 0 ? &recorder : nullptr));
    CHECK(recorder.runs() == 200);
    least = std::min(least, Spread::of(with).quarter / Spread::of(without).quarter);
  }
  INFO("with a recorder " << least << " times as long");
  CHECK(least < 1.02);
  CHECK(small_report().totals.allocations_per_step == -1);  // nobody counted
}

TEST_CASE("a model that holds one position, or is no language model, cannot be profiled") {
  keep_calibration_here();
  const auto refused = profile(*tuned({}, 2, 1), quick());
  REQUIRE_FALSE(refused);
  CHECK(anchor(refused.error()) == "profile_impossible");
}

TEST_CASE("a profile asks for no more positions than the model was loaded with") {
  keep_calibration_here();
  ProfileOptions options = quick();
  options.prompt = 1000;
  options.decode = 1000;
  options.suggest = false;
  const ProfileReport report = need(profile(*tuned({}, 2, 20), options));
  CHECK(report.totals.prompt_tokens == 19);
  CHECK(report.totals.decode_tokens == 1);
  CHECK(report.suggestions.empty());
}

TEST_CASE("ids given are the prompt, and a profile leaves the model's results as they were") {
  keep_calibration_here();
  const auto model = tuned();
  Session session = need(Session::create(model->runner()->shared_state()));
  const auto ids = some_ids(24, 512);
  const auto logits = [&] {
    session.reset();
    const BatchItem item{.session = &session, .tokens = ids};
    need(model->runner()->step({&item, 1}));
    return std::vector<float>(model->runner()->output(), model->runner()->output() + 512);
  };
  const std::vector<float> before = logits();
  const ProfileReport report = need(profile(*model, quick(), ids));
  CHECK(report.totals.prompt_tokens == 24);
  CHECK(logits() == before);
}
