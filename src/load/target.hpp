#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "encode/encoder.hpp"
#include "mapping/plan.hpp"
#include "postgres/catalog.hpp"
#include "postgres/table_sql.hpp"

namespace pgfeed {

/// A column of a target table: its type from the catalog, and the encoder that goes with it.
struct TargetColumn {
  PgType type;
  std::unique_ptr<const Encoder> encoder;
  bool refuses_null = false;
};

/// A table of the plan, bound to the one in the database.
struct TargetTable {
  const Table* plan = nullptr;
  CatalogTable catalog;
  std::vector<TargetColumn> columns;  ///< as in Table::columns
  SqlTable sql;
  std::vector<std::size_t> key;  ///< indices of columns; empty: no key
  bool shared = false;           ///< merged in transactions of its own, before the split's
  bool is_root = false;
  bool key_comes_later = false;  ///< pgfeed created it, and makes its key after the rows
  std::size_t id_bytes = 8;      ///< of the generated id
};

/// The plan, bound to a database: what all workers share. Immutable.
struct Target {
  const Plan* plan = nullptr;
  std::vector<TargetTable> tables;  ///< as in Plan::tables
  std::vector<std::size_t> order;   ///< of tables: referenced ones first

  [[nodiscard]] const TargetTable* root() const noexcept {
    return plan->root >= 0 ? &tables[static_cast<std::size_t>(plan->root)] : nullptr;
  }
};

/// Binds a plan to tables that are there. `plan` must outlive the target.
/// Throws Error(mapping) with file and line where the two do not fit: a column that is not there, a key that is not
/// unique, a generated column, a type that cannot be compared; Error(database) where a right is missing.
/// `key_comes_later`: for each table, whether its key is made after the rows.
Target bind_target(const Plan& plan, std::vector<CatalogTable> tables, const std::vector<bool>& key_comes_later);

/// An error that names the mapping file and a line of it.
Error mapping_error(const Plan& plan, std::int64_t line, const std::string& sentence);

}  // namespace pgfeed
