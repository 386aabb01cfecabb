#include "load/preparation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "load/keys.hpp"
#include "mapping/ddl.hpp"
#include "mapping/known_types.hpp"
#include "postgres/pending_keys.hpp"
#include "postgres/schema_usage.hpp"

namespace pgfeed {
namespace {

/// Whether the table's key can wait: no row of it is looked up by its key while rows go in.
bool can_wait_for_key(const Plan& plan, std::size_t index) {
  const Table& table = plan.tables[index];
  const bool settles_later = table.rule == DuplicateRule::skip || table.rule == DuplicateRule::update;
  const bool is_root = plan.root == static_cast<std::int32_t>(index);
  const bool is_parent = std::ranges::any_of(plan.tables, [&](const Table& other) {
    return std::ranges::any_of(other.foreign_keys, [&](const ForeignKey& key) { return key.references == table.name; });
  });
  return !table.key.empty() && settles_later && !is_root && !is_parent && !table.is_shared();
}

/// Foreign keys of a created table are added unchecked, then validated: within a document they hold by construction.
void add_later_steps(const Plan& plan, std::size_t index, std::vector<PendingKey>& pending) {
  using Phase = PendingKey::Phase;
  const std::string name = plan.tables[index].name.text();
  const std::string table = quote_table(plan.tables[index].name);
  for (const ForeignKeySql& key : foreign_key_sql(plan, index)) {
    pending.push_back({0, Phase::add_foreign_key, name, key.add + " NOT VALID"});
    pending.push_back({0, Phase::validate, name,
                       fmt::format("ALTER TABLE {} VALIDATE CONSTRAINT {}", table, quote_identifier(key.constraint))});
  }
  pending.push_back({0, Phase::analyze, name, "ANALYZE " + table});
}

/// Types that a mapping names. The server is asked for each once.
class NamedTypes {
 public:
  NamedTypes(Connection& connection, const Plan& plan) : connection_(connection), plan_(plan) {}

  /// Throws Error(mapping) where the server has none of that name.
  const PgType& find(const Column& column, const std::string& type) {
    const auto known = types_.find(type);
    return known != types_.end() ? known->second : types_.emplace(type, read(column, type)).first->second;
  }

 private:
  PgType read(const Column& column, const std::string& type) {
    try {
      return read_type(connection_, type);
    } catch (const Error& error) {
      if (error.sqlstate.empty()) throw;  // no server spoke: the connection was lost
      const std::string hint = error.sqlstate == "42704" ? similar_type(type) : "";
      throw mapping_error(plan_, column.line, fmt::format("column \"{}\": {}{}", column.name, error.what(), hint));
    }
  }

