#pragma once

#include <algorithm>
#include <map>

#include <ttt/io/checkpoint.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace checkpoint {

/// A name that stays in its folder, whatever folder that is.
inline bool is_shard_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return name.size() <= 255 && name.ends_with(".safetensors") && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), plain);
}

}  // namespace checkpoint

TTT_INLINE Result<void> Checkpoint::open_index(const std::string& index) {
  const auto wrong = [&](std::string issue) {
    return make_error(ErrorKind::file, "checkpoint_index", "weight_map", std::move(issue),
                      "download the index and all shards again, from one revision", index);
  };
  TTT_TRY(const json::Document document, json::Document::read(index, kMaxIndexBytes));
  const json::Value map = document.root()["weight_map"];
  if (!map.is(json::Type::object)) return wrong("it is missing or not an object");
  if (map.size() == 0) return wrong("it is empty");
  if (map.size() > SafetensorsFile::kMaxTensors) {
    return wrong("it lists " + std::to_string(map.size()) + " tensors, more than " +
                 std::to_string(SafetensorsFile::kMaxTensors));
  }
  std::map<std::string, std::uint32_t, std::less<>> shards;
  tensors_.reserve(map.size());
  for (const auto& [name, value] : map) {
    const auto shard = value.as_string();
    if (!shard) return wrong("the shard of tensor " + in_quotes(name) + " is not a string");
    if (!checkpoint::is_shard_name(*shard)) {
      return wrong("shard name " + in_quotes(*shard) +
                   " is refused: it must be made of letters, digits, '.', '_' and '-', end in .safetensors "
                   "and hold no '..'");
    }
    auto known = shards.find(*shard);
    if (known == shards.end()) {
      if (shards.size() >= kMaxShards)
        return wrong("it names more than " + std::to_string(kMaxShards) + " shards");
      TTT_TRY(SafetensorsFile file, SafetensorsFile::open(path_in(path_, *shard)));
      known = shards.emplace(*shard, static_cast<std::uint32_t>(files_.size())).first;
      files_.push_back(std::move(file));
    }
    const SafetensorsFile& file = files_[known->second];
    const TensorEntry* tensor = file.find(name);
    if (tensor == nullptr) return wrong("tensor " + in_quotes(name) + " is not in its shard " + known->first);
    tensors_.push_back({known->second, static_cast<std::uint32_t>(tensor - file.tensors().data())});
  }
  return {};
}

TTT_INLINE Result<Checkpoint> Checkpoint::open(const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.path_ = path;
  std::string single = path_in(path, "model.safetensors");
  const std::string index = path_in(path, "model.safetensors.index.json");
  if (!is_folder(path)) single = path;  // a file; SafetensorsFile says what is wrong with anything else
  if (single == path || is_regular_file(single)) {
    TTT_TRY(SafetensorsFile file, SafetensorsFile::open(single));
    for (std::uint32_t i = 0; i < file.tensors().size(); ++i) checkpoint.tensors_.push_back({0, i});
    checkpoint.files_.push_back(std::move(file));
  } else if (is_regular_file(index)) {
    TTT_CHECK(checkpoint.open_index(index));
  } else {
    return make_error(ErrorKind::file, "checkpoint_missing", "checkpoint",
                      "the folder holds neither model.safetensors nor model.safetensors.index.json",
                      "download the model's .safetensors files, or convert its weights to safetensors", path);
  }
  auto& tensors = checkpoint.tensors_;
  const auto name = [&](Place p) -> const std::string& { return checkpoint.entry(p)->name; };
  std::sort(tensors.begin(), tensors.end(), [&](Place a, Place b) { return name(a) < name(b); });
  const auto twice = std::adjacent_find(tensors.begin(), tensors.end(),
                                        [&](Place a, Place b) { return name(a) == name(b); });
  if (twice != tensors.end()) {
    return make_error(ErrorKind::file, "checkpoint_index", "weight_map",
                      "tensor " + in_quotes(name(*twice)) + " is listed twice",
                      "download the index and all shards again, from one revision", index);
  }
  return checkpoint;
}

TTT_INLINE Checkpoint::Tensor Checkpoint::find(std::string_view name) const {
  const auto it = std::lower_bound(tensors_.begin(), tensors_.end(), name,
                                   [&](Place p, std::string_view n) { return entry(p)->name < n; });
  if (it == tensors_.end() || entry(*it)->name != name) return {};
  return {&files_[it->file], entry(*it)};
}

TTT_INLINE std::uint64_t Checkpoint::bytes() const {
  std::uint64_t sum = 0;
  for (const Place p : tensors_) sum += entry(p)->bytes();
  return sum;
}

}  // namespace ttt
