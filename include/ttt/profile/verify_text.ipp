// Definitions of verify_text.hpp.
#pragma once

#include <fmt/format.h>

#include <cmath>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/verify_judge.hpp>
#include <ttt/profile/verify_rows.hpp>
#include <ttt/profile/verify_text.hpp>

namespace ttt {

namespace verify_words {

inline std::string percent(double share) {
  return std::isfinite(share) ? share == 0 ? std::string("0") : fmt::format("{:.2g} %", 100 * share) : std::string("not finite");
}
inline std::string bytes(std::int64_t more) {
  if (more == 0) return "no more memory";
  const double n = static_cast<double>(more);
  return std::fabs(n) < 1e6 ? fmt::format("{:+.3g} kB", n / 1e3) : fmt::format("{:+.3g} MB", n / 1e6);
}
inline std::string figures(const VerifyRow& row) {
  const std::string own = row.own ? percent(judged_error(row)) : std::string();
  if (!row.total) return fmt::format("{:>10} {:>9} {:>9} {:>10}", "", "", "", own);
  return fmt::format("{:>10.7f} {:>9.2g} {:>9.2g} {:>10}", row.total->pcc, row.total->max_abs, row.total->max_rel, own);
}

/// Whether anything is wrong, what, by which rule, and what to do.
inline std::string verdict(const VerifyReport& report) {
  std::string out;
  if (report.ok()) {
    out = "no module is wrong by itself";
  } else {
    const VerifyRow* bad = nullptr;
    std::size_t wrong = 0;
    for (const VerifyRow& row : report.rows) {
      if (row.wrong && bad == nullptr) bad = &row;
      wrong += row.wrong ? 1 : 0;
    }
    out = fmt::format("{} is the first that goes wrong: on the reference's inputs it is off by {}; {}", bad->path,
                      percent(judged_error(*bad)), bad->why);
    if (!bad->from.empty()) out += fmt::format(" (counted from {})", bad->from);
    if (wrong > 1) out += fmt::format("\nand {} more", wrong - 1);
    for (const Cure& cure : bad->cures)
      out += fmt::format("\n  {}\n    {}; {}", cure.command, cure.why, bytes(cure.delta_bytes));
  }
  if (report.logits)
    out += fmt::format("\nlogits: KL {:.3g} nats, the likeliest token is the same at {:.4g} % of {} positions",
                       report.distance.kl, 100 * report.distance.agreement, report.tokens);
  return out + "\n";
}

}  // namespace verify_words

TTT_INLINE std::string text_of(const VerifyReport& report, bool ops) {
  using namespace verify_words;
  std::string out = fmt::format("{}compared with {}: {} tokens, {} of them one by one\n\n", verdict(report), report.reference,
                                report.tokens, report.decode);
  out += fmt::format("{:<26}{:>11} {:>9} {:>9} {:>10}\n", "", "pcc", "max abs", "max rel", "own error");
  bool whole = false;  // otherwise single modules ran, and there is nothing to leave out
  for (const VerifyRow& row : report.rows) whole = whole || row.total.has_value();
  // Without `ops`, a layer's line shows the larger own error of its modules.
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const VerifyRow& row = report.rows[i];
    const bool inside = row.layer >= 0 && row.level != VerifyRow::Level::layer;
    if (!ops && whole && inside && !row.wrong) continue;
    VerifyRow shown = row;
    if (!ops && row.level == VerifyRow::Level::layer && !row.own)
      for (std::size_t m = i + 1; m < report.rows.size() && report.rows[m].layer == row.layer; ++m)
        if (report.rows[m].level == VerifyRow::Level::module && report.rows[m].own &&
            (!shown.own || !(judged_error(report.rows[m]) <= judged_error(shown)))) {
          shown.own = report.rows[m].own;
          shown.prompt = report.rows[m].prompt;
          shown.decode = report.rows[m].decode;
        }
    const char* const indent = !inside ? "" : row.level == VerifyRow::Level::op ? "    " : "  ";
    const std::string name = indent + row.path;
    // A name too long for its column takes a line for itself.
    out += name.size() > 26 ? fmt::format("{}\n{:<26}", name, "") : fmt::format("{:<26}", name);
    out += fmt::format(" {}{}\n", figures(shown), row.wrong ? " WRONG" : "");
  }
  if (ops) {
    out += "\ncomputed inside an op and kept nowhere:\n";
    for (const FusedValue& f : report.fused) out += fmt::format("  {}: {}\n", f.op, f.value);
  }
  for (const std::string& note : report.notes) out += "note: " + note + "\n";
  return out;
}

namespace verify_words {

inline void write(json::Writer& out, const Deviation& d) {
  out.member("pcc", d.pcc).member("max_abs", d.max_abs).member("max_rel", d.max_rel).member("rel", d.rel);
}

inline void write(json::Writer& out, const VerifyRow& row) {
  constexpr std::string_view levels[] = {"layer", "module", "op"};
  out.begin_object().member("path", row.path).member("level", levels[static_cast<std::size_t>(row.level)]);
  out.key("layer");
  row.layer >= 0 ? out.value(row.layer) : out.null();
  out.member("module", row.module);
  if (!row.from.empty()) out.member("from", row.from);
  // Where the whole model did not run, or the reference is silent, the module alone stands in.
  write(out, row.total ? *row.total : row.own ? *row.own : Deviation{});
  out.key("own");
  if (row.own) {
    out.begin_object();
    write(out, *row.own);
    out.member("prompt_rel", row.prompt).member("decode_rel", row.decode).end_object();
  } else {
    out.null();
  }
  out.key("inherited_rel");
  row.own && row.total ? out.value(row.inherited()) : out.null();
  out.key("allowed");
  row.allowed > 0 ? out.value(row.allowed) : out.null();
  out.member("wrong", row.wrong);
  if (row.wrong) out.member("why", row.why);
  if (!row.op_at_fault.empty()) out.member("op_at_fault", row.op_at_fault);
  out.key("suggestions").begin_array();
  for (const Cure& c : row.cures)
    out.begin_object()
        .member("policy", c.policy)
        .member("command", c.command)
        .member("why", c.why)
        .member("error_before", c.error_before)
        .member("error_after", c.error_after)
        .member("delta_bytes", c.delta_bytes)
        .member("accuracy", "better")
        .end_object();
  out.end_array().end_object();
}

}  // namespace verify_words

TTT_INLINE void write_report(json::Writer& out, const VerifyReport& report) {
  out.key("rows").begin_array();
  for (const VerifyRow& row : report.rows) verify_words::write(out, row);
  out.end_array().key("first_bad");
  report.ok() ? out.null() : out.value(report.first_bad);
  out.key("kl");
  report.logits ? out.value(report.distance.kl) : out.null();
  out.key("argmax_agreement");
  report.logits ? out.value(report.distance.agreement) : out.null();
  out.member("reference", report.reference).member("tokens", report.tokens).member("decode_tokens", report.decode);
  out.key("threshold");
  report.threshold > 0 ? out.value(report.threshold) : out.null();
  out.member("outlier", report.outlier).key("fused").begin_array();
  for (const FusedValue& f : report.fused) out.begin_object().member("op", f.op).member("value", f.value).end_object();
  out.end_array().key("notes").begin_array();
  for (const std::string& note : report.notes) out.value(note);
  out.end_array();
}

TTT_INLINE std::string json_of(const VerifyReport& report) {
  json::Writer out;
  out.begin_object().member("model", report.model);
  write_report(out, report);
  return std::move(out.end_object()).text() + "\n";
}

}  // namespace ttt
