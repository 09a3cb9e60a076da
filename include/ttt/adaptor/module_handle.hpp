// Handles to the modules of a loaded model: `model.layers[15].attention.apply_hw_config(...)`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <ttt/io/result.hpp>
#include <ttt/policy/hardware_config.hpp>
#include <ttt/runtime/applied.hpp>
#include <ttt/runtime/own_formats.hpp>
#include <ttt/runtime/own_kernels.hpp>

namespace ttt {

class TunedModel;
struct VerifyOptions;
struct VerifyReport;

/// A module of a loaded model by its path. Cheap to copy; keeps the model alive. A handle to a module that is not there
/// says so when it is used.
class ModuleHandle {
 public:
  ModuleHandle(std::shared_ptr<TunedModel> model, std::string path) : model_(std::move(model)), path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Turns the knobs that `config` names; the others stay as they are. Only weights whose format changes are packed
  /// anew. Refused, with the sentence the compiler has for it, it leaves the model as it was.
  /// Errors: layer_is_not_there, path_names_nothing, does_not_fit, and those of loading.
  [[nodiscard]] Result<Applied> apply_hw_config(const HardwareConfig& config) const;
  /// The same for `Policy<HiFi4, Kv<DType::fp32>>`.
  template <class P>
    requires requires { typename P::is_policy; }
  [[nodiscard]] Result<Applied> apply_hw_config(const P&) const {
    TTT_CHECK(keep_kernels_of<P>());
    TTT_CHECK(keep_formats_of<P>());
    return apply_hw_config(P::config);
  }
  /// Runs the module alone on what it was given in the model's last `verify`, and says how far it is from the reference,
  /// op by op; without a recording there, the reference is run and recorded first. Complete with <ttt/verify.hpp>.
  /// Errors: path_names_nothing, verify_impossible, those of LoadedModel::verify.
  [[nodiscard]] Result<VerifyReport> verify() const;
  [[nodiscard]] Result<VerifyReport> verify(const VerifyOptions& options) const;
  /// What the module runs with; of several, the first. Errors: layer_is_not_there, path_names_nothing.
  [[nodiscard]] Result<HardwareConfig> hw_config() const;

 private:
  std::shared_ptr<TunedModel> model_;
  std::string path_;
};

/// A layer and its two parts. What is said of a part counts more than what is said of its layer.
class LayerHandle : public ModuleHandle {
 public:
  LayerHandle(const std::shared_ptr<TunedModel>& model, const std::string& path)
      : ModuleHandle(model, path), attention(model, path + ".attention"), mlp(model, path + ".mlp") {}
  ModuleHandle attention;
  ModuleHandle mlp;
};

/// `model.layers`: numbered as in paths.
class LayerHandles {
 public:
  LayerHandles() = default;
  explicit LayerHandles(std::shared_ptr<TunedModel> model) : model_(std::move(model)) {}
  [[nodiscard]] int size() const;
  /// A number that is no layer's gives a handle that refuses.
  [[nodiscard]] LayerHandle operator[](std::int64_t number) const { return {model_, "layers." + std::to_string(number)}; }

 private:
  std::shared_ptr<TunedModel> model_;
};

}  // namespace ttt
