// The list of supported families. A new one is a small file beside the others and a line in it.
#pragma once

#include <span>

#include <ttt/adaptor/decoder.hpp>
#include <ttt/runtime/names.hpp>

namespace ttt {

/// A family as values.
struct Family {
  std::string_view model_type;               ///< config.json's
  std::string_view architecture;             ///< transformers' class
  std::span<const std::string_view> fields;  ///< what it reads beside the fields all decoders share
  const NameMap* names;
  ArchitectureSpec (*expression)(const ConfigReader&);
};

[[nodiscard]] std::span<const Family> known_families();
/// The family of that model_type, or null.
[[nodiscard]] const Family* find_family(std::string_view model_type);
/// The supported model_type that was probably meant, or "" when none is near (see nearest_name).
[[nodiscard]] std::string_view nearest_family(std::string_view model_type);
/// `llama, mistral, ..., gpt2, bert`
[[nodiscard]] std::string family_list();
/// The checkpoint's names for that family; Llama's for one that is not known.
[[nodiscard]] const NameMap& names_of(std::string_view model_type);

}  // namespace ttt
