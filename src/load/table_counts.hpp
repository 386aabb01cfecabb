#pragma once

#include <cstdint>
#include <vector>

namespace pgfeed {

/// What a transaction did to one table.
struct TableCounts {
  std::int64_t inserted = 0;
  std::int64_t merged = 0;
  std::int64_t already_there = 0;

  TableCounts& operator+=(const TableCounts& other) noexcept {
    inserted += other.inserted;
    merged += other.merged;
    already_there += other.already_there;
    return *this;
  }
};

/// For each table of the plan.
using AllCounts = std::vector<TableCounts>;

}  // namespace pgfeed
