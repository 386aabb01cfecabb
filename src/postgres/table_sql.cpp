#include "postgres/table_sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace pgfeed {
namespace {

using Columns = std::vector<std::size_t>;

std::string join(const Columns& columns, std::string_view between, const std::function<std::string(std::size_t)>& text) {
  std::string joined;
  for (const std::size_t column : columns) {
    if (!joined.empty()) joined += between;
    joined += text(column);
  }
  return joined;
}

Columns all_columns(const SqlTable& table) {
  Columns columns(table.columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = i;
  return columns;
}

bool is_in_key(const SqlTable& table, std::size_t column) { return std::ranges::find(table.key, column) != table.key.end(); }

Columns columns_outside_key(const SqlTable& table) {
  Columns columns = all_columns(table);
  std::erase_if(columns, [&](std::size_t column) { return is_in_key(table, column); });
  return columns;
}

std::string names(const SqlTable& table, const Columns& columns, std::string_view alias = "") {
  return join(columns, ", ", [&](std::size_t i) { return std::string(alias) + table.columns[i].name; });
}

std::string equal(const SqlTable& table, std::string_view left, std::string_view right) {
  return join(table.key, " AND ", [&](std::size_t i) {
    return fmt::format("{}{} = {}{}", left, table.columns[i].name, right, table.columns[i].name);
  });
}

/// A value that can be compared: json, point and the like by their text.
std::string comparable(const SqlTable& table, std::string_view alias, std::size_t column) {
  return fmt::format("{}{}{}", alias, table.columns[column].name, table.columns[column].is_sortable ? "" : "::text");
}

std::string comparable_row(const SqlTable& table, std::string_view alias, const Columns& columns) {
  return fmt::format("ROW({})::record", join(columns, ", ", [&](std::size_t i) { return comparable(table, alias, i); }));
}

/// The same for telling the greater row. PostgreSQL orders a NULL in a record last: here it is least.
std::string ordered_row(const SqlTable& table, std::string_view alias, const Columns& columns) {
  return fmt::format("ROW({})::record", join(columns, ", ", [&](std::size_t i) {
                       const SqlTable::Column& column = table.columns[i];
                       const std::string text = column.is_exact ? "" : fmt::format(", {}{}::text", alias, column.name);
                       return fmt::format("{0}{1} IS NOT NULL, {2}{3}", alias, column.name, comparable(table, alias, i),
                                          text);
                     }));
}

/// Whether the row `s` takes the place of `t`, or gives it something. NULL is least for the column that decides; equal
/// values are settled by all other columns in turn, NULL least too: any order will do, if it is always the same.
std::string beats(const SqlTable& table, std::string_view s, std::string_view t) {
  const Columns others = columns_outside_key(table);
  if (others.empty()) return "false";
  if (table.rule == DuplicateRule::fill) {
    return "(" +
           join(others, " OR ",
                [&](std::size_t i) {
                  return fmt::format("({0}{2} IS NULL AND {1}{2} IS NOT NULL)", t, s, table.columns[i].name);
                }) +
           ")";
  }
  if (table.rule == DuplicateRule::update) {
    return fmt::format("({} IS DISTINCT FROM {})", comparable_row(table, s, others), comparable_row(table, t, others));
  }
  const std::string& latest = table.columns[table.latest].name;
  return fmt::format(
      "(({1}{2} IS NULL AND {0}{2} IS NOT NULL) OR {0}{2} > {1}{2} OR ({0}{2} IS NOT DISTINCT FROM {1}{2} AND {3} > {4}))",
      s, t, latest, ordered_row(table, s, others), ordered_row(table, t, others));
}

std::string assignments(const SqlTable& table) {
  return join(columns_outside_key(table), ", ", [&](std::size_t i) {
    const std::string& name = table.columns[i].name;
    return table.rule == DuplicateRule::fill ? fmt::format("{0} = COALESCE(t.{0}, excluded.{0})", name)
                                             : fmt::format("{0} = excluded.{0}", name);
  });
}

/// The staged rows with their columns' own types, but for domains: these check what goes into the table.
std::string staged(const SqlTable& table) {
  const std::string columns = join(all_columns(table), ", ", [&](std::size_t i) {
    const SqlTable::Column& column = table.columns[i];
    if (!column.staged_as_text) return column.name;
    return fmt::format("{0}::{1} AS {0}", column.name, column.is_domain ? column.base_type : column.type);
  });
  return fmt::format("SELECT {}, pgfeed_document, ctid AS pgfeed_place FROM {}", columns, table.stage);
}

/// The staged rows, each NULL filled from the first document that has a value for the same key.
std::string staged_filled(const SqlTable& table) {
  const std::string key = names(table, table.key);
  return fmt::format("SELECT {}, pgfeed_document, pgfeed_place FROM ({}) s",
                     join(all_columns(table), ", ",
                          [&](std::size_t i) {
                            const std::string& name = table.columns[i].name;
                            if (is_in_key(table, i)) return name;
                            return fmt::format(
                                "first_value({0}) OVER (PARTITION BY {1} ORDER BY {0} IS NULL, pgfeed_document, "
                                "pgfeed_place) AS {0}",
                                name, key);
                          }),
                     staged(table));
}

/// One staged row for each key, in the server's own equality: keys that differ in their bytes may be equal to it.
std::string staged_once(const SqlTable& table) {
  const Columns others = columns_outside_key(table);
  std::string order = names(table, table.key);
  if (table.rule == DuplicateRule::latest) {
    order += fmt::format(", {} DESC NULLS LAST", table.columns[table.latest].name);
    if (!others.empty()) order += fmt::format(", {} DESC", ordered_row(table, "", others));
  } else {
    order += table.rule == DuplicateRule::update ? ", pgfeed_document DESC, pgfeed_place DESC"
                                                 : ", pgfeed_document, pgfeed_place";
  }
  return fmt::format("SELECT DISTINCT ON ({}) * FROM ({}) staged ORDER BY {}", names(table, table.key),
                     table.rule == DuplicateRule::fill ? staged_filled(table) : staged(table), order);
}

}  // namespace

bool needs_stage(const SqlTable& table) { return std::ranges::any_of(table.columns, &SqlTable::Column::staged_as_text); }

std::string copy_sql(const SqlTable& table) {
  return fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, names(table, all_columns(table)));
}

