// What a user may name as MODEL, and where it lies.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/result.hpp>

namespace ttt {

/// The folder of a model: `demo` (TTT_DEMO, else `demo` beside the executable, else ../share/ttt/demo from
/// it), a folder, or a hub id `org/name` in the HuggingFace cache (HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE,
/// HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub); nothing is downloaded.
/// Errors, kind file: demo_not_found, model_not_cached (with the download command), model_not_found.
[[nodiscard]] Result<std::string> find_model(std::string_view name);

/// Whether it reads as `org/name`: two names of letters, digits, `-`, `_` and `.`.
[[nodiscard]] bool is_hub_id(std::string_view name);

}  // namespace ttt
