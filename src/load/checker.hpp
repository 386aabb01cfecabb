#pragma once

#include <pgfeed/check.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "load/batch.hpp"
#include "load/parser.hpp"
#include "load/split_queue.hpp"
#include "load/target.hpp"
#include "mapping/plan.hpp"

namespace pgfeed {

/// Looks at documents part by part, and keeps what is to be shown. Writes nothing. Not thread-safe.
class Checker {
 public:
  /// Asks the catalog of the database, over a connection that ends then. The options and the plan must outlive it.
  /// Throws Error(database), Error(mapping).
  Checker(const CheckOptions& options, const Plan& plan, std::size_t shown_rows);
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  /// As many as the options ask for were looked at.
  [[nodiscard]] bool is_done() const noexcept { return checked_ == options_.limit; }
  /// The documents of a split that was read. Its source must outlive the checker.
  void add(const Split& split);
  /// After the last one.
  CheckReport finish() &&;

 private:
  struct ObservedRow {
    std::uint32_t document;
    std::size_t table;
    Shaper::RowText text;
  };

  Target look_at_tables();
  bool is_in_sample();
  void add(const Split& split, const Record& record);
  void end_part();
  void add_rejects();
  void keep_rows();

  const CheckOptions& options_;
  const Plan& plan_;
  const std::size_t shown_rows_;
  CheckReport report_;
  const Target target_;
  Parser parser_;
  SplitBatch batch_;
  std::vector<ObservedRow> rows_;                                    ///< of the part's documents
  std::vector<std::pair<const std::string*, std::int64_t>> places_;  ///< URI and line of each document of the part
  std::size_t part_bytes_ = 0;
  std::int64_t seen_ = 0;
  std::int64_t checked_ = 0;
};

}  // namespace pgfeed
