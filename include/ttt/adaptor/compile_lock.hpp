// One compiler at a time.
#pragma once

#include <atomic>
#include <string>

#include <ttt/io/cache_folder.hpp>

namespace ttt {

/// A lock file of the cache, held by at most one process; waits for `limit_s` seconds at most, or until `cancel` is set.
/// A file system without locks gives none, which costs double work at worst. Errors: compile_busy, compile_cancelled,
/// file_unwritable.
[[nodiscard]] Result<Descriptor> compile_lock(const CacheFolder& cache, const std::string& name, double limit_s,
                                              const std::atomic<bool>* cancel = nullptr);

}  // namespace ttt
