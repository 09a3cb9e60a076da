// Definitions of report_json.hpp.
#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/report_json.hpp>

namespace ttt {

namespace reports {

TTT_INLINE void write_spread(json::Writer& out, std::string_view name, const Spread& s) {
  out.key(name).begin_object().member("min", s.min).member("median", s.median).member("max", s.max);
  out.member("quarter", s.quarter).member("three_quarters", s.three_quarters).end_object();
}

inline void write_suggestions(json::Writer& out, const std::vector<Suggestion>& suggestions) {
  out.key("suggestions").begin_array();
  for (const Suggestion& s : suggestions) {
    out.begin_object().member("policy", s.policy).member("command", s.command).member("why", s.why);
    out.member("delta_ms", s.delta_ms).member("delta_bytes", s.delta_bytes).member("accuracy", name_of(s.accuracy));
    out.member("delta_prompt_ms", s.delta_prompt_ms).member("delta_decode_ms", s.delta_decode_ms);
    if (s.threads > 0) out.member("threads", s.threads);
    out.end_object();
  }
  out.end_array();
}

inline void write_row(json::Writer& out, const ProfileRow& r) {
  out.begin_object().member("phase", name_of(r.phase)).member("path", r.path);
  if (r.layer < 0) out.key("layer").null();
  else out.member("layer", r.layer);
  out.member("module", r.module);
  if (r.op.empty()) out.key("op").null();
  else out.member("op", r.op);
  write_spread(out, "actual_ms", r.actual_ms);
  out.member("expected_ms", r.expected_ms).member("bound", name_of(r.bound)).key("utilisation").begin_object();
  out.member("memory", r.memory_use).member("compute", r.compute_use).end_object().member("flagged", r.flagged);
  if (r.fault == Fault::none) out.key("fault").null();
  else out.member("fault", name_of(r.fault));
  write_suggestions(out, r.suggestions);
  out.member("kernel", r.kernel).member("flops", r.flops).member("bytes", r.bytes).member("limit_ms", r.limit_ms);
  out.member("busy_ms", r.busy_ms).member("wait_ms", std::max(0.0, r.actual_ms.median - r.busy_ms));
  out.member("twins_ms", r.twins_ms).member("judged_ms", r.judged_ms).member("should_ms", r.should_ms).end_object();
}

inline void write_noise(json::Writer& out, const Noise& n) {
  out.key("noise").begin_object().member("competing", n.competing).member("text", n.text);
  out.member("prompt_spread", n.prompt_spread).member("decode_spread", n.decode_spread);
  out.member("disturbed_steps", n.disturbed).member("scattered", n.scattered);
  out.member("forced_switches", n.signs.forced_switches).member("forced_per_s", n.forced_per_s);
  out.member("other_cores", n.signs.others).member("stolen_cores", n.signs.stolen).member("own_cores", n.signs.own);
  out.member("seconds", n.signs.seconds).end_object();
}

inline void write_totals(json::Writer& out, const ProfileTotals& t) {
  out.key("totals").begin_object().member("prompt_ms", t.prompt_ms).member("decode_ms", t.decode_ms);
  out.member("peak_bytes", t.peak_bytes).member("planned_peak_bytes", t.planned_peak_bytes);
  out.member("prompt_expected_ms", t.prompt_expected_ms).member("decode_expected_ms", t.decode_expected_ms);
  write_spread(out, "prompt", t.prompt);
  write_spread(out, "decode", t.decode);
  out.member("prompt_tokens", t.prompt_tokens).member("decode_tokens", t.decode_tokens).member("repeat", t.repeat);
  out.member("prompt_passes", t.prompt_passes).member("decode_passes", t.decode_passes);
  out.member("threads", t.threads).member("cores", t.cores).member("recording_cost", t.recording_cost);
  if (t.allocations_per_step < 0) out.key("allocations_per_step").null();
  else out.member("allocations_per_step", t.allocations_per_step);
  out.end_object();
}

inline void write_timeline(json::Writer& out, std::string_view name, const std::vector<TimelinePart>& parts) {
  out.key(name).begin_array();
  for (const TimelinePart& p : parts) {
    out.begin_array().value(p.op).value(p.part).value(p.thread).value(p.begin * 1e3).value(p.end * 1e3).end_array();
  }
  out.end_array();
}

/// Events of one phase: parts, and the waiting between them.
inline void write_trace(json::Writer& out, const ProfileReport& report, Phase phase,
                        const std::vector<TimelinePart>& parts) {
  const int process = phase == Phase::prompt ? 1 : 2;
  const auto event = [&](std::string_view name, const char* category, int thread, double begin, double end) {
    out.begin_object().member("name", name).member("cat", category).member("ph", "X").member("pid", process);
    out.member("tid", thread).member("ts", begin * 1e6).member("dur", (end - begin) * 1e6).end_object();
  };
  out.begin_object().member("name", "process_name").member("ph", "M").member("pid", process).key("args").begin_object();
  out.member("name", std::string(name_of(phase)) + (phase == Phase::prompt ? ", the whole prompt" : ", one step"));
  out.end_object().end_object();
  for (int thread = 0; thread < report.totals.threads; ++thread) {
    std::vector<TimelinePart> mine;
    for (const TimelinePart& p : parts)
      if (p.thread == thread) mine.push_back(p);
    std::sort(mine.begin(), mine.end(), [](const TimelinePart& a, const TimelinePart& b) { return a.begin < b.begin; });
    double before = 0;
    for (const TimelinePart& p : mine) {
      if (p.begin > before) event("waiting", "wait", thread, before, p.begin);
      event(report.ops[static_cast<std::size_t>(p.op)], "op", thread, p.begin, p.end);
      before = std::max(before, p.end);
    }
  }
}

}  // namespace reports

TTT_INLINE void write_report(json::Writer& out, const ProfileReport& report) {
  using namespace reports;
  out.key("rows").begin_array();
  for (const ProfileRow& r : report.rows) write_row(out, r);
  out.end_array().key("bottlenecks").begin_array();
  for (const Bottleneck& b : report.bottlenecks()) out.value(b.row);
  out.end_array();
  write_totals(out, report.totals);
  write_noise(out, report.noise);
  write_suggestions(out, report.suggestions);
  const ProfileTotals& t = report.totals;
  out.key("machine").begin_object().member("processor", report.processor).member("cores", t.cores);
  out.member("read_gb_s", t.read_bytes_per_s / 1e9).member("fp32_gflop_s", t.fp32_flop_per_s / 1e9);
  out.member("bf16_gflop_s", t.bf16_flop_per_s / 1e9).member("int8_gflop_s", t.int8_flop_per_s / 1e9);
  out.key("readings").begin_array();
  for (const ReadingRate& r : report.readings)
    out.begin_object().member("bytes", r.bytes).member("gb_s", r.bytes_per_s / 1e9).end_object();
  out.end_array().end_object();
  out.key("memory").begin_object().member("weights", t.weights).member("kv", t.kv).member("arena", t.arena);
  out.key("buffers").begin_array();
  for (const PlannedBuffer& b : report.buffers) {
    out.begin_object().member("name", b.name).member("offset", b.offset).member("bytes", b.bytes);
    out.member("first_op", b.first_op).member("last_op", b.last_op).end_object();
  }
  out.end_array().key("op_phases").begin_array();
  for (const int phase : report.op_phases) out.value(phase);
  out.end_array().end_object().key("ops").begin_array();
  for (const std::string& path : report.ops) out.value(path);
  out.end_array().key("timelines").begin_object();
  write_timeline(out, "prompt", report.prompt_timeline);
  write_timeline(out, "decode", report.decode_timeline);
  out.end_object().member("factor", report.factor);
}

TTT_INLINE std::string json_of(const ProfileReport& report) {
  json::Writer out;
  out.begin_object();
  write_report(out, report);
  return std::move(out.end_object()).text() + "\n";
}

TTT_INLINE std::string chrome_trace_of(const ProfileReport& report) {
  json::Writer out;
  out.begin_object().member("displayTimeUnit", "ms").key("traceEvents").begin_array();
  reports::write_trace(out, report, Phase::prompt, report.prompt_timeline);
  reports::write_trace(out, report, Phase::decode, report.decode_timeline);
  return std::move(out.end_array().end_object()).text() + "\n";
}

}  // namespace ttt
