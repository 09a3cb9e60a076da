// Definitions of verify_rows.hpp.
#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/explained_error.hpp>
#include <ttt/profile/op_path.hpp>
#include <ttt/profile/twins.hpp>
#include <ttt/profile/verify_judge.hpp>
#include <ttt/profile/verify_rows.hpp>

namespace ttt {

namespace verify_row {

/// Rounding may meet where it does most harm: the share of what formats explain that is still theirs.
inline constexpr double slack = 6;
/// What sums in another order differ by, in fp32.
inline constexpr double floor = 1e-4;

class Builder {
 public:
  explicit Builder(const VerifySource& source)
      : s_(source), inputs_(source.inputs != nullptr ? *source.inputs : source.reference), modules_(modules_of(source.state)) {}

  std::vector<VerifyRow> rows() {
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      const ModuleOps& m = modules_[i];
      if (!s_.only.empty() && s_.only[m.first] == 0) continue;
      if (i == 0 || modules_[i - 1].layer != m.layer || m.layer < 0) layer_begin_ = rows_.size();
      const float* const given = inputs_.before(s_.state, m.first);
      if (given != nullptr || i == 0 || (!s_.only.empty() && s_.only[modules_[i - 1].first] == 0)) {
        span_ = i;
        base_ = given;
      }
      normed(i, given);
      module(i);
      const bool layer_ends = m.layer >= 0 && (i + 1 == modules_.size() || modules_[i + 1].layer != m.layer);
      if (layer_ends) layer(m);
    }
    return std::move(rows_);
  }

 private:
  /// Rows that are compared: of a pooler one.
  [[nodiscard]] std::int64_t tokens() const { return pooled_ ? 1 : s_.reference.tokens(); }
  [[nodiscard]] Role out_of(const ModuleOps& m) const { return s_.state.ops[m.last].out; }

  /// Own error: of all tokens, and of those that came as a prompt and one by one.
  void own(VerifyRow& row, const float* value, const float* reference, int width, const float* base) const {
    row.own = deviation(value, reference, tokens(), width, base, base);
    const std::int64_t prompt = tokens() - s_.reference.decode, at = prompt * width;
    const auto shifted = [&](const float* p) { return p != nullptr ? p + at : nullptr; };
    if (prompt > 0) row.prompt = deviation(value, reference, prompt, width, base, base).rel;
    if (prompt < tokens())
      row.decode =
          deviation(value + at, reference + at, tokens() - prompt, width, shifted(base), shifted(base)).rel;
  }
  /// What rounding the stream itself is of a small difference of large numbers.
  [[nodiscard]] double of_stream(std::size_t last, const float* reference, int width, const float* base) const {
    if (base == nullptr) return 0;
    // An emulated device rounds it: half a unit of bfloat16, or of a block's largest.
    const DType rows = s_.state.engine != nullptr ? s_.state.config(s_.state.ops[last]).activations : DType::fp32;
    const double unit = rows == DType::fp32 ? 0x1p-25 : rows == DType::bf16 ? 0x1p-9 : 0x1p-7;
    const std::int64_t count = tokens() * width;
    const double added = norm_of(reference, count, base);
    return added > 0 ? std::max(s_.rounding, unit) * norm_of(reference, count) / added : 0;
  }
  [[nodiscard]] double allowed(std::size_t first, std::size_t last) const {
    return slack * explained_error(s_.state, first, last, s_.rounding > 1e-6 ? s_.rounding : 0) + floor;
  }
  /// A row's name, where it stands for all modules since the last one whose input is known.
  void name(VerifyRow& row, std::size_t i) const {
    const ModuleOps &m = modules_[i], &first = modules_[span_];
    row.path = m.path;
    row.layer = m.layer;
    row.module = m.module;
    if (span_ == i) return;
    const bool ends = m.layer >= 0 && (i + 1 == modules_.size() || modules_[i + 1].layer != m.layer);
    const bool begins = span_ == 0 || modules_[span_ - 1].layer != first.layer;
    if (ends) {
      row.path = "layers." + std::to_string(m.layer);
      row.level = VerifyRow::Level::layer;
      row.module = "layer";
    }
    if (!ends || !begins || first.layer != m.layer) row.from = first.path;
  }

