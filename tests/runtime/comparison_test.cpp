// Two reports beside each other; reports read back from their JSON; the page's text.
#include <fmt/format.h>

#include <set>

#include <ttt/profile.hpp>

#include "profile_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

Spread around(double median, double half, double whole) {
  return {median - whole, median - half, median, median + half, median + whole};
}
ProfileReport with_passes(ProfileReport report, int passes) {
  report.totals.prompt_passes = report.totals.decode_passes = passes;
  return report;
}
/// Every time of a report scattered by so much, as passes are.
void scatter(ProfileReport& report, double half, double whole) {
  for (ProfileRow& r : report.rows) r.actual_ms = around(r.actual_ms.median, half * r.actual_ms.median, whole * r.actual_ms.median);
}
std::vector<std::string> changed(const Comparison& c) {
  std::vector<std::string> out;
  for (const Difference& d : c.rows)
    if (d.beyond_noise) out.push_back(std::string(name_of(d.phase)) + " " + d.path);
  return out;
}
using Paths = std::vector<std::string>;

Result<ProfileReport> read_back(const std::string& text) {
  TTT_TRY(const json::Document document, json::Document::parse(text, "test.json"));
  return report_of(document.root(), "test.json");
}

}  // namespace

TEST_CASE("a difference is beyond the noise where the middle halves are well apart, of few passes farther") {
  const Spread before = around(10, 0.5, 3);
  CHECK(beyond_noise(before, 20, around(12.1, 0.5, 3), 20));
  CHECK(beyond_noise(around(12.1, 0.5, 3), 20, before, 20));
  CHECK_FALSE(beyond_noise(before, 20, around(11.9, 0.5, 3), 20));
  CHECK_FALSE(beyond_noise(before, 5, around(12.9, 0.5, 3), 20));
  CHECK_FALSE(beyond_noise(before, 20, around(12.9, 0.5, 3), 5));
  CHECK(beyond_noise(before, 5, around(13.1, 0.5, 3), 5));
  CHECK_FALSE(beyond_noise(around(10, 0.01, 0.02), 20, around(10.25, 0.01, 0.02), 20));
  CHECK(beyond_noise(around(10, 0.01, 0.02), 20, around(10.35, 0.01, 0.02), 20));
  CHECK_FALSE(beyond_noise(around(10, 0.01, 0.02), 5, around(10.9, 0.01, 0.02), 5));
  CHECK(beyond_noise(around(10, 0.01, 0.02), 5, around(11.1, 0.01, 0.02), 5));
}

TEST_CASE("what the machine's own change of speed explains is not beyond the noise") {
  MadeUpProfile p(tuned());
  ProfileReport before = with_passes(p.report(), 20), after = before;
  before.totals.read_bytes_per_s = 30e9;
  after.totals.read_bytes_per_s = 15e9;
  for (ProfileRow& r : after.rows) r.actual_ms = around(1.8 * r.actual_ms.median, 0, 0);
  const Comparison slower = compare(before, after);
  CHECK(changed(slower).empty());
  REQUIRE(slower.notes.size() == 1);
  CHECK(slower.notes[0].find("30.0 GB/s before and 15.0 after") != std::string::npos);
  CHECK(changed(compare(after, before)).empty());
  for (ProfileRow& r : after.rows) r.actual_ms = around(1.2 * r.actual_ms.median, 0, 0);
  CHECK(changed(compare(before, after)).size() == after.rows.size());  // 2.2 times: more than twice
  for (ProfileRow& r : after.rows) r.actual_ms = around(r.actual_ms.median / 3, 0, 0);
  CHECK(changed(compare(before, after)).size() == after.rows.size());  // faster, although the machine was slower
}

TEST_CASE("where something else used the machine, only what even the calmest passes show is beyond the noise") {
  const Spread before = around(10, 0.5, 3);
  CHECK_FALSE(beyond_noise(before, 20, around(12, 0.5, 3), 20, true));
  CHECK(beyond_noise(before, 20, around(14, 0.5, 3), 20, true));
  CHECK_FALSE(beyond_noise(before, 5, around(20, 0.5, 3), 5, true));
}

