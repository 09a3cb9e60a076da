// Session: one sequence's keys and values, and where it stands.
#pragma once

#include <memory>
#include <vector>

#include <ttt/runtime/state.hpp>

namespace ttt {

class Program;

/// Holds the KV cache of one sequence over one state; goes over to the model's next state as Runner says. Not for two threads at once; any number of sessions may run
/// side by side.
class Session {
 public:
  /// Errors: out_of_memory.
  [[nodiscard]] static Result<Session> create(std::shared_ptr<const ModelState> state);

  Session(Session&&) noexcept = default;
  Session& operator=(Session&&) noexcept = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() = default;

  [[nodiscard]] const ModelState& state() const { return *state_; }
  [[nodiscard]] const std::shared_ptr<const ModelState>& shared_state() const { return state_; }
  /// Tokens held.
  [[nodiscard]] int length() const { return length_; }
  /// Tokens there is still room for.
  [[nodiscard]] int room() const { return state_->longest() - length_; }
  /// Forgets everything; keeps the memory, but gives pages back.
  void reset();
  /// Forgets all but the first `length` tokens. Requires: 0 <= length <= length().
  void truncate(int length);
  /// Another session that holds the same tokens. Errors: out_of_memory, kv_pages_exhausted.
  [[nodiscard]] Result<Session> copy() const;

 private:
  friend class Program;
  friend class Runner;
  Session() = default;
  /// Goes over to another state of the same model; the caches are made anew where their form differs.
  /// Requires: it is empty, or the caches are the same. Errors: out_of_memory (nothing has changed).
  [[nodiscard]] Result<void> adopt(const std::shared_ptr<const ModelState>& state);
  /// Caches as the state wants them. Errors: out_of_memory.
  [[nodiscard]] Result<void> make_caches(const ModelState& state);
  /// Takes the pages for so many tokens in all; those of a refused step are given back by `truncate(length())`.
  /// Errors: kv_pages_exhausted (nothing has changed).
  [[nodiscard]] Result<void> take_pages(int length);
  /// Rotary frequencies for a sequence of this length (dynamic ones change with it).
  void set_rotary(int sequence_length);

  std::shared_ptr<const ModelState> state_;
  std::shared_ptr<Program> program_;  // the one it last ran with; of `state_`
  Buffer kv_;                      // of contiguous caches
  std::vector<HeldPages> pages_;   // by pool
  std::vector<kernels::KvView> caches_;  // by attention module, in order
  std::vector<std::vector<float>> inv_freq_;  // by rotary embedding
  std::array<float, rope_limit> rope_scale_{};
  int rotary_length_ = 0;
  int length_ = 0;
};

}  // namespace ttt
