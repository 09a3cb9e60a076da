// Definitions of calibration_file.hpp, and of `calibrated`.
#pragma once

#include <algorithm>
#include <cmath>
#include <mutex>

#include <ttt/io/cache_folder.hpp>
#include <ttt/adaptor/compile_sha256.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/json_members.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/calibration_file.hpp>
#include <ttt/profile/processor.hpp>

namespace ttt {

namespace calibration_files {

inline constexpr std::size_t most_bytes = 1 << 20;
inline constexpr double most_seconds = 1, most_rate = 1e18;

/// The numbers of KernelRates that stand alone, by name.
struct Single {
  const char* name;
  double KernelRates::*number;
};
inline constexpr Single singles[] = {
    {"output_s", &KernelRates::output_s}, {"gated_s", &KernelRates::gated_s},   {"rotate_s", &KernelRates::rotate_s},
    {"append_s", &KernelRates::append_s}, {"head_s", &KernelRates::head_s},     {"angle_s", &KernelRates::angle_s},
    {"fetch_s", &KernelRates::fetch_s},   {"fetch_memory_s", &KernelRates::fetch_memory_s}};

template <std::size_t N>
void read_numbers(json::MemberReader& r, const json::Value& of, std::string_view key, std::array<double, N>& to, double high) {
  std::size_t i = 0;
  for (const auto& [none, value] : of[key]) {
    const std::optional<double> number = value.as_double();
    if (!number || *number < 0 || *number > high) r.wrong(key, "numbers in their range");
    else if (i < N) to[i] = *number;
    ++i;
  }
  if (i != N) r.wrong(key, "so many numbers");
}

template <std::size_t N>
void write_numbers(json::Writer& out, const char* name, const std::array<double, N>& numbers) {
  out.key(name).begin_array();
  for (const double x : numbers) out.value(x);
  out.end_array();
}

inline void write_kernels(json::Writer& out, const KernelRates& k) {
  out.key("kernels").begin_object().key("products").begin_array();
  for (std::size_t w = 0; w < KernelRates::formats; ++w)
    for (std::size_t a = 0; a < KernelRates::operand_formats; ++a) {
      const ProductRate& p = k.products[w][a];
      if (p.weight_s[0] <= 0) continue;
      out.begin_object().member("weights", static_cast<int>(w)).member("operands", static_cast<int>(a));
      write_numbers(out, "weight_s", p.weight_s);
      out.member("stream_share", p.stream_share).end_object();
    }
  out.end_array().key("attention").begin_array();
  for (std::size_t i = 0; i < KernelRates::formats * KernelRates::operand_formats; ++i)
    for (const bool decode : {false, true}) {
      const std::size_t f = i / KernelRates::operand_formats, a = i % KernelRates::operand_formats;
      const AttentionRate& r = (decode ? k.decode_attention : k.prompt_attention)[f][a];
      if (r.key_s <= 0 && r.key_dimension_s <= 0) continue;
      out.begin_object().member("kv", static_cast<int>(f)).member("operands", static_cast<int>(a));
      out.member("decode", decode).member("key_s", r.key_s);
      out.member("key_dimension_s", r.key_dimension_s).member("load_dimension_s", r.load_dimension_s).end_object();
    }
  out.end_array().member("kv_share", k.kv_share);
  write_numbers(out, "input_s", k.input_s);
  write_numbers(out, "norm_s", k.norm_s);
  for (const Single& s : singles) out.member(s.name, k.*s.number);
  out.end_object();
}

inline void read_kernels(const json::Value& v, KernelRates& k, json::MemberReader& r) {
  const auto index = [&](const json::Value& of, std::string_view key, std::size_t count) {
    std::size_t i = 0;
    r.whole(of, key, i, 0, static_cast<std::int64_t>(count) - 1);
    return i;
  };
  for (const auto& [key, p] : v["products"]) {
    ProductRate& rate = k.products[index(p, "weights", KernelRates::formats)]
                                  [index(p, "operands", KernelRates::operand_formats)];
    read_numbers(r, p, "weight_s", rate.weight_s, most_seconds);
    r.number(p, "stream_share", rate.stream_share, 0.01, 1);
  }
  for (const auto& [key, a] : v["attention"]) {
    const std::size_t kv = index(a, "kv", KernelRates::formats);
    const std::size_t operands = index(a, "operands", KernelRates::operand_formats);
    AttentionRate& rate =
        (a["decode"].as_bool().value_or(false) ? k.decode_attention : k.prompt_attention)[kv][operands];
    r.number(a, "key_s", rate.key_s, 0, most_seconds);
    r.number(a, "key_dimension_s", rate.key_dimension_s, 0, most_seconds);
    r.number(a, "load_dimension_s", rate.load_dimension_s, 0, most_seconds);
  }
  r.number(v, "kv_share", k.kv_share, 0.01, 1);
  read_numbers(r, v, "input_s", k.input_s, most_seconds);
  read_numbers(r, v, "norm_s", k.norm_s, most_seconds);
  for (const Single& s : singles) r.number(v, s.name, k.*s.number, 0, most_seconds);
}

inline ThreadsAtWork threads_from(const json::Value& v, json::MemberReader& r) {
  ThreadsAtWork t;
  r.whole(v, "threads", t.threads, 1, ThreadTeam::max_threads);
  double before = 0;
  for (const auto& [key, p] : v["reading"]) {
    DeviceRates::Reading reading{};
    r.number(p, "bytes", reading.bytes, before, 1e15);
    r.number(p, "bytes_per_s", reading.bytes_per_s, 1, most_rate);
    r.number(p, "alone_bytes_per_s", reading.alone_bytes_per_s, 1, most_rate);
    before = reading.bytes + 1;
    t.reading.push_back(reading);
    if (t.reading.size() > DeviceRates::most_readings) break;
  }
  if (t.reading.empty() || t.reading.size() > DeviceRates::most_readings) r.wrong("reading", "as many as there may be");
  r.number(v, "fp32_flop_per_s", t.fp32_flop_per_s, 1, most_rate);
  r.number(v, "bf16_flop_per_s", t.bf16_flop_per_s, 0, most_rate);
  r.number(v, "int8_flop_per_s", t.int8_flop_per_s, 0, most_rate);
  r.number(v, "op_s", t.op_s, 0, most_seconds);
  r.number(v, "exchange_s", t.exchange_s, 0, most_seconds);
  r.number(v, "slowdown", t.slowdown, 0.1, 100);
  return t;
}

/// What this program has measured or read. Made at its first use: a program that never asks pays nothing at its start.
inline std::mutex turn;
inline std::vector<Calibration>& remembered() {
  static std::vector<Calibration> all;
  return all;
}

inline Result<Calibration> kept(const std::string& name) {
  TTT_TRY(const CacheFolder cache, CacheFolder::open());
  TTT_TRY(const std::string text, cache.text(name, most_bytes));
  return calibration_from_json(text, cache.path(name));
}
inline Result<void> keep(const std::string& name, const Calibration& c) {
  TTT_TRY(const CacheFolder cache, CacheFolder::make());
  return write_atomic(cache.path(name), std::string_view(json_of(c)));
}

}  // namespace calibration_files

TTT_INLINE std::string json_of(const Calibration& c) {
  json::Writer out;
  out.begin_object().member("version", calibration_version).member("processor", c.processor).member("isa", c.isa);
  out.member("library", c.library).member("seconds", c.seconds).member("busy_cores", c.busy_cores).key("threads").begin_array();
  for (const ThreadsAtWork& t : c.threads) {
    out.begin_object().member("threads", t.threads).key("reading").begin_array();
    for (const DeviceRates::Reading& p : t.reading)
      out.begin_object()
          .member("bytes", p.bytes)
          .member("bytes_per_s", p.bytes_per_s)
          .member("alone_bytes_per_s", p.alone_bytes_per_s)
          .end_object();
    out.end_array().member("fp32_flop_per_s", t.fp32_flop_per_s).member("bf16_flop_per_s", t.bf16_flop_per_s);
    out.member("int8_flop_per_s", t.int8_flop_per_s).member("op_s", t.op_s).member("exchange_s", t.exchange_s);
    out.member("slowdown", t.slowdown).end_object();
  }
  out.end_array();
  calibration_files::write_kernels(out, c.kernels);
  return std::move(out.end_object()).text() + "\n";
}

TTT_INLINE Result<Calibration> calibration_from_json(std::string_view text, std::string_view file) {
  const auto malformed = [&](const std::string& what) {
    return make_error(ErrorKind::file, "calibration_malformed", what, "it is missing or out of range",
                      "measure anew: ttt devices --calibrate", std::string(file));
  };
  TTT_TRY(const json::Document document, json::Document::parse(text, file));
  const json::Value root = document.root();
  if (root["version"].as_int() != calibration_version) return malformed("version");
  Calibration c;
  c.processor = root["processor"].as_string().value_or("");
  c.isa = root["isa"].as_string().value_or("");
  c.library = root["library"].as_string().value_or("");
  json::MemberReader reader;
  reader.number(root, "seconds", c.seconds, 0, 1e6);
  reader.number(root, "busy_cores", c.busy_cores, -1, 1e6);
  int before = 0;
  for (const auto& [key, t] : root["threads"]) {
    c.threads.push_back(calibration_files::threads_from(t, reader));
    if (c.threads.back().threads <= before || c.threads.size() > 32) reader.wrong("threads", "ascending numbers of threads from 1 on");
    before = c.threads.back().threads;
    if (reader.failed()) break;
  }
  if (c.threads.empty() || c.threads.front().threads != 1) reader.wrong("threads", "ascending numbers of threads from 1 on");
  calibration_files::read_kernels(root["kernels"], c.kernels, reader);
  if (reader.failed()) return malformed(reader.key());
  return c;
}

TTT_INLINE std::string calibration_file_name(std::string_view processor, std::string_view isa, std::string_view library) {
  std::string key = "calibration " + std::to_string(calibration_version);
  for (const std::string_view part : {processor, isa, library}) key += "\n" + std::string(part);
  return "calibration-" + sha256_of(key).substr(0, 32) + ".json";
}

TTT_INLINE Result<Calibration> calibrated(const kernels::KernelTable& kernels, const CalibrationOptions& options) {
  return calibrated_by([&] { return measure_calibration(kernels, options.progress); }, kernels.name, options);
}

TTT_INLINE Result<Calibration> calibrated_by(const std::function<Result<Calibration>()>& measure, std::string_view isa,
                                             const CalibrationOptions& options) {
  using namespace calibration_files;
  const std::lock_guard lock(turn);
  const std::string processor = processor_identity();
  const auto is_ours = [&](const Calibration& c) {
    return c.processor == processor && c.isa == isa && c.library == options.library;
  };
  std::vector<Calibration>& all = remembered();
  const auto held = std::find_if(all.begin(), all.end(), is_ours);
  if (held != all.end() && !options.again) return *held;
  const std::string name = calibration_file_name(processor, isa, options.library);
  std::string note;
  if (!options.again) {
    Result<Calibration> found = kept(name);
    if (found && is_ours(*found) && found->busy_cores < most_busy_cores) {
      all.push_back(*found);
      return found;
    }
    if (found && !is_ours(*found)) note = "the machine is measured anew: the calibration kept is another machine's or build's";
    if (!found && !found.error().link.ends_with("#file_missing"))
      note = "the machine is measured anew: the calibration kept is of no use, as " + found.error().issue;
  }
  TTT_TRY(Calibration c, measure());
  c.library = options.library;
  if (held != all.end()) *held = c;
  else all.push_back(c);
  if (const Result<void> written = keep(name, c); !written)
    note = "the calibration cannot be kept, and the next program measures anew: " + written.error().issue;
  if (!note.empty() && options.note) options.note(note);
  return c;
}

}  // namespace ttt
