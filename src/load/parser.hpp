#pragma once

#include <cstdint>
#include <string>

#include "load/batch.hpp"
#include "load/incoming.hpp"
#include "load/shaper.hpp"
#include "record/document_reader.hpp"

namespace pgfeed {

/// The first step of a split: records to documents to rows. Not thread-safe: one for each worker.
class Parser {
 public:
  struct Options {
    std::size_t max_depth;
    std::uint64_t max_document;  ///< for messages
    bool strict_json;
    std::string load_time;
  };

  /// `target` must outlive the parser.
  Parser(const Target& target, Options options);

  void prepare(SplitBatch& batch) const { shaper_.prepare(batch); }

  void observe(Shaper::Observer observer) { shaper_.observe(std::move(observer)); }

  /// Adds the documents of a record to `batch`: one, or several that stand on one line. `text_begin` is where the
  /// record's bytes begin in the split's.
  void add(const Incoming& record, std::size_t text_begin, SplitBatch& batch);

 private:
  bool reject_fault(const Incoming& record, SplitBatch& batch);
  std::size_t add_first(const Incoming& record, std::string_view rest, SplitBatch& batch);

  Options options_;
  DocumentReader reader_;
  Shaper shaper_;
};

/// Whether some column wants the line of its document (`meta: line`), so that lines must be counted.
bool uses_lines(const Plan& plan);

}  // namespace pgfeed
