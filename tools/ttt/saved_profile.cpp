#include "saved_profile.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <ttt/io/file.hpp>
#include <ttt/profile.hpp>

#include "console.hpp"

namespace ttt::tool {

namespace {

/// Writes a value as it was read.
void write_value(json::Writer& out, const json::Value& v) {
  switch (v.type()) {
    case json::Type::boolean: out.value(v.as_bool().value_or(false)); break;
    case json::Type::integer:
      if (const auto n = v.as_int()) out.value(*n);
      else out.null();
      break;
    case json::Type::number: out.value(v.as_double().value_or(0)); break;
    case json::Type::string: out.value(v.as_string().value_or("")); break;
    case json::Type::array:
      out.begin_array();
      for (const json::Value::Entry e : v) write_value(out, e.value);
      out.end_array();
      break;
    case json::Type::object:
      out.begin_object();
      for (const json::Value::Entry e : v) write_value(out.key(e.key), e.value);
      out.end_object();
      break;
    case json::Type::null:
    case json::Type::missing: out.null();
  }
}

/// The report's object again, without a comparison that it may hold.
std::string object_of(const json::Value& root) {
  json::Writer out;
  out.begin_object();
  for (const json::Value::Entry e : root)
    if (e.key != "comparison") write_value(out.key(e.key), e.value);
  return std::move(out.end_object()).text();
}

std::string text_of_value(const json::Value& v) {
  if (!v.exists()) return "nothing";
  if (const auto s = v.as_string()) return std::string(*s);
  json::Writer out;
  write_value(out, v);
  return std::move(out).text();
}

/// Every setting that is another: "weights.qkv: bf16 before, int8 after".
void note_settings(const json::Value& before, const json::Value& after, const std::string& name, std::vector<std::string>& notes) {
  if (!before.is(json::Type::object) && !after.is(json::Type::object)) {
    const std::string was = text_of_value(before), is = text_of_value(after);
    if (was != is) notes.push_back(fmt::format("{}: {} before, {} after", name, was, is));
    return;
  }
  // Members that all changed alike are said in one sentence.
  std::vector<std::string> changes;
  const auto add = [&](const std::string& was, const std::string& is) {
    const std::string change = fmt::format("{} before, {} after", was, is);
    if (changes.empty() || changes.front() != change) changes.push_back(change);
  };
  for (const json::Value::Entry e : before) add(text_of_value(e.value), text_of_value(after[e.key]));
  if (before.size() > 1 && before.size() == after.size() && changes.size() == 1) {
    if (text_of_value(before) != text_of_value(after)) notes.push_back(fmt::format("{}: {}", name, changes.front()));
    return;
  }
  const auto below = [&](std::string_view key) { return (name.empty() ? "" : name + ".") + std::string(key); };
  for (const json::Value::Entry e : before) note_settings(e.value, after[e.key], below(e.key), notes);
  for (const json::Value::Entry e : after)
    if (!before[e.key].exists()) note_settings({}, e.value, below(e.key), notes);
}

/// An object with one more member.
std::string with_comparison(std::string object, const Comparison& comparison) {
  json::Writer out;
  write_comparison(out, comparison);
  object.pop_back();
  return object + ",\"comparison\":" + out.text() + "}";
}

}  // namespace

bool is_saved_profile(const std::string& model) { return model.ends_with(".json") && is_regular_file(model); }

Result<SavedProfile> read_saved_profile(const std::string& path) {
  TTT_TRY(json::Document document, json::Document::read(path));
  TTT_TRY(ProfileReport report, report_of(document.root(), path));
  return SavedProfile{std::move(report), std::move(document)};
}

Result<void> show_profile(const Arguments& arguments, const ProfileReport& report, const std::string& object,
                          const std::optional<SavedProfile>& earlier, bool measured) {
  std::optional<Comparison> comparison;
  if (earlier) {
    TTT_TRY(const json::Document document, json::Document::parse(object, "report"));
    comparison = compare(earlier->report, report);
    const std::size_t notes = comparison->notes.size();
    note_settings(earlier->document.root()["policy"], document.root()["policy"], "", comparison->notes);
    const bool moved = std::any_of(comparison->rows.begin(), comparison->rows.end(), [](const Difference& d) { return d.beyond_noise; });
    if (moved && comparison->notes.size() == notes && earlier->report.totals.threads == report.totals.threads)
      comparison->notes.push_back("no setting differs: what changed lies in the code, the model's files or the machine; measure again to tell");
  }
  const std::string whole = comparison ? with_comparison(object, *comparison) : object;
  if (const std::string file = arguments.text("html"); !file.empty()) {
    TTT_CHECK(write_atomic(file, std::string_view(html_of(whole))));
    note("wrote " + file + "\n");
  }
  if (arguments.has("json")) return print(whole + "\n");
  const bool layers = arguments.has("layers");
  std::string out = measured || !comparison ? text_of(report, layers) : "";
  if (comparison) out += (out.empty() ? "" : "\n") + text_of(*comparison, layers);
  return print(out);
}

Result<void> show_saved_profile(const Arguments& arguments, const SavedProfile& saved,
                                const std::optional<SavedProfile>& earlier) {
  return show_profile(arguments, saved.report, object_of(saved.document.root()), earlier, false);
}

}  // namespace ttt::tool
