// Definitions of device_advice_text.hpp.
#pragma once

#include <ttt/checks/device_advice_text.hpp>
#include <ttt/checks/sentence.hpp>

namespace ttt {

namespace device_advising {

inline std::string filled(std::string_view text, const DeviceAdvice& a) {
  Sentence s;
  sentences::add_filled(s, text, a.numbers);
  return std::string(s.view());
}
inline std::string path_of(int module, const ModelView& model) {
  Sentence s;
  write_path(model, module, [&](auto piece) { s.add(piece); });
  return std::string(s.view());
}

}  // namespace device_advising

TTT_INLINE std::string place_of(const DeviceAdvice& a, const ModelView& model) {
  if (a.module < 0) return "model";
  const bool layer = model.module(a.module).kind == ModuleKind::transformer_layer;
  return device_advising::path_of(a.module, model) + std::string(layer ? name_of(a.op) : "");
}

TTT_INLINE std::string advice_text(const DeviceAdvice& a) {
  static constexpr std::string_view all[] = {
#define TTT_DEVICE_ADVICE(name, category, sentence, knobs) sentence,
#include <ttt/checks/device_advices.def>
#undef TTT_DEVICE_ADVICE
  };
  return device_advising::filled(all[static_cast<std::size_t>(a.name)], a);
}

TTT_INLINE std::string policy_of(const DeviceAdvice& a, const ModelView& model) {
  static constexpr std::string_view all[] = {
#define TTT_DEVICE_ADVICE(name, category, sentence, knobs) knobs,
#include <ttt/checks/device_advices.def>
#undef TTT_DEVICE_ADVICE
  };
  const std::string knobs = device_advising::filled(all[static_cast<std::size_t>(a.name)], a);
  if (knobs.empty() || a.module < 0 || knobs.starts_with("chunk")) return knobs;  // a chunk is the model's
  const int stride = static_cast<int>(model.runs[model.place_of(a.module).run].modules.size());
  const bool layer = model.module(a.module).kind == ModuleKind::transformer_layer;
  const std::string part(layer ? suffix_of(part_of(a.op)) : "");
  const std::string first = device_advising::path_of(a.module, model);
  if (a.repeat > 1 && stride == 1) {  // neighbours: layers.A-B
    const std::string last = device_advising::path_of(a.module + a.repeat - 1, model);
    return first + "-" + last.substr(last.rfind('.') + 1) + part + ":" + knobs;
  }
  std::string out;
  for (int i = 0; i < a.repeat; ++i)
    out += (i > 0 ? "," : "") + device_advising::path_of(a.module + i * stride, model) + part + ":" + knobs;
  return out;
}

}  // namespace ttt
