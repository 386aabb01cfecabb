#pragma once

#include <pgfeed/documents.hpp>

#include <optional>

#include "record/arrow_documents.hpp"
#include "record/arrow_text_column.hpp"
#include "record/padded_bytes.hpp"

namespace pgfeed {

/// Hands the rows of Arrow batches over, as many as are wanted. Not thread-safe.
class ArrowFeed {
 public:
  /// `as_text`: each row is a JSON text, in the one column that there is; else an object with the columns' names.
  /// Throws Error(source) for columns that cannot be read.
  ArrowFeed(const ArrowSchema& schema, bool as_text);

  /// Throws Error, as the sink does.
  void add(const ArrowArray& batch, DocumentSink& sink);

 private:
  std::optional<ArrowTextColumn> texts_;
  std::optional<ArrowDocuments> documents_;
  PaddedBytes document_;
};

}  // namespace pgfeed
