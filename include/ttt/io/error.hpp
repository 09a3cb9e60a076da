// What went wrong, said once and the same everywhere: in a compile error, in a thrown exception, on a terminal
// and in JSON.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace ttt {

/// The class of a failure; it decides which exception type `throw_error` raises.
enum class ErrorKind {
  hardware,   ///< the device cannot do this: no kernel, does not fit, ISA missing
  sharding,   ///< a tensor cannot be laid out over the mesh as asked
  file,       ///< a file is missing, damaged or disagrees with the model
  config,     ///< a model description (config.json, ArchitectureSpec) is wrong or unknown
  tokenizer,  ///< tokenizer.json or chat template
  request,    ///< a value given by the caller is out of range
  memory,     ///< an allocation failed or a limit would be passed
  internal    ///< a fault of ttt itself
};

[[nodiscard]] constexpr std::string_view name_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::hardware: return "HardwareError";
    case ErrorKind::sharding: return "ShardingError";
    case ErrorKind::file: return "FileError";
    case ErrorKind::config: return "ConfigError";
    case ErrorKind::tokenizer: return "TokenizerError";
    case ErrorKind::request: return "RequestError";
    case ErrorKind::memory: return "MemoryError";
    case ErrorKind::internal: break;
  }
  return "InternalError";
}

/// One failure. `module` says where (a path such as `layers.15.attention`, a field, a flag), `issue` what is wrong
/// with its numbers, `suggestion` what to try, `link` the entry in docs/errors.md, `file` the file at fault or "".
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string module;
  std::string issue;
  std::string suggestion;
  std::string link;
  std::string file;

  /// The four lines the command prints on stderr (five when a file is at fault).
  [[nodiscard]] std::string text() const {
    std::string out = "module: " + module;
    if (!file.empty()) out += "\nfile: " + file;
    out += "\nissue: " + issue + "\nsuggestion: " + suggestion + "\nsee: " + link;
    return out;
  }
};

/// Builds an Error whose link is `docs/errors.md#NAME`; every NAME used has an entry there (a test holds that).
[[nodiscard]] inline Error make_error(ErrorKind kind, std::string_view name, std::string module, std::string issue,
                                      std::string suggestion, std::string file = {}) {
  return {kind,
          std::move(module),
          std::move(issue),
          std::move(suggestion),
          "docs/errors.md#" + std::string(name),
          std::move(file)};
}

/// Base of everything ttt throws; `error()` is the whole story, `what()` its text.
class Exception : public std::exception {
 public:
  explicit Exception(Error error) : error_(std::move(error)), text_(error_.text()) {}
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
  std::string text_;
};

struct HardwareError : Exception { using Exception::Exception; };
struct ShardingError : Exception { using Exception::Exception; };
struct FileError : Exception { using Exception::Exception; };
struct ConfigError : Exception { using Exception::Exception; };
struct TokenizerError : Exception { using Exception::Exception; };
struct RequestError : Exception { using Exception::Exception; };
struct MemoryError : Exception { using Exception::Exception; };
struct InternalError : Exception { using Exception::Exception; };

/// Throws the exception type of `error.kind`. Without exceptions the program terminates: reading the value of a
/// failed Result unasked is a fault of the program, and there is no other way to refuse it.
[[noreturn]] inline void throw_error([[maybe_unused]] const Error& error) {
#if defined(__cpp_exceptions)
  switch (error.kind) {
    case ErrorKind::hardware: throw HardwareError(error);
    case ErrorKind::sharding: throw ShardingError(error);
    case ErrorKind::file: throw FileError(error);
    case ErrorKind::config: throw ConfigError(error);
    case ErrorKind::tokenizer: throw TokenizerError(error);
    case ErrorKind::request: throw RequestError(error);
    case ErrorKind::memory: throw MemoryError(error);
    case ErrorKind::internal: throw InternalError(error);
  }
  throw InternalError(error);
#else
  std::terminate();
#endif
}

}  // namespace ttt
