#include "mapping/table_graph.hpp"

#include <algorithm>
#include <set>

namespace pgfeed {
namespace {

/// Goes through the tables depth first, parents before children.
class Walk {
 public:
  explicit Walk(const Plan& plan) : plan_(plan), state_(plan.tables.size(), State::unseen) {}

  /// False where a cycle was met: then `way` ends with a table that stands in it twice.
  bool visit(std::size_t table) {
    if (state_[table] == State::done) return true;
    way.push_back(table);
    if (state_[table] == State::open) return false;
    state_[table] = State::open;
    for (const std::size_t parent : parents_of(plan_, table)) {
      if (!visit(parent)) return false;
    }
    state_[table] = State::done;
    way.pop_back();
    order.push_back(table);
    return true;
  }

  std::vector<std::size_t> order;
  std::vector<std::size_t> way;  ///< from the table the walk began at to the one it is at

 private:
  enum class State : std::uint8_t { unseen, open, done };
  const Plan& plan_;
  std::vector<State> state_;
};

}  // namespace

std::vector<std::size_t> parents_of(const Plan& plan, std::size_t table) {
  std::set<std::size_t> parents;
  for (const RowSource& rows : plan.tables[table].row_sources) {
    for (const ColumnSource& source : rows.columns) {
      if (source.ref >= 0) parents.insert(static_cast<std::size_t>(source.ref));
    }
  }
  for (const ForeignKey& key : plan.tables[table].foreign_keys) {
    const std::int32_t parent = table_index(plan, key.references);
    if (parent >= 0) parents.insert(static_cast<std::size_t>(parent));
  }
  parents.erase(table);
  return {parents.begin(), parents.end()};
}

std::vector<std::size_t> table_order(const Plan& plan) {
  Walk walk(plan);
  for (std::size_t table = 0; table < plan.tables.size(); ++table) walk.visit(table);
  return walk.order;
}

std::vector<std::size_t> find_cycle(const Plan& plan) {
  Walk walk(plan);
  for (std::size_t table = 0; table < plan.tables.size(); ++table) {
    if (walk.visit(table)) continue;
    const auto start = std::ranges::find(walk.way, walk.way.back());
    return {start, walk.way.end() - 1};
  }
  return {};
}

std::int32_t table_index(const Plan& plan, const TableName& name) {
  const auto found = std::ranges::find(plan.tables, name, &Table::name);
  return found == plan.tables.end() ? -1 : static_cast<std::int32_t>(found - plan.tables.begin());
}

std::int32_t ref_of(const Table& table, std::uint32_t column) {
  for (const RowSource& rows : table.row_sources) {
    for (const ColumnSource& source : rows.columns) {
      if (source.column == column && source.ref >= 0) return source.ref;
    }
  }
  return -1;
}

}  // namespace pgfeed