std::string create_stage_sql(const SqlTable& table) {
  const std::string columns = join(all_columns(table), ", ", [&](std::size_t i) {
    const SqlTable::Column& column = table.columns[i];
    if (column.staged_as_text) return "NULL::text AS " + column.name;
    return column.is_domain ? fmt::format("{0}::{1} AS {0}", column.name, column.base_type) : column.name;
  });
  return fmt::format(
      "CREATE TEMPORARY TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS SELECT NULL::integer AS pgfeed_document, {} FROM {} "
      "WITH NO DATA",
      table.stage, columns, table.name);
}

std::string copy_stage_sql(const SqlTable& table) {
  return fmt::format("COPY {} (pgfeed_document, {}) FROM STDIN (FORMAT binary)", table.stage,
                     names(table, all_columns(table)));
}

std::string insert_staged_sql(const SqlTable& table) {
  const std::string columns = names(table, all_columns(table));
  return fmt::format("INSERT INTO {} ({}) SELECT {} FROM ({}) s ORDER BY pgfeed_place", table.name, columns, columns,
                     staged(table));
}

std::string merge_sql(const SqlTable& table, bool unique) {
  const Columns all = all_columns(table);
  // Under `fill` what is proposed has the old values already: a NULL in their place would be refused before the conflict.
  const std::string proposed = join(all, ", ", [&](std::size_t i) {
    const bool fills = table.rule == DuplicateRule::fill && !is_in_key(table, i);
    return fills ? fmt::format("COALESCE(s.{0}, o.{0})", table.columns[i].name) : "s." + table.columns[i].name;
  });
  const std::string head =
      fmt::format("INSERT INTO {} AS t ({}) SELECT {} FROM ({}) s LEFT JOIN {} o ON {}", table.name, names(table, all),
                  proposed, unique ? staged(table) : staged_once(table), table.name, equal(table, "o.", "s."));
  const std::string absent = fmt::format("o.{} IS NULL", table.columns[table.key.front()].name);
  const std::string key = names(table, table.key);
  const std::string order = "ORDER BY " + join(table.key, ", ", [&](std::size_t i) {
                              return "s." + table.columns[i].name + (table.columns[i].is_text ? " COLLATE \"C\"" : "");
                            });
  if (table.rule == DuplicateRule::skip || columns_outside_key(table).empty()) {
    return fmt::format("WITH m AS ({} WHERE {} {} ON CONFLICT ({}) DO NOTHING RETURNING 1) SELECT count(*), 0 FROM m", head,
                       absent, order, key);
  }
  const std::string merge =
      fmt::format("{} WHERE {} OR {} {} ON CONFLICT ({}) DO UPDATE SET {} WHERE {}", head, absent, beats(table, "s.", "o."),
                  order, key, assignments(table), beats(table, "excluded.", "t."));
  if (!table.partitioned) {
    return fmt::format(
        "WITH m AS ({} RETURNING t.xmax = 0 AS fresh) SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT "
        "fresh) "
        "FROM m",
        merge);
  }
  // A row that is routed to a partition has no system columns (0A000). But the statement does not see what it wrote itself:
  // whose key was there was updated. What another session committed meanwhile counts as inserted.
  return fmt::format(
      "WITH m AS ({} RETURNING {}) SELECT count(*) - count(there), count(there) FROM m LEFT JOIN LATERAL (SELECT true AS "
      "there "
      "FROM {} o WHERE {} OFFSET 0) o ON true",
      merge, names(table, table.key, "t."), table.name, equal(table, "o.", "m."));
}