TEST_CASE("a report compared with itself has every row, and no difference") {
  MadeUpProfile p(tuned());
  const ProfileReport report = with_passes(p.report(), 20);
  const Comparison c = compare(report, report);
  REQUIRE(c.rows.size() == report.rows.size());
  for (std::size_t i = 0; i < c.rows.size(); ++i) {
    CAPTURE(c.rows[i].path);
    CHECK(c.rows[i].path == report.rows[i].path);
    CHECK(c.rows[i].op == report.rows[i].op);
    CHECK(c.rows[i].after.median == report.rows[i].actual_ms.median);
    CHECK(c.rows[i].delta_ms == 0);
  }
  CHECK(changed(c).empty());
  CHECK(c.only_before.empty());
  CHECK(c.only_after.empty());
  CHECK(c.notes.empty());
}

TEST_CASE("the op that became slower is found, with its module, and nothing else") {
  MadeUpProfile fast(tuned()), slow(tuned());
  slow.slow(Phase::decode, "layers.2.mlp.down", 3);
  ProfileReport before = with_passes(fast.report(), 20), after = with_passes(slow.report(), 20);
  scatter(before, 0.1, 0.3);
  scatter(after, 0.1, 0.3);
  const Comparison c = compare(before, after);
  const Paths found = changed(c);
  const std::set<std::string> names(found.begin(), found.end());
  CAPTURE(fmt::format("{}", fmt::join(found, ", ")));
  CHECK(names.count("decode layers.2.mlp.down") == 1);
  CHECK(names.count("decode layers.2.mlp") == 1);
  for (const std::string& name : names)
    CHECK((name.find("layers.2.mlp") != std::string::npos || name == "decode model"));
  for (const Difference& d : c.rows)
    if (d.phase == Phase::decode && d.path == "layers.2.mlp.down") CHECK(d.after.median == Approx(3 * d.before.median));
}

TEST_CASE("runs over other lengths are listed beside each other, and nothing of them is beyond the noise") {
  MadeUpProfile p(tuned());
  ProfileReport before = with_passes(p.report(), 20), after = before;
  for (ProfileRow& r : after.rows) r.actual_ms = around(5 * r.actual_ms.median, 0, 0);
  CHECK(changed(compare(before, after)).size() == after.rows.size());
  after.totals.prompt_tokens += 1;
  const Comparison c = compare(before, after);
  CHECK(changed(c).empty());
  REQUIRE(c.notes.size() == 1);
  CHECK(c.notes[0].find("not of the same work") != std::string::npos);
}

TEST_CASE("rows that only one of two reports has are named") {
  MadeUpProfile p(tuned());
  const ProfileReport before = p.report();
  ProfileReport after = before;
  const std::string path = after.rows.back().path;
  after.rows.back().path = "layers.9.mlp.up";
  const Comparison c = compare(before, after);
  CHECK(c.only_after == Paths{"decode layers.9.mlp.up"});
  CHECK(c.only_before == Paths{"decode " + path});
  CHECK(c.rows.size() + 1 == after.rows.size());
}

TEST_CASE("a report read back from its JSON has the rows, totals and suggestions that it was written with") {
  MadeUpProfile p(tuned());
  p.slow(Phase::decode, "layers.2.mlp.down", 2);
  const ProfileReport report = p.report();
  const Result<ProfileReport> read = read_back(json_of(report));
  REQUIRE(read);
  REQUIRE(read->rows.size() == report.rows.size());
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const ProfileRow &a = report.rows[i], &b = read->rows[i];
    CAPTURE(a.path, a.op);
    CHECK(a.phase == b.phase);
    CHECK(a.path == b.path);
    CHECK(a.op == b.op);
    CHECK(a.layer == b.layer);
    CHECK(a.actual_ms.median == b.actual_ms.median);
    CHECK(a.actual_ms.three_quarters == b.actual_ms.three_quarters);
    CHECK(a.expected_ms == b.expected_ms);
    CHECK(a.bound == b.bound);
    CHECK(a.suggestions.size() == b.suggestions.size());
  }
  CHECK(read->totals.decode_ms == report.totals.decode_ms);
  CHECK(read->bottlenecks().size() == report.bottlenecks().size());
  CHECK(text_of(compare(report, *read)) == text_of(compare(report, report)));
}

