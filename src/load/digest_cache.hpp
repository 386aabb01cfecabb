#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "load/digest.hpp"

namespace pgfeed {

/// A bounded map from digests to numbers: when it is full it is emptied. Memory: 24 bytes for each of `kPlaces`, taken when
/// the first digest comes.
class DigestCache {
 public:
  /// The number of a digest, or null.
  [[nodiscard]] const std::int64_t* find(const Digest& digest) const noexcept {
    if (places_.empty()) return nullptr;
    for (std::size_t at = digest.low & kMask;; at = (at + 1) & kMask) {
      const Place& place = places_[at];
      if (place.digest == Digest{}) return nullptr;
      if (place.digest == digest) return &place.number;
    }
  }

  void add(const Digest& digest, std::int64_t number) {
    constexpr std::size_t kMost = kPlaces / 4 * 3;
    if (places_.empty()) places_.resize(kPlaces);
    if (count_ >= kMost) clear();
    std::size_t at = digest.low & kMask;
    while (!(places_[at].digest == Digest{}) && !(places_[at].digest == digest)) at = (at + 1) & kMask;
    if (!(places_[at].digest == digest)) ++count_;
    places_[at] = {digest, number};
  }

  void clear() noexcept {
    std::fill(places_.begin(), places_.end(), Place{});
    count_ = 0;
  }

 private:
  struct Place {
    Digest digest;
    std::int64_t number = 0;
  };
  // 12 MiB: 390,000 keys. Zipf-skewed users and URLs are found nine times in ten with a tenth of that.
  static constexpr std::size_t kPlaces = std::size_t{1} << 19;
  static constexpr std::size_t kMask = kPlaces - 1;

  std::vector<Place> places_;
  std::size_t count_ = 0;
};

}  // namespace pgfeed
