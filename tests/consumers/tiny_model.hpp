// The model that the consumers share; what is included before decides how much of ttt they see.
#pragma once

constexpr auto tiny = ttt::Embedding<64, 16>
    >> ttt::Repeat<3, ttt::TransformerLayer<16, ttt::Attention<4, 2, 8>, ttt::SwiGlu<24>>>
    >> ttt::RmsNorm<16>
    >> ttt::Linear<16, 64>;

/// A model reaches templates as a value: `decltype(tiny)` spelled out is what nvcc's front end cannot print.
template <auto Model>
constexpr int modules_of() {
  return ttt::view_of<ttt::type_of<Model>>().module_count();
}
static_assert(modules_of<tiny>() == 6);
