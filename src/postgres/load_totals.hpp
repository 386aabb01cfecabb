#pragma once

#include <pgfeed/load.hpp>

#include <cstdint>
#include <vector>

#include "postgres/connection.hpp"
#include "postgres/ledger.hpp"

namespace pgfeed {

/// What the ledger says a load has brought so far, whoever worked for it.
struct LoadTotals {
  Counts counts;  ///< without times; of splits that are staged, what was read and rejected
  std::vector<TableReport> tables;
  std::vector<RejectReport> first_rejects;  ///< at most three, by source and offset
};

/// `kind`: of the splits that are in, or of those that the load has staged. Throws Error(database).
LoadTotals read_load_totals(Connection& connection, std::int64_t load, SpanKind kind);

/// Rows of each table that a load has brought so far, by its name. Throws Error(database).
std::vector<TableReport> read_load_tables(Connection& connection, std::int64_t load);

}  // namespace pgfeed
