// SHA-256, by which compiled variants are named and checked.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ttt {

/// FIPS 180-4. Feed it text, then ask for the digest once.
class Sha256 {
 public:
  Sha256& add(std::string_view bytes);
  /// 64 lower-case hexadecimal digits. Spends the object.
  [[nodiscard]] std::string hex();

 private:
  void block(const unsigned char* bytes);
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> rest_{};
  std::uint64_t bytes_ = 0;
};

[[nodiscard]] std::string sha256_of(std::string_view bytes);

}  // namespace ttt
