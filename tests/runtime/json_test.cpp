#include <limits>
#include <string>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/json_members.hpp>
#include <ttt/io/json_writer.hpp>
#include "../catch.hpp"

using ttt::json::Document;
using ttt::json::Type;
using ttt::json::Writer;

namespace {

Document parsed(std::string_view text) {
  auto document = Document::parse(text, "test.json");
  INFO(std::string(text.substr(0, 200)));
  if (!document) FAIL(document.error().text());
  return *document;
}

std::string issue_of(std::string_view text) {
  auto document = Document::parse(text, "test.json");
  INFO(std::string(text.substr(0, 200)));
  REQUIRE_FALSE(document.has_value());
  CHECK(document.error().link == "docs/errors.md#json_malformed");
  CHECK(document.error().file == "test.json");
  return document.error().issue;
}

std::string nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') +
         std::string(static_cast<std::size_t>(levels), ']');
}

}  // namespace

TEST_CASE("a JSON value knows its type and its members", "[json]") {
  const Document d =
      parsed(R"({"a": 1, "b": [true, null, 2.5, "x\u0000y"], "c": {"d": {}}, "a": 2, "n": null})");
  const auto root = d.root();
  CHECK(root.is(Type::object));
  CHECK(root.size() == 5);
  CHECK(root["a"].as_int() == 1);
  CHECK(root["b"].size() == 4);
  CHECK(root["c"]["d"].is(Type::object));
  CHECK(root["c"]["d"].size() == 0);
  CHECK(root["zzz"].type() == Type::missing);
  CHECK(root["zzz"]["deeper"].is_null());
  CHECK(root["n"].exists());
  CHECK(root["n"].is_null());
  std::string types;
  for (const auto& [key, value] : root["b"]) {
    CHECK(key.empty());
    types += std::to_string(static_cast<int>(value.type()));
  }
  CHECK(types == "1034");
  std::string keys;
  for (const auto& [key, value] : root) keys += key;
  CHECK(keys == "abcan");
  auto it = root["b"].begin();
  ++it, ++it, ++it;
  CHECK((*it).value.as_string() == std::string_view("x\0y", 3));
  CHECK(ttt::json::Value().type() == Type::missing);
  CHECK(ttt::json::Value().size() == 0);
}

TEST_CASE("scalars and empty documents walk as nothing", "[json]") {
  for (const char* text : {"1", "\"s\"", "null", "[]", "{}"}) {
    const Document d = parsed(text);
    int steps = 0;
    for (const auto& entry : d.root()) {
      (void)entry;
      ++steps;
    }
    CHECK(steps == 0);
  }
}

TEST_CASE("numbers are range-checked and never change their kind", "[json]") {
  const Document d = parsed(
      "[2147483648, 9223372036854775807, 9223372036854775808, -9223372036854775808, 2.0, 1e308, -1, "
      "1000000000000000019884624838656, 18446744073709551616, -99999999999999999999]");
  std::vector<ttt::json::Value> v;
  for (const auto& [key, value] : d.root()) v.push_back(value);
  REQUIRE(v.size() == 10);
  CHECK(v[0].as_int() == 2147483648LL);
  CHECK(v[1].as_int() == std::numeric_limits<std::int64_t>::max());
  CHECK_FALSE(v[2].as_int());
  CHECK(v[2].as_double() == 9223372036854775808.0);
  CHECK(v[3].as_int() == std::numeric_limits<std::int64_t>::min());
  CHECK_FALSE(v[4].as_int());
  CHECK(v[4].as_double() == 2.0);
  CHECK(v[5].as_double() == 1e308);
  CHECK(v[6].as_int() == -1);
  CHECK_FALSE(v[7].as_int());
  CHECK(v[7].as_double() == 1000000000000000019884624838656.0);
  CHECK_FALSE(v[8].as_int());
  CHECK(v[9].as_double() == -99999999999999999999.0);
  CHECK_FALSE(v[0].as_string());
  CHECK_FALSE(v[0].as_bool());
  issue_of("[1e400]");
  issue_of("[-1e400]");
  issue_of("[NaN]");
  issue_of("[Infinity]");
}

