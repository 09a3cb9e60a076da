// Many texts through a loaded model at once: what `model.generate_batch` and `model.scheduler` are made of.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/runtime/scheduler.hpp>

namespace ttt {

/// One of several texts to continue.
struct BatchRequest {
  BatchRequest(std::string_view text) : prompt(text) {}    // NOLINT: implicit, so that a list of texts is a list of requests
  BatchRequest(const char* text) : prompt(text) {}         // NOLINT
  BatchRequest(const std::string& text) : prompt(text) {}  // NOLINT
  BatchRequest(std::string text, GenerateOptions its) : prompt(std::move(text)), options(std::move(its)) {}
  BatchRequest(std::vector<std::int32_t> of_prompt, std::optional<GenerateOptions> its)
      : ids(std::move(of_prompt)), options(std::move(its)) {}

  std::string prompt;
  std::vector<std::int32_t> ids;           ///< in place of the text, where there are any
  std::optional<GenerateOptions> options;  ///< in place of those given for all
};

/// Requests from whatever holds texts.
class BatchRequests {
 public:
  BatchRequests(std::initializer_list<BatchRequest> list) : requests_(list) {}           // NOLINT: implicit by design
  BatchRequests(std::vector<BatchRequest> list) : requests_(std::move(list)) {}          // NOLINT
  BatchRequests(const std::vector<std::string>& texts) : requests_(texts.begin(), texts.end()) {}  // NOLINT
  [[nodiscard]] const std::vector<BatchRequest>& list() const { return requests_; }

 private:
  std::vector<BatchRequest> requests_;
};

/// What one request gave.
struct BatchText {
  std::string text;
  std::vector<std::int32_t> ids;  ///< the new ones
  GenerationStats stats;
  std::optional<Error> error;  ///< its own; the others' texts are there all the same
};

/// The run-time half of LoadedModel's members of the same names.
struct Batching {
  using Options = SchedulerOptions;
  using Requests = BatchRequests;
  /// Called with a request's index and each piece as it comes; false ends that text.
  using Piece = std::function<bool(std::size_t, std::string_view)>;

  [[nodiscard]] static Result<std::shared_ptr<Scheduler>> scheduler(const LoadedModel& model, SchedulerOptions options);
  [[nodiscard]] static std::vector<BatchText> generate(const LoadedModel& model, const BatchRequests& requests,
                                                       const GenerateOptions& options, const Piece& piece);
};

}  // namespace ttt
