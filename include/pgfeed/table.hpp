#pragma once

#include <pgfeed/session.hpp>

#include <string>
#include <vector>

namespace pgfeed {

/// A table as the catalog has it.
struct TableLook {
  struct Column {
    std::string name;
    std::string type;  ///< as PostgreSQL's format_type spells it
  };
  bool is_there = false;
  std::vector<Column> columns;   ///< in order
  std::vector<std::string> key;  ///< the columns of its primary key; empty: it has none
};

/// Looks a table up by the name that a mapping would give it. Throws Error(mapping) for a name that is none,
/// Error(database).
TableLook look_at_table(const SessionOptions& session, const std::string& table);

}  // namespace pgfeed
