// Result<T>: a value or an Error. Every library function that can fail returns one.
#pragma once

#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <ttt/io/error.hpp>

namespace ttt {

/// A value of type T or the Error that kept it from existing.
///
/// `if (!r) use(r.error());` is the checked form; `*r`, `r->` and `r.value()` on an error throw the exception of
/// the error's kind (terminate without exceptions).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)), has_value_(true) {}       // NOLINT: implicit by design
  Result(Error error) : error_(std::move(error)), has_value_(false) {}  // NOLINT: implicit by design
  Result(const Result& other)
    requires std::is_copy_constructible_v<T>
      : has_value_(other.has_value_) {
    if (has_value_)
      ::new (static_cast<void*>(&value_)) T(other.value_);
    else
      ::new (static_cast<void*>(&error_)) Error(other.error_);
  }
  /// Values are expected to move without throwing, as an Error does.
  Result(Result&& other) noexcept : has_value_(other.has_value_) {
    if (has_value_)
      ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
    else
      ::new (static_cast<void*>(&error_)) Error(std::move(other.error_));
  }
  Result& operator=(Result other) noexcept {
    this->~Result();
    return *::new (static_cast<void*>(this)) Result(std::move(other));
  }
  ~Result() {
    if (has_value_)
      value_.~T();
    else
      error_.~Error();
  }

  [[nodiscard]] bool has_value() const noexcept { return has_value_; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value_; }

  [[nodiscard]] T& value() & { return require(), value_; }
  [[nodiscard]] const T& value() const& { return require(), value_; }
  /// By value: `for (auto x : *f())` must not outlive what it walks over.
  [[nodiscard]] T value() && { return require(), std::move(value_); }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  /// Requires: `!has_value()`.
  [[nodiscard]] const Error& error() const& { return error_; }
  [[nodiscard]] Error&& error() && { return std::move(error_); }

 private:
  void require() const {
    if (!has_value_) throw_error(error_);
  }
  // A union, not a variant or two optionals: every T costs a compiler a fifth of what those cost it, and a program
  // that includes the definitions has some sixty.
  union {
    T value_;
    Error error_;
  };
  bool has_value_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

  [[nodiscard]] bool has_value() const noexcept { return !error_; }
  [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (error_) throw_error(*error_);
  }
  [[nodiscard]] const Error& error() const& { return *error_; }

 private:
  std::optional<Error> error_;
};

/// Passes an error on to the caller, or binds the value: `TTT_TRY(auto text, read_file(path));`
#define TTT_TRY_CONCAT_(a, b) a##b
#define TTT_TRY_NAME_(line) TTT_TRY_CONCAT_(ttt_try_, line)
#define TTT_TRY(declaration, expression)                                                   \
  auto TTT_TRY_NAME_(__LINE__) = (expression);                                             \
  if (!TTT_TRY_NAME_(__LINE__)) return std::move(TTT_TRY_NAME_(__LINE__)).error();         \
  declaration = std::move(*TTT_TRY_NAME_(__LINE__))
#define TTT_CHECK(expression) \
  if (auto ttt_checked = (expression); !ttt_checked) return ttt_checked.error()

}  // namespace ttt