  void module(std::size_t i) {
    const ModuleOps& m = modules_[i];
    const Role role = out_of(m);
    pooled_ = s_.state.pools && role == Role::logits;
    const float* const reference = s_.reference.find(m.last, role);
    const float* const added = s_.reference.find(m.last, role, Recording::Kind::contribution);
    const float* const value = s_.alone.find(m.last, role);
    const float* const in_whole = s_.whole != nullptr ? s_.whole->find(m.last, role) : nullptr;
    VerifyRow row;
    name(row, i);
    if (reference != nullptr && value != nullptr) {
      bool adds = base_ != nullptr;
      for (std::size_t k = span_; k <= i; ++k) adds = adds && modules_[k].adds;
      const float* const base = adds ? base_ : nullptr;
      own(row, value, reference, m.width, base);
      row.stream = of_stream(m.last, reference, m.width, base);
      row.allowed = allowed(modules_[span_].first, m.last) + 4 * row.stream;
    }
    if (in_whole != nullptr) {
      const float* const before = m.adds && span_ == i ? s_.whole->before(s_.state, m.first) : nullptr;
      if (reference != nullptr)
        row.total = deviation(in_whole, reference, tokens(), m.width, before, before != nullptr ? base_ : nullptr);
      else if (added != nullptr && m.adds)
        row.total = deviation(in_whole, added, tokens(), m.width, s_.whole->before(s_.state, m.first));
    }
    if (!row.own && !row.total) return;
    row.odd = is_odd(m);
    rows_.push_back(std::move(row));
    if (span_ == i) ops(m);
  }

  /// Whether most other layers run this module with another policy.
  [[nodiscard]] bool is_odd(const ModuleOps& m) const { return is_odd(m, m.first, m.last); }
  [[nodiscard]] bool is_odd(const ModuleOps& m, std::size_t op) const { return is_odd(m, op, op); }
  [[nodiscard]] bool is_odd(const ModuleOps& m, std::size_t first, std::size_t last) const {
    const std::span<const PlanOp> plan = s_.state.ops;
    const std::size_t count = last + 1 - first;
    std::size_t others = 0, alike = 0;
    for (const ModuleOps& other : modules_) {
      if (other.layer < 0 || other.layer == m.layer || other.module != m.module) continue;
      ++others;
      if (other.last - other.first != m.last - m.first) continue;
      alike += runs_alike(plan.subspan(other.first + first - m.first, count), plan.subspan(first, count)) ? 1 : 0;
    }
    return m.layer >= 0 && 2 * alike < others;
  }

  /// What ops inside a module made of its given input.
  void ops(const ModuleOps& m) {
    for (std::size_t o = m.first; o < m.last; ++o) {
      VerifyRow row;
      row.level = VerifyRow::Level::op;
      row.path = s_.state.path(s_.state.ops[o]);
      row.layer = m.layer;
      row.module = m.module;
      row.odd = is_odd(m, o);
      for (const Recording::Entry& e : s_.alone.entries()) {
        const float* const reference = e.op == o ? s_.reference.find(o, e.role) : nullptr;
        if (reference == nullptr) continue;
        VerifyRow one = row;
        own(one, e.rows.as<float>(), reference, e.width, nullptr);
        if (!row.own || judged_error(one) > judged_error(row)) row = std::move(one);
      }
      if (row.own) rows_.push_back(std::move(row));
    }
  }

