#include "load/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "load/lock_wait.hpp"
#include "mapping/ddl.hpp"
#include "postgres/catalog.hpp"
#include "postgres/pending_keys.hpp"

namespace pgfeed {
namespace {

const Table* find_table(const Plan& plan, const std::string& name) {
  const auto found = std::ranges::find_if(plan.tables, [&](const Table& table) { return table.name.text() == name; });
  return found == plan.tables.end() ? nullptr : &*found;
}

/// Of rows with equal keys the first stays, under `update` the last.
std::string delete_duplicates_sql(const Table& table) {
  return fmt::format(
      "DELETE FROM {0} t USING (SELECT ctid AS place, row_number() OVER (PARTITION BY {1} ORDER BY ctid{2}) AS n FROM {0}) "
      "d "
      "WHERE t.ctid = d.place AND d.n > 1",
      quote_table(table.name), quote_list(table.key), table.rule == DuplicateRule::update ? " DESC" : "");
}

/// Says which rows violate a foreign key: how many, three of them, and how to list them.
std::string violations(Connection& connection, const ForeignKeySql& key, const std::string& table,
                       const ForeignKey& columns) {
  std::string equal;
  std::string present;
  for (std::size_t i = 0; i < columns.columns.size(); ++i) {
    equal += fmt::format("{}p.{} = c.{}", i == 0 ? "" : " AND ", quote_identifier(columns.referenced_columns[i]),
                         quote_identifier(columns.columns[i]));
    present += fmt::format(" AND c.{} IS NOT NULL", quote_identifier(columns.columns[i]));
  }
  const std::string from =
      fmt::format("FROM {} c WHERE NOT EXISTS (SELECT 1 FROM {} p WHERE {}){}", table, key.references, equal, present);
  const Result count = connection.run("SELECT count(*) " + from);
  const Result some = connection.run(fmt::format("SELECT ROW({})::text {} LIMIT 3", key.columns, from));
  std::string shown;
  for (std::size_t i = 0; i < some.rows(); ++i) shown += (i == 0 ? "" : ", ") + some.text(i, 0);
  return fmt::format(
      "{} rows of {} refer to no row of {} (first: {}); the foreign key {} stays NOT VALID; to list them: SELECT c.* {};",
      count.text(0, 0), table, key.references, shown, quote_identifier(key.constraint), from);
}

/// Runs a statement, unless another load of the feed has.
void run_pending(Connection& connection, const PendingKey& key) {
  connection.begin_maintenance();
  if (delete_pending_key(connection, key.step)) connection.run(key.statement);
  connection.commit();
}

/// The foreign key that a VALIDATE statement is about, with the columns it refers to.
std::string explain_violation(Connection& connection, const Plan& plan, const PendingKey& pending) {
  const Table* table = find_table(plan, pending.table);
  if (table == nullptr) return "";
  const auto index = static_cast<std::size_t>(table - plan.tables.data());
  for (const ForeignKeySql& key : foreign_key_sql(plan, index)) {
    if (!pending.statement.ends_with(quote_identifier(key.constraint))) continue;
    const std::optional<CatalogTable> catalog = read_table(connection, table->name);
    if (!catalog) return "";
    const auto found = std::ranges::find(catalog->foreign_keys, key.constraint, &CatalogForeignKey::name);
    if (found == catalog->foreign_keys.end()) return "";
    return violations(connection, key, quote_table(table->name), {found->columns, {}, found->referenced_columns, 0});
  }
  return "";
}

void run_step(Connection& connection, const Plan& plan, const PendingKey& pending, KeyFindings& findings, int tries = 0) {
  constexpr int kMostTries = 10;  // after deadlocks with the rows of another load, or one that hangs
  try {
    run_pending(connection, pending);
  } catch (const Error& error) {
    connection.rollback();
    const Table* table = find_table(plan, pending.table);
    if (error.sqlstate == "23505" && table != nullptr) {
      connection.begin_maintenance();
      findings.duplicates[table->name.text()] += connection.run(delete_duplicates_sql(*table)).affected();
      connection.commit();
      run_pending(connection, pending);
    } else if (error.sqlstate == "23503") {
      findings.warnings.push_back(explain_violation(connection, plan, pending));
      delete_pending_key(connection, pending.step);
    } else if (error.sqlstate.starts_with("40") && tries < kMostTries) {
      run_step(connection, plan, pending, findings, tries + 1);
    } else if (is_lock_timeout(error) && tries < kMostTries &&
               end_stuck_loads(connection, plan.feed, connection.blocked_statement(), {})) {
      run_step(connection, plan, pending, findings, tries + 1);
    } else {
      throw explained(connection, error);
    }
  }
}

using Steps = std::vector<PendingKey>;

/// Runs steps of one phase: those of a table one after another, tables side by side on the sessions there are.
class Phase {
 public:
  Phase(const Plan& plan, const Steps& steps) : plan_(plan) {
    for (const PendingKey& step : steps) by_table_[step.table].push_back(step);
    next_ = by_table_.begin();
  }