TEST_CASE("what is no report is refused with the row at fault") {
  const std::string good = R"({"rows":[{"phase":"decode","path":"model","actual_ms":{"min":1,"median":2,"max":3}}],"totals":{}})";
  CHECK(read_back(good));
  const auto refused = [](std::string text, const std::string& from, const std::string& to, const std::string& says) {
    text.replace(text.find(from), from.size(), to);
    CAPTURE(text);
    const Result<ProfileReport> read = read_back(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().link == "docs/errors.md#report_malformed");
    CHECK(read.error().file == "test.json");
    CAPTURE(read.error().text());
    CHECK(read.error().text().find(says) != std::string::npos);
  };
  refused(good, "\"rows\":[", "\"other\":[", "no profile");
  refused(good, "\"totals\":{}", "\"totals\":7", "no profile");
  refused(good, "decode", "train", "phase");
  refused(good, "\"model\"", "3", "no path");
  refused(good, "\"min\":1", "\"min\":2.5", "ascend");
  refused(good, "\"min\":1", "\"min\":-1", "ascend");
  refused(good, "\"median\":2", "\"median\":\"2\"", "ascend");
  refused(good, "{\"phase\"", "null,{\"phase\"", "rows.0");
}

TEST_CASE("members of another type than a report's are passed over, and never end the program") {
  MadeUpProfile p(tuned());
  const std::string text = json_of(p.report());
  std::size_t tried = 0;
  for (std::size_t at = 0; (at = text.find(':', at)) != std::string::npos; ++at) {
    if (++tried % 37 != 0) continue;
    for (const std::string_view other : {"null", "[[]]", "-1e308", "\"<\""}) {
      const std::size_t end = text.find_first_of(",}]", at);
      const std::string broken = text.substr(0, at + 1) + std::string(other) + text.substr(end);
      if (const Result<ProfileReport> read = read_back(broken)) {
        CHECK_FALSE(text_of(*read).empty());
        CHECK_FALSE(html_of(*read).empty());
      }
    }
  }
  CHECK(tried > 1000);
}

TEST_CASE("names that hold markup stay text: the page has the scripts it brought, and the report's JSON unchanged") {
  MadeUpProfile p(tuned());
  ProfileReport report = p.report();
  const std::string hostile = "</script><script>alert(1)</script><!--&amp;\"'\xe2\x80\xa8";
  report.model = report.device = hostile;
  report.rows[3].path = report.rows[4].kernel = hostile;
  const std::string page = html_of(report);
  const auto count = [&](std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = page.find(what, at)) != std::string::npos; at += what.size()) ++n;
    return n;
  };
  CHECK(count("<script") == 2);
  CHECK(count("</script") == 2);
  CHECK(count("<!--") == 0);
  CHECK(count("alert(1)") == 4);
  const std::string open = "<script type=\"application/json\" id=\"report\">";
  const std::size_t begin = page.find(open) + open.size(), end = page.find("</script>", begin);
  const Result<json::Document> held = json::Document::parse(page.substr(begin, end - begin), "page");
  REQUIRE(held);
  CHECK(held->root()["model"].as_string() == hostile);
  CHECK(held->root()["rows"].size() == report.rows.size());
}

TEST_CASE("a page is written whole, or what was there stays") {
  MadeUpProfile p(tuned());
  const ProfileReport report = p.report();
  const Comparison comparison = compare(report, report);
  const TemporaryFolder folder;
  const std::string path = (folder.path / "page.html").string();
  REQUIRE(write_html(report, path));
  REQUIRE(write_html(report, path, &comparison));
  const Result<std::string> read = read_file(path);
  REQUIRE(read);
  CHECK(*read == html_of(report, &comparison));
  const Result<void> refused = write_html(report, (folder.path / "missing" / "page.html").string());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().link == "docs/errors.md#file_unwritable");
}
