#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "encode/byte_buffer.hpp"
#include "load/digest.hpp"

namespace pgfeed {

/// The natural keys of one table that the documents of one split refer to, each once, and the ids that were generated
/// for them as far as they are known.
class NaturalKeys {
 public:
  static constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::min();

  struct Key {
    Digest digest;
    std::uint64_t begin = 0;  ///< of the key's fields, lengths and contents, in `fields`
    std::uint32_t size = 0;
    bool used = false;  ///< by a document that was not rejected while it was read
    std::int64_t id = kUnknown;
  };

  /// The number of a key, new or known. `fields`: its fields in COPY's binary form, one behind the other.
  std::uint32_t find_or_add(std::string_view fields) {
    if (keys_.size() * 2 >= places_.size()) grow();
    const Digest digest = digest_of(fields);
    for (std::size_t place = digest.low & (places_.size() - 1);; place = (place + 1) & (places_.size() - 1)) {
      if (places_[place] == 0) {
        places_[place] = static_cast<std::uint32_t>(keys_.size() + 1);
        keys_.push_back({digest, fields_.size(), static_cast<std::uint32_t>(fields.size())});
        fields_.put(fields);
        return static_cast<std::uint32_t>(keys_.size() - 1);
      }
      if (keys_[places_[place] - 1].digest == digest) return places_[place] - 1;
    }
  }

  [[nodiscard]] std::vector<Key>& keys() noexcept { return keys_; }
  [[nodiscard]] const std::vector<Key>& keys() const noexcept { return keys_; }
  [[nodiscard]] std::string_view fields(const Key& key) const noexcept { return fields_.view(key.begin, key.size); }

  /// Takes the ids for unknown again.
  void forget_ids() noexcept {
    for (Key& key : keys_) key.id = kUnknown;
  }

  void clear() {
    keys_.clear();
    fields_.clear();
    places_.assign(places_.size(), 0);
  }

 private:
  void grow() {
    constexpr std::size_t kSmallest = 1024;
    places_.assign(places_.empty() ? kSmallest : places_.size() * 2, 0);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      std::size_t place = keys_[i].digest.low & (places_.size() - 1);
      while (places_[place] != 0) place = (place + 1) & (places_.size() - 1);
      places_[place] = static_cast<std::uint32_t>(i + 1);
    }
  }

  ByteBuffer fields_;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> places_;  ///< number of a key plus one; 0: free. A power of two
};

}  // namespace pgfeed
