// A synthesised checkpoint's folder: it appears whole or not at all, and replaces only its own kind.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/result.hpp>

namespace ttt {

/// The file that marks a folder as written by synthesise.
inline constexpr std::string_view synth_mark = "ttt_synth.json";

/// A folder under a name of its own, which takes its final name in the end or leaves no trace.
class SynthFolder {
 public:
  explicit SynthFolder(std::string path);
  SynthFolder(const SynthFolder&) = delete;
  SynthFolder& operator=(const SynthFolder&) = delete;
  ~SynthFolder();

  /// Errors: synth_folder_in_use unless `path` is not there, empty or marked and without foreign files; those
  /// of make_folder.
  [[nodiscard]] Result<void> create();
  /// Where to write a file of that name.
  [[nodiscard]] std::string file(std::string_view name) const;
  /// Takes the final name; the old folder goes. Errors: as create, and file_unwritable.
  [[nodiscard]] Result<void> commit();

 private:
  [[nodiscard]] Error unmovable() const;
  std::string path_;
  std::string temporary_;
};

[[nodiscard]] Error folder_in_use(const std::string& folder, std::string issue);

}  // namespace ttt
