#pragma once

#include <pgfeed/documents.hpp>

#include <memory>
#include <optional>

#include "record/arrow_documents.hpp"
#include "record/arrow_owned.hpp"
#include "record/arrow_text_column.hpp"
#include "record/padded_bytes.hpp"
#include "task/arrow_rows.hpp"
#include "task/row_sink.hpp"

namespace pgfeed {

/// Hands the rows of Arrow batches over, as many as are wanted: as rows of the table, where the sink takes such and they
/// fit, else as JSON texts. Not thread-safe.
class ArrowFeed {
 public:
  /// `as_text`: each row is a JSON text, in the one column that there is; else an object with the columns' names.
  /// Schema and sink must outlive the feed. Throws Error(source) for columns that cannot be read.
  ArrowFeed(const ArrowSchema& schema, bool as_text, DocumentSink& sink);

  /// Throws Error, as the sink does.
  void add(OwnedArrowArray batch);

 private:
  void add_rows(OwnedArrowArray batch);

  const ArrowSchema& schema_;
  DocumentSink& sink_;
  RowSink* const row_sink_;
  std::optional<ArrowTextColumn> texts_;
  std::optional<ArrowDocuments> documents_;
  std::optional<ArrowRows> rows_;
  PaddedBytes document_;
  ByteBuffer row_;
};

}  // namespace pgfeed