  Connection& connection_;
  const Plan& plan_;
  std::map<std::string, PgType> types_;
};

/// PostgreSQL's own tables come first on the search_path: another of that name would be created, but never found.
void require_visible_name(Connection& connection, const Plan& plan, const Table& table) {
  if (!table.name.schema.empty()) return;
  const std::array<Parameter, 1> name{Parameter{table.name.table}};
  const Result hidden = connection.run(
      "SELECT coalesce(current_schema(), 'public') FROM pg_catalog.pg_class "
      "WHERE oid = to_regclass(quote_ident($1)) AND relnamespace = 'pg_catalog'::regnamespace",
      name);
  if (hidden.rows() == 0) return;
  throw mapping_error(plan, table.line,
                      fmt::format("table \"{0}\" is hidden by PostgreSQL's own pg_catalog.{0}: name its schema, as in "
                                  "{1}.{0}",
                                  table.name.table, hidden.text(0, 0)));
}

/// A role called `pgfeed` has pgfeed's own schema first on its search_path.
void require_schema_of_their_own(Connection& connection, const Plan& plan, const std::vector<bool>& missing) {
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    if (!missing[i] || !plan.tables[i].name.schema.empty()) continue;
    const std::string& schema = connection.session().schema;
    const std::array<Parameter, 1> parameters{Parameter{schema}};
    if (!connection.run("SELECT coalesce(current_schema(), $1) = $1", parameters).is_true(0, 0)) return;
    throw mapping_error(plan, plan.tables[i].line,
                        fmt::format("table \"{}\" would be created in the schema {}, or in none: name its schema, or set "
                                    "search_path",
                                    plan.tables[i].name.text(), schema));
  }
}

std::vector<bool> find_missing(Connection& connection, const Plan& plan) {
  std::vector<bool> missing;
  for (const Table& table : plan.tables) {
    missing.push_back(!find_table(connection, table.name));
    if (missing.back()) require_schema_usage(connection, table.name);
  }
  return missing;
}

/// False, and nothing is done: another load has made some of them in the meantime.
bool create_tables(Connection& connection, const Plan& plan, const std::vector<bool>& missing) {
  require_schema_of_their_own(connection, plan, missing);
  std::vector<PendingKey> pending;
  connection.begin();
  connection.run("SELECT pg_advisory_xact_lock(7090217, 2)");  // one load at a time creates tables
  if (find_missing(connection, plan) != missing) {
    connection.rollback();
    return false;
  }
  preview_target(connection, plan);  // what cannot work leaves no tables behind
  std::set<std::string> schemas;
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    if (missing[i] && !plan.tables[i].name.schema.empty()) schemas.insert(plan.tables[i].name.schema);
  }
  for (const std::string& schema : schemas) connection.run(create_schema_sql(schema));
  for (const std::size_t index : table_order(plan)) {
    if (!missing[index]) continue;
    const Table& table = plan.tables[index];
    const bool waits = can_wait_for_key(plan, index);
    connection.run(create_table_sql(table, !waits));
    if (!waits) continue;
    for (const std::string& statement : key_sql(table))
      pending.push_back({0, PendingKey::Phase::key, table.name.text(), statement});
  }
  for (const std::size_t index : table_order(plan)) {
    if (missing[index]) add_later_steps(plan, index, pending);
  }
  add_pending_keys(connection, plan.feed, pending);
  connection.commit();
  return true;
}

void finish_earlier_load(Connection& connection, const Plan& plan, std::vector<std::string>& warnings) {
  if (read_pending_keys(connection, plan.feed).empty()) return;
  warnings.push_back("an earlier load did not come to its end, or still runs: its keys were made first");
  const KeyFindings findings = finish_keys(plan, connection, {});
  warnings.insert(warnings.end(), findings.warnings.begin(), findings.warnings.end());
}

/// Makes tables and keys that are not there; returns which tables it made.
std::vector<bool> complete_tables(Connection& connection, const Plan& plan, std::vector<std::string>& warnings) {
  for (;;) {
    // In this order: what another load made before the first look has its keys, or is pending by the second.
    std::vector<bool> missing = find_missing(connection, plan);
    finish_earlier_load(connection, plan, warnings);
    if (std::ranges::find(missing, true) == missing.end()) return missing;
    if (create_tables(connection, plan, missing)) return missing;
  }
}

/// A type that the mapping declares must be the one that the table has.
void check_declared_types(NamedTypes& types, const Plan& plan, const Table& table, const CatalogTable& catalog) {
  for (const Column& column : table.columns) {
    const CatalogColumn* found = catalog.column(column.name);
    if (column.type.empty() || found == nullptr) continue;
    const PgType& declared = types.find(column, column.type);
    if (declared.name != found->type.name) {
      throw mapping_error(plan, column.line,
                          fmt::format("column \"{}\" of table \"{}\" is {} in the database, but {} in the mapping",
                                      column.name, table.name.text(), found->type.name, declared.name));
    }
  }
}

/// A table that is not there, as it would be created.
CatalogTable assumed_table(Connection& connection, NamedTypes& types, const Plan& plan, const Table& table) {
  require_visible_name(connection, plan, table);
  CatalogTable assumed;
  assumed.sql_name = quote_table(table.name);
  assumed.can_insert = assumed.can_select = assumed.can_update = assumed.can_delete = true;
  for (const Column& column : table.columns) {
    PgType type = types.find(column, column.created_type);
    const std::string name = type.name;
    assumed.columns.push_back({column.name, std::move(type), name, false, false, false, false, true,
                               refuses_null(connection, column.created_type)});
  }
  if (!table.surrogate.empty()) assumed.columns.push_back({table.surrogate, {}, "bigint", true, true, false, true, true});
  if (!table.key.empty()) assumed.unique_indexes.push_back({table.key, true});
  return assumed;
}

