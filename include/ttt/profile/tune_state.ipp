// Definitions of tune_state.hpp.
#pragma once

#include <ttt/io/file.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/json_members.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/tune_json.hpp>
#include <ttt/profile/tune_state.hpp>

namespace ttt {

namespace tune_states {

inline constexpr int version = 1;
inline constexpr std::size_t most_entries = 4096, most_text = 65536;

inline TuneCandidate candidate_from(json::MemberReader& r, json::Value v) {
  TuneCandidate c;
  r.text(v, "policy", c.policy);
  r.text(v, "why", c.why);
  r.number(v, "gain", c.gain, -1e300, 1e300);
  r.whole(v, "first", c.first, -1, 1 << 20);
  r.whole(v, "last", c.last, -1, 1 << 20);
  if (c.last < c.first) r.wrong("last", "at least first");
  r.flag(v, "advised", c.advised);
  r.flag(v, "truer", c.truer);
  return c;
}
inline TuneTrial trial_from(json::MemberReader& r, json::Value v) {
  TuneTrial t;
  std::string outcome;
  r.text(v, "preset", t.preset);
  r.text(v, "policy", t.policy);
  r.text(v, "why", t.why);
  r.text(v, "outcome", outcome);
  bool known = false;
  for (int o = 0; o <= static_cast<int>(TuneOutcome::unpromising); ++o)
    if (outcome == name_of(static_cast<TuneOutcome>(o))) {
      t.outcome = static_cast<TuneOutcome>(o);
      known = true;
    }
  if (!known) r.wrong("outcome", "one that there is");
  r.whole(v, "rounds", t.rounds, 0, 1 << 20);
  r.number(v, "ratio", t.ratio, 1e-9, 1e9);
  r.number(v, "low", t.low, 1e-9, 1e9);
  r.number(v, "high", t.high, 1e-9, 1e9);
  r.number(v, "p", t.p, 0, 1);
  r.number_or_none(v, "kl", t.kl);
  r.number_or_none(v, "agreement", t.agreement);
  r.whole(v, "bytes", t.bytes, 0, std::int64_t{1} << 60);
  r.number(v, "at", t.at, 0, 1e12);
  r.text(v, "note", t.note);
  return t;
}

}  // namespace tune_states

TTT_INLINE std::string json_of(const TuneState& s) {
  json::Writer out;
  out.begin_object().member("version", tune_states::version).member("what", "ttt tune");
  out.member("model", s.model).member("machine", s.machine).member("search", s.how);
  out.member("spent_s", s.spent).member("listed", s.listed).key("candidates").begin_array();
  for (const TuneCandidate& c : s.candidates)
    out.begin_object().member("policy", c.policy).member("why", c.why).member("gain", c.gain).member("first", c.first)
        .member("last", c.last).member("advised", c.advised).member("truer", c.truer).end_object();
  out.end_array().key("tried").begin_array();
  for (const TuneTrial& t : s.tried) write_trial(out, t);
  return std::move(out.end_array().end_object()).text() + "\n";
}

TTT_INLINE Result<TuneState> tune_state_from_json(std::string_view text, std::string_view file) {
  TTT_TRY(const json::Document document, json::Document::parse(text, file));
  const json::Value root = document.root();
  json::MemberReader r(tune_states::most_text);
  const auto fault = [&] {
    return make_error(ErrorKind::request, "tune_state_malformed", r.key(), "it is not " + r.expected(),
                      "begin anew: name another file, or remove this one", std::string(file));
  };
  TuneState s;
  std::string what;
  int number = 0;
  r.whole(root, "version", number, tune_states::version, tune_states::version);
  r.text(root, "what", what);
  if (what != "ttt tune") r.wrong("what", "\"ttt tune\"");
  r.text(root, "model", s.model);
  r.text(root, "machine", s.machine);
  r.text(root, "search", s.how);
  r.number(root, "spent_s", s.spent, 0, 1e12);
  r.flag(root, "listed", s.listed);
  const json::Value candidates = r.list(root, "candidates", tune_states::most_entries);
  const json::Value tried = r.list(root, "tried", tune_states::most_entries);
  if (r.failed()) return fault();
  for (const auto& [key, value] : candidates) s.candidates.push_back(tune_states::candidate_from(r, value));
  for (const auto& [key, value] : tried) s.tried.push_back(tune_states::trial_from(r, value));
  if (r.failed()) return fault();
  return s;
}

TTT_INLINE Result<TuneState> load_tune_state(const std::string& path) {
  TTT_TRY(const std::string text, read_file(path, most_tune_state_bytes));
  return tune_state_from_json(text, path);
}
TTT_INLINE Result<void> save_tune_state(const TuneState& state, const std::string& path) {
  return write_atomic(path, std::string_view(json_of(state)));
}

}  // namespace ttt
