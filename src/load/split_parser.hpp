#pragma once

#include <pgfeed/load.hpp>

#include <string>

#include "load/batch.hpp"
#include "load/parser.hpp"
#include "load/split_queue.hpp"
#include "load/target.hpp"

namespace pgfeed {

/// Reads splits and parses their records as they come, while they are in the cache. Not thread-safe: one for each worker.
class SplitParser {
 public:
  /// `target` and `options` must outlive it.
  SplitParser(const Target& target, const LoadOptions& options, const std::string& load_time);

  void prepare(SplitBatch& batch) const { parser_.prepare(batch); }
  /// Reads the split and makes `batch` of it; adds the time to `counts`. Throws Error(source).
  void read(Split& split, SplitBatch& batch, Counts& counts);
  /// Adds the documents of one record: see Parser.
  void add(const Incoming& record, std::size_t text_begin, SplitBatch& batch) { parser_.add(record, text_begin, batch); }

 private:
  void parse(const Split& split, std::size_t first, SplitBatch& batch);

  const Target& target_;
  const LoadOptions& options_;
  Parser parser_;
};

}  // namespace pgfeed
