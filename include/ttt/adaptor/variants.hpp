// Known models: published dimensions as types, found by their spec.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/types/view.hpp>

namespace ttt {

/// A published model. Its expression is `ttt::variants::llama_3_2_1b` and so on (`adaptor/variants/`).
struct Variant {
  std::string_view name;        ///< as published: `Llama-3.2-1B`
  std::string_view model_type;  ///< `llama`
  int max_position;
  int bos, eos;  ///< of the base model; -1: none
  ModelView view;
};

[[nodiscard]] std::span<const Variant> known_models();

/// The known model with the same modules in the same order, or null. Nothing but the numbers counts: neither
/// names nor the vocabulary's content, nor the length.
[[nodiscard]] const Variant* find_exact(const ModelView& model);

/// The known model that differs in the fewest fields, of the same model_type if there is one of it.
struct NearestVariant {
  const Variant* variant = nullptr;
  int fields = 0;     ///< how many differ
  std::string first;  ///< the first of them in words: the model's value, not the variant's
};
[[nodiscard]] NearestVariant find_nearest(const ModelView& model, std::string_view model_type);

/// By name, without regard to case: `llama-3.2-1b`.
[[nodiscard]] const Variant* find_variant(std::string_view name);

}  // namespace ttt