  /// The stream behind a layer whose modules have rows of their own.
  void layer(const ModuleOps& last) {
    const float* const reference = s_.reference.find(last.last, out_of(last));
    if (s_.whole == nullptr || reference == nullptr || layer_begin_ == rows_.size() ||
        rows_.back().level == VerifyRow::Level::layer)
      return;
    VerifyRow row;
    row.level = VerifyRow::Level::layer;
    row.path = "layers." + std::to_string(last.layer);
    row.layer = last.layer;
    row.module = "layer";
    if (rows_[layer_begin_].path == row.path) return;  // a layer of one module
    row.total = deviation(s_.whole->find(last.last, out_of(last)), reference, tokens(), last.width);
    rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(layer_begin_), std::move(row));
  }

  /// The final norm, which the head takes in: where the reference holds its result, it is computed once more.
  void normed(std::size_t i, const float* given) {
    const ModuleOps& head = modules_[i];
    const PlanOp& op = s_.state.ops[head.first];
    const float* const reference = s_.reference.find(head.first, Role::x, Recording::Kind::normed);
    if (op.norm_module < 0 || reference == nullptr || i == 0) return;
    const NormSpec& spec = s_.state.model.view().module(op.norm_module).norm;
    const NormWeights& w = s_.state.weights.modules[static_cast<std::size_t>(op.norm_module)].attention_norm;
    const auto applied = [&](const float* rows) {
      std::vector<float> out(static_cast<std::size_t>(tokens() * op.k));
      s_.state.kernels->norm({rows, out.data(), static_cast<int>(tokens()), op.k,
                              {spec.layer ? kernels::NormKind::layer : kernels::NormKind::rms,
                               static_cast<float>(spec.eps.v), w.weight, w.bias}},
                             {0, 1});
      return out;
    };
    VerifyRow row;
    row.path = s_.state.path(op.norm_module);
    row.module = "norm";
    const float* const stream = given != nullptr ? given : s_.alone.before(s_.state, head.first);
    if (stream == nullptr) return;
    const std::vector<float> value = applied(stream);
    own(row, value.data(), reference, op.k, nullptr);
    if (given == nullptr && span_ < i) row.from = modules_[span_].path;
    row.allowed = given != nullptr ? floor + 4 * s_.rounding
                                   : allowed(modules_[span_].first, modules_[i - 1].last);
    if (s_.whole != nullptr)
      row.total = deviation(applied(s_.whole->before(s_.state, head.first)).data(), reference, tokens(), op.k);
    rows_.push_back(std::move(row));
  }

  const VerifySource& s_;
  const Recording& inputs_;
  std::vector<ModuleOps> modules_;
  std::vector<VerifyRow> rows_;
  std::size_t span_ = 0, layer_begin_ = 0;
  const float* base_ = nullptr;
  bool pooled_ = false;
};

}  // namespace verify_row

TTT_INLINE std::vector<VerifyRow> verify_rows(const VerifySource& source) { return verify_row::Builder(source).rows(); }

TTT_INLINE std::vector<FusedValue> fused_values(const ModelState& state) {
  std::vector<FusedValue> out;
  const auto put = [&](std::string value, std::string op) {
    for (const FusedValue& f : out)
      if (f.value == value && f.op == op) return;
    out.push_back({std::move(value), std::move(op)});
  };
  for (const PlanOp& op : state.ops) {
    std::string path = state.path(op);
    if (const int layer = rowing::layer_in(path); layer >= 0) path.replace(7, std::to_string(layer).size(), "*");
    if (op.norm_module >= 0) put(state.path(op.norm_module), path);
    else if (op.norm) put("the normed input", path);
    switch (op.kind) {
      case OpKind::qkv: put("queries and keys before their norms and rotary positions", path); break;
      case OpKind::attention: put("scores and probabilities", path); break;
      case OpKind::gated: put("gate and up, apart and before the activation", path); break;
      case OpKind::activated: put("the hidden layer before the activation", path); break;
      case OpKind::projection: put("the product before it is added to the residual stream (compared as the difference)", path); break;
      case OpKind::embed:
      case OpKind::rotary:
      case OpKind::linear:
      case OpKind::norm:
      case OpKind::own: break;
    }
  }
  return out;
}

}  // namespace ttt
