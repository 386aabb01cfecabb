#include "record/field_table.hpp"

#include <bit>

namespace pgfeed {

FieldTable::FieldTable(const std::vector<Projection::Field>& fields) {
  for (const Projection::Field& field : fields) names_.push_back(field.name);
  // Four places a name: an unknown name then meets an empty place three times in four. 64 KiB is what the hash can reach.
  mask_ = std::bit_ceil(static_cast<std::uint32_t>(fields.size()) * 4 + 1) - 1;
  if (mask_ > 0xffff) mask_ = 0xffff;
  constexpr std::uint32_t kTries = 1000;
  std::uint32_t multiplier = 0x9e3779b1U;
  for (std::uint32_t i = 0; i < kTries; ++i, multiplier += 0x3c6ef372U) {
    if (place_all(multiplier)) return;
  }
}

std::int32_t FieldTable::next_in_chain(std::int32_t field, std::string_view name) const noexcept {
  for (field = chain_[static_cast<std::size_t>(field)]; field >= 0; field = chain_[static_cast<std::size_t>(field)]) {
    if (names_[static_cast<std::size_t>(field)] == name) return field;
  }
  return -1;
}

bool FieldTable::place_all(std::uint32_t multiplier) {
  multiplier_ = multiplier;
  places_.assign(mask_ + 1, -1);
  chain_.assign(names_.size(), -1);
  bool perfect = true;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    std::int32_t& place = places_[hash(names_[i], multiplier) & mask_];
    if (place >= 0) perfect = false;
    chain_[i] = place;
    place = static_cast<std::int32_t>(i);
  }
  return perfect;
}

}  // namespace pgfeed
