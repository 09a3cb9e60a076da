#pragma once

#include <array>

#include <ttt/adaptor/spec_fields.hpp>
#include <ttt/adaptor/variants.hpp>
#include <ttt/adaptor/variants/bert.hpp>
#include <ttt/adaptor/variants/gpt2.hpp>
#include <ttt/adaptor/variants/llama3.hpp>
#include <ttt/adaptor/variants/mistral.hpp>
#include <ttt/adaptor/variants/qwen2.hpp>
#include <ttt/adaptor/variants/qwen3.hpp>
#include <ttt/adaptor/variants/smollm2.hpp>
#include <ttt/adaptor/variants/stories.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace variants {

template <auto Model>
inline constexpr ModelView view = view_of<type_of<Model>>();

inline constexpr std::array all{
    Variant{"demo", "llama", 512, 0, 1, view<demo>},
    Variant{"stories260K", "llama", 512, 1, 2, view<stories260k>},
    Variant{"stories15M", "llama", 256, 1, 2, view<stories15m>},
    Variant{"SmolLM2-135M", "llama", 8192, 0, 0, view<smollm2_135m>},
    Variant{"SmolLM2-360M", "llama", 8192, 0, 0, view<smollm2_360m>},
    Variant{"SmolLM2-1.7B", "llama", 8192, 0, 0, view<smollm2_1_7b>},
    Variant{"TinyLlama-1.1B", "llama", 2048, 1, 2, view<tinyllama_1_1b>},
    Variant{"Llama-3.2-1B", "llama", 131072, 128000, 128001, view<llama_3_2_1b>},
    Variant{"Llama-3.2-3B", "llama", 131072, 128000, 128001, view<llama_3_2_3b>},
    Variant{"Llama-3.1-8B", "llama", 131072, 128000, 128001, view<llama_3_1_8b>},
    Variant{"Mistral-7B-v0.1", "mistral", 32768, 1, 2, view<mistral_7b_v0_1>},
    Variant{"Mistral-7B-v0.3", "mistral", 32768, 1, 2, view<mistral_7b_v0_3>},
    Variant{"Qwen2.5-0.5B", "qwen2", 32768, 151643, 151643, view<qwen2_5_0_5b>},
    Variant{"Qwen2.5-1.5B", "qwen2", 131072, 151643, 151643, view<qwen2_5_1_5b>},
    Variant{"Qwen2.5-7B", "qwen2", 131072, 151643, 151643, view<qwen2_5_7b>},
    Variant{"Qwen3-0.6B", "qwen3", 40960, 151643, 151645, view<qwen3_0_6b>},
    Variant{"Qwen3-1.7B", "qwen3", 40960, 151643, 151645, view<qwen3_1_7b>},
    Variant{"Qwen3-4B", "qwen3", 40960, 151643, 151645, view<qwen3_4b>},
    Variant{"Qwen3-8B", "qwen3", 40960, 151643, 151645, view<qwen3_8b>},
    Variant{"gpt2", "gpt2", 1024, 50256, 50256, view<gpt2>},
    Variant{"all-MiniLM-L6-v2", "bert", 512, -1, -1, view<all_minilm_l6_v2>},
    Variant{"bert-base-uncased", "bert", 512, -1, -1, view<bert_base_uncased>},
};

}  // namespace variants

TTT_INLINE std::span<const Variant> known_models() { return variants::all; }

TTT_INLINE const Variant* find_exact(const ModelView& model) {
  for (const Variant& v : variants::all)
    if (same_modules(model, v.view)) return &v;
  return nullptr;
}

TTT_INLINE NearestVariant find_nearest(const ModelView& model, std::string_view model_type) {
  NearestVariant best;
  for (const bool same_type : {true, false}) {
    for (const Variant& v : variants::all) {
      if (same_type && v.model_type != model_type) continue;
      SpecDifference d = difference(model, v.view);
      if (best.variant == nullptr || d.fields < best.fields) best = {&v, d.fields, std::move(d.first)};
    }
    if (best.variant != nullptr) break;
  }
  return best;
}

TTT_INLINE const Variant* find_variant(std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  for (const Variant& v : variants::all) {
    bool same = v.name.size() == name.size();
    for (std::size_t i = 0; same && i < name.size(); ++i) same = lower(v.name[i]) == lower(name[i]);
    if (same) return &v;
  }
  return nullptr;
}

}  // namespace ttt