  void run(const std::vector<Connection*>& sessions, KeyFindings& findings) {
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 1; i < sessions.size() && i < by_table_.size(); ++i)
        threads.emplace_back([this, &sessions, i] { work(*sessions[i]); });
      work(*sessions.front());
    }
    add(findings_, findings);
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  static void add(const KeyFindings& found, KeyFindings& to) {
    to.warnings.insert(to.warnings.end(), found.warnings.begin(), found.warnings.end());
    for (const auto& [table, rows] : found.duplicates) to.duplicates[table] += rows;
  }

  void work(Connection& session) {
    try {
      while (const Steps* steps = take()) {
        KeyFindings found;
        for (const PendingKey& step : *steps) run_step(session, plan_, step, found);
        const std::lock_guard lock(mutex_);
        add(found, findings_);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (error_ == nullptr) error_ = std::current_exception();
    }
  }

  const Steps* take() {
    const std::lock_guard lock(mutex_);
    return error_ != nullptr || next_ == by_table_.end() ? nullptr : &(next_++)->second;
  }

  const Plan& plan_;
  std::map<std::string, Steps> by_table_;
  std::mutex mutex_;  ///< guards all below
  std::map<std::string, Steps>::const_iterator next_;
  KeyFindings findings_;
  std::exception_ptr error_;
};

}  // namespace

KeyFindings finish_keys(const Plan& plan, Connection& connection, const std::vector<Connection*>& helpers) {
  KeyFindings findings;
  const Steps pending = read_pending_keys(connection, plan.feed);
  std::vector<Connection*> sessions{&connection};
  for (std::size_t begin = 0; begin < pending.size();) {
    std::size_t end = begin;
    while (end < pending.size() && pending[end].phase == pending[begin].phase) ++end;
    // Adding a foreign key locks two tables: side by side that could deadlock, and it takes no time.
    sessions.resize(1);
    if (pending[begin].phase != PendingKey::Phase::add_foreign_key)
      sessions.insert(sessions.end(), helpers.begin(), helpers.end());
    Phase(plan,
          Steps(pending.begin() + static_cast<std::ptrdiff_t>(begin), pending.begin() + static_cast<std::ptrdiff_t>(end)))
        .run(sessions, findings);
    begin = end;
  }
  return findings;
}

void make_keys(const Plan& plan, Connection& connection, const std::vector<Connection*>& helpers, Report& report) {
  const auto began = std::chrono::steady_clock::now();
  const KeyFindings findings = finish_keys(plan, connection, helpers);
  report.warnings.insert(report.warnings.end(), findings.warnings.begin(), findings.warnings.end());
  for (TableReport& table : report.tables) {
    const auto found = findings.duplicates.find(table.name);
    if (found == findings.duplicates.end()) continue;
    table.inserted -= found->second;
    table.already_there += found->second;
  }
  report.key_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

std::vector<std::string> tables_with_pending_keys(const SessionOptions& session, const std::string& feed) {
  Connection connection(session, "pgfeed load");
  std::set<std::string> tables;
  for (const PendingKey& key : read_pending_keys(connection, feed)) tables.insert(key.table);
  return {tables.begin(), tables.end()};
}

}  // namespace pgfeed
