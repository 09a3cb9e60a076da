// How far a long read or write has come.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace ttt {

/// Called with bytes done and bytes in all, often enough for a progress bar; may be empty. Holds any callable, as
/// std::function does, whose header would double what this one costs to compile.
class Progress {
 public:
  Progress() = default;
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, Progress> && std::invocable<F&, std::uint64_t, std::uint64_t>)
  Progress(F f)  // NOLINT: implicit by design
      : callable_(std::make_shared<F>(std::move(f))), call_([](void* callable, std::uint64_t done, std::uint64_t total) {
          (*static_cast<F*>(callable))(done, total);
        }) {}

  [[nodiscard]] explicit operator bool() const { return call_ != nullptr; }
  /// Requires: not empty.
  void operator()(std::uint64_t done, std::uint64_t total) const { call_(callable_.get(), done, total); }

 private:
  std::shared_ptr<void> callable_;
  void (*call_)(void*, std::uint64_t, std::uint64_t) = nullptr;
};

}  // namespace ttt
