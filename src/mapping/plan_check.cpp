#include "mapping/plan_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "mapping/column_reader.hpp"
#include "mapping/table_graph.hpp"

namespace pgfeed {
namespace {

class PlanCheck {
 public:
  PlanCheck(const Plan& plan, const Diagnostic& diagnostic) : plan_(plan), diagnostic_(diagnostic) {}

  void check() const {
    check_filled();
    for (const Table& table : plan_.tables) {
      for (const ForeignKey& key : table.foreign_keys) check_foreign_key(key);
      check_surrogate_rule(table);
    }
    check_cycle();
    if (plan_.root >= 0) check_root();
  }

 private:
  [[nodiscard]] const Table& root() const { return plan_.tables[static_cast<std::size_t>(plan_.root)]; }

  void check_filled() const {
    std::set<std::int32_t> referred;
    for (const Table& table : plan_.tables) {
      for (const RowSource& rows : table.row_sources) {
        for (const ColumnSource& source : rows.columns) referred.insert(source.ref);
      }
    }
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
      const Table& table = plan_.tables[i];
      if (!table.row_sources.empty() || referred.contains(static_cast<std::int32_t>(i))) continue;
      diagnostic_.fail(table.line,
                       fmt::format("table {} gets no rows: no column says where its value comes from, and no ref "
                                   "leads to it",
                                   shown(table.name.text())));
    }
  }

  void check_foreign_key(const ForeignKey& key) const {
    const std::int32_t index = table_index(plan_, key.references);
    if (index < 0) {
      if (key.referenced_columns.empty()) unknown_reference(key);
      check_count(key, key.referenced_columns.size());
      return;
    }
    const Table& target = plan_.tables[static_cast<std::size_t>(index)];
    for (const std::string& name : key.referenced_columns) {
      if (name == target.surrogate || column_index(target.columns, name)) continue;
      std::vector<std::string> names;
      for (const Column& column : target.columns) names.push_back(column.name);
      diagnostic_.fail(key.line, fmt::format("table {} has no column {}{}", shown(target.name.text()), shown(name),
                                             did_you_mean(name, names)));
    }
    if (!key.referenced_columns.empty()) {
      check_count(key, key.referenced_columns.size());
    } else if (target.key.empty()) {
      diagnostic_.fail(key.line, fmt::format("table {} has no key that could be referred to", shown(target.name.text())));
    } else {
      check_count(key, target.surrogate.empty() ? target.key.size() : 1);
    }
  }

  [[noreturn]] void unknown_reference(const ForeignKey& key) const {
    std::vector<std::string> names;
    for (const Table& table : plan_.tables) names.push_back(table.name.text());
    std::string hint = did_you_mean(key.references.text(), names);
    if (hint.empty()) hint = "; for a table that the mapping does not fill, say its referenced_columns";
    diagnostic_.fail(key.line, fmt::format("no such table {} in this mapping{}", shown(key.references.text()), hint));
  }

  void check_count(const ForeignKey& key, std::size_t referenced) const {
    if (key.columns.size() == referenced) return;
    diagnostic_.fail(key.line,
                     fmt::format("this foreign key has {} columns and refers to {}", key.columns.size(), referenced));
  }

  // Ids are fetched before the split's own transaction, by a merge that may run twice.
  void check_surrogate_rule(const Table& table) const {
    const bool repeatable = table.rule != DuplicateRule::error && table.rule != DuplicateRule::update;
    if (table.surrogate.empty() || repeatable || (plan_.root >= 0 && &table == &root())) return;
    diagnostic_.fail(table.line, fmt::format("table {} has a surrogate, so on_duplicate is skip, fill or latest",
                                             shown(table.name.text())));
  }

  void check_cycle() const {
    const std::vector<std::size_t> cycle = find_cycle(plan_);
    if (cycle.empty()) return;
    std::string way;
    for (const std::size_t table : cycle) way += plan_.tables[table].name.text() + " -> ";
    way += plan_.tables[cycle[0]].name.text();
    diagnostic_.fail(plan_.tables[cycle[0]].line, "the references between tables go in a circle: " + way);
  }

  void check_root() const {
    const Table& table = root();
    const std::string name = shown(table.name.text());
    if (table.key.empty()) diagnostic_.fail(table.line, fmt::format("the root table {} needs a key", name));
    if (table.row_sources.size() != 1) {
      diagnostic_.fail(
          table.line, fmt::format("the root table {} needs exactly one row source, not {}", name, table.row_sources.size()));
    }
    if (table.row_sources[0].scope != 0) {
      diagnostic_.fail(table.row_sources[0].line,
                       fmt::format("the root table {} has one row per document, so no [*] in from", name));
    }
    if (table.shared.value_or(false)) diagnostic_.fail(table.line, fmt::format("the root table {} is never shared", name));
    if (table.rule == DuplicateRule::fill) {
      diagnostic_.fail(table.line,
                       fmt::format("on_duplicate of the root table {} is error, skip, update or latest: fill says "
                                   "nothing of the rows below it",
                                   name));
    }
    if (table.rule == DuplicateRule::update || table.rule == DuplicateRule::latest) check_lead_to_root();
  }

  // Rows below an old root row are found by foreign key and deleted, which needs an unbroken way of unshared tables.
  void check_lead_to_root() const {
    std::set<std::int32_t> leading{plan_.root};
    bool grew = true;
    while (grew) {
      grew = false;
      for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
        const bool leads = !plan_.tables[i].is_shared() && leads_to(plan_.tables[i], leading);
        if (leads) grew = leading.insert(static_cast<std::int32_t>(i)).second || grew;
      }
    }
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
      const Table& table = plan_.tables[i];
      if (leading.contains(static_cast<std::int32_t>(i)) || table.is_shared()) continue;
      diagnostic_.fail(
          table.line,
          fmt::format("table {} does not lead to the root table {} by foreign_keys, so its rows of a document that "
                      "comes again could not be replaced; declare them, or shared: true",
                      shown(table.name.text()), shown(root().name.text())));
    }
  }

  [[nodiscard]] bool leads_to(const Table& table, const std::set<std::int32_t>& leading) const {
    return std::ranges::any_of(table.foreign_keys,
                               [&](const ForeignKey& key) { return leading.contains(table_index(plan_, key.references)); });
  }

  const Plan& plan_;
  const Diagnostic& diagnostic_;
};

}  // namespace

void check_plan(const Plan& plan, const Diagnostic& diagnostic) { PlanCheck(plan, diagnostic).check(); }

}  // namespace pgfeed
