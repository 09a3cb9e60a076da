// What the names of tensors in a file of activations mean in one model.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/profile/recording.hpp>

namespace ttt::activations {

/// Where a tensor's rows belong in a plan.
struct Target {
  Recording::Kind kind = Recording::Kind::value;
  std::size_t op = 0;
  Role role = Role::x;
  int width = 0;
};

/// What names mean in one model.
class Names {
 public:
  explicit Names(const ModelState& state) : state_(state), modules_(modules_of(state)) {
    for (std::size_t i = 0; i < modules_.size(); ++i)
      if (modules_[i].layer >= 0) {
        if (layers_.empty() || modules_[layers_.back().second].layer != modules_[i].layer) layers_.emplace_back(i, i);
        layers_.back().second = i;
      }
  }
  [[nodiscard]] std::size_t layers() const { return layers_.size(); }
  /// The number at the end of a name of a layer that the model does not have.
  [[nodiscard]] std::optional<std::int64_t> beyond(std::string_view name) const {
    for (const std::string_view stem : {"hidden.", "hidden_states."})
      if (name.starts_with(stem))
        if (const auto i = number(name.substr(stem.size())); i && *i > static_cast<std::int64_t>(layers_.size())) return i;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Target> of(std::string_view name) const {
    if (name == "last_hidden_state" || name == "final" || name == "norm" || name == "model.norm") return normed();
    if (name == "logits" || name == "head" || name == "lm_head")
      return state_.output == Role::logits && !state_.encoder ? after(modules_.back()) : std::nullopt;
    if (name == "embedding" || name == "model.embed_tokens") return after(modules_.front());
    for (const std::string_view stem : {"hidden.", "hidden_states."})
      if (name.starts_with(stem)) {
        const auto i = number(name.substr(stem.size()));
        if (!i || *i < 0 || *i > static_cast<std::int64_t>(layers_.size())) return std::nullopt;
        const auto layer = static_cast<std::size_t>(*i);
        if (layer == layers_.size()) return stem == "hidden." ? after(modules_[layers_.back().second]) : normed();
        return layers_[layer].first > 0 ? after(modules_[layers_[layer].first - 1]) : std::nullopt;
      }
    if (name.starts_with("model.")) name.remove_prefix(6);
    if (!name.starts_with("layers.")) return std::nullopt;
    name.remove_prefix(7);
    const std::size_t dot = std::min(name.find('.'), name.size());
    const auto layer = number(name.substr(0, dot));
    if (!layer || *layer < 0 || *layer >= static_cast<std::int64_t>(layers_.size())) return std::nullopt;
    const auto [first, last] = layers_[static_cast<std::size_t>(*layer)];
    const std::string_view part = name.substr(std::min(dot + 1, name.size()));
    if (part.empty()) return after(modules_[last]);
    for (std::size_t m = first; m <= last; ++m)
      if (modules_[m].module == (part == "self_attn" ? "attention" : part)) {
        std::optional<Target> t = after(modules_[m]);
        if (modules_[m].adds) t->kind = Recording::Kind::contribution;
        return t;
      }
    return std::nullopt;
  }

 private:
  static std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
    return code == std::errc() && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
  }
  [[nodiscard]] std::optional<Target> after(const ModuleOps& m) const {
    return Target{Recording::Kind::value, m.last, state_.ops[m.last].out, m.width};
  }
  [[nodiscard]] std::optional<Target> normed() const {
    if (state_.encoder && !layers_.empty()) {  // a norm behind the last layer, or the layer's own
      const std::size_t last = layers_.back().second, next = std::min(last + 1, modules_.size() - 1);
      return after(modules_[state_.ops[modules_[next].first].kind == OpKind::norm ? next : last]);
    }
    for (const ModuleOps& m : modules_) {
      const PlanOp& op = state_.ops[m.first];
      if (op.kind == OpKind::norm && m.layer < 0) return after(m);
      if (op.norm_module >= 0) return Target{Recording::Kind::normed, m.first, Role::x, op.k};
    }
    return std::nullopt;
  }
  const ModelState& state_;
  std::vector<ModuleOps> modules_;
  std::vector<std::pair<std::size_t, std::size_t>> layers_;  // first and last module of each
};

}  // namespace ttt::activations
