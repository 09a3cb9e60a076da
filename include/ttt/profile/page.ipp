// Definitions of page.hpp.
#pragma once

#include <ttt/io/file.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/comparison_json.hpp>
#include <ttt/profile/page.hpp>
#include <ttt/profile/page_bars.hpp>
#include <ttt/profile/page_body.hpp>
#include <ttt/profile/page_roofline.hpp>
#include <ttt/profile/page_script.hpp>
#include <ttt/profile/page_style.hpp>
#include <ttt/profile/page_summary.hpp>
#include <ttt/profile/page_table.hpp>
#include <ttt/profile/page_threads.hpp>
#include <ttt/profile/report_json.hpp>

namespace ttt {

namespace pages {

/// The policy refuses whatever would leave the page, should a browser ever be asked to.
inline constexpr std::string_view head = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>Profile</title>
<style>)html";

/// JSON in which nothing can end a script element or begin a comment. These characters stand in JSON's strings alone, where
/// an escape says the same.
inline void append_escaped(std::string& out, std::string_view json) {
  for (const char c : json) {
    switch (c) {
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      default: out += c;
    }
  }
}

}  // namespace pages

TTT_INLINE std::string html_of(std::string_view json) {
  std::string out(pages::head);
  out.reserve(json.size() + json.size() / 16 + 65536);
  out += pages::style;
  out += "</style>\n</head>\n<body>";
  out += pages::body;
  out += "<script type=\"application/json\" id=\"report\">";
  pages::append_escaped(out, json);
  out += "</script>\n<script>\n\"use strict\";\n";
  for (const std::string_view part : {pages::script, pages::summary_script, pages::bars_script, pages::roofline_script,
                                      pages::threads_script, pages::table_script})
    out += part;
  return out + "</script>\n</body>\n</html>\n";
}

TTT_INLINE std::string html_of(const ProfileReport& report, const Comparison* comparison) {
  json::Writer out;
  out.begin_object();
  write_report(out, report);
  out.member("model", report.model).member("device", report.device).member("isa", report.isa);
  if (comparison != nullptr) write_comparison(out.key("comparison"), *comparison);
  return html_of(std::string_view(std::move(out.end_object()).text()));
}

TTT_INLINE Result<void> write_html(const ProfileReport& report, const std::string& path, const Comparison* comparison) {
  return write_atomic(path, std::string_view(html_of(report, comparison)));
}

}  // namespace ttt
