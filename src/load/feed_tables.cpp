#include "load/feed_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "load/shell_word.hpp"
#include "postgres/catalog.hpp"
#include "postgres/ledger.hpp"

namespace pgfeed {

void require_same_tables(Connection& connection, const Plan& plan, bool reload) {
  if (reload) return;
  const std::vector<FeedTable> known = read_feed_tables(connection, plan.feed);
  for (const Table& table : plan.tables) {
    const auto before = std::ranges::find(known, table.name.text(), &FeedTable::name);
    if (before == known.end()) continue;
    const std::optional<std::string> now = find_table(connection, table.name);
    if (now == before->oid) continue;
    if (!has_splits(connection, plan.feed)) return;
    Error error(
        ErrorKind::database,
        fmt::format(
            "table \"{}\" is not the one that feed {} was loaded into: it was dropped{}, so rows that are down "
            "as loaded are not in it; --reload loads the given sources again, and after `pgfeed forget --all --feed {}` "
            "the next loads take all of them",
            table.name.text(), plan.feed, now ? " and made again" : "", shell_word(plan.feed)));
    error.table = table.name.text();
    throw error;
  }
}

void remember_tables(Connection& connection, const Target& target) {
  std::vector<FeedTable> tables;
  for (const TargetTable& table : target.tables)
    tables.push_back({table.plan->name.text(), std::to_string(table.catalog.oid)});
  write_feed_tables(connection, target.plan->feed, tables);
}

}  // namespace pgfeed
