#pragma once

#include <array>

#include <boost/mp11/list.hpp>

#include <ttt/adaptor/families.hpp>
#include <ttt/adaptor/families/bert.hpp>
#include <ttt/adaptor/families/gpt2.hpp>
#include <ttt/adaptor/families/llama.hpp>
#include <ttt/adaptor/families/mistral.hpp>
#include <ttt/adaptor/families/qwen2.hpp>
#include <ttt/adaptor/families/qwen3.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/nearest.hpp>

namespace ttt {

namespace families {

using All = boost::mp11::mp_list<Llama, Mistral, Qwen2, Qwen3, Gpt2, Bert>;

template <class F>
inline constexpr Family as_value{F::model_type, F::architecture, F::fields, &F::names, &F::expression};

template <class List>
struct table;
template <class... F>
struct table<boost::mp11::mp_list<F...>> {
  static constexpr std::array<Family, sizeof...(F)> value{as_value<F>...};
};

}  // namespace families

TTT_INLINE std::span<const Family> known_families() { return families::table<families::All>::value; }

TTT_INLINE const Family* find_family(std::string_view model_type) {
  for (const Family& f : families::table<families::All>::value)
    if (f.model_type == model_type) return &f;
  return nullptr;
}

TTT_INLINE std::string_view nearest_family(std::string_view model_type) {
  std::vector<std::string_view> names;
  for (const Family& f : known_families()) names.push_back(f.model_type);
  return nearest_name(model_type, names);
}

TTT_INLINE std::string family_list() {
  std::string out;
  for (const Family& f : families::table<families::All>::value)
    out += (out.empty() ? "" : ", ") + std::string(f.model_type);
  return out;
}

TTT_INLINE const NameMap& names_of(std::string_view model_type) {
  const Family* family = find_family(model_type);
  return family != nullptr ? *family->names : families::Llama::names;
}

}  // namespace ttt
