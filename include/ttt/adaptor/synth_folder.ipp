#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include <ttt/adaptor/synth_folder.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/folder_names.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

TTT_INLINE Error folder_in_use(const std::string& folder, std::string issue) {
  return make_error(ErrorKind::file, "synth_folder_in_use", "folder", std::move(issue),
                    "name a new folder, or empty this one", folder);
}

namespace synth {

inline bool is_ours(std::string_view name) {
  if (name == synth_mark || name == "config.json" || name == "generation_config.json") return true;
  return name.starts_with("model") &&
         (name.ends_with(".safetensors") || name == "model.safetensors.index.json");
}

/// May `folder` be replaced? Only if it is not there, empty, or our own.
inline Result<void> check_free(const std::string& folder) {
  struct stat what {};
  if (::lstat(folder.c_str(), &what) != 0) return {};
  if (!S_ISDIR(what.st_mode)) return folder_in_use(folder, "something that is no folder has that name");
  const auto names = names_in_folder(folder);
  if (!names) return folder_in_use(folder, "the folder cannot be read");
  if (names->empty()) return {};
  bool marked = false;
  for (const std::string& name : *names) {
    marked = marked || name == synth_mark;
    if (!is_ours(name))
      return folder_in_use(folder, "the folder holds " + name + ", which synth does not write");
  }
  if (!marked) return folder_in_use(folder, "the folder holds a model that synth did not write");
  return {};
}

/// Removes a folder of ours. What is not ours stays, and so does the folder then.
inline void remove_own(const std::string& folder) {
  for (const std::string& name : names_in_folder(folder).value_or(std::vector<std::string>()))
    if (is_ours(name)) ::unlink(path_in(folder, name).c_str());
  ::rmdir(folder.c_str());
}

/// `start` with the process's number and another, such that nothing has that name.
inline std::string unused_name(const std::string& start) {
  struct stat what {};
  for (int n = 0;; ++n)
    if (std::string name = start + std::to_string(::getpid()) + "." + std::to_string(n);
        ::lstat(name.c_str(), &what) != 0)
      return name;
}

}  // namespace synth

TTT_INLINE SynthFolder::SynthFolder(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.ends_with('/')) path_.pop_back();
}

TTT_INLINE SynthFolder::~SynthFolder() {
  if (!temporary_.empty()) synth::remove_own(temporary_);
}

TTT_INLINE std::string SynthFolder::file(std::string_view name) const { return path_in(temporary_, name); }

TTT_INLINE Result<void> SynthFolder::create() {
  TTT_CHECK(synth::check_free(path_));
  const std::string unused = synth::unused_name(path_ + ".tmp.");
  TTT_CHECK(make_folder(unused));
  temporary_ = unused;
  return {};
}

TTT_INLINE Error SynthFolder::unmovable() const {
  return make_error(ErrorKind::file, "file_unwritable", "folder",
                    std::string("cannot be put in place: ") + std::strerror(errno),
                    "check the rights of the folder above it", path_);
}

TTT_INLINE Result<void> SynthFolder::commit() {
  TTT_CHECK(synth::check_free(path_));
  const std::string old = synth::unused_name(path_ + ".old.");
  const bool replaces = is_folder(path_);
  if (replaces && std::rename(path_.c_str(), old.c_str()) != 0) return unmovable();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    Error error = unmovable();
    if (replaces) std::rename(old.c_str(), path_.c_str());
    return error;
  }
  temporary_.clear();
  if (replaces) synth::remove_own(old);
  return {};
}

}  // namespace ttt
