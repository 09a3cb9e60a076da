// Definitions of weights.hpp: the model's tensors against the source's. Reading is in weight_loader.ipp.
#pragma once

#include <set>

#include <ttt/io/linkage.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/runtime/weights.hpp>

namespace ttt {

namespace weights_parts {

TTT_INLINE std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

TTT_INLINE std::vector<std::int64_t> file_shape(const TensorSpec& t) {
  if (is_matrix(t.role) || (t.role == TensorRole::own && t.rows > 1)) return {t.rows, t.columns};
  return {t.columns};
}

TTT_INLINE std::string nearest_text(std::string_view name, std::span<const std::string> names) {
  const std::string_view nearest = nearest_name(name, names);
  return nearest.empty() ? std::string("the source holds no similar name")
                         : "the nearest name there is \"" + std::string(nearest) + "\"";
}

}  // namespace weights_parts

TTT_INLINE DType stored_format(const TensorSource& source, std::span<const TensorSpec> tensors) {
  DType common = DType::automatic;
  for (const TensorSpec& t : tensors) {
    if (!is_matrix(t.role)) continue;
    const std::optional<TensorInfo> info = source.find(t.name);
    if (!info || info->dtype == DType::automatic) continue;
    if (common != DType::automatic && info->dtype != common) return DType::fp32;
    common = info->dtype;
  }
  return common == DType::automatic ? DType::bf16 : common;
}

TTT_INLINE Result<void> check_tensors(const TensorSource& source, const ModelView& model, const NameMap& names,
                                      std::span<const TensorSpec> tensors) {
  using namespace weights_parts;
  const std::vector<std::string> present = source.names();
  std::set<std::string_view> expected;
  for (const TensorSpec& t : tensors) expected.insert(t.name);
  std::vector<std::string> unexpected;
  for (const std::string& name : present)
    if (!expected.contains(name) && !is_ignorable(name) && !is_tied_copy(model, names, name) &&
        (names.training.empty() || !name.starts_with(names.training)))
      unexpected.push_back(name);

  for (const TensorSpec& t : tensors) {
    const std::optional<TensorInfo> info = source.find(t.name);
    if (!info)
      return make_error(ErrorKind::file, "tensor_missing", t.path,
                        "the tensor \"" + t.name + "\" is missing; " + nearest_text(t.name, unexpected),
                        "check that config.json and the weights are of the same model", source.where());
    if (info->dtype == DType::automatic)
      return make_error(ErrorKind::file, "tensor_dtype", t.path,
                        "the tensor \"" + t.name + "\" has the dtype " + info->dtype_name,
                        "convert it to F32, F16 or BF16", info->file);
    const std::vector<std::int64_t> shape = file_shape(t);
    if (info->shape != shape)
      return make_error(ErrorKind::file, "tensor_shape", t.path,
                        "the tensor \"" + t.name + "\" has the shape " + shape_text(info->shape) +
                            " but the model says " + shape_text(shape),
                        "check that config.json and the weights are of the same model", info->file);
  }
  if (!unexpected.empty()) {
    std::vector<std::string> wanted;
    for (const TensorSpec& t : tensors) wanted.push_back(t.name);
    return make_error(ErrorKind::file, "tensor_unknown", unexpected.front(),
                      std::to_string(unexpected.size()) + " tensors belong to no module of the model, the first is \"" +
                          unexpected.front() + "\"; " + nearest_text(unexpected.front(), wanted),
                      "check num_hidden_layers, biases and tying in config.json", source.where());
  }
  return {};
}

}  // namespace ttt
