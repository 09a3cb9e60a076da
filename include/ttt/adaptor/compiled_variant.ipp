// Definitions of compiled_variant.hpp.
#pragma once

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <ttt/adaptor/compile_lock.hpp>
#include <ttt/adaptor/compile_load.hpp>
#include <ttt/adaptor/compile_process.hpp>
#include <ttt/adaptor/compile_sha256.hpp>
#include <ttt/adaptor/compile_source.hpp>
#include <ttt/adaptor/compiled_variant.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace compiling {

/// Files of one variant begin with half of its key: 128 bits.
inline std::string prefix_of(std::string_view key) { return std::string(key.substr(0, 32)) + "-"; }

/// Text at its blanks.
inline std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \t\n", at);
    if (begin == std::string_view::npos) break;
    at = std::min(text.find_first_of(" \t\n", begin), text.size());
    out.emplace_back(text.substr(begin, at - begin));
  }
  return out;
}

/// A compiler as a command without its arguments, and what it says it is.
struct Compiler {
  std::vector<std::string> words;
  std::string identity;
};

inline Result<Compiler> find_compiler(const CompileHow& how) {
  Compiler out;
  if (!how.compiler.empty()) {
    out.words = words_of(how.compiler);
    if (!out.words.empty()) out.words[0] = find_program(out.words[0]);
    if (out.words.empty() || out.words[0].empty())
      return make_error(ErrorKind::file, "compiler_missing", "CXX",
                        "CXX is " + in_quotes(how.compiler) + ", and there is no such program",
                        "set CXX to a C++20 compiler, or unset it");
  } else {
    for (const char* name : {"c++", "g++", "clang++"})
      if (out.words.empty())
        if (const std::string path = find_program(name); !path.empty()) out.words.push_back(path);
    if (out.words.empty())
      return make_error(ErrorKind::file, "compiler_missing", "compiler", "PATH has no c++, g++ or clang++",
                        "install g++ 12 or clang 16 or newer, or set CXX; everything but `ttt compile` works without");
  }
  std::vector<std::string> asks = out.words;
  asks.emplace_back("--version");
  TTT_TRY(const ProcessEnd end, run_process(asks, 20, how.cancel));
  out.identity = end.output.substr(0, end.output.find('\n'));
  for (const std::string& word : out.words) out.identity += "\n" + word;
  if (end.how != ProcessEnd::How::exited || end.status != 0)
    return make_error(ErrorKind::file, "compiler_missing", "compiler",
                      "it does not answer to --version: " + in_quotes(end.output.substr(0, 120)),
                      "set CXX to a C++20 compiler", out.words[0]);
  return out;
}

/// The lines of a compiler's output that say what is wrong, on one line.
inline std::string essence(const std::string& output) {
  std::string out;
  for (const bool errors : {true, false}) {
    int lines = 0;
    for (std::size_t at = 0; at < output.size() && lines < 3;) {
      const std::size_t end = std::min(output.find('\n', at), output.size());
      std::string line = output.substr(at, end - at);
      at = end + 1;
      const std::size_t error = line.find("error");
      if (line.empty() || (errors && error == std::string::npos)) continue;
      if (errors) line.erase(0, line.rfind('/', error) + 1);  // of a path its last name; npos + 1 is 0
      const std::string quoted = in_quotes(line);
      out += (out.empty() ? "" : "; ") + quoted.substr(1, quoted.size() - 2);
      ++lines;
    }
    if (!out.empty()) break;
  }
  return out.empty() ? "it says nothing" : out;
}

inline Result<void> succeeded(const ProcessEnd& end, const CompileHow& how, const std::string& log) {
  using How = ProcessEnd::How;
  if (end.how == How::exited && end.status == 0) return {};
  if (end.how == How::cancelled)
    return make_error(ErrorKind::request, "compile_cancelled", "compile", "it was ended before it was done",
                      "run it again");
  if (end.how == How::late)
    return make_error(ErrorKind::file, "compile_timeout", "compile",
                      "the compiler was not done after " + std::to_string(static_cast<int>(how.limit_s)) + " s",
                      "try again when the machine has less to do");
  const std::string ended = end.how == How::exited ? "ended with status " : "was ended by signal ";
  return make_error(ErrorKind::file, "compile_failed", "compile",
                    "the compiler " + ended + std::to_string(end.status) + ": " + essence(end.output),
                    "the file holds all it said; check that Boost's headers are there and that the compiler is g++ 12 or "
                    "clang 16 or newer", log);
}

inline Result<void> check_headers(const CompileHow& how) {
  const auto wrong = [&](std::string issue) {
    return make_error(ErrorKind::file, "compile_headers", "headers", std::move(issue),
                      "install the headers of this version of ttt, or set TTT_INCLUDE to the folder that holds them",
                      how.include);
  };
  if (how.include.empty() || !is_regular_file(path_in(how.include, "ttt/adaptor/compile_unit.hpp")))
    return wrong("ttt's headers are not there");
  if (how.headers.empty()) return {};
  TTT_TRY(const std::string hash, headers_hash(how.include));
  if (hash != how.headers) return wrong("ttt's headers are not those this program was built from");
  return {};
}

