#include "load/digest.hpp"

#include <random>

namespace pgfeed {
namespace {

DigestSeed random_seed() {
  std::random_device device;
  const auto draw = [&] { return (static_cast<std::uint64_t>(device()) << 32) ^ device(); };
  return {draw() | 1, draw() | 1};
}

std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

Digest digest_of(std::string_view bytes) noexcept {
  static const DigestSeed seed = random_seed();
  return digest_of(bytes, seed);
}

DigestSeed digest_seed(std::string_view hexadecimal) noexcept {
  constexpr DigestSeed kFixed{0x9e3779b97f4a7c15ULL, 0xd1b54a32d192ed03ULL};
  const Digest drawn = digest_of(hexadecimal, kFixed);
  return {drawn.low | 1, drawn.high | 1};
}

Digest digest_of(std::string_view bytes, const DigestSeed& seed) noexcept {
  constexpr std::uint64_t kOdd1 = 0xa0761d6478bd642fULL;
  constexpr std::uint64_t kOdd2 = 0xe7037ed1a0b428dbULL;
  Digest digest{seed.a ^ bytes.size(), seed.b + bytes.size()};
  while (!bytes.empty()) {
    std::uint64_t words[2]{0, 0};
    const std::size_t taken = bytes.size() < sizeof words ? bytes.size() : sizeof words;
    std::memcpy(words, bytes.data(), taken);
    bytes.remove_prefix(taken);
    digest.low = fold(words[0] ^ digest.low ^ kOdd1, words[1] ^ seed.b);
    digest.high = fold(words[1] ^ digest.high ^ kOdd2, words[0] ^ seed.a) + digest.low;
  }
  digest.low = fold(digest.low ^ kOdd2, digest.high ^ seed.a);
  return digest;
}

}  // namespace pgfeed
