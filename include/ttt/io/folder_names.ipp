// Definitions of folder_names.hpp.
#pragma once

#include <dirent.h>

#include <string_view>

#include <ttt/io/folder_names.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

TTT_INLINE std::optional<std::vector<std::string>> names_in_folder(const std::string& path) {
  DIR* const d = ::opendir(path.c_str());
  if (d == nullptr) return std::nullopt;
  std::vector<std::string> out;
  while (const dirent* entry = ::readdir(d))
    if (const std::string_view name = entry->d_name; name != "." && name != "..") out.emplace_back(name);
  ::closedir(d);
  return out;
}

}  // namespace ttt
