// Weight formats whose numbers share scales, described as types: ttt's own, and a user's.
#pragma once

#include <cstddef>
#include <string_view>  // std::size too: <iterator> would bring streams along
#include <type_traits>

#include <ttt/io/fnv.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt {

/// In a `BlockFormat`: groups have an fp16 minimum besides their fp16 scale.
inline constexpr bool with_minimum = true;

/// What a format with scales is made from: `Group` inputs of one output share a scale, and each is a code of `Bits` bits:
/// w = scale * value(code) (+ minimum). A format of your own derives from it and has a name, and is used by an object
/// (examples/own_format.cpp):
///
///     struct Int5 : ttt::BlockFormat<5, 32> { static constexpr std::string_view name = "int5"; };
///     inline constexpr Int5 int5;
///     constexpr auto small = tune<"model", Policy<Weights<int5>>>(model);
///
/// A code means a whole number in two's complement (of 8 bits: -127 to 127). A format whose codes mean something else
/// says so, in ascending order: `static constexpr float values[16] = {...};`. Scales are searched for when weights are
/// loaded (kernels/reference/coding.hpp); a format that knows better has
/// `static BlockScale scale(const float* w, const float* importance)` for one group of one output.
template <int Bits, int Group, bool Minimum = false>
struct BlockFormat {
  static_assert(Bits >= 2 && Bits <= 8, "codes have 2 to 8 bits");
  static_assert(Group >= 32 && Group <= 256 && Group % 32 == 0, "groups have 32, 64, ... 256 inputs");
  static constexpr int bits = Bits;
  static constexpr int group = Group;
  static constexpr bool minimum = Minimum;
};

/// What a format's own choice of scales returns.
struct BlockScale {
  float scale = 0;
  float minimum = 0;
};

namespace block_formats {

struct Int8 : BlockFormat<8, 32> {
  static constexpr std::string_view name = "int8";
};
struct Int4 : BlockFormat<4, 32> {
  static constexpr std::string_view name = "int4";
};
struct Int4m : BlockFormat<4, 32, with_minimum> {
  static constexpr std::string_view name = "int4m";
};

}  // namespace block_formats

namespace types {

template <int B, int G, bool M>
void from_block_format(const BlockFormat<B, G, M>&);
/// A name that policies, files and the command line can spell, and none of ttt's own words.
[[nodiscard]] constexpr bool is_format_name(std::string_view name) {
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  for (int i = 0; i <= static_cast<int>(DType::bfloat4_b); ++i)
    if (name == name_of(static_cast<DType>(i))) return false;
  return !name.empty() && name.size() <= 64 && name != "own";
}
template <class F>
concept HasValues = requires { F::values[0]; };
template <class F>
concept ChoosesScale = requires(const float* p) {
  { F::scale(p, p) } -> std::same_as<BlockScale>;
};

/// Whether `values` has one number for every code, in ascending order, and no minimum beside them.
template <class F>
[[nodiscard]] constexpr bool values_ascend() {
  if constexpr (HasValues<F>) {
    if (F::minimum || std::size(F::values) != (std::size_t{1} << F::bits)) return false;
    for (std::size_t i = 1; i < std::size(F::values); ++i)
      if (!(F::values[i - 1] < F::values[i])) return false;
  }
  return true;
}

}  // namespace types

/// A type that is a format of a user's own.
template <class F>
concept OwnBlockFormat = std::is_empty_v<F> && requires(const F& f) {
  types::from_block_format(f);
  requires std::bool_constant<types::is_format_name(F::name)>::value;
} && types::values_ascend<F>();

namespace types {

/// A hash over what an own format is, so that two formats differ in their number.
template <OwnBlockFormat F>
[[nodiscard]] constexpr DType own_number() {
  std::uint64_t hash = fnv_of(F::name);
  if constexpr (HasValues<F>)
    for (const float v : F::values)
      for (int shift = 0; shift < 32; shift += 8) hash = fnv_with(hash, __builtin_bit_cast(std::uint32_t, v) >> shift & 255);
  return own_formats::number({F::bits, F::group, F::minimum}, hash ^ hash >> 32);
}

/// The DType that a policy's argument means: a DType, or an object of an own format.
template <auto Format>
[[nodiscard]] constexpr DType dtype_of() {
  using T = std::remove_cv_t<decltype(Format)>;
  if constexpr (std::is_same_v<T, DType>) {
    return Format;
  } else {
    return own_number<T>();
  }
}

}  // namespace types

/// What a policy takes for a weight format: a DType, or an object of a format of a user's own.
template <auto Format>
concept WeightFormat = std::is_same_v<std::remove_cv_t<decltype(Format)>, DType> ||
                       OwnBlockFormat<std::remove_cv_t<decltype(Format)>>;

namespace types {

/// The description of one of ttt's formats with scales.
template <DType T>
struct block_format;
template <>
struct block_format<DType::int8> {
  using type = block_formats::Int8;
};
template <>
struct block_format<DType::int4> {
  using type = block_formats::Int4;
};
template <>
struct block_format<DType::int4m> {
  using type = block_formats::Int4m;
};

}  // namespace types
}  // namespace ttt