TEST_CASE("64 levels are read and 65 are refused", "[json]") {
  parsed(nested(64));
  CHECK(issue_of(nested(65)).find("64") != std::string::npos);
  issue_of(nested(100'000));
  issue_of(std::string(1'000'000, '['));
  issue_of(std::string(1'000'000, '{'));
}

TEST_CASE("a malformed document says where it goes wrong", "[json]") {
  CHECK(issue_of("{\n  \"a\": 1,\n  \"b\" 2\n}").find("line 3, column 7") != std::string::npos);
  CHECK(issue_of("[1,]").find("line 1, column 4") != std::string::npos);
  CHECK(issue_of("[01]").find("line 1, column 3") != std::string::npos);
  CHECK(issue_of("[1] 2").find("line 1, column 5") != std::string::npos);
  CHECK(issue_of("{\"a\":tru}").find("line 1, column 9") != std::string::npos);
  issue_of("");
  issue_of("   ");
  issue_of("[\"\xff\"]");
  issue_of("[\"a\nb\"]");
  issue_of(std::string_view("\0", 1));
}

TEST_CASE("every prefix of a document is refused and none crashes", "[json]") {
  const std::string text =
      R"({"a": [1, 2.5e3, "x\u00e9\n", true, false, null], "b": {"c": 1000000000000000019884624838656}})";
  for (std::size_t n = 0; n < text.size(); ++n) {
    INFO(n);
    CHECK_FALSE(Document::parse(text.substr(0, n), "prefix").has_value());
  }
}

TEST_CASE("a million elements count exactly", "[json]") {
  std::string text = "[0";
  for (int i = 1; i < 17'000'000; ++i) text += ",0";
  text += "]";
  CHECK(parsed(text).root().size() == 17'000'000);
}

TEST_CASE("what the writer writes, the reader reads", "[json]") {
  Writer w;
  w.begin_object()
      .member("text", std::string_view("a\"\\\n\t\x01\x7f\xc3\xa9\xff\xed\xa0\x80z\0", 15))
      .key("numbers")
      .begin_array()
      .value(std::numeric_limits<std::int64_t>::min())
      .value(0.1)
      .value(1.0f / 3.0f)
      .value(std::numeric_limits<double>::infinity())
      .value(std::numeric_limits<double>::quiet_NaN())
      .value(true)
      .null()
      .begin_array()
      .end_array()
      .begin_object()
      .end_object()
      .end_array()
      .member("last", 7)
      .end_object();
  CHECK(w.text() ==
        "{\"text\":"
        "\"a\\\"\\\\\\n\\t\\u0001\\u007f\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\\u0000\","
        "\"numbers\":[-9223372036854775808,0.1,0.33333334,null,null,true,null,[],{}],\"last\":7}");
  const Document d = parsed(w.text());
  CHECK(d.root()["last"].as_int() == 7);
  auto it = d.root()["numbers"].begin();
  CHECK((*++it).value.as_double() == 0.1);
}

TEST_CASE("a member reader reads what is right and remembers the first that is not", "[json]") {
  const Document d = parsed(R"({"name": "x", "long": "abcdef", "on": true, "n": 2.5, "i": 3, "none": null, "list": [1, 2]})");
  const auto root = d.root();
  std::string text = "before";
  bool flag = false;
  double number = 7;
  int whole = 7;
  ttt::json::MemberReader r(5);
  r.text(root, "name", text);
  r.flag(root, "on", flag);
  r.number(root, "n", number, 2, 3);
  r.whole(root, "i", whole, 3, 3);
  CHECK(r.list(root, "list", 2).size() == 2);
  CHECK((text == "x" && flag && number == 2.5 && whole == 3));
  r.number_or_none(root, "none", number);
  CHECK(number != number);
  CHECK_FALSE(r.failed());

  r.number(root, "n", number = 7, 3, 4);
  CHECK(r.key() == "n");
  CHECK(r.expected() == "a number in its range");
  r.text(root, "long", text);
  r.flag(root, "name", flag);
  r.whole(root, "n", whole, 0, 9);
  r.whole(root, "i", whole, 4, 9);
  r.text(root, "absent", text);
  CHECK((text == "x" && flag && number == 7 && whole == 3));
  CHECK(r.key() == "n");  // the first
  ttt::json::MemberReader lists;
  (void)lists.list(root, "list", 1);
  CHECK(lists.expected() == "an array of at most 1 entries");
}