/// A key that was put off counts as there in a preview of the feed that is to make it: its next load does that first.
/// To another feed it is missing: no rule would hold.
void add_open_key(Connection& connection, const Plan& plan, const Table& table, bool preview, CatalogTable& catalog) {
  if (table.key.empty() || catalog.is_unique(table.key)) return;
  const std::vector<std::string> own = key_sql(table);
  for (const OpenKey& open : read_open_keys(connection, catalog.oid)) {
    if (open.feed != plan.feed) {
      throw mapping_error(plan, table.line,
                          fmt::format("the key of table \"{}\" is still to be made by feed {}, which made the table: wait "
                                      "until its load ends, or run it again",
                                      table.name.text(), open.feed));
    }
    if (preview && std::ranges::find(own, open.statement) != own.end()) catalog.unique_indexes.push_back({table.key, true});
  }
}

}  // namespace

Target prepare_target(Connection& connection, const Plan& plan, std::vector<std::string>& warnings) {
  const std::vector<bool> missing = complete_tables(connection, plan, warnings);
  NamedTypes types(connection, plan);
  std::vector<CatalogTable> tables;
  std::vector<bool> key_comes_later;
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    std::optional<CatalogTable> found = read_table(connection, plan.tables[i].name);
    if (!found)
      throw Error(ErrorKind::database,
                  fmt::format("table \"{}\" was created but is not on the search_path: name its schema in the mapping",
                              plan.tables[i].name.text()));
    check_declared_types(types, plan, plan.tables[i], *found);
    if (!missing[i]) add_open_key(connection, plan, plan.tables[i], false, *found);
    tables.push_back(std::move(*found));
    key_comes_later.push_back(missing[i] && can_wait_for_key(plan, i));
  }
  return bind_target(plan, std::move(tables), key_comes_later);
}

Target existing_target(Connection& connection, const Plan& plan) {
  NamedTypes types(connection, plan);
  std::vector<CatalogTable> tables;
  for (const Table& table : plan.tables) {
    std::optional<CatalogTable> found = read_table(connection, table.name);
    if (!found) {
      require_schema_usage(connection, table.name);
      Error error(ErrorKind::database,
                  fmt::format("table \"{}\" is not there, and --no-ledger makes none: `pgfeed ddl` prints what makes it",
                              table.name.text()));
      error.table = table.name.text();
      throw error;
    }
    check_declared_types(types, plan, table, *found);
    tables.push_back(std::move(*found));
  }
  return bind_target(plan, std::move(tables), std::vector<bool>(plan.tables.size(), false));
}

Target joining_target(Connection& connection, const Plan& plan, std::vector<std::string>& warnings) {
  const std::vector<PendingKey> pending = read_pending_keys(connection, plan.feed);  // first: by now some may be made
  std::vector<bool> key_comes_later;
  for (const Table& table : plan.tables) {
    if (!find_table(connection, table.name)) return prepare_target(connection, plan, warnings);
    key_comes_later.push_back(std::ranges::any_of(pending, [&](const PendingKey& key) {
      return key.phase == PendingKey::Phase::key && key.table == table.name.text();
    }));
  }
  return joined_target(connection, plan, key_comes_later);
}

Target joined_target(Connection& connection, const Plan& plan, const std::vector<bool>& key_comes_later) {
  std::vector<CatalogTable> tables;
  for (const Table& table : plan.tables) {
    std::optional<CatalogTable> found = read_table(connection, table.name);
    if (!found)
      throw Error(ErrorKind::database,
                  fmt::format("table \"{}\" is gone, or not on the search_path of this session", table.name.text()));
    tables.push_back(std::move(*found));
  }
  return bind_target(plan, std::move(tables), key_comes_later);
}

Target preview_target(Connection& connection, const Plan& plan) {
  NamedTypes types(connection, plan);
  std::vector<CatalogTable> tables;
  for (const Table& table : plan.tables) {
    if (std::optional<CatalogTable> found = read_table(connection, table.name)) {
      check_declared_types(types, plan, table, *found);
      add_open_key(connection, plan, table, true, *found);
      tables.push_back(std::move(*found));
    } else {
      tables.push_back(assumed_table(connection, types, plan, table));
    }
  }
  return bind_target(plan, std::move(tables), std::vector<bool>(plan.tables.size(), false));
}

}  // namespace pgfeed
