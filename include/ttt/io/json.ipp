// The one file that names simdjson. Parsing is simdjson's; reading walks its tape (doc/tape.md of simdjson)
// through `internal::tape_ref`, which is all that its own dom::element holds.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <ttt/io/file.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/json_position.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt::json {

struct Document::Parsed {
  simdjson::dom::document tape;
};

namespace reading {

inline constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
inline constexpr std::size_t kMaxDepth = 64;

inline simdjson::internal::tape_ref at(const void* document, std::size_t index) {
  return {static_cast<const simdjson::dom::document*>(document), index};
}

/// simdjson refuses integers beyond 64 bits, but JSON does not, and tokenizer_config.json's usual "no limit"
/// is 1000000000000000019884624838656. Such integers, and only they, become doubles by getting a ".0".
inline std::string with_long_integers_as_doubles(std::string_view text) {
  const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  std::string out;
  out.reserve(text.size() + 64);
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (text[i] == '"') {
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
    } else if (text[i] == '-' || digit(i)) {
      while (digit(end)) ++end;
      const bool negative = text[i] == '-';
      const std::string_view digits = text.substr(i + (negative ? 1 : 0), end - i - (negative ? 1 : 0));
      const std::string_view most = negative ? "9223372036854775808" : "18446744073709551615";
      const bool is_long = digits.size() > most.size() || (digits.size() == most.size() && digits > most);
      const bool is_integer =
          end >= text.size() || std::string_view(".eE").find(text[end]) == std::string_view::npos;
      if (!is_integer) {
        while (end < text.size() &&
               std::string_view("0123456789.eE+-").find(text[end]) != std::string_view::npos)
          ++end;
      }
      out += text.substr(i, end - i);
      if (is_long && is_integer) out += ".0";
      i = end;
      continue;
    }
    out += text.substr(i, end - i);
    i = end;
  }
  return out;
}

}  // namespace reading

TTT_INLINE Result<Document> Document::parse(std::string_view text, std::string_view file) {
  const auto malformed = [&](std::string issue) {
    return make_error(ErrorKind::file, "json_malformed", "json", std::move(issue),
                      "check the file against its source; it must be one complete JSON document in UTF-8",
                      std::string(file));
  };
  if (text.size() > reading::kMaxBytes) {
    return malformed("the document has " + std::to_string(text.size()) + " bytes, more than " +
                     std::to_string(reading::kMaxBytes));
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);  // a byte order mark is harmless

  auto parsed = std::make_shared<Parsed>();
  const auto attempt = [&](std::string_view bytes) {
    simdjson::dom::parser parser;
    const auto allocated = parser.allocate(bytes.size() + 64, reading::kMaxDepth);
    if (allocated != simdjson::SUCCESS) return allocated;
    return parser.parse_into_document(parsed->tape, bytes.data(), bytes.size()).error();
  };
  auto code = attempt(text);
  if (code != simdjson::SUCCESS && code != simdjson::DEPTH_ERROR && code != simdjson::MEMALLOC) {
    // The error code for a long integer differs between simdjson versions, so any rewrite that changes
    // something gets a second attempt.
    const std::string rewritten = reading::with_long_integers_as_doubles(text);
    if (rewritten.size() != text.size()) code = attempt(rewritten);
  }
  if (code == simdjson::DEPTH_ERROR) {
    return malformed("nested more than " + std::to_string(reading::kMaxDepth) + " levels deep");
  }
  if (code == simdjson::MEMALLOC) {
    return make_error(ErrorKind::memory, "out_of_memory", "json",
                      "no memory to parse " + std::to_string(text.size()) + " bytes of JSON",
                      "free memory or raise the memory limit", std::string(file));
  }
  if (code != simdjson::SUCCESS) {
    return malformed(std::string(simdjson::error_message(code)) + where_malformed(text));
  }
  Document document;
  document.parsed_ = std::move(parsed);
  document.file_ = file;
  return document;
}

TTT_INLINE Result<Document> Document::read(const std::string& path, std::size_t limit) {
  TTT_TRY(const std::string text, read_file(path, limit));
  return parse(text, path);
}

TTT_INLINE Value Document::root() const {
  return parsed_ ? Value(&parsed_->tape, 1) : Value();  // tape[0] is the document's own mark
}

TTT_INLINE Type Value::type() const {
  if (document_ == nullptr) return Type::missing;
  using simdjson::internal::tape_type;
  switch (reading::at(document_, index_).tape_ref_type()) {
    case tape_type::START_ARRAY:
      return Type::array;
    case tape_type::START_OBJECT:
      return Type::object;
    case tape_type::STRING:
      return Type::string;
    case tape_type::INT64:
      return Type::integer;
    case tape_type::UINT64:  // above int64's range; it still has a double
    case tape_type::DOUBLE:
      return Type::number;
    case tape_type::TRUE_VALUE:
    case tape_type::FALSE_VALUE:
      return Type::boolean;
    default:
      return Type::null;
  }
}

TTT_INLINE std::optional<bool> Value::as_bool() const {
  if (!is(Type::boolean)) return std::nullopt;
  return reading::at(document_, index_).is_true();
}

TTT_INLINE std::optional<std::int64_t> Value::as_int() const {
  if (!is(Type::integer)) return std::nullopt;
  return reading::at(document_, index_).next_tape_value<std::int64_t>();
}

TTT_INLINE std::optional<double> Value::as_double() const {
  const Type t = type();
  if (t != Type::integer && t != Type::number) return std::nullopt;
  const auto ref = reading::at(document_, index_);
  double value = 0;
  if (ref.is_double()) {
    value = ref.next_tape_value<double>();
  } else if (ref.is_uint64()) {
    value = static_cast<double>(ref.next_tape_value<std::uint64_t>());
  } else {
    value = static_cast<double>(ref.next_tape_value<std::int64_t>());
  }
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

TTT_INLINE std::optional<std::string_view> Value::as_string() const {
  if (!is(Type::string)) return std::nullopt;
  return reading::at(document_, index_).get_string_view();
}

TTT_INLINE Value Value::operator[](std::string_view key) const {
  if (!is(Type::object)) return {};
  for (const auto& [name, value] : *this) {
    if (name == key) return value;
  }
  return {};
}

TTT_INLINE std::size_t Value::size() const {
  const Type t = type();
  if (t != Type::array && t != Type::object) return 0;
  const std::size_t count = reading::at(document_, index_).scope_count();
  if (count < 0xFFFFFF) return count;
  std::size_t walked = 0;  // the tape's 24-bit count is saturated
  for (auto it = begin(); !(it == end()); ++it) ++walked;
  return walked;
}

TTT_INLINE Value::Iterator Value::begin() const {
  Iterator it;
  const Type t = type();
  if (t != Type::array && t != Type::object) return it;
  it.document_ = document_;
  it.index_ = index_ + 1;
  it.object_ = t == Type::object;
  return it;
}

TTT_INLINE Value::Iterator Value::end() const {
  Iterator it = begin();
  if (it.document_ != nullptr)
    it.index_ = reading::at(document_, index_).after_element() - 1;  // the closing mark
  return it;
}

TTT_INLINE Value::Entry Value::Iterator::operator*() const {
  if (!object_) return {{}, Value(document_, index_)};
  return {reading::at(document_, index_).get_string_view(), Value(document_, index_ + 1)};
}

TTT_INLINE Value::Iterator& Value::Iterator::operator++() {
  index_ = reading::at(document_, index_ + (object_ ? 1 : 0)).after_element();
  return *this;
}

}  // namespace ttt::json
