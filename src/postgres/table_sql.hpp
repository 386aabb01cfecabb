#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mapping/plan.hpp"

namespace pgfeed {

/// A table that rows go into, in the terms of SQL: every name is quoted already.
struct SqlTable {
  struct Column {
    std::string name;
    std::string type;             ///< as format_type gives it: what a staged text is cast to
    std::string base_type;        ///< without domain and modifier: what an array of keys is cast to
    bool staged_as_text = false;  ///< has no binary encoder: sent as text, cast by the server
    bool is_sortable = true;
    bool is_exact = true;    ///< values that are equal are the same: not so 1.0 and 1.00, nor citext
    bool is_text = false;    ///< ordered by its bytes, as the client does, whatever its collation
    bool is_domain = false;  ///< staged as its base type: a row that gives way need not fit the domain
  };

  std::string name;              ///< schema-qualified
  std::string stage;             ///< of its temporary table
  std::vector<Column> columns;   ///< those that are written, in the order of the rows' fields
  std::vector<std::size_t> key;  ///< indices of columns; empty: no key
  std::size_t latest = 0;        ///< index of the column that decides, with DuplicateRule::latest
  DuplicateRule rule = DuplicateRule::error;
  bool partitioned = false;
  std::string surrogate;  ///< quoted; empty: none
};

/// `COPY … FROM STDIN` straight into the table, in binary.
std::string copy_sql(const SqlTable& table);

/// Whether some column has no binary encoder, so that rows can only go in through the stage.
bool needs_stage(const SqlTable& table);

/// Creates the temporary table that rows are merged from. It is emptied at each commit. Its first column,
/// `pgfeed_document`, is the number of the row's document in its split.
std::string create_stage_sql(const SqlTable& table);
std::string copy_stage_sql(const SqlTable& table);

/// Inserts the staged rows of a table without a key, or whose rule is `error`: a key that is there is 23505.
std::string insert_staged_sql(const SqlTable& table);

/// Merges the staged rows by the table's rule (skip, update, fill or latest). Returns one row: rows inserted, rows
/// merged. The statement takes keys in the client's order, so two workers that merge or copy the same keys wait and do not
/// deadlock; it neither writes nor locks a row that would stay as it is. `unique`: no two staged rows have a key that the
/// server holds for equal; looking for them costs a fifth of the statement.
std::string merge_sql(const SqlTable& table, bool unique = false);

/// The parameters' place: `unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS k(k1, k2, i)`.
std::string keys_from_arrays(const SqlTable& table);
/// `t.id = k.k1 AND …`
std::string keys_equal(const SqlTable& table);

/// Which of the keys in the parameters are there: rows of (i), from 1.
std::string existing_keys_sql(const SqlTable& table);
/// Which of the keys in the parameters give way to another that the server holds for equal, of which the first stays or,
/// under `update`, the last: rows of (i), from 1.
std::string repeated_keys_sql(const SqlTable& table);
/// Locks the rows with the keys in the parameters, in key order: rows of (i).
std::string lock_keys_sql(const SqlTable& table);
/// The generated ids of the keys in the parameters: rows of (i, id as bigint).
std::string ids_sql(const SqlTable& table);
/// Which of the staged root rows lose, against another staged one or the row that is there, by the rule latest: rows of
/// (pgfeed_document).
std::string staged_losers_sql(const SqlTable& table);

}  // namespace pgfeed
