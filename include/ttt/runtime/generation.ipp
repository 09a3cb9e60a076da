// Definitions of generation.hpp.
#pragma once

#include <algorithm>
#include <chrono>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/course.hpp>
#include <ttt/runtime/runner.hpp>

namespace ttt {

namespace generation_parts {
TTT_INLINE double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
}  // namespace generation_parts

/// Where a generation stands.
class Generation::Stand {
 public:
  explicit Stand(Course c) : course(std::move(c)) {}
  [[nodiscard]] std::optional<std::int32_t> next_id();
  [[nodiscard]] std::optional<std::string_view> next();

  Course course;
  std::shared_ptr<Runner> runner;
  std::optional<Session> session;
  bool over = false;  // no piece is left

 private:
  [[nodiscard]] bool step();
  [[nodiscard]] std::optional<std::int32_t> choose();
};

TTT_INLINE Generation::Generation(std::unique_ptr<Stand> stand) : stand_(std::move(stand)) {}
TTT_INLINE Generation::Generation(Generation&&) noexcept = default;
TTT_INLINE Generation& Generation::operator=(Generation&&) noexcept = default;
TTT_INLINE Generation::~Generation() = default;
TTT_INLINE const Error* Generation::error() const { return stand_->course.error(); }
TTT_INLINE const GenerationStats& Generation::stats() const { return stand_->course.stats; }
TTT_INLINE std::span<const std::int32_t> Generation::new_ids() const { return stand_->course.new_ids(); }
TTT_INLINE std::optional<std::int32_t> Generation::next_id() { return stand_->next_id(); }
TTT_INLINE std::optional<std::string_view> Generation::next() { return stand_->next(); }

TTT_INLINE Result<Generation> Generation::create(std::shared_ptr<Runner> runner, std::optional<Tokenizer> tokenizer,
                                                 std::vector<std::int32_t> prompt, GenerateOptions options) {
  const std::shared_ptr<const ModelState> state = runner->shared_state();
  TTT_TRY(Course course, Course::create(*state, std::move(tokenizer), std::move(prompt), std::move(options)));
  TTT_TRY(Session session, Session::create(state));
  TTT_CHECK(course.start(*state));
  auto stand = std::make_unique<Stand>(std::move(course));
  stand->session.emplace(std::move(session));
  stand->runner = std::move(runner);
  return Generation(std::move(stand));
}

TTT_INLINE Generation Generation::failed(Error error) {
  auto stand = std::make_unique<Stand>(Course::failed(std::move(error)));
  stand->over = true;
  return Generation(std::move(stand));
}

/// From where the session stands to the end of the ids: the whole prompt at first, one token afterwards. False when it
/// failed or was cancelled on the way.
TTT_INLINE bool Generation::Stand::step() {
  const int chunk = runner->state_for(*session).arena.rows;
  const std::span<const std::int32_t> ids = course.ids();
  while (session->length() < static_cast<int>(ids.size())) {
    const int begin = session->length();
    const int count = std::min(chunk, static_cast<int>(ids.size()) - begin);
    const bool last = begin + count == static_cast<int>(ids.size());
    const BatchItem item{.session = &*session,
                         .tokens = ids.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)),
                         .logits = last ? BatchItem::Logits::last : BatchItem::Logits::none,
                         .sequence_length = static_cast<int>(ids.size())};
    if (auto stepped = runner->step({&item, 1}); !stepped) {
      course.fail(stepped.error());
      return false;
    }
    if (!last && course.cancelled()) {
      course.end(GenerationEnd::cancelled);
      return false;
    }
  }
  return true;
}

TTT_INLINE std::optional<std::int32_t> Generation::Stand::choose() {
  const std::lock_guard turn(runner->turn());
  if (!step()) return std::nullopt;
  return course.choose({runner->output(), static_cast<std::size_t>(session->state().output_width)});
}

TTT_INLINE std::optional<std::int32_t> Generation::Stand::next_id() {
  if (!course.running() || !course.goes_on(session->state().longest())) return std::nullopt;
  const auto start = std::chrono::steady_clock::now();
  const bool first = course.stats.new_tokens == 0;
  const std::optional<std::int32_t> id = choose();
  (first ? course.stats.prompt_s : course.stats.decode_s) += generation_parts::seconds_since(start);
  return id;
}

TTT_INLINE std::optional<std::string_view> Generation::Stand::next() {
  while (!over) {
    const std::optional<std::int32_t> id = next_id();
    const std::string_view piece = id ? course.text_of(*id) : course.rest();
    over = !id || !course.running();
    if (!piece.empty()) return piece;
  }
  return std::nullopt;
}

}  // namespace ttt
