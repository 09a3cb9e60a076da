// A read-only view of a JSON document. simdjson parses it (in json.ipp, the one file that names simdjson); this
// header stays light and does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <ttt/io/result.hpp>

namespace ttt::json {

enum class Type { null, boolean, integer, number, string, array, object, missing };

/// A place in a Document; valid as long as the Document. Copying is free. Reading never fails: a value of another
/// type answers with nullopt, a member that is not there is a Value of Type::missing.
class Value {
 public:
  Value() = default;

  [[nodiscard]] Type type() const;
  [[nodiscard]] bool is(Type t) const { return type() == t; }
  [[nodiscard]] bool exists() const { return document_ != nullptr; }
  /// True for missing and for an explicit null: config.json uses both to mean "default".
  [[nodiscard]] bool is_null() const { return !exists() || is(Type::null); }

  [[nodiscard]] std::optional<bool> as_bool() const;
  /// Integers only; 2.0 is a number, not an integer. Values beyond int64 answer nullopt.
  [[nodiscard]] std::optional<std::int64_t> as_int() const;
  /// Any finite number, integers included.
  [[nodiscard]] std::optional<double> as_double() const;
  [[nodiscard]] std::optional<std::string_view> as_string() const;

  /// Member of an object (the first of that name), or a missing Value.
  [[nodiscard]] Value operator[](std::string_view key) const;

  /// Elements of an array or members of an object; 0 for anything else.
  [[nodiscard]] std::size_t size() const;

  /// One array element or object member met while walking; `key` is empty in arrays.
  class Iterator;
  struct Entry;
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;

 private:
  friend class Document;
  friend class Iterator;
  Value(const void* document, std::size_t index) : document_(document), index_(index) {}
  const void* document_ = nullptr;  // simdjson::dom::document, whose tape `index_` points into
  std::size_t index_ = 0;
};

struct Value::Entry {
  std::string_view key;
  Value value;
};

class Value::Iterator {
 public:
  [[nodiscard]] Entry operator*() const;
  Iterator& operator++();
  [[nodiscard]] bool operator==(const Iterator& other) const { return index_ == other.index_; }

 private:
  friend class Value;
  const void* document_ = nullptr;
  std::size_t index_ = 0;
  bool object_ = false;
};

/// A parsed document that owns its memory.
class Document {
 public:
  /// Parses `text` (copied). At most 64 levels deep. `file` names the source in errors.
  [[nodiscard]] static Result<Document> parse(std::string_view text, std::string_view file);
  /// Reads and parses a file of at most `limit` bytes.
  [[nodiscard]] static Result<Document> read(const std::string& path, std::size_t limit = std::size_t{1} << 30);

  [[nodiscard]] Value root() const;
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  struct Parsed;
  std::shared_ptr<const Parsed> parsed_;
  std::string file_;
};

}  // namespace ttt::json