/// Compiles into the cache; the record comes last, and what has none is not there.
inline Result<void> make_variant(const CacheFolder& cache, const std::string& base, const Compiler& compiler,
                                 const std::string& text, const CompileHow& how, CompiledVariant& made) {
  const std::string output = base + ".tmp." + std::to_string(::getpid());
  made.source = cache.path(base + ".cpp");
  made.library = cache.path(base + ".so");
  TTT_CHECK(write_atomic(made.source, text));
  std::vector<std::string> words = compiler.words;
  words.insert(words.end(), made.flags.begin(), made.flags.end());
  for (const std::string& word : {"-I" + how.include, std::string("-o"), cache.path(output), made.source})
    words.push_back(word);
  TTT_TRY(const ProcessEnd end, run_process(words, how.limit_s, how.cancel));
  const std::string log = cache.path(base + ".log");
  const Result<void> outcome = succeeded(end, how, log);
  if (!outcome) {
    if (!end.output.empty()) TTT_CHECK(write_atomic(log, end.output));
    cache.remove(output);
    return outcome;
  }
  const auto content = read_file(cache.path(output), std::size_t{64} << 20);
  cache.remove(output);
  if (!content) return content.error();
  made.compile_s = end.seconds;
  made.bytes = content->size();
  TTT_CHECK(write_atomic(made.library, *content));
  return write_atomic(cache.path(base + ".json"), record_of(made, sha256_of(*content)));
}

}  // namespace compiling

TTT_INLINE bool has_compiled() {
  const auto cache = CacheFolder::open();
  return !cache || !cache->names("", ".json").empty();
}

TTT_INLINE Result<std::optional<CompiledVariant>> find_compiled(const ModelState& plan, std::string_view identity) {
  TTT_TRY(const CacheFolder cache, CacheFolder::open());
  TTT_TRY(const std::string source, variant_source(plan));
  const std::string key = variant_key(source, identity);
  std::optional<Error> first;
  for (const std::string& name : cache.names(compiling::prefix_of(key), ".json")) {
    auto found = load_compiled(cache, name, plan, key);
    if (found) return std::optional(std::move(*found));
    if (!first) first = found.error();
  }
  if (first) return *first;
  return std::optional<CompiledVariant>();
}

TTT_INLINE Result<CompiledVariant> compile_variant(const ModelState& plan, const CompileHow& how) {
  TTT_TRY(const std::string source, variant_source(plan));
  TTT_CHECK(compiling::check_headers(how));
  TTT_TRY(const compiling::Compiler compiler, compiling::find_compiler(how));
  TTT_TRY(const CacheFolder cache, CacheFolder::make());
  CompiledVariant made;
  made.key = variant_key(source, how.identity);
  made.compiler = compiler.words[0] + ": " + compiler.identity.substr(0, compiler.identity.find('\n'));
  made.flags = {"-std=c++20", "-O3", "-w", "-fPIC", "-shared", "-fvisibility=hidden", "-DTTT_SEPARATE_COMPILATION"};
  made.flags.insert(made.flags.end(), how.flags.begin(), how.flags.end());
  Sha256 build;
  build.add(made.key).add(compiler.identity);
  for (const std::string& flag : made.flags) build.add("\n").add(flag);
  const std::string base = compiling::prefix_of(made.key) + build.hex().substr(0, 16);

  TTT_TRY(const Descriptor lock, compile_lock(cache, base + ".lock", how.limit_s, how.cancel));
  if (is_regular_file(cache.path(base + ".json"))) {
    if (auto found = load_compiled(cache, base + ".json", plan, made.key)) {
      cache.touch(base + ".json");
      return found;
    }
    cache.remove(base + ".json");  // what it describes is damaged
  }
  for (const std::string& left : cache.names(base + ".", ""))
    if (left.find(".tmp.") != std::string::npos) cache.remove(left);  // of one that was killed
  TTT_CHECK(compiling::make_variant(cache, base, compiler, source + variant_entry(plan, made.key), how, made));
  TTT_TRY(CompiledVariant loaded, load_compiled(cache, base + ".json", plan, made.key));
  loaded.made_now = true;
  return loaded;
}

TTT_INLINE Result<std::string> headers_hash(const std::string& include) {
  std::vector<std::string> paths, folders{"ttt"};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    if (std::count(folder.begin(), folder.end(), '/') > 8) continue;  // links that lead round in a circle
    DIR* d = ::opendir(path_in(include, folder).c_str());
    while (const dirent* entry = d == nullptr ? nullptr : ::readdir(d)) {
      const std::string_view name = entry->d_name;
      const std::string path = folder + "/" + std::string(name);
      if (name.starts_with(".")) continue;
      bool header = false;
      for (const std::string_view end : {".hpp", ".ipp", ".inc", ".def"}) header = header || name.ends_with(end);
      if (is_folder(path_in(include, path))) {
        folders.push_back(path);
      } else if (header) {
        paths.push_back(path);
      }
    }
    if (d != nullptr) ::closedir(d);
  }
  std::sort(paths.begin(), paths.end());
  Sha256 hash;
  for (const std::string& path : paths) {
    TTT_TRY(const std::string text, read_file(path_in(include, path), std::size_t{16} << 20));
    hash.add(path).add(std::string_view("\0", 1)).add(std::to_string(text.size())).add(std::string_view("\0", 1));
    hash.add(text);
  }
  return hash.hex();
}

}  // namespace ttt
