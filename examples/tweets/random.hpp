#pragma once

#include <bit>
#include <cstdint>

namespace tweets {

/// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

/// SplitMix64. Integers only, so the numbers are the same on every machine and with every compiler, as long as no
/// two are drawn among the arguments of one call, whose order is the compiler's choice.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) noexcept : state_(mix(seed + kStep)) {}

  constexpr std::uint64_t next() noexcept { return mix(state_ += kStep); }

  /// A number below `bound`, which is not 0 and below 2^32.
  constexpr std::uint32_t below(std::uint64_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

  constexpr bool percent(std::uint32_t chance) noexcept { return below(100) < chance; }

  /// A rank below `bound` that follows Zipf's law with exponent 1: as many draws fall on rank 0 as on ranks 1 to 2
  /// together, 3 to 6, 7 to 14 and so on.
  constexpr std::uint32_t zipf(std::uint32_t bound) noexcept {
    const std::uint32_t octave = below(static_cast<std::uint64_t>(std::bit_width(bound)));
    const std::uint32_t first = (1U << octave) - 1;
    const std::uint32_t width = bound - first < (1U << octave) ? bound - first : (1U << octave);
    return first + below(width);
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  std::uint64_t state_;
};

}  // namespace tweets