std::string keys_from_arrays(const SqlTable& table) {
  std::string arrays;
  std::string columns;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    arrays += fmt::format("{}${}::{}[]", i == 0 ? "" : ", ", i + 1, table.columns[table.key[i]].base_type);
    columns += fmt::format("k{}, ", i + 1);
  }
  return fmt::format("unnest({}) WITH ORDINALITY AS k({}i)", arrays, columns);
}

std::string keys_equal(const SqlTable& table) {
  std::string condition;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    condition += fmt::format("{}t.{} = k.k{}", i == 0 ? "" : " AND ", table.columns[table.key[i]].name, i + 1);
  }
  return condition;
}

// The look-ups take key after key. As a join the server may turn them round, and read the whole table for each key, where
// its statistics are of a time when the table was empty: OFFSET 0 is a fence that it respects.
std::string existing_keys_sql(const SqlTable& table) {
  return fmt::format("SELECT k.i FROM {} CROSS JOIN LATERAL (SELECT 1 FROM {} t WHERE {} OFFSET 0) there",
                     keys_from_arrays(table), table.name, keys_equal(table));
}

std::string repeated_keys_sql(const SqlTable& table) {
  std::string keys;
  for (std::size_t i = 1; i <= table.key.size(); ++i) keys += fmt::format("{}k{}", i == 1 ? "" : ", ", i);
  return fmt::format("SELECT i FROM (SELECT i, row_number() OVER (PARTITION BY {} ORDER BY i{}) AS n FROM {}) s WHERE n > 1",
                     keys, table.rule == DuplicateRule::update ? " DESC" : "", keys_from_arrays(table));
}

std::string lock_keys_sql(const SqlTable& table) {
  std::string order;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    order += fmt::format("{}k{}{}", i == 0 ? "" : ", ", i + 1, table.columns[table.key[i]].is_text ? " COLLATE \"C\"" : "");
  }
  return fmt::format(
      "SELECT k.i FROM (SELECT * FROM {} ORDER BY {}) k CROSS JOIN LATERAL (SELECT 1 FROM {} t WHERE {} FOR UPDATE OF t) "
      "there",
      keys_from_arrays(table), order, table.name, keys_equal(table));
}

std::string ids_sql(const SqlTable& table) {
  return fmt::format(
      "SELECT k.i, there.id FROM {} CROSS JOIN LATERAL (SELECT t.{}::bigint AS id FROM {} t WHERE {} OFFSET 0) there",
      keys_from_arrays(table), table.surrogate, table.name, keys_equal(table));
}

std::string staged_losers_sql(const SqlTable& table) {
  return fmt::format(
      "SELECT pgfeed_document FROM {0} WHERE pgfeed_document NOT IN (SELECT pgfeed_document FROM ({1}) once) "
      "UNION SELECT s.pgfeed_document FROM ({1}) s JOIN {2} o ON {3} WHERE {4} IS NOT TRUE",
      table.stage, staged_once(table), table.name, equal(table, "o.", "s."), beats(table, "s.", "o."));
}

}  // namespace pgfeed
