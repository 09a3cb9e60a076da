#pragma once

#include <ttt/adaptor/describe.hpp>
#include <ttt/adaptor/spec_fields.hpp>
#include <ttt/adaptor/variants.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/types/declaration.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

TTT_INLINE Description describe(const ArchitectureSpec& spec, std::string_view name, bool compiled) {
  const OwnedModel model(spec);
  while (name.ends_with('/')) name.remove_suffix(1);
  const std::string_view last = name.substr(name.rfind('/') + 1);
  Description out;
  out.family = spec.model_type;
  out.declaration = declaration_of(model.view(), identifier_of(last));
  out.spec = to_json(spec);
  if (compiled) {
    out.variant = "compiled";
    out.reason = "a variant compiled ahead of time for these numbers was found";
  } else if (const Variant* exact = find_exact(model.view()); exact != nullptr) {
    out.variant = "exact";
    out.known_model = exact->name;
    out.reason = "every number equals " + out.known_model + "'s";
  } else {
    const NearestVariant near = find_nearest(model.view(), spec.model_type);
    out.variant = "dynamic";
    out.reason = "no known model has these numbers; the nearest, " + std::string(near.variant->name) +
                 ", differs in " + std::to_string(near.fields) +
                 (near.fields == 1 ? " field: " : " fields, first: ") + near.first;
  }
  return out;
}

}  // namespace ttt
