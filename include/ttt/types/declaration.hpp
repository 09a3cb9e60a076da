// A model printed as the C++ that declares it, to paste into a program.
#pragma once

#include <string>
#include <string_view>

#include <ttt/types/view.hpp>

namespace ttt {

/// `constexpr auto NAME =` and the expression, ending in `;` and a newline: valid C++ after `#include
/// <ttt/model.hpp>` and `using namespace ttt;`, and `spec_of` what it declares equals the model it was
/// printed from. Options that only repeat a default are left out, the rope's excepted. An own module or
/// activation is printed as `Type{}`. Requires: numbers that a model type can hold (numbers a rope or norm
/// does not use at their defaults).
[[nodiscard]] std::string declaration_of(const ModelView& model, std::string_view name);

/// The expression of one module: `RmsNorm<48, Eps<1e-06>>`.
[[nodiscard]] std::string expression_of(const ModuleSpec& module);

/// A C++ identifier made of a model's name: `Llama-3.2-1B` gives `llama_3_2_1b`, `7b` gives `model_7b`.
[[nodiscard]] std::string identifier_of(std::string_view name);

/// A real number as C++ reads it back exactly: `500'000`, `1e-05`, `0.25`.
[[nodiscard]] std::string literal_of(double value);

}  // namespace ttt
