#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace pgfeed {

/// 128 bits that stand for some bytes. Not against an adversary who knows the seed: that is drawn once for each process.
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Digest&) const = default;
};

/// A multiply-and-fold hash of two independent lanes (in the manner of wyhash), seeded at random for each process so
/// that hostile documents cannot aim at collisions.
Digest digest_of(std::string_view bytes) noexcept;

/// What digests are made with. Of equal seeds they can be compared.
struct DigestSeed {
  std::uint64_t a = 0, b = 0;
};
/// `hexadecimal`: 32 digits, or more of anything.
DigestSeed digest_seed(std::string_view hexadecimal) noexcept;
Digest digest_of(std::string_view bytes, const DigestSeed& seed) noexcept;

}  // namespace pgfeed
