// A checkpoint: the safetensors file, or the indexed shards, of one model folder, seen as one set of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/io/safetensors.hpp>

namespace ttt {

/// All tensors of a model folder by name. Copies share the open files; reads are safe from any thread.
///
/// `model.safetensors` if it is there, else `model.safetensors.index.json`. In an index, shard names must
/// match
/// `[A-Za-z0-9._-]+` and end in ".safetensors", and every tensor of its map must be in the shard it names;
/// tensors of a shard that the map leaves out are left out here. A shard that is a symbolic link to a regular
/// file is followed, since HuggingFace's cache is made of such links (snapshots/REV/NAME → ../../blobs/HASH):
/// the link was put there by whoever made the folder, not by the index, which can name nothing outside it.
class Checkpoint {
 public:
  static constexpr std::size_t kMaxShards = 4096;
  static constexpr std::size_t kMaxIndexBytes = std::size_t{64} << 20;

  /// One tensor and the file that holds it. Valid as long as any copy of the Checkpoint.
  struct Tensor {
    const SafetensorsFile* file = nullptr;
    const TensorEntry* entry = nullptr;
    explicit operator bool() const { return entry != nullptr; }
  };

  /// `path`: a folder, or one .safetensors file. Errors: checkpoint_missing, checkpoint_index, those of
  /// SafetensorsFile.
  [[nodiscard]] static Result<Checkpoint> open(const std::string& path);

  /// The folder or file it was opened from.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::span<const SafetensorsFile> files() const { return files_; }
  /// Tensors in order of name.
  [[nodiscard]] std::size_t size() const { return tensors_.size(); }
  [[nodiscard]] Tensor operator[](std::size_t i) const {
    return {&files_[tensors_[i].file], entry(tensors_[i])};
  }
  /// An empty Tensor if there is none of that name.
  [[nodiscard]] Tensor find(std::string_view name) const;
  /// Sum of all tensors' bytes.
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct Place {
    std::uint32_t file;
    std::uint32_t tensor;
  };
  [[nodiscard]] const TensorEntry* entry(Place p) const { return &files_[p.file].tensors()[p.tensor]; }
  [[nodiscard]] Result<void> open_index(const std::string& index);
  std::string path_;
  std::vector<SafetensorsFile> files_;
  std::vector<Place> tensors_;  // sorted by name
};

}  // namespace ttt
