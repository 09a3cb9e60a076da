// Definitions of compile_load.hpp.
#pragma once

#include <dlfcn.h>

#include <array>
#include <mutex>
#include <utility>

#include <ttt/adaptor/compile_load.hpp>
#include <ttt/adaptor/compile_sha256.hpp>
#include <ttt/adaptor/compile_source.hpp>
#include <ttt/adaptor/compile_unit.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace compiling {

/// A KernelSource is a bare function, so each loaded table has a function of its own.
inline constexpr std::size_t slot_count = 32;
struct Slots {
  std::mutex mutex;
  std::size_t used = 0;
  std::array<std::string, slot_count> sha256;
  std::array<kernels::KernelTable, slot_count> tables;
  std::array<VariantFacts, slot_count> facts;
};
inline Slots& slots() {
  static Slots all;
  return all;
}
template <std::size_t I>
const kernels::KernelTable* table_in(kernels::Isa isa) noexcept {
  const kernels::KernelTable& t = slots().tables[I];
  return t.isa == isa ? &t : kernels::default_kernels(isa);
}
template <std::size_t... I>
constexpr std::array<kernels::KernelSource, slot_count> sources(std::index_sequence<I...>) {
  return {&table_in<I>...};
}
inline constexpr auto slot_sources = sources(std::make_index_sequence<slot_count>{});

inline Error rejected(std::string issue, const std::string& path) {
  return make_error(ErrorKind::file, "compiled_variant_rejected", "compiled variant", std::move(issue),
                    "run `ttt compile` with the same model and options again, or use --variant auto", path);
}

/// The table behind an open file whose content has been checked. The file stays open: the dynamic linker knows
/// shared objects by their names, and this one's must not be given to another.
inline Result<const VariantTable*> open_library(Descriptor file, const std::string& path) {
  const std::string by_descriptor = "/proc/self/fd/" + std::to_string(file.get());
  void* library = ::dlopen(by_descriptor.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return rejected(std::string("it cannot be loaded: ") + (why == nullptr ? "no reason given" : why), path);
  }
  (void)file.release();
  using Entry = const VariantTable* (*)(std::uint32_t) noexcept;
  const auto entry = reinterpret_cast<Entry>(::dlsym(library, variant_entry_name));
  const VariantTable* table = entry == nullptr ? nullptr : entry(variant_abi);
  if (table == nullptr || table->abi != variant_abi || table->bytes != sizeof(VariantTable))
    return rejected("it has no table of version " + std::to_string(variant_abi), path);
  return table;
}

/// What the type's plan says against what config.json's does, and whether all kernels are there.
inline Result<void> check_table(const VariantTable& t, const ModelState& plan, std::string_view key,
                                const std::string& path) {
  if (t.key == nullptr || key != t.key) return rejected("it was made for another model or policy", path);
  if (t.isa != static_cast<std::int32_t>(plan.kernels->isa) || (t.has_bf16_dot != 0) != plan.kernels->has_bf16_dot)
    return rejected("it was made for another level of instructions", path);
  const PlanRequest request = variant_request(plan);
  const VariantFacts facts = variant_facts(request);
  const std::pair<const char*, std::pair<std::int64_t, std::int64_t>> all[] = {
      {"modules", {t.facts.modules, facts.modules}},    {"ops", {t.facts.ops, facts.ops}},
      {"bytes of weights", {t.facts.weights, facts.weights}}, {"bytes of kv", {t.facts.kv, facts.kv}},
      {"bytes of arena", {t.facts.arena, facts.arena}}, {"bytes in all", {t.facts.peak, facts.peak}}};
  for (const auto& [what, values] : all)
    if (values.first != values.second)
      return rejected("its plan has " + std::to_string(values.first) + " " + what + ", and the model's has " +
                          std::to_string(values.second), path);
  if (!(t.facts == facts)) return rejected("its plan is not the model's", path);
  if (!holds_kernels(t, kernel_needs(request))) return rejected("a kernel that the model's plan calls is missing", path);
  return {};
}

/// Loads (over the plan's own kernels, which serve what another policy may ask for later), or finds what this process has loaded already.
inline Result<std::size_t> adopt(Descriptor file, const std::string& sha256, const std::string& path,
                                 const ModelState& plan, std::string_view key) {
  Slots& s = slots();
  const std::lock_guard lock(s.mutex);
  for (std::size_t i = 0; i < s.used; ++i)
    if (s.sha256[i] == sha256) return i;
  if (s.used == slot_count)
    return rejected("this process holds " + std::to_string(slot_count) + " compiled variants already", path);
  TTT_TRY(const VariantTable* table, open_library(std::move(file), path));
  TTT_CHECK(check_table(*table, plan, key, path));
  s.sha256[s.used] = sha256;
  s.facts[s.used] = table->facts;
  s.tables[s.used] = kernels_of(*table, *plan.kernels);
  return s.used++;
}

}  // namespace compiling

TTT_INLINE std::string record_of(const CompiledVariant& v, std::string_view sha256) {
  json::Writer out;
  out.begin_object().member("ttt_variant", variant_abi).member("key", v.key).member("bytes", v.bytes);
  out.member("sha256", sha256).member("compiler", v.compiler).member("compile_s", v.compile_s).key("flags").begin_array();
  for (const std::string& flag : v.flags) out.value(flag);
  return std::move(out.end_array().end_object()).text() + "\n";
}

TTT_INLINE Result<CompiledVariant> load_compiled(const CacheFolder& cache, const std::string& name,
                                                 const ModelState& plan, std::string_view key) {
  const std::string base = name.substr(0, name.rfind('.'));
  TTT_TRY(const std::string text, cache.text(name, std::size_t{1} << 20));
  TTT_TRY(const json::Document record, json::Document::parse(text, cache.path(name)));
  const json::Value root = record.root();
  if (root["ttt_variant"].as_int() != static_cast<std::int64_t>(variant_abi) || root["key"].as_string() != key)
    return compiling::rejected("its record is of another version or model", cache.path(name));
  CompiledVariant out;
  out.key = key;
  out.library = cache.path(base + ".so");
  out.source = cache.path(base + ".cpp");
  out.compiler = root["compiler"].as_string().value_or("");
  out.compile_s = root["compile_s"].as_double().value_or(0);
  for (const auto [none, flag] : root["flags"]) out.flags.emplace_back(flag.as_string().value_or(""));
  TTT_TRY(Descriptor file, cache.file(base + ".so"));
  TTT_TRY(const std::string content, text_of(file, out.library, std::size_t{64} << 20));
  const std::string sha256 = sha256_of(content);
  if (root["sha256"].as_string() != sha256)
    return compiling::rejected("its content is not what was compiled: SHA-256 " + sha256, out.library);
  out.bytes = content.size();
  TTT_TRY(const std::size_t slot, compiling::adopt(std::move(file), sha256, out.library, plan, key));
  out.kernels = compiling::slot_sources[slot];
  out.facts = compiling::slots().facts[slot];
  return out;
}

}  // namespace ttt
