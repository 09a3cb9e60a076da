// Result: what it holds is made once and unmade once, whatever is copied, moved or assigned over what.
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <ttt/io/result.hpp>

#include "catch.hpp"

using namespace ttt;

namespace {

/// Counts how many of it there are.
struct Counted {
  static inline int there = 0;
  std::string text;
  explicit Counted(std::string t) : text(std::move(t)) { ++there; }
  Counted(const Counted& other) : text(other.text) { ++there; }
  Counted(Counted&& other) noexcept : text(std::move(other.text)) { ++there; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --there; }
};

const std::string long_text = "longer than what a string keeps in itself";
Result<Counted> good() { return Counted(long_text); }
Result<Counted> bad() {
  return make_error(ErrorKind::request, "option_value", "a module", long_text, "another value");
}

static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::unique_ptr<int>>>);

}  // namespace

TEST_CASE("a result copies and moves the value or the error it has") {
  {
    const Result<Counted> value = good(), error = bad();
    REQUIRE(value);
    REQUIRE(!error);
    const Result<Counted> value_again = value, error_again = error;
    CHECK(value_again->text == long_text);
    CHECK(error_again.error().issue == long_text);
    CHECK(Counted::there == 2);
    Result<Counted> taken = good(), refused = bad();
    CHECK(std::move(taken).value().text == long_text);
    CHECK(std::move(refused).error().issue == long_text);
  }
  CHECK(Counted::there == 0);
}

TEST_CASE("a result takes another's value or error over its own, whichever either has") {
  {
    Result<Counted> one = good();
    one = bad();
    CHECK(Counted::there == 0);
    CHECK(one.error().suggestion == "another value");
    one = good();
    CHECK(Counted::there == 1);
    CHECK(one->text == long_text);
    const Result<Counted>& itself = one;
    one = itself;
    CHECK(one->text == long_text);
    one = Counted("another");
    CHECK(one->text == "another");
    CHECK(Counted::there == 1);
  }
  CHECK(Counted::there == 0);
}

TEST_CASE("the value of a failed result throws its error") {
  CHECK_THROWS_AS((void)bad().value(), RequestError);
  CHECK_THROWS_AS(*bad(), RequestError);
  CHECK(Counted::there == 0);
}
