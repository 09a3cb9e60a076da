#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/io/utf8.hpp>
#include <ttt/runtime/stop.hpp>
#include "../catch.hpp"

namespace {

using ttt::StopMatcher;

StopMatcher make(const std::vector<std::string>& strings) {
  auto stop = StopMatcher::create(strings);
  REQUIRE(stop);
  return std::move(*stop);
}

struct Outcome {
  std::string text;
  bool stopped = false;
  bool operator==(const Outcome&) const = default;
};

Outcome stream(const std::vector<std::string>& strings, const std::vector<std::string>& pieces) {
  StopMatcher stop = make(strings);
  Outcome out;
  for (const auto& piece : pieces) {
    out.text += stop.push(piece);
    if (stop.stopped()) break;
  }
  out.stopped = stop.stopped();
  out.text += stop.finish();
  return out;
}

/// The definition: the least end of any match, at that end the longest.
Outcome by_definition(const std::vector<std::string>& strings, std::string_view text) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    std::size_t longest = 0;
    for (const auto& s : strings) {
      if (text.substr(0, end).ends_with(s)) longest = std::max(longest, s.size());
    }
    if (longest > 0) return {std::string(text.substr(0, end - longest)), true};
  }
  return {std::string(text), false};
}

}  // namespace

TEST_CASE("text ends before a stop string however it is cut", "[stop]") {
  CHECK(stream({"STOP"}, {"hello STOP world"}) == Outcome{"hello ", true});
  CHECK(stream({"STOP"}, {"hello S", "T", "OP world"}) == Outcome{"hello ", true});
  CHECK(stream({"STOP"}, {"hello ST", "ORE"}) == Outcome{"hello STORE", false});
  CHECK(stream({"STOP"}, {"hello STO"}) == Outcome{"hello STO", false});
  CHECK(stream({"aab"}, {"a", "a", "a", "b"}) == Outcome{"a", true});
  CHECK(stream({"abcd", "bc"}, {"xabcd"}) == Outcome{"xa", true});
  CHECK(stream({"c", "abc"}, {"xabc"}) == Outcome{"x", true});
  CHECK(stream({}, {"a", "b"}) == Outcome{"ab", false});
  CHECK(stream({"x"}, {}) == Outcome{"", false});
}

TEST_CASE("only what may begin a stop string is held back", "[stop]") {
  StopMatcher stop = make({"\nUser:", "</s>"});
  CHECK(stop.push("Hi") == "Hi");
  CHECK(stop.push(" there\n") == " there");
  CHECK(stop.push("Us") == "");
  CHECK(stop.push("ed <") == "\nUsed ");
  CHECK(stop.push("/s") == "");
  CHECK_FALSE(stop.stopped());
  CHECK(stop.push(">more") == "");
  CHECK(stop.stopped());
  CHECK(stop.push("even more") == "");
  CHECK(stop.finish() == "");
  CHECK(stop.push("again") == "again");  // as new
}

TEST_CASE("cutting text anywhere gives what the definition says", "[stop]") {
  std::mt19937 random(11);
  const auto word = [&](std::size_t most) {
    std::string out;
    for (std::size_t n = 1 + random() % most; n > 0; --n) out += static_cast<char>('a' + random() % 2);
    return out;
  };
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> strings;
    for (std::size_t n = random() % 4; n > 0; --n) strings.push_back(word(6));
    std::vector<std::string> pieces;
    std::string text;
    for (std::size_t n = random() % 8; n > 0; --n) text += pieces.emplace_back(word(4));
    CAPTURE(strings, pieces);
    const Outcome got = stream(strings, pieces);
    const Outcome want = by_definition(strings, text);
    CHECK(got.text == want.text);
    CHECK(got.stopped == want.stopped);
  }
}

TEST_CASE("whole characters go in and whole characters come out", "[stop]") {
  const std::vector<std::string> pieces{"é", "è", "日", "本", "語", "日", "本", "🙂", "é"};
  StopMatcher stop = make({"日本🙃", "èx", "🙁"});
  std::string all;
  for (const auto& piece : pieces) {
    const std::string_view out = stop.push(piece);
    for (std::size_t i = 0; i < out.size();) {
      const auto sequence = ttt::utf8_sequence(out.substr(i));
      REQUIRE(sequence.valid);
      i += sequence.bytes;
    }
    all += out;
  }
  all += stop.finish();
  CHECK(all == "éè日本語日本🙂é");
}

TEST_CASE("a long text against a stop string that almost matches takes linear time", "[stop]") {
  StopMatcher stop = make({std::string(4095, 'a') + "b"});
  std::size_t passed = 0;
  for (int i = 0; i < 256; ++i) passed += stop.push(std::string(4096, 'a')).size();
  CHECK(passed == 256 * 4096 - 4095);
  CHECK(stop.push("b").empty());
  CHECK(stop.stopped());
}

TEST_CASE("empty, overlong and too many stop strings are refused", "[stop]") {
  for (const std::vector<std::string>& strings : {std::vector<std::string>{""},
                                                  {"a", ""},
                                                  {std::string(4097, 'x')},
                                                  std::vector<std::string>(65, "a")}) {
    const auto stop = StopMatcher::create(strings);
    REQUIRE_FALSE(stop);
    CHECK(stop.error().link == "docs/errors.md#stop_out_of_range");
  }
}
