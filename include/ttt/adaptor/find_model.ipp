#pragma once

#include <unistd.h>

#include <cstdlib>
#include <vector>

#include <ttt/adaptor/find_model.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/folder_names.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace finding {

inline std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// One component of a path that cannot leave its folder.
inline bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

inline std::string hub_cache() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
    if (std::string folder = environment(name); !folder.empty()) return folder;
  if (const std::string home = environment("HF_HOME"); !home.empty()) return path_in(home, "hub");
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty())
    return path_in(cache, "huggingface/hub");
  return path_in(environment("HOME"), ".cache/huggingface/hub");
}

/// The snapshot that refs/main names, or the only one there is; "" if there is none.
inline std::string snapshot_of(const std::string& repository) {
  const std::string snapshots = path_in(repository, "snapshots");
  if (const auto text = read_file(path_in(repository, "refs/main"), 4096)) {
    std::string_view revision = *text;
    while (!revision.empty() && static_cast<unsigned char>(revision.back()) <= ' ') revision.remove_suffix(1);
    const std::string folder = path_in(snapshots, revision);
    if (is_plain_name(revision) && is_folder(folder)) return folder;
  }
  const std::vector<std::string> all = names_in_folder(snapshots).value_or(std::vector<std::string>());
  return all.size() == 1 ? path_in(snapshots, all.front()) : std::string();
}

inline std::string executable_folder() {
  char buffer[4096];
  const ssize_t n = ::readlink("/proc/self/exe", buffer, sizeof buffer);
  if (n <= 0) return {};
  const std::string_view path(buffer, static_cast<std::size_t>(n));
  return std::string(path.substr(0, path.rfind('/')));
}

inline Result<std::string> find_demo() {
  if (const std::string set = environment("TTT_DEMO"); !set.empty()) {
    if (is_folder(set)) return set;
    return make_error(ErrorKind::file, "demo_not_found", "TTT_DEMO", "TTT_DEMO names no folder",
                      "set it to the demo model's folder, or unset it", set);
  }
  const std::string here = executable_folder();
  for (const char* below : {"demo", "../share/ttt/demo"})
    if (const std::string folder = path_in(here, below); is_folder(folder)) return folder;
  return make_error(ErrorKind::file, "demo_not_found", "demo",
                    "the demo model is neither beside the command nor in ../share/ttt/demo from it",
                    "build with tools/build, or set TTT_DEMO to the demo model's folder",
                    path_in(here, "demo"));
}

inline Result<std::string> find_cached(std::string_view id) {
  std::string folder = "models--";
  for (const char c : id) c == '/' ? folder += "--" : folder += c;
  const std::string repository = path_in(hub_cache(), folder);
  if (std::string snapshot = snapshot_of(repository); !snapshot.empty()) return snapshot;
  const std::string name(id);
  return make_error(
      ErrorKind::file, "model_not_cached", name,
      "there is no folder " + name + ", and the HuggingFace cache has no snapshot of that model",
      "download it: hf download " + name + " (older: huggingface-cli download " + name + ")", repository);
}

}  // namespace finding

TTT_INLINE bool is_hub_id(std::string_view name) {
  const std::size_t slash = name.find('/');
  return slash != std::string_view::npos && finding::is_plain_name(name.substr(0, slash)) &&
         finding::is_plain_name(name.substr(slash + 1));
}

TTT_INLINE Result<std::string> find_model(std::string_view name) {
  if (name == "demo") return finding::find_demo();
  const std::string path(name);
  const bool whole = name.find('\0') == std::string_view::npos;
  if (whole && is_folder(path)) return path;
  if (is_hub_id(name) && !is_regular_file(path)) return finding::find_cached(name);
  const bool file = whole && is_regular_file(path);
  return make_error(
      ErrorKind::file, "model_not_found", "model",
      file ? "that is a file, and a model is a folder" : "there is no such folder, and it is no hub id",
      file ? "give the folder it lies in" : "give a HuggingFace folder, a hub id such as org/name, or demo",
      path);
}

}  // namespace ttt
