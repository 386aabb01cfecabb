#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/split_queue.hpp"
#include "mapping/plan.hpp"
#include "record/document_step.hpp"

namespace pgfeed {

/// Documents that are handed over one by one, on their way into a split. Not thread-safe.
class Documents {
 public:
  Documents(const LoadOptions& options, const Plan& plan);

  /// For another partition.
  void begin(std::shared_ptr<OpenSource> partition);
  /// Adds the documents of one JSON text; white space alone has none. True: the split is full.
  bool add(std::string_view text);
  /// Documents may be rows: they are not looked for inside of what is handed over.
  [[nodiscard]] bool takes_rows() const noexcept { return path_.empty(); }
  /// The next rows are of these.
  void begin_rows(std::shared_ptr<const DocumentTexts> texts);
  /// Adds a document as the row of the only table. True: the split is full.
  bool add_row(std::string_view row);
  /// Hands over what there is, and takes the memory of what was in `split`.
  void take(Split& split);
  /// The load's limit is reached: no more documents are taken.
  [[nodiscard]] bool is_full() const noexcept { return left_ == 0; }

 private:
  void add_record(std::string_view text);
  void add_found(std::string_view text);
  void add(const Record& record, std::string_view bytes);

  const std::uint64_t split_size_;
  const std::uint64_t max_document_;
  const std::vector<DocumentStep> path_;
  std::shared_ptr<OpenSource> partition_;
  RecordBatch records_;
  HandedRows rows_;           ///< those that come now
  std::int64_t left_;         ///< documents, with a limit; else -1
  std::uint64_t offset_ = 0;  ///< bytes of the partition so far, with a line break after each text
  std::int64_t line_ = 0;     ///< texts of it
};

}  // namespace pgfeed
