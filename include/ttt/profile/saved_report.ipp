// Definitions of saved_report.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/json_members.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/saved_report.hpp>

namespace ttt {

namespace saved_reports {

inline Error malformed(std::string_view file, std::string module, std::string issue) {
  return make_error(ErrorKind::request, "report_malformed", std::move(module), std::move(issue),
                    "give what `ttt profile MODEL --json` printed", std::string(file));
}

inline constexpr int any_count = std::numeric_limits<int>::max();

/// Times that ascend, none below zero.
inline bool read_spread(const json::Value& v, Spread& s) {
  const auto low = v["min"].as_double(), middle = v["median"].as_double(), high = v["max"].as_double();
  if (!low || !middle || !high) return false;
  s.min = *low;
  s.median = *middle;
  s.max = *high;
  s.quarter = v["quarter"].as_double().value_or(*low);  // the least that is promised has three numbers
  s.three_quarters = v["three_quarters"].as_double().value_or(*high);
  return s.min >= 0 && s.min <= s.quarter && s.quarter <= s.median && s.median <= s.three_quarters && s.three_quarters <= s.max;
}

inline std::vector<Suggestion> suggestions_of(const json::Value& v) {
  std::vector<Suggestion> out;
  json::MemberReader in;  // what is missing stays as it is
  for (const json::Value::Entry e : v) {
    Suggestion s;
    in.text(e.value, "policy", s.policy);
    in.text(e.value, "command", s.command);
    in.text(e.value, "why", s.why);
    in.whole(e.value, "threads", s.threads, 0, any_count);
    in.number(e.value, "delta_ms", s.delta_ms);
    in.number(e.value, "delta_prompt_ms", s.delta_prompt_ms);
    in.number(e.value, "delta_decode_ms", s.delta_decode_ms);
    s.delta_bytes = e.value["delta_bytes"].as_int().value_or(0);
    for (const AccuracyChange a : {AccuracyChange::better, AccuracyChange::same, AccuracyChange::worse})
      if (e.value["accuracy"].as_string() == name_of(a)) s.accuracy = a;
    out.push_back(std::move(s));
  }
  return out;
}

inline Result<ProfileRow> row_of(const json::Value& v, std::size_t index, std::string_view file) {
  ProfileRow r;
  json::MemberReader in;
  const auto phase = v["phase"].as_string(), path = v["path"].as_string();
  const std::string where = fmt::format("rows.{}", index);
  if (!phase || (*phase != "prompt" && *phase != "decode"))
    return malformed(file, where, "its phase is neither \"prompt\" nor \"decode\"");
  if (!path || path->empty()) return malformed(file, where, "it has no path");
  r.phase = *phase == "prompt" ? Phase::prompt : Phase::decode;
  r.path = std::string(*path);
  if (!read_spread(v["actual_ms"], r.actual_ms))
    return malformed(file, where, "actual_ms of " + in_quotes(*path) + " does not hold min, median and max that ascend from 0 on");
  r.layer = static_cast<int>(std::clamp<std::int64_t>(v["layer"].as_int().value_or(-1), -1, 1 << 24));
  in.text(v, "module", r.module);
  in.text(v, "op", r.op);
  in.text(v, "kernel", r.kernel);
  in.number(v, "expected_ms", r.expected_ms);
  in.number(v, "should_ms", r.should_ms);
  in.number(v, "flops", r.flops);
  in.number(v, "bytes", r.bytes);
  in.number(v, "limit_ms", r.limit_ms);
  in.number(v, "busy_ms", r.busy_ms);
  in.number(v, "twins_ms", r.twins_ms);
  r.judged_ms = r.actual_ms.median;
  in.number(v, "judged_ms", r.judged_ms);
  in.number(v["utilisation"], "memory", r.memory_use);
  in.number(v["utilisation"], "compute", r.compute_use);
  for (const Bound b : {Bound::memory, Bound::compute, Bound::wait, Bound::overhead})
    if (v["bound"].as_string() == name_of(b)) r.bound = b;
  r.flagged = v["flagged"].as_bool().value_or(false);
  r.flaggable = r.flagged;
  for (const Fault f : {Fault::time, Fault::accuracy})
    if (v["fault"].as_string() == name_of(f)) r.fault = f;
  r.suggestions = suggestions_of(v["suggestions"]);
  return r;
}

}  // namespace saved_reports

TTT_INLINE Result<ProfileReport> report_of(const json::Value& root, std::string_view file) {
  using namespace saved_reports;
  const json::Value rows = root["rows"], totals = root["totals"];
  if (!rows.is(json::Type::array) || !totals.is(json::Type::object))
    return malformed(file, "report", "it holds no rows and totals, so it is no profile");
  ProfileReport report;
  json::MemberReader in;
  in.number(root, "factor", report.factor);
  in.text(root, "model", report.model);
  in.text(root, "device", report.device);
  in.text(root, "isa", report.isa);
  in.text(root["machine"], "processor", report.processor);
  for (const json::Value::Entry e : rows) {
    TTT_TRY(ProfileRow row, row_of(e.value, report.rows.size(), file));
    report.rows.push_back(std::move(row));
  }
  ProfileTotals& t = report.totals;
  in.number(totals, "prompt_ms", t.prompt_ms);
  in.number(totals, "decode_ms", t.decode_ms);
  in.number(totals, "prompt_expected_ms", t.prompt_expected_ms);
  in.number(totals, "decode_expected_ms", t.decode_expected_ms);
  read_spread(totals["prompt"], t.prompt);
  read_spread(totals["decode"], t.decode);
  in.whole(totals, "prompt_tokens", t.prompt_tokens, 0, any_count);
  in.whole(totals, "decode_tokens", t.decode_tokens, 0, any_count);
  in.whole(totals, "repeat", t.repeat, 0, any_count);
  t.prompt_passes = t.decode_passes = t.repeat;
  in.whole(totals, "prompt_passes", t.prompt_passes, 0, any_count);
  in.whole(totals, "decode_passes", t.decode_passes, 0, any_count);
  in.whole(totals, "threads", t.threads, 0, any_count);
  in.whole(totals, "cores", t.cores, 0, any_count);
  in.number(totals, "recording_cost", t.recording_cost);
  in.number(totals, "allocations_per_step", t.allocations_per_step);
  t.peak_bytes = totals["peak_bytes"].as_int().value_or(0);
  t.planned_peak_bytes = totals["planned_peak_bytes"].as_int().value_or(0);
  for (const auto& [name, rate] : {std::pair{"read_gb_s", &t.read_bytes_per_s}, std::pair{"fp32_gflop_s", &t.fp32_flop_per_s},
                                   std::pair{"bf16_gflop_s", &t.bf16_flop_per_s}, std::pair{"int8_gflop_s", &t.int8_flop_per_s}})
    *rate = 1e9 * root["machine"][name].as_double().value_or(0);
  t.weights = root["memory"]["weights"].as_int().value_or(0);
  t.kv = root["memory"]["kv"].as_int().value_or(0);
  t.arena = root["memory"]["arena"].as_int().value_or(0);
  for (const json::Value::Entry e : root["machine"]["readings"])
    report.readings.push_back({e.value["bytes"].as_double().value_or(0), 1e9 * e.value["gb_s"].as_double().value_or(0)});
  report.suggestions = suggestions_of(root["suggestions"]);
  report.noise.competing = root["noise"]["competing"].as_bool().value_or(false);
  in.text(root["noise"], "text", report.noise.text);
  return report;
}

TTT_INLINE Result<ProfileReport> read_report(const std::string& path) {
  TTT_TRY(const json::Document document, json::Document::read(path));
  return report_of(document.root(), path);
}

}  // namespace ttt
