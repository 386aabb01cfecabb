#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/projection.hpp"

namespace pgfeed {

/// Finds one of a few known names by its bytes: a perfect hash over length, first, middle and last byte, then one
/// comparison. Most keys of a document are unknown, and most of those fall on an empty place.
class FieldTable {
 public:
  FieldTable() = default;
  explicit FieldTable(const std::vector<Projection::Field>& fields);

  /// The index of `name` among the fields, or -1.
  [[nodiscard]] std::int32_t find(std::string_view name) const noexcept {
    const std::int32_t field = places_[hash(name, multiplier_) & mask_];
    if (field < 0) return -1;
    return names_[static_cast<std::size_t>(field)] == name ? field : next_in_chain(field, name);
  }

 private:
  static std::uint32_t hash(std::string_view name, std::uint32_t multiplier) noexcept {
    if (name.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])); };
    const std::uint32_t mixed = static_cast<std::uint32_t>(name.size()) + (byte(0) << 8) + (byte(name.size() / 2) << 16) +
                                (byte(name.size() - 1) << 24);
    return (mixed * multiplier) >> 16;
  }
  [[nodiscard]] std::int32_t next_in_chain(std::int32_t field, std::string_view name) const noexcept;
  bool place_all(std::uint32_t multiplier);

  std::vector<std::string> names_;
  std::vector<std::int32_t> places_{-1};
  std::vector<std::int32_t> chain_;  ///< the next field with the same hash, where no multiplier parts them all
  std::uint32_t multiplier_ = 1;
  std::uint32_t mask_ = 0;
};

}  // namespace pgfeed
